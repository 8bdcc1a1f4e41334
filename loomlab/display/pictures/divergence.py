"""Where two arms part: of the cases that both answered, how many went apart at which step, and who was right then."""

from collections.abc import Sequence
from dataclasses import dataclass

from loomlab.display import format as fmt
from loomlab.display.pictures import ink
from loomlab.display.pictures.drawing import Drawing
from loomlab.display.pictures.figure import HUES, axis, figure, inert
from loomlab.display.text import preview

_LEFT, _RIGHT, _ROW, _TOP = 250, 730, 30, 40
_BARS = 12
"""Steps that have a bar of their own; those after are one."""


@dataclass(frozen=True, slots=True)
class Parting:
    """One step (from 1; None: they never part), what it is in most cases, and the pairs that part there by outcome:
    ``same`` score, ``a`` higher, ``b`` higher, ``unscored`` in one or both."""

    step: int | None
    what: str
    same: int
    a: int
    b: int
    unscored: int = 0

    @property
    def pairs(self) -> int:
        """All of them."""
        return self.same + self.a + self.b + self.unscored


def divergence_drawing(partings: Sequence[Parting], a: str, b: str, *, left_out: int = 0) -> Drawing:
    """The picture of some partings, in the order of their steps."""
    total = sum(one.pairs for one in partings)
    columns = (
        "step",
        "what differs first",
        "pairs",
        "share",
        "parted by then",
        "same score",
        f"{a} higher",
        f"{b} higher",
        "unscored",
    )
    rows, gone = [], 0
    for one in partings:
        gone += one.pairs if one.step is not None else 0
        share = fmt.percent(one.pairs / total) if total else fmt.UNKNOWN
        sofar = fmt.percent(gone / total) if total and one.step is not None else "–"
        rows.append([str(one.step or "never"), one.what, one.pairs, share, sofar, one.same, one.a, one.b, one.unscored])
    said = _sentence(partings, a, b, total)
    notes = [f"{fmt.plural(left_out, 'pair')} without both runs in the log left out."] if left_out else []
    shown = _shown(partings)
    svg = _svg(shown, a, b, said, total) if total else ""
    return Drawing(said, svg, _figure(shown, a, b, said), columns, rows, notes, name="Where two arms part")


def _sentence(partings: Sequence[Parting], a: str, b: str, total: int) -> str:
    if not total:
        return f"No case has a run of both {a} and {b} in the log."
    parted = [one for one in partings if one.step is not None and one.pairs]
    apart = sum(one.pairs for one in parted)
    if not parted:
        return f"{a} and {b} do the same in all {fmt.plural(total, 'pair')} of runs."
    top = max(parted, key=lambda one: one.pairs)
    known = f"most often at step {top.step} ({top.what})" if len(parted) > 1 else f"at step {top.step} ({top.what})"
    matters = sum(one.a + one.b for one in parted)
    said = f"{a} and {b} part in {apart:,} of {fmt.plural(total, 'pair')} of runs, {known}"
    if not any(one.same + one.a + one.b for one in parted):
        return f"{said}."
    return f"{said}; the score differs in {matters:,} of those."


def _shown(partings: Sequence[Parting]) -> list[Parting]:
    steps = [one for one in partings if one.step is not None]
    never = [one for one in partings if one.step is None]
    if len(steps) <= _BARS:
        return [*steps, *never]
    rest = steps[_BARS - 1 :]
    last = Parting(
        rest[0].step,
        f"step {rest[0].step} or later",
        *(sum(getattr(one, key) for one in rest) for key in ("same", "a", "b", "unscored")),
    )
    return [*steps[: _BARS - 1], last, *never]


def _svg(partings: Sequence[Parting], a: str, b: str, said: str, total: int) -> str:
    most = max(one.pairs for one in partings)
    xs = ink.linear(0, most, _LEFT, _RIGHT)
    keys = (
        ("same", "same score", "pl"),
        ("a", f"{preview(a, 24)} higher", "c0"),
        ("b", f"{preview(b, 24)} higher", "c1"),
        ("unscored", "unscored", "po"),
    )
    used = [key for key in keys if any(getattr(one, key[0]) for one in partings)]
    parts, at = [], float(_LEFT)
    for key, name, css in used:
        parts += [_bar(at, 8, 12, 12, key, css), ink.words(at + 18, 18, name, css="q")]
        at += 34 + ink.text_width(name)
    gone = 0
    for number, one in enumerate(partings):
        y = _TOP + number * _ROW
        gone += one.pairs if one.step is not None else 0
        parts.append(
            ink.words(_LEFT - 12, y + 15, _step_name(one), anchor="end", limit=40, css="" if one.step else "q")
        )
        start = float(_LEFT)
        for key, _, css in used:
            count = getattr(one, key)
            if not count:
                continue
            wide = xs(count) - _LEFT
            parts.append(_bar(start, y, wide, 20, key, css))
            if wide > 8 + ink.text_width(f"{count:,}"):
                parts.append(
                    ink.words(
                        start + wide / 2, y + 14, f"{count:,}", anchor="middle", css="" if key == "unscored" else "pi"
                    )
                )
            start += wide
        sofar = f" · {fmt.percent(gone / total)} by then" if one.step is not None else ""
        parts.append(ink.words(start + 8, y + 15, f"{fmt.percent(one.pairs / total)}{sofar}", css="q"))
    words = "; ".join(f"{'never' if one.step is None else f'step {one.step}'} {one.pairs}" for one in partings)
    return ink.picture(_TOP + len(partings) * _ROW + 4, f"{said} Pairs that part: {words}.", parts)


def _step_name(one: Parting) -> str:
    if one.step is None:
        return "never part"
    return one.what if one.what.startswith("step ") else f"{one.step} · {one.what}"


def _bar(x: float, y: float, wide: float, high: float, key: str, css: str) -> str:
    """A part of a bar: filled; for what is unscored an outline."""
    if key == "unscored":
        return ink.way(
            f"M{x + 1:.1f} {y + 1:.1f}h{max(1.0, wide - 2):.1f}v{high - 2:.1f}h{-max(1.0, wide - 2):.1f}z",
            "pl",
            width=1.2,
            dash="2 2",
        )
    if key == "same":
        return ink.box(x, y, wide, high, "pm")
    return ink.box(x, y, max(0.5, wide - 1), high, f"{css} ps")


def _figure(partings: Sequence[Parting], a: str, b: str, said: str) -> dict[str, object]:
    names = [_step_name(one) for one in partings]
    keys = (
        ("same", "same score", "#8a9098", ""),
        ("a", f"{inert(a, 24)} higher", HUES[0], "/"),
        ("b", f"{inert(b, 24)} higher", HUES[1], "x"),
        ("unscored", "unscored", "rgba(128,128,128,0.15)", "."),
    )
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": list(range(len(partings))),
            "x": [getattr(one, key) for one in partings],
            "marker": {
                "color": hue,
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.5)", "size": 5},
            },
            "hovertext": [
                f"{inert(where)}<br>{name}: {getattr(one, key):,}" for where, one in zip(names, partings, strict=True)
            ],
            "hoverinfo": "text",
        }
        for key, name, hue, pattern in keys
        if any(getattr(one, key) for one in partings)
    ]
    ticks = {
        "tickvals": list(range(len(partings))),
        "ticktext": [inert(one, 40) for one in names],
        "autorange": "reversed",
    }
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure(
        data,
        said,
        axis("pairs of runs"),
        axis("", **ticks),
        height=140 + 34 * max(3, len(partings)),
        barmode="stack",
        showlegend=True,
        legend=legend,
    )
