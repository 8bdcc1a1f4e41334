"""Arms against cases: what each arm made of each case, ordered so that what tells them apart stands together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from loomlab.display import format as fmt
from loomlab.display.pictures import ink
from loomlab.display.pictures.drawing import Drawing
from loomlab.display.pictures.figure import HUES, axis, figure, inert

_LEFT, _RIGHT, _TOP, _ROW, _BAR = 170, 770, 52, 26, 18
_NAME = "Arms against cases"
_ARMS = 24
_CASES = 4_000
"""Arms and cases that are drawn; a note says how many are not."""
_APART = 60
"""Cases up to which each has a bar of its own."""
_BYTES = 40_000
"""Of the still drawing, so that an output stays within its cap."""
_CELL = 26.0
"""The widest a case is drawn."""


class CellState(StrEnum):
    """What came of a case. Only the first has a score."""

    SCORED = "scored"
    UNSCORED = "unscored"
    FAILED = "failed"
    MISSING = "not run"


@dataclass(frozen=True, slots=True)
class Cell:
    """One arm's ``score`` on a case (the mean of its epochs, 0 to 1), or why there is none; ``note`` says more."""

    state: CellState
    score: float | None = None
    note: str = ""


NOTHING = Cell(CellState.MISSING)


def heat_drawing(cells: Mapping[str, Mapping[str, Cell]], arms: Sequence[str], *, scorer: str = "score") -> Drawing:
    """The picture of ``cells`` by case and arm. The order of cases given is kept among those that are alike."""
    drawn = list(arms)[:_ARMS]
    if not cells or not drawn:
        return Drawing("No case has been evaluated yet.", "", figure([], "", axis(), axis()), name=_NAME)
    ordered = sort_cases(cells, drawn)
    telling = [case for case in ordered if _group(cells[case], drawn) == 1]
    said = _sentence(cells, drawn, ordered)
    columns = ("case", *drawn)
    rows = [[case, *(_told(cells[case].get(arm, NOTHING)) for arm in drawn)] for case in telling]
    notes = []
    if telling:
        notes.append(
            "The table has the cases that tell the arms apart, the clearest first."
            if len(telling) > 1
            else "The table has the one case that tells the arms apart."
        )
    shown, svg = _fitting(cells, drawn, ordered, said)
    if len(shown) < len(ordered):
        notes.append(f"Drawn are {len(shown):,} of them, evenly chosen.")
    if len(drawn) < len(arms):
        notes.append(f"{fmt.plural(len(arms) - len(drawn), 'more arm')} not drawn.")
    telling.sort(key=lambda case: -_spread(cells[case], drawn))
    rows.sort(key=lambda row: -_spread(cells[row[0]], drawn))
    return Drawing(
        said, svg, _figure(cells, drawn, shown, said, scorer), columns if rows else (), rows, notes, name=_NAME
    )


def _fitting(
    cells: Mapping[str, Mapping[str, Cell]], arms: Sequence[str], ordered: Sequence[str], said: str
) -> tuple[list[str], str]:
    """The cases that the drawing has room for, and the drawing."""
    every = 1 + (len(ordered) - 1) // _CASES
    while True:
        shown = list(ordered[::every])
        svg = _svg(cells, arms, shown, said, len(ordered))
        if len(svg) <= _BYTES or len(shown) < 20:
            return shown, svg
        every += max(1, every // 2)


def sort_cases(cells: Mapping[str, Mapping[str, Cell]], arms: Sequence[str]) -> list[str]:
    """Cases that all arms get right first, those that tell arms apart in the middle, by pattern, and those that none
    gets right last; cases in which an arm has no score come after."""

    def key(case: str) -> tuple[object, ...]:
        row = [cells[case].get(arm, NOTHING) for arm in arms]
        scores = tuple(-(one.score or 0.0) for one in row)
        states = tuple(one.state.value for one in row)
        known = [one.score for one in row if one.score is not None]
        mean = sum(known) / len(known) if known else 0.0
        group = _group(cells[case], arms)
        return (group, states, scores) if group == 3 else (group, -round(mean, 6), scores)

    return sorted(cells, key=key)


def _group(row: Mapping[str, Cell], arms: Sequence[str]) -> int:
    """0: all right; 1: tells arms apart; 2: all alike, but not right; 3: some arm has no score."""
    found = [row.get(arm, NOTHING) for arm in arms]
    if any(one.score is None for one in found):
        return 3
    values = {one.score for one in found}
    return 1 if len(values) > 1 else 0 if values == {1.0} else 2


_GROUPS = ("all right", "tell the arms apart", "none right, or all alike", "without a score somewhere")


def _spread(row: Mapping[str, Cell], arms: Sequence[str]) -> float:
    known = [one.score for arm in arms if (one := row.get(arm, NOTHING)).score is not None]
    return max(known) - min(known) if known else 0.0


def _sentence(cells: Mapping[str, Mapping[str, Cell]], arms: Sequence[str], ordered: Sequence[str]) -> str:
    counts = [0, 0, 0, 0]
    for case in ordered:
        counts[_group(cells[case], arms)] += 1
    total = fmt.plural(len(ordered), "case")
    if len(arms) == 1:
        right = f"{arms[0]} has {counts[0]:,} of {total} right"
        return f"{right}, and {counts[3]:,} without a score." if counts[3] else f"{right}."
    right = f"{counts[0]:,} {'is' if counts[0] == 1 else 'are'} right in all arms"
    said = f"Of {total}, {right} and {counts[1]:,} {'tells' if counts[1] == 1 else 'tell'} the arms apart"
    return (
        f"{said}; {counts[3]:,} {'has' if counts[3] == 1 else 'have'} no score in some arm."
        if counts[3]
        else f"{said}."
    )


def _told(cell: Cell) -> str:
    if cell.score is None:
        return f"{'! ' if cell.state is CellState.FAILED else '? '}{cell.note or cell.state.value}"
    return "✓" if cell.score == 1 else "✕" if cell.score == 0 else fmt.score(cell.score)


def _svg(
    cells: Mapping[str, Mapping[str, Cell]], arms: Sequence[str], cases: Sequence[str], said: str, total: int
) -> str:
    each = min(_CELL, (_RIGHT - _LEFT) / len(cases))
    right = _LEFT + each * len(cases)
    parts = _legend(cells, arms, cases)
    edges = []
    for group, members in groupby(enumerate(cases), key=lambda one: _group(cells[one[1]], arms)):
        numbers = [number for number, _ in members]
        edges.append((group, _LEFT + numbers[0] * each, _LEFT + (numbers[-1] + 1) * each, len(numbers)))
    bottom = _TOP + len(arms) * _ROW
    for number, arm in enumerate(arms):
        y = _TOP + number * _ROW
        parts.append(ink.words(_LEFT - 12, y + 13, arm, anchor="end", limit=24))
        known = [one.score for case in cases if (one := cells[case].get(arm, NOTHING)).score is not None]
        mean = fmt.score(sum(known) / len(known)) if known else fmt.UNKNOWN
        parts.append(ink.words(right + 10, y + 13, mean, css="q"))
        parts.append(ink.box(_LEFT, y, right - _LEFT, _BAR, "pb"))
        parts += _row([cells[case].get(arm, NOTHING) for case in cases], y, each)
    below = bottom + 12
    last_end = 0.0
    for number, (group, start, _, count) in enumerate(edges):
        if number:
            parts.append(ink.line(start, _TOP - 6, start, bottom + 2, "pl", width=1.2, dash="2 3"))
        name = f"{count:,} {_GROUPS[group]}" if len(cases) == total else _GROUPS[group]
        at = max(start, last_end)
        if at > start + 1 or at + ink.text_width(name) > ink.WIDTH:
            below += 15
            at = min(start, ink.WIDTH - ink.text_width(name))
        parts.append(ink.words(at + (2 if at == start else 0), below, name, css="q"))
        last_end = at + ink.text_width(name) + 14
    words = "; ".join(f"{count} {_GROUPS[group]}" for group, _, _, count in edges)
    return ink.picture(below + 8, f"{said} {words}.", parts)


def _row(row: Sequence[Cell], y: float, each: float) -> list[str]:
    """One arm: a bar as high as the score for each case; runs of equal cases are drawn as one."""
    full, wrong, failed, unscored = "", "", "", ""
    gap = 1.0 if each >= 5 and len(row) <= _APART else 0.0
    at = 0
    for (state, score), run in groupby(row, key=lambda one: (one.state, one.score)):
        count = len(list(run))
        pieces = [(at + index, 1) for index in range(count)] if gap else [(at, count)]
        at += count
        for first, wide in pieces:
            x, w = _LEFT + first * each, max(0.6, wide * each - gap)
            high = max(2.0, _BAR * min(1.0, max(0.0, score or 0.0))) if score else 0.0
            if not gap:  # one outline for the whole row
                full += (
                    f"V{y + _BAR - high:.0f}h{w:.4g}"
                    if full
                    else f"M{x:.1f} {y + _BAR:.0f}V{y + _BAR - high:.0f}h{w:.4g}"
                )
            elif high:
                full += f"M{x:.1f} {y + _BAR - high:.1f}h{w:.1f}v{high:.1f}h{-w:.1f}z"
            if state is CellState.SCORED and not score:
                wrong += f"M{x:.1f} {y + _BAR - 2.5:.1f}h{w:.1f}v2.5h{-w:.1f}z"
            elif state is CellState.FAILED:
                failed += _cross(x, y, w)
            elif state is CellState.UNSCORED:
                unscored += f"M{x + 0.5:.1f} {y + 4:.1f}h{max(0.2, w - 1):.1f}v{_BAR - 8}h{-max(0.2, w - 1):.1f}z"
    full += f"V{y + _BAR:.0f}z" if full and not gap else ""
    parts = [ink.way(full, "c0 ps", filled=True, width=0)] if full else []
    parts += [ink.way(wrong, "c1 ps", filled=True, width=0)] if wrong else []
    parts += [ink.way(failed, "c1 ph", width=1.4)] if failed else []
    parts += [ink.way(unscored, "pl", width=1, dash="2 2")] if unscored else []
    return parts


def _cross(x: float, y: float, wide: float) -> str:
    """Crosses as many as fit: a failure looks like nothing else at any width."""
    size = min(wide, _BAR - 8.0)
    if size < 4:
        return f"M{x:.1f} {y + 5}l{wide:.1f} 8"
    count = max(1, int(wide // 14)) if wide > 14 else 1
    step = wide / count
    size = min(size, step * 0.8)
    made = ""
    for index in range(count):
        cx, cy = x + step * (index + 0.5), y + _BAR / 2
        h = size / 2
        made += f"M{cx - h:.1f} {cy - h:.1f}l{size:.1f} {size:.1f}m0 {-size:.1f}l{-size:.1f} {size:.1f}"
    return made


def _legend(cells: Mapping[str, Mapping[str, Cell]], arms: Sequence[str], cases: Sequence[str]) -> list[str]:
    found = (cells[case].get(arm, NOTHING) for case in cases for arm in arms)
    every = {(one.state, one.score in (0, 1, None)) for one in found}
    states = {state for state, _ in every}
    samples = [("right", Cell(CellState.SCORED, 1.0)), ("wrong", Cell(CellState.SCORED, 0.0))]
    samples += (
        [("between: as high as the score", Cell(CellState.SCORED, 0.5))] if (CellState.SCORED, False) in every else []
    )
    samples += (
        [("failed: no answer, or the scorer broke", Cell(CellState.FAILED))] if CellState.FAILED in states else []
    )
    samples += [("unscored", Cell(CellState.UNSCORED))] if CellState.UNSCORED in states else []
    samples += [("not run", NOTHING)] if CellState.MISSING in states else []
    parts, at = [], 0.0
    for name, cell in samples:
        parts.append(ink.box(at + _LEFT, 8, 14, _BAR, "pb"))
        parts += [part.replace("M", "M", 1) for part in _row_at(cell, _LEFT + at)]
        parts.append(ink.words(_LEFT + at + 20, 21, name, css="q"))
        at += 36 + ink.text_width(name)
    return parts


def _row_at(cell: Cell, x: float) -> list[str]:
    """A sample of a state for the legend."""
    if cell.state is CellState.FAILED:
        return [ink.way(_cross(x, 8, 14), "c1 ph", width=1.4)]
    if cell.state is CellState.UNSCORED:
        return [ink.way(f"M{x + 0.5:.1f} 12h13v{_BAR - 8}h-13z", "pl", width=1, dash="2 2")]
    if cell.score is None:
        return []
    if cell.score == 0:
        return [ink.box(x, 8 + _BAR - 2.5, 14, 2.5, "c1 ps")]
    return [ink.box(x, 8 + _BAR * (1 - cell.score), 14, _BAR * cell.score, "c0 ps")]


def _figure(
    cells: Mapping[str, Mapping[str, Cell]], arms: Sequence[str], cases: Sequence[str], said: str, scorer: str
) -> dict[str, object]:
    rows = [[cells[case].get(arm, NOTHING) for case in cases] for arm in arms]
    names = [inert(case, 60) for case in cases]
    scale = [[0, "#F3D9C6"], [0.5, "#8FB7D3"], [1, HUES[0]]]
    data: list[dict[str, object]] = [
        {
            "type": "heatmap",
            "x": list(range(len(cases))),
            "y": list(range(len(arms))),
            "z": [[None if one.score is None else round(one.score, 4) for one in row] for row in rows],
            "customdata": [names],
            "text": [[_hover(one) for one in row] for row in rows],
            "hovertemplate": "case %{x}<br>%{text}<extra></extra>",
            "zmin": 0,
            "zmax": 1,
            "xgap": 1 if len(cases) <= 150 else 0,
            "ygap": 2,
            "colorscale": scale,
            "colorbar": {"title": {"text": inert(scorer, 20)}, "thickness": 10, "len": 0.8},
        }
    ]
    for state, symbol, hue in ((CellState.FAILED, "x", HUES[1]), (CellState.UNSCORED, "circle-open", "#7b8087")):
        places = [
            (number, place) for place, row in enumerate(rows) for number, one in enumerate(row) if one.state is state
        ]
        if places:
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": state.value,
                    "x": [number for number, _ in places],
                    "y": [place for _, place in places],
                    "marker": {"symbol": symbol, "color": hue, "size": 7},
                    "hovertext": [
                        f"{inert(cases[n], 60)}<br>{inert(arms[p], 40)}: {inert(_told(rows[p][n]), 80)}"
                        for n, p in places
                    ],
                    "hoverinfo": "text",
                }
            )
    data[0].pop("customdata")
    ticks = {
        "tickvals": list(range(len(arms))),
        "ticktext": [inert(arm, 30) for arm in arms],
        "autorange": "reversed",
        "showgrid": False,
    }
    if len(cases) <= 40:
        below = {"tickvals": list(range(len(cases))), "ticktext": [inert(case, 18) for case in cases]}
    else:
        below = {"showticklabels": False}
    data[0]["text"] = (
        [
            [f"{name}<br>{arm}: {_hover(one)}" for name, one in zip(names, row, strict=True)]
            for arm, row in zip(map(inert, arms), rows, strict=True)
        ]
        if len(cases) * len(arms) <= 3_000
        else data[0]["text"]
    )
    data[0]["hovertemplate"] = "%{text}<extra></extra>"
    return figure(
        data,
        said,
        axis(f"{len(cases):,} cases", showgrid=False, **below),
        axis("", **ticks),
        height=150 + 30 * max(2, len(arms)),
    )


def _hover(cell: Cell) -> str:
    return inert(_told(cell), 60)
