"""Figures as a person reads them: units always, three significant digits, ``unknown`` where it is unknown."""

import math

from loomlab.core.results import format_cost

UNKNOWN = "unknown"
MINUS = "−"


def count(number: int | float | None) -> str:
    """A whole number with thousands separators: ``2,410``."""
    return UNKNOWN if _missing(number) else f"{number:,.0f}".replace("-", MINUS)


def tokens(number: int | float | None) -> str:
    """A number of tokens, with its unit: ``2,410 tokens``."""
    return f"{count(number)} {'token' if number == 1 else 'tokens'}"


def plural(number: int, one: str, many: str = "") -> str:
    """``1 turn``, ``2 turns``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def significant(number: float | None, digits: int = 3) -> str:
    """``digits`` significant digits, never scientific notation: ``0.0124``, ``3.40``, ``1,240``."""
    if number is None or _missing(number):
        return UNKNOWN
    if number == 0:
        return "0"
    exponent = int(f"{number:.{digits - 1}e}".split("e")[1])
    return f"{number:,.{max(0, digits - 1 - exponent)}f}".replace("-", MINUS)


def duration(ms: float | None) -> str:
    """A time given in milliseconds: ``8.12 ms``, ``340 ms``, ``1.10 s``, ``2 min 05 s``, ``1 h 02 min``."""
    if ms is None or _missing(ms):
        return UNKNOWN
    if ms <= 0:
        return "0 ms"
    if ms < 1:
        return "<1 ms"
    if ms < 999.5:
        return f"{significant(ms)} ms"
    if ms < 59_950:
        return f"{significant(ms / 1000)} s"
    seconds = round(ms / 1000)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def cost(usd: float | None) -> str:
    """US dollars with three significant digits, ``unknown`` for None."""
    return UNKNOWN if _missing(usd) else format_cost(usd).replace("$-", f"{MINUS}$")


def score(number: float | None) -> str:
    """A score, three decimals: ``0.610``."""
    return UNKNOWN if number is None or _missing(number) else f"{number:.3f}".replace("-", MINUS)


def interval(low: float | None, high: float | None) -> str:
    """Two ends of an interval: ``0.541 – 0.675``."""
    return UNKNOWN if _missing(low) or _missing(high) else f"{score(low)} – {score(high)}"


def percent(share: float | None) -> str:
    """A share of one as a percentage: ``41 %``, ``0.4 %``."""
    if share is None or _missing(share):
        return UNKNOWN
    return f"{share * 100:.{0 if abs(share) >= 0.1 or share == 0 else 1}f} %".replace("-", MINUS)


def size(count_: int) -> str:
    """A number of bytes: ``64 KB``."""
    return f"{count_:,} bytes" if count_ < 1024 else f"{significant(count_ / 1024)} KB"


def _missing(number: float | None) -> bool:
    return number is None or not math.isfinite(number)
