"""The result of an evaluation: one line an arm, an interval plot, and the line that shows its progress."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.display import format as fmt
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.intervals import FILLS, Interval, intervals_svg
from loomlab.display.text import escape, pad, preview, width
from loomlab.display.theme import fitting

_HEAD = ("arm", "cases", "score", "95 % interval", "tokens", "cost", "median time", "failures")
_ARMS = 40
FAILURES_SHOWN = 4

EvaluationRow = Mapping[str, Any]
"""``arm n score ci_low ci_high tokens cost_usd median_latency_ms failures`` (causes and how often). A figure that is
missing or None is shown as unknown. ``tokens`` and ``cost_usd`` are those of the whole arm."""


def evaluation_html(rows: Sequence[EvaluationRow], *, title: str | None = None, note: str | None = None) -> str:
    """The summary as a whole output."""
    return fitting(evaluation_body(rows, title=title, note=note, arms=arms) for arms in (_ARMS, 15, 5))


def evaluation_body(
    rows: Sequence[EvaluationRow], *, title: str | None = None, note: str | None = None, arms: int = _ARMS
) -> str:
    """The same as a part of another face. ``arms``: how many are shown."""
    if not rows:
        return '<p class="s">No case has been evaluated yet.</p>'
    shown = rows[:arms]
    head = "".join(column(name, right=_is_figure(index)) for index, name in enumerate(_HEAD))
    lines = "".join(_line_html(number, one) for number, one in enumerate(shown))
    above = f"<p><strong>{escape(preview(title, 200))}</strong></p>" if title else ""
    plot = intervals_svg([_interval(one) for one in shown])
    notes = [f"{fmt.plural(len(rows) - arms, 'more arm')} not shown."] if len(rows) > arms else []
    notes += [note] if note else []
    below = "".join(f'<p class="note">{escape(preview(one, 600))}</p>' for one in notes)
    return f"{above}{grid(head, lines, wide=True)}{plot}{below}"


def evaluation_text(rows: Sequence[EvaluationRow], *, title: str | None = None, note: str | None = None) -> str:
    """The same as text."""
    if not rows:
        return "No case has been evaluated yet."
    lines = [_HEAD, *(_cells(one, 30) for one in rows[:_ARMS])]
    sizes = [max(width(line[index]) for line in lines) for index in range(len(_HEAD))]
    table = [
        "  ".join(pad(cell, sizes[index], right=_is_figure(index)) for index, cell in enumerate(line)).rstrip()
        for line in lines
    ]
    above = [preview(title, 200), ""] if title else []
    more = [f"{fmt.plural(len(rows) - _ARMS, 'more arm')} not shown"] if len(rows) > _ARMS else []
    return "\n".join([*above, *table, *more, *(["", preview(note, 600)] if note else [])])


def progress_text(
    done: int, total: int, *, arm: str = "", right: int | None = None, cost_usd: float | None = 0.0
) -> str:
    """One line of progress: ``[######----] 60/100 · react · 41 right · $0.0120``."""
    filled = 0 if total <= 0 else min(20, done * 20 // total)
    parts = [f"[{'#' * filled}{'-' * (20 - filled)}] {fmt.count(done)}/{fmt.count(total)}"]
    parts += [preview(arm, 40)] if arm else []
    parts += [f"{fmt.count(right)} right"] if right is not None else []
    parts += [fmt.cost(cost_usd)] if cost_usd is not None else ["cost unknown"]
    return " · ".join(parts)


def _line_html(number: int, row: EvaluationRow) -> str:
    cells = _cells(row, 80)
    swatch = (
        f'<svg width="9" height="9" role="img" aria-label="colour {number + 1}">'
        f'<rect class="c{number % 5}" width="9" height="9" rx="2" fill="{FILLS[number % 5]}"></rect></svg>'
    )
    rest = "".join(
        f"<td{RIGHT if _is_figure(index) else ''}>{escape(cell)}</td>" for index, cell in enumerate(cells) if index
    )
    return f'<tr><th scope="row">{swatch} <strong>{escape(cells[0])}</strong></th>{rest}</tr>'


def _cells(row: EvaluationRow, name: int) -> tuple[str, ...]:
    return (
        preview(str(row.get("arm", "")), name),
        fmt.count(row.get("n")),
        fmt.score(row.get("score")),
        fmt.interval(row.get("ci_low"), row.get("ci_high")),
        fmt.count(row.get("tokens")),
        fmt.cost(row.get("cost_usd")),
        fmt.duration(row.get("median_latency_ms")),
        failures_text(row.get("failures"), FAILURES_SHOWN),
    )


def failures_text(failures: Any, most: int) -> str:
    """Causes and how often, the ``most`` frequent first; ``–`` where there are none."""
    if not isinstance(failures, Mapping) or not failures:
        return "–"
    ordered = sorted(failures.items(), key=lambda item: (-item[1], str(item[0])))
    shown = ", ".join(f"{fmt.count(times)} {preview(str(cause), 40)}" for cause, times in ordered[:most])
    return shown + (f", {fmt.plural(len(ordered) - most, 'more cause')}" if len(ordered) > most else "")


def _interval(row: EvaluationRow) -> Interval:
    return Interval(preview(str(row.get("arm", "")), 24), row.get("score"), row.get("ci_low"), row.get("ci_high"))


def _is_figure(index: int) -> bool:
    return 0 < index < len(_HEAD) - 1
