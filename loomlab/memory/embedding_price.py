"""What embedding tokens cost, from the price table of the package genai-prices; offline, nothing is fetched."""

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def _calculator() -> Callable[[str, int, str], Any] | None:
    try:
        from genai_prices import Usage, calc_price
    except ImportError:
        return None
    return lambda model, tokens, provider: calc_price(
        Usage(input_tokens=tokens, output_tokens=0), model, provider_id=provider
    )


def price(model: str, tokens: int, provider: str) -> float | None:
    """US dollars; None where the table lacks the model, or the package is not installed."""
    calculate = _calculator()
    if calculate is None:
        return None
    try:
        return float(calculate(model, tokens, provider).total_price)
    except (LookupError, ValueError):
        return None
