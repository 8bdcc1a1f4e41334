"""What a call costs."""

import sys

import pytest

from loomlab.core.messages import Usage
from loomlab.model import prices
from loomlab.model.prices import price

USED = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def test_a_known_model_has_a_price() -> None:
    cost = price("gpt-4o", USED, provider="openai")
    assert cost is not None
    assert cost > 1


def test_cached_tokens_are_cheaper_and_written_ones_dearer() -> None:
    plain = price("claude-sonnet-4-5", USED, provider="anthropic")
    cached = price("claude-sonnet-4-5", USED.model_copy(update={"cached_tokens": 900_000}), provider="anthropic")
    written = price("claude-sonnet-4-5", USED, provider="anthropic", cache_write_tokens=900_000)
    assert plain is not None
    assert cached is not None
    assert written is not None
    assert cached < plain < written


def test_an_unknown_model_has_no_price_rather_than_none_to_pay() -> None:
    assert price("no-such-model", USED, provider="openai") is None
    assert price("gpt-4o", USED, provider="no-such-provider") is None


def test_the_address_tells_the_provider_where_the_name_does_not() -> None:
    assert price("deepseek-chat", USED, provider="openai") is None
    assert price("deepseek-chat", USED, provider="openai", api_url="https://api.deepseek.com/v1") is not None
    assert price("my-model", USED, provider="openai", api_url="http://127.0.0.1:8000/v1") is None


def test_without_the_table_every_price_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    prices._calculator.cache_clear()
    try:
        assert price("gpt-4o", USED, provider="openai") is None
    finally:
        prices._calculator.cache_clear()
