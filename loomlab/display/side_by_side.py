"""Several runs of one prompt beside each other: a column each, under each other where the page is narrow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loomlab.display import format as fmt
from loomlab.display.graph import graph_fold, graph_text
from loomlab.display.graph_tally import GraphTally
from loomlab.display.run import TEXT_CAP, run_bodies, run_text
from loomlab.display.text import escape, preview
from loomlab.display.theme import fitting
from loomlab.display.trace import RunTrace

_WIDE = 300.0
"""Pixels that a picture in a column may take."""


@dataclass(frozen=True, slots=True)
class Column:
    """One way of several: how it is called, its run, and the graph that the run lit."""

    name: str
    trace: RunTrace
    tally: GraphTally | None = None


def side_by_side_html(columns: Sequence[Column]) -> str:
    """All columns as one output: each with its answer, its facts, and folded its graph and its trace."""
    return fitting(side_by_side_bodies(columns))


def side_by_side_bodies(columns: Sequence[Column]) -> Iterator[str]:
    """The same as a part of another face: ever shorter versions of it."""
    head = f'<p class="s">{escape(verdict(columns))}</p>'
    pictures = [_graph(column) for column in columns]
    shorter = list(
        zip(
            *(
                run_bodies(one.trace, picture=picture, folds=False)
                for one, picture in zip(columns, pictures, strict=True)
            ),
            strict=True,
        )
    )
    without = list(zip(*(run_bodies(column.trace, folds=False) for column in columns), strict=True))
    return (f"{head}{beside(columns, bodies)}" for bodies in (*shorter, *without))


def side_by_side_text(columns: Sequence[Column]) -> str:
    """The same as text, one after the other."""
    each = max(600, TEXT_CAP // max(1, len(columns)) - 200)
    parts = [verdict(columns)]
    for column in columns:
        text = run_text(column.trace, cap=each)
        graph = "" if column.tally is None else f"\n\nGraph · {graph_text(column.tally.graph, column.tally.lights())}"
        whole = f"{text}{graph}" if len(f"{text}{graph}".encode()) <= each else text
        parts.append(f"── {preview(column.name, 60)} ──\n{whole}")
    return "\n\n".join(parts)


def verdict(columns: Sequence[Column]) -> str:
    """What sets them apart, in one sentence: which answered, and who did it with least."""
    done = [column for column in columns if column.trace.status == "answered"]
    said = f"{len(done)} of {len(columns)} ways answered"
    if len(done) < 2:
        return f"{said}."
    least = [
        _least(
            done,
            "fewest tokens",
            lambda one: float(one.trace.totals.tokens_in + one.trace.totals.tokens_out),
            fmt.count,
        ),
        _least(done, "cheapest", lambda one: one.trace.totals.cost_usd, fmt.cost),
        _least(done, "fastest", lambda one: one.trace.totals.duration_ms, fmt.duration),
    ]
    return "; ".join([said, *(one for one in least if one)]) + "."


def _least(
    columns: Sequence[Column], what: str, of: Callable[[Column], float | None], shown: Callable[[float | None], str]
) -> str:
    """``fewest tokens: rewoo (1,390)``; empty where a figure is unknown, or the two lowest read the same."""
    known = sorted(
        ((value, column.name) for column in columns if (value := of(column)) is not None), key=lambda one: one[0]
    )
    if len(known) < len(columns) or shown(known[0][0]) == shown(known[1][0]):
        return ""
    return f"{what}: {preview(known[0][1], 40)} ({shown(known[0][0])})"


def _graph(column: Column) -> str:
    return "" if column.tally is None else graph_fold(column.tally.graph, column.tally.lights(), widest=_WIDE)


def beside(columns: Sequence[Column], bodies: Sequence[str]) -> str:
    """Safe HTML of each column, next to each other under their names."""
    each = "".join(
        f'<div class="col"><p><strong>{escape(preview(column.name, 60))}</strong></p>{body}</div>'
        for column, body in zip(columns, bodies, strict=True)
    )
    return f'<div class="cols">{each}</div>'
