"""Quality against cost: every arm with how sure both are, and the arms that no other beats on both."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loomlab.display import format as fmt
from loomlab.display.pictures import ink
from loomlab.display.pictures.drawing import Drawing
from loomlab.display.pictures.figure import HUES, SYMBOLS, axis, figure, inert
from loomlab.display.text import preview

_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 64, 790, 16, 300, 348
_GUTTER = 96
"""Room at the right for arms whose cost is not known."""
_WIDE = 15.0
"""From this ratio of the dearest to the cheapest on, costs are drawn on a logarithmic scale."""
_NAMED = 14
"""Arms that are named in the drawing; more have numbers."""
_AWAY = (-24, -40, -56, 33, 49, 65, -72, 81)
"""How far above (or below) its mark a name may stand where there is no room beside it, in pixels."""

_Area = tuple[float, float, float, float]
_MEASURES: dict[str, tuple[str, str, Callable[[float | None], str]]] = {
    "cost_usd": ("cost a trial", "cost", fmt.cost),
    "tokens": ("tokens a trial", "tokens", fmt.count),
    "latency_ms": ("time a trial", "time", fmt.duration),
}


@dataclass(frozen=True, slots=True)
class ParetoPoint:
    """An arm: its score and its cost with the ends of their intervals, None where not known."""

    name: str
    score: float | None
    low: float | None
    high: float | None
    cost: float | None
    cost_low: float | None
    cost_high: float | None
    frontier: bool


def pareto_drawing(points: Sequence[ParetoPoint], against: str = "cost_usd", confidence: float = 0.95) -> Drawing:
    """The picture of some arms."""
    title, short, said = _MEASURES[against]
    known = [one for one in points if one.score is not None and one.cost is not None]
    columns = ("arm", "score", f"{confidence * 100:g} % interval", title, "its interval", "frontier")
    rows = [
        [
            one.name,
            fmt.score(one.score),
            fmt.interval(one.low, one.high),
            said(one.cost),
            _between(one.cost_low, one.cost_high, said),
            "yes" if one.frontier else "unknown" if one.cost is None or one.score is None else "no",
        ]
        for one in points
    ]
    sentence = _sentence(points, short)
    notes = []
    if len(known) > 1:
        notes.append(
            "Means a trial. The frontier goes by the means: where intervals overlap, other cases could change it."
        )
    unknown = [one.name for one in points if one.cost is None]
    if unknown:
        notes.append(f"Its {short} is not known, so it is on no frontier: {', '.join(unknown)}.")
    silent = [one.name for one in points if one.score is None]
    if silent:
        notes.append(f"No trial has a score, so it is not drawn: {', '.join(silent)}.")
    drawn = [one for one in points if one.score is not None]
    return Drawing(
        sentence,
        _svg(points, drawn, sentence, title, said),
        _figure(drawn, points, sentence, title, short, said),
        columns,
        rows,
        notes,
        name="Quality against cost",
    )


def _sentence(points: Sequence[ParetoPoint], short: str) -> str:
    front = [one.name for one in points if one.frontier]
    known = [one for one in points if one.score is not None and one.cost is not None]
    if not known:
        return f"No arm has both a score and a known {short}."
    if len(known) == 1:
        return f"Only {known[0].name} has both a score and a known {short}."
    rest = len(known) - len(front)
    others = {0: "", 1: "; the other arm is beaten"}.get(rest, f"; the other {rest} are beaten")
    beaten = f"{others} by one that scores as high or higher for less or the same" if rest else ""
    are = "is alone on the frontier" if len(front) == 1 else "are the frontier"
    return f"{_listed(front)} {are}{beaten}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _between(low: float | None, high: float | None, said: Callable[[float | None], str]) -> str:
    return fmt.UNKNOWN if low is None or high is None else f"{said(low)} – {said(high)}"


def _svg(
    points: Sequence[ParetoPoint],
    drawn: Sequence[ParetoPoint],
    sentence: str,
    title: str,
    said: Callable[[float | None], str],
) -> str:
    if not drawn:
        return ""
    known = [one for one in drawn if one.cost is not None]
    right = _RIGHT - (_GUTTER if len(known) < len(drawn) else 0)
    xs, steps = _cost_scale(known, right)
    levels = ink.ticks(*_extent([end for one in drawn for end in (one.score, one.low, one.high)]))
    ys = ink.linear(levels[0], levels[-1], _BOTTOM, _TOP)
    parts = [
        ink.line(_LEFT, ys(one), right, ys(one))
        + ink.words(_LEFT - 8, ys(one) + 4, ink.number(one), anchor="end", css="q")
        for one in levels
    ]
    parts += [ink.words(xs(one), _BOTTOM + 16, _round(said(one)), anchor="middle", css="q") for one in steps]
    parts += [ink.line(xs(one), _BOTTOM, xs(one), _BOTTOM + 4) for one in steps]
    parts += [ink.words(_LEFT, _BOTTOM + 36, f"{title} →", css="q"), ink.words(0, _TOP - 4, "score", css="q")]
    if right < _RIGHT:
        middle = right + (_RIGHT + 20 - right) / 2
        parts += [
            ink.line(right + 12, _TOP, right + 12, _BOTTOM, "pl", dash="2 4"),
            ink.words(middle, _BOTTOM + 16, "not known", anchor="middle", css="q"),
        ]
    parts += [_front(known, xs, ys, right)]
    places = {}
    lines: list[_Area] = []
    gutter = [one for one in drawn if one.cost is None]
    for number, one in enumerate(points):
        if one not in drawn:
            continue
        at = xs(one.cost) if one.cost is not None else right + 30 + (gutter.index(one) % 3) * 24
        places[number] = at, ys(one.score or 0.0)
        css = f"c{number % 5}"
        if one.low is not None and one.high is not None:
            parts.append(_whisker(at, ys(one.low), at, ys(one.high), css))
            lines.append((at - 2, ys(one.high), at + 2, ys(one.low)))
        if one.cost is not None and one.cost_low is not None and one.cost_high is not None:
            ends = xs(max(one.cost_low, steps[0])), xs(min(one.cost_high, steps[-1]))
            parts.append(_whisker(ends[0], places[number][1], ends[1], places[number][1], css))
            lines.append((ends[0], places[number][1] - 2, ends[1], places[number][1] + 2))
    parts += [ink.mark(number, *place, hollow=not points[number].frontier) for number, place in places.items()]
    parts += _labels(points, places, lines)
    words = "; ".join(f"{one.name}: score {fmt.score(one.score)}, {title} {said(one.cost)}" for one in drawn)
    return ink.picture(_HEIGHT, f"{sentence} {words}", parts)


def _round(said: str) -> str:
    """A round figure without the zeros that say nothing: ``$0.0100`` is ``$0.01``."""
    return re.sub(r"(\.\d*?)0+(?=\D|$)", r"\1", said).replace(". ", " ").rstrip(".")


def _cost_scale(known: Sequence[ParetoPoint], right: float) -> tuple[ink.Scale, list[float]]:
    values = [one.cost for one in known if one.cost is not None]
    if not values:
        return ink.linear(0, 1, _LEFT, right), []
    if min(values) > 0 and max(values) / min(values) >= _WIDE:
        ends = [
            end
            for one in known
            for end in (one.cost, one.cost_low, one.cost_high)
            if end is not None and end > min(values) / 3
        ]
        steps = ink.decades(min(ends), max(ends))
        return ink.logarithmic(steps[0], steps[-1], _LEFT + 10, right - 10), steps
    ends = [end for one in known for end in (one.cost, one.cost_low, one.cost_high) if end is not None]
    least, most = _extent(ends)
    steps = ink.ticks(max(0.0, least) if least >= 0 else 0.0, most)
    return ink.linear(steps[0], steps[-1], _LEFT + 10, right - 10), steps


def _extent(values: Sequence[float | None]) -> tuple[float, float]:
    known = [one for one in values if one is not None and math.isfinite(one)]
    least, most = min(known), max(known)
    if most == least:
        return least - 0.05 * (abs(least) or 1), most + 0.05 * (abs(most) or 1)
    return least, most


def _front(known: Sequence[ParetoPoint], xs: ink.Scale, ys: ink.Scale, right: float) -> str:
    """The best score to be had for at most so much: a line of steps."""
    front = sorted((one for one in known if one.frontier), key=lambda one: (one.cost or 0.0, one.score or 0.0))
    if not front:
        return ""
    d = f"M{xs(front[0].cost or 0.0):.1f} {_BOTTOM}V{ys(front[0].score or 0.0):.1f}"
    for one in front[1:]:
        d += f"H{xs(one.cost or 0.0):.1f}V{ys(one.score or 0.0):.1f}"
    return ink.way(f"{d}H{right:.1f}", "pl", width=1.5, dash="5 4")


def _whisker(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return ink.line(x1, y1, x2, y2, css, width=1.5)


def _labels(points: Sequence[ParetoPoint], places: dict[int, tuple[float, float]], lines: Sequence[_Area]) -> list[str]:
    """Names beside their marks, each at the first place that is free."""
    taken = [*((x - 8, y - 8, x + 8, y + 8) for x, y in places.values()), *lines]
    made = []
    for number, (x, y) in places.items():
        name = points[number].name if len(places) <= _NAMED else str(number + 1)
        name = preview(name, 26)
        wide = ink.text_width(name)
        tries = [
            (x + 11, y - 7, "start"),
            (x - 11, y - 7, "end"),
            (x + 11, y + 16, "start"),
            (x - 11, y + 16, "end"),
            (x, y - 13, "middle"),
            (x, y + 24, "middle"),
        ]
        if points[number].cost is None:
            tries = [(x, y - 13, "middle"), (x, y + 24, "middle")]
        near = len(tries)
        tries += [(x + side * 16, y + rise, anchor) for rise in _AWAY for side, anchor in ((1, "start"), (-1, "end"))]
        best, least, far = tries[0], math.inf, False
        for rank, (at, base, anchor) in enumerate(tries):
            start = at - {"start": 0.0, "end": wide, "middle": wide / 2}[anchor]
            area = (start, base - 10, start + wide, base + 3)
            outside = (
                max(0.0, 2 - start)
                + max(0.0, start + wide - ink.WIDTH)
                + max(0.0, -area[1])
                + max(0.0, area[3] - _BOTTOM)
            )
            clash = sum(_overlap(area, other) for other in taken) + 40 * outside + rank * (0.01 if rank < near else 1.5)
            if clash < least:
                best, least, far = (at, base, anchor), clash, rank >= near
        at, base, anchor = best
        if far:  # the name stands apart from its mark: a line leads to it
            made.append(ink.line(x, y, at - 3 if anchor == "start" else at + 3, base - 4, "pl", width=0.75))
        start = at - {"start": 0.0, "end": wide, "middle": wide / 2}[anchor]
        taken.append((start, base - 10, start + wide, base + 3))
        made.append(ink.words(at, base, name, anchor=anchor, css="pt" if points[number].frontier else ""))
    return made


def _overlap(a: _Area, b: _Area) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _figure(
    drawn: Sequence[ParetoPoint],
    points: Sequence[ParetoPoint],
    sentence: str,
    title: str,
    short: str,
    said: Callable[[float | None], str],
) -> dict[str, object]:
    known = [one for one in drawn if one.cost is not None]
    values = [one.cost or 0.0 for one in known]
    wide = bool(values) and min(values) > 0 and max(values) / min(values) >= _WIDE
    dearest = max(values, default=1.0) * (1.6 if wide else 1.15)
    front = sorted((one for one in known if one.frontier), key=lambda one: (one.cost or 0.0, one.score or 0.0))
    data: list[dict[str, object]] = []
    if front:
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [one.cost for one in front] + [dearest],
                "y": [one.score for one in front] + [front[-1].score],
                "line": {"shape": "hv", "dash": "dash", "color": "#7b8087", "width": 1.5},
                "hoverinfo": "skip",
            }
        )
    for number, one in enumerate(points):
        if one not in drawn:
            continue
        hue, symbol = HUES[number % 5], SYMBOLS[number % 5]
        right = f"score {fmt.score(one.score)} ({fmt.interval(one.low, one.high)})"
        dear = f"{short} {said(one.cost)} ({_between(one.cost_low, one.cost_high, said)})"
        told = f"<b>{inert(one.name)}</b><br>{inert(right)}<br>{inert(dear)}"
        trace: dict[str, object] = {
            "type": "scatter",
            "mode": "markers+text",
            "x": [dearest if one.cost is None else one.cost],
            "y": [one.score],
            "text": [inert(one.name, 26) + (" (not known)" if one.cost is None else "")],
            "textposition": "middle left" if one.cost is None else _beside(one, known),
            "hovertext": [told],
            "hoverinfo": "text",
            "marker": {
                "size": 12,
                "color": hue,
                "symbol": symbol if one.frontier else f"{symbol}-open",
                "line": {"width": 2, "color": hue},
            },
        }
        if one.low is not None and one.high is not None and one.score is not None:
            trace["error_y"] = _error(one.score, one.low, one.high, hue)
        if one.cost is not None and one.cost_low is not None and one.cost_high is not None:
            trace["error_x"] = _error(one.cost, one.cost_low, one.cost_high, hue)
        data.append(trace)
    prefix = {"tickprefix": "$"} if short == "cost" else {}
    return figure(data, sentence, axis(f"{title}", type="log" if wide else "linear", **prefix), axis("score"))


def _beside(one: ParetoPoint, known: Sequence[ParetoPoint]) -> str:
    """Above its mark; on its left, or below it, where another stands close by on the right."""
    cost, score = one.cost or 0.0, one.score or 0.0
    near = [
        other
        for other in known
        if other is not one and cost <= (other.cost or 0.0) <= 2 * cost and abs((other.score or 0.0) - score) < 0.06
    ]
    if any((other.score or 0.0) > score for other in near):
        return "bottom right"
    return "top left" if near else "top right"


def _error(value: float, low: float, high: float, hue: str) -> dict[str, object]:
    ends = {"array": [max(0.0, high - value)], "arrayminus": [max(0.0, value - low)]}
    return {"type": "data", "symmetric": False, **ends, "thickness": 1.5, "width": 4, "color": hue}
