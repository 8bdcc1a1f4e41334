"""Points with their intervals, one under the other on one scale, as static SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loomlab.display import format as fmt
from loomlab.display.text import escape

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 820, 170, 60, 26, 8
FILLS = ("#0072b2", "#b8460e", "#00795a", "#8a6100", "#a64d82")


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its ends; None where it is unknown. ``name`` is plain text."""

    name: str
    value: float | None
    low: float | None
    high: float | None


def intervals_svg(intervals: Sequence[Interval]) -> str:
    """The picture, with a label that says the same in words. Empty where nothing is known."""
    known = [one for one in intervals if _finite(one.value)]
    if not known:
        return ""
    ticks = _ticks(known)
    least, most = ticks[0], ticks[-1]
    height = _TOP + _ROW * len(known) + 26
    parts = [_axis(ticks, height)]
    for number, one in enumerate(intervals):
        if one in known:
            parts.append(_mark(one, number, _TOP + _ROW * known.index(one) + 15, least, most))
    words = "; ".join(f"{one.name} {fmt.score(one.value)}, interval {fmt.interval(one.low, one.high)}" for one in known)
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}"'
    return f'<svg {size} role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'


def _mark(one: Interval, number: int, y: int, least: float, most: float) -> str:
    css, fill = f"c{number % 5}", FILLS[number % 5]
    name = f'<text x="0" y="{y + 4}" fill="currentColor">{escape(one.name)}</text>'
    at = _x(one.value or 0.0, least, most)
    line, right = "", at
    if _finite(one.low) and _finite(one.high):
        left, right = _x(one.low or 0.0, least, most), _x(one.high or 0.0, least, most)
        ends = f'x1="{left:.1f}" x2="{right:.1f}" y1="{y}" y2="{y}"'
        line = f'<line class="{css}" {ends} stroke="{fill}" stroke-width="3"></line>'
    dot = f'<circle class="{css}" cx="{at:.1f}" cy="{y}" r="5" fill="{fill}"></circle>'
    said = (
        f'<text class="q" x="{max(at, right) + 10:.1f}" y="{y + 4}" fill="currentColor">{fmt.score(one.value)}</text>'
    )
    return name + line + dot + said


def _axis(ticks: Sequence[float], height: int) -> str:
    parts = []
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    for value in ticks:
        x = _x(value, ticks[0], ticks[-1])
        parts.append(
            f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{height - 22}" stroke="#dfe3e7"></line>'
        )
        label = f"{value:,.{digits}f}".replace("-", fmt.MINUS)
        parts.append(
            f'<text class="q" x="{x:.1f}" y="{height - 6}" text-anchor="middle" fill="currentColor">{label}</text>'
        )
    return "".join(parts)


def _ticks(known: Sequence[Interval]) -> list[float]:
    """Round numbers around everything that is shown, at most eight."""
    ends = [end for one in known for end in (one.value, one.low, one.high) if end is not None and math.isfinite(end)]
    least, most = min(ends), max(ends)
    if most - least < 1e-9 * max(1.0, abs(most)):
        least, most = least - 0.05, most + 0.05
    power = 10.0 ** math.floor(math.log10(most - least))
    step = next(power * factor for factor in (0.2, 0.5, 1, 2, 5) if (most - least) / (power * factor) <= 5)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [index * step for index in range(first, max(last, first + 1) + 1)]


def _x(value: float, least: float, most: float) -> float:
    return _LEFT + (value - least) / (most - least) * (_WIDTH - _LEFT - _RIGHT)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
