"""What a model call costs, from the price table of the package genai-prices; offline, nothing is fetched."""

from collections.abc import Callable
from functools import cache
from typing import Any

from loomlab.core.messages import Usage


@cache
def _calculator() -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    try:
        from genai_prices import Usage as Tokens
        from genai_prices import calc_price
    except ImportError:
        return None
    return calc_price, Tokens


@cache
def warm() -> None:
    """Load the table now, so that the first reply's latency does not hold it.

    Not in a thread: the table's package imports an HTTP client that the SDKs look for while they work, and a half
    imported one breaks them.
    """
    price("gpt-4o", Usage(), provider="openai")


def price(
    model_name: str,
    usage: Usage,
    *,
    provider: str | None = None,
    api_url: str | None = None,
    cache_write_tokens: int = 0,
) -> float | None:
    """US dollars for ``usage``; None where the table lacks the model, or the package is not installed.

    Args:
        model_name: as the provider calls it.
        usage: ``input_tokens`` includes ``cached_tokens`` and the tokens written to a cache.
        provider: the table's name of the provider (``openai``, ``anthropic``, ``google`` …); None tries to tell it
            by the model's name.
        api_url: the address asked, tried where ``provider`` does not know the model.
        cache_write_tokens: input tokens that the provider stored in its prompt cache.
    """
    calculator = _calculator()
    if calculator is None:
        return None
    calculate, tokens = calculator
    counts = tokens(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens or None,
        cache_write_tokens=cache_write_tokens or None,
    )
    asks: list[dict[str, str]] = [{"provider_id": provider} if provider else {}]
    if api_url:
        asks.append({"provider_api_url": api_url})
    for ask in asks:
        try:
            return float(calculate(counts, model_name, **ask).total_price)
        except (LookupError, ValueError):
            continue
    return None
