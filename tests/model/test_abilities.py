"""What model families refuse."""

import pytest

from loomlab.model.abilities import claude_takes_temperature, is_reasoning, takes_json_schema


@pytest.mark.parametrize(
    "name", ["o1", "o3", "o4-mini", "o1-2024-12-17", "gpt-5", "gpt-5-mini", "gpt-5.2", "openai/gpt-5"]
)
def test_models_that_think_first(name: str) -> None:
    assert is_reasoning(name)


@pytest.mark.parametrize(
    "name", ["gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "gpt-oss-120b", "llama-3", "mistral-o1", "ft:gpt-4o:x"]
)
def test_models_that_answer_at_once(name: str) -> None:
    assert not is_reasoning(name)


@pytest.mark.parametrize(
    "name", ["gpt-3.5-turbo", "gpt-4", "gpt-4-0613", "gpt-4-turbo", "o1-mini", "gpt-4o-2024-05-13"]
)
def test_models_too_old_for_a_schema(name: str) -> None:
    assert not takes_json_schema(name)


@pytest.mark.parametrize("name", ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "o1", "gpt-5", "my-own-model"])
def test_models_that_take_a_schema(name: str) -> None:
    assert takes_json_schema(name)


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("claude-opus-4-7", False),
        ("claude-opus-4-8-20260601", False),
        ("claude-sonnet-5", False),
        ("claude-opus-4-6", True),
        ("claude-opus-4-20250514", True),
        ("claude-sonnet-4-5-20250929", True),
        ("claude-3-5-sonnet-20241022", True),
        ("claude-next", True),
    ],
)
def test_which_claude_takes_a_temperature(name: str, takes: bool) -> None:
    assert claude_takes_temperature(name) is takes
