"""Evidence as it came in: an interval that narrows with every pair, and the moment it was decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from loomlab.display import format as fmt
from loomlab.display.decision import signed
from loomlab.display.pictures import ink
from loomlab.display.pictures.drawing import Drawing
from loomlab.display.pictures.figure import HUES, axis, figure, inert
from loomlab.display.text import preview

_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 64, 800, 26, 286, 334
_NAME = "Evidence as it came in"
_POINTS = 400
"""Looks that are drawn; between them nothing happens that an eye could see."""


@dataclass(frozen=True, slots=True)
class Look:
    """After so many ``pairs``: the mean difference b - a and the interval that is valid at every look."""

    pairs: int
    mean: float
    low: float
    high: float


def evidence_drawing(
    looks: Sequence[Look],
    a: str,
    b: str,
    *,
    said: str,
    margin: float | None = None,
    decided: int | None = None,
    planned: int | None = None,
    cases: int | None = None,
    confidence: float = 0.95,
) -> Drawing:
    """The picture of some looks. ``decided``: after how many pairs; ``planned``: how many there could have been;
    ``cases``: after how many of them every case was asked once."""
    columns = ("pairs", f"{b} {fmt.MINUS} {a}", "low", "high", "what it says")
    told = [(one, _says(one, a, b, margin)) for one in _told(looks)]
    rows = [[one.pairs, signed(one.mean), signed(one.low), signed(one.high), says] for one, says in told]
    notes = [
        f"The interval holds at {confidence * 100:g} % at all looks together, so looking after every pair is no fault."
    ]
    if not looks:
        return Drawing(said, "", figure([], said, axis("pairs"), axis()), columns, rows, notes, name=_NAME)
    thin = _thinned(looks)
    svg = _svg(thin, a, b, said, margin, decided, planned, cases)
    return Drawing(said, svg, _figure(thin, a, b, said, margin, decided), columns, rows, notes, name=_NAME)


def _says(one: Look, a: str, b: str, margin: float | None) -> str:
    if one.low > 0:
        return f"{b} is better"
    if one.high < 0:
        return f"{a} is better"
    return "no difference that matters" if margin is not None and -margin < one.low and one.high < margin else "open"


def _told(looks: Sequence[Look]) -> list[Look]:
    """At each doubling, and the last."""
    wanted, chosen = 1, []
    for one in looks:
        if one.pairs >= wanted:
            chosen.append(one)
            wanted = one.pairs * 2
    return chosen if not looks or chosen[-1] is looks[-1] else [*chosen, looks[-1]]


def _thinned(looks: Sequence[Look]) -> list[Look]:
    if len(looks) <= _POINTS:
        return list(looks)
    step = len(looks) / _POINTS
    return [*(looks[int(index * step)] for index in range(_POINTS)), looks[-1]]


def _svg(
    looks: Sequence[Look],
    a: str,
    b: str,
    said: str,
    margin: float | None,
    decided: int | None,
    planned: int | None,
    cases: int | None,
) -> str:
    last = looks[-1]
    most = max(last.pairs, min(planned or 0, int(last.pairs * 1.5)))
    steps = [one for one in ink.ticks(0, most, 8) if one <= most]
    xs = ink.linear(0, most, _LEFT, _RIGHT)
    reach = min(
        1.0,
        max(
            0.1,
            *(
                2.2 * max(abs(one.mean) for one in looks[len(looks) // 4 :]),
                1.3 * max(abs(last.low), abs(last.high)),
                (margin or 0) * 1.5,
            ),
        ),
    )
    levels = ink.ticks(-reach, reach, 6)
    ys = ink.linear(levels[0], levels[-1], _BOTTOM, _TOP)

    def y(value: float) -> float:
        return ys(max(levels[0], min(levels[-1], value)))

    parts = [
        ink.line(_LEFT, ys(one), _RIGHT, ys(one))
        + ink.words(_LEFT - 8, ys(one) + 4, signed(one) if one else "0", anchor="end", css="q")
        for one in levels
    ]
    parts += [ink.words(xs(one), _BOTTOM + 16, f"{one:,.0f}", anchor="middle", css="q") for one in steps]
    if margin is not None:
        parts.append(ink.box(_LEFT, ys(margin), _RIGHT - _LEFT, ys(-margin) - ys(margin), "pb"))
        parts.append(ink.words(_RIGHT - 4, ys(margin) - 4, f"too small to matter (±{margin:g})", anchor="end", css="q"))
    upper = [(xs(one.pairs), y(one.high)) for one in looks]
    lower = [(xs(one.pairs), y(one.low)) for one in looks]
    band = "M" + "L".join(f"{x:.1f} {at:.1f}" for x, at in [*upper, *reversed(lower)]) + "z"
    parts.append(ink.way(band, "pa", filled=True, width=0))
    parts.append(ink.line(_LEFT, ys(0), _RIGHT, ys(0), "pl", width=1.2, dash="3 3"))
    for edge in (upper, lower):
        parts.append(ink.way("M" + "L".join(f"{x:.1f} {at:.1f}" for x, at in edge), "c0 ph", width=1))
    parts.append(ink.way("M" + "L".join(f"{xs(one.pairs):.1f} {y(one.mean):.1f}" for one in looks), "c0 ph", width=2))
    if cases is not None and cases < last.pairs:
        parts.append(ink.line(xs(cases), _TOP, xs(cases), _BOTTOM, "pl", dash="1 4"))
        parts.append(ink.words(xs(cases) + 5, _BOTTOM - 6, "from here on: further epochs", css="q"))
    if decided is not None:
        at = next((one for one in looks if one.pairs >= decided), last)
        parts.append(ink.line(xs(decided), _TOP, xs(decided), _BOTTOM, "c2", width=1.5))
        parts.append(ink.mark(2, xs(decided), y(at.mean), 5))
        anchor = "end" if xs(decided) > _LEFT + 160 else "start"
        shift = -6 if anchor == "end" else 6
        parts.append(
            ink.words(xs(decided) + shift, _TOP + 10, f"decided after {decided:,} pairs", anchor=anchor, css="pt")
        )
    parts += [
        ink.words(_LEFT, _TOP - 12, f"↑ {preview(b, 30)} better", css="q"),
        ink.words(_LEFT, _BOTTOM + 36, f"↓ {preview(a, 30)} better", css="q"),
    ]
    parts.append(ink.words(_RIGHT, _BOTTOM + 36, "pairs of trials →", anchor="end", css="q"))
    ends = f"After {last.pairs:,} pairs {signed(last.mean)}, between {signed(last.low)} and {signed(last.high)}."
    return ink.picture(_HEIGHT, f"{said} {ends}", parts)


def _figure(
    looks: Sequence[Look], a: str, b: str, said: str, margin: float | None, decided: int | None
) -> dict[str, object]:
    x = [one.pairs for one in looks]
    told = [
        f"after {one.pairs:,} pairs<br>{signed(one.mean)} ({signed(one.low)} to {signed(one.high)})" for one in looks
    ]
    quiet = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip"}
    edge = {"color": HUES[0], "width": 1}
    data: list[dict[str, object]] = [
        {**quiet, "y": [one.high for one in looks], "line": edge},
        {
            **quiet,
            "y": [one.low for one in looks],
            "line": edge,
            "fill": "tonexty",
            "fillcolor": "rgba(0,114,178,0.16)",
        },
        {
            **quiet,
            "y": [one.mean for one in looks],
            "line": {"color": HUES[0], "width": 2.5},
            "hovertext": told,
            "hoverinfo": "text",
        },
    ]
    shapes: list[dict[str, object]] = [_rule("y", 0.0, "dash")]
    if margin is not None:
        shapes += [_rule("y", margin, "dot"), _rule("y", -margin, "dot")]
    notes = []
    if decided is not None:
        shapes.append({**_rule("x", decided, "solid"), "line": {"color": HUES[2], "width": 1.5}})
        notes = [
            {
                "x": decided,
                "y": 1,
                "yref": "paper",
                "text": f"decided after {decided:,}",
                "showarrow": False,
                "xanchor": "right",
                "yanchor": "top",
            }
        ]
    title = f"{inert(b, 30)} {fmt.MINUS} {inert(a, 30)}"
    return figure(
        data, said, axis("pairs of trials"), axis(title, range=[-1.02, 1.02]), shapes=shapes, annotations=notes
    )


def _rule(across: str, at: float, dash: str) -> dict[str, object]:
    other = "x" if across == "y" else "y"
    place = {f"{across}0": at, f"{across}1": at, f"{other}0": 0, f"{other}1": 1, f"{other}ref": "paper"}
    return {"type": "line", **place, "line": {"color": "#7b8087", "width": 1, "dash": dash}}
