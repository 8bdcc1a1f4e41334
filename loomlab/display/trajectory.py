"""Runs side by side: where they first part, how each ended, and a row for each step; what is equal is said once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from loomlab.display import format as fmt
from loomlab.display.grid import column, grid
from loomlab.display.notice import note_body
from loomlab.display.table import table_body, table_text
from loomlab.display.text import clip, escape, fit, pad, plain, preview, width
from loomlab.display.theme import fitting
from loomlab.runlog import AlignedRow, Alignment, TrajectoryStep

_LEVELS = ((60, 160, 2_000), (40, 120, 600), (20, 80, 0), (10, 40, 0))
"""Rows, characters of a cell, characters in a fold: ever fewer, until it fits."""

_EQUAL = 3
"""Rows in a row that are the same everywhere, of which more are folded into one line."""

_WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)
_INDENT = "\u2003"
_OTHERWISE = {
    ("tool", "given"): "other arguments",
    ("tool", "said"): "another result",
    ("model", "said"): "another reply",
    ("step", "said"): "another output",
    ("run", "given"): "another task",
    ("run", "said"): "another answer",
}
_BAD = {"failed": "✕ failed", "denied": "✕ denied", "open": "… not finished"}


@dataclass(frozen=True, slots=True)
class _Line:
    """A row to print: its number, what it is, its cells (None: nothing there), whether it is the first to differ."""

    number: str
    step: str
    cells: tuple[TrajectoryStep | None, ...]
    row: AlignedRow | None = None
    first: bool = False


def alignment_html(alignment: Alignment) -> str:
    """The side-by-side table as a whole output."""
    return fitting(_body(alignment, *level) for level in _LEVELS)


def alignment_text(alignment: Alignment, columns: int = 110) -> str:
    """The same as text, at most ``columns`` wide."""
    names, runs = _runs(alignment)
    parts = [_verdict(alignment), table_text(names, runs, limit=20), _table_text(alignment, columns)]
    return "\n\n".join(parts)


def _body(alignment: Alignment, most: int, cell: int, detail: int) -> str:
    lines, hidden = _lines(alignment, most)
    names, runs = _runs(alignment)
    head = column("#", right=True) + column("step")
    head += "".join(column(escape(preview(name, 60))) for name in _names(alignment))
    body = "".join(_line_html(line, len(alignment.names), cell, detail) for line in lines)
    more = note_body(f"{fmt.plural(hidden, 'more row')} not shown.") if hidden else ""
    return (
        f'<p class="answer"><strong>{escape(_verdict(alignment))}</strong></p>{table_body(names, runs, limit=20)}'
        f"{grid(head, body, wide=True)}{more}"
    )


def _verdict(alignment: Alignment) -> str:
    """One sentence: where the runs part, and in what."""
    at = alignment.divergence
    if at is None:
        return f"The runs are the same in all {fmt.plural(len(alignment.rows), 'step')}."
    row = alignment.rows[at]
    step = next(one for one in row.cells if one is not None)
    return preview(f"The runs part at step {at + 1}, {_step_name(step)}: {_why(row, alignment)}.", 300)


def _why(row: AlignedRow, alignment: Alignment) -> str:
    step = next(one for one in row.cells if one is not None)
    if row.differs == "missing":
        there = [name for name, one in zip(_names(alignment), row.cells, strict=True) if one is not None]
        return f"only {' and '.join(there)} {'has' if len(there) == 1 else 'have'} it"
    if row.differs == "status":
        return f"another outcome ({', '.join(dict.fromkeys(one.status for one in row.cells if one is not None))})"
    return _OTHERWISE.get((step.kind, row.differs), "something else")


def _names(alignment: Alignment) -> list[str]:
    return [f"run {name}" if len(name) < 12 else name for name in alignment.names]


def _runs(alignment: Alignment) -> tuple[list[str], list[list[object]]]:
    """How each run went, as a table."""
    rows: list[list[object]] = []
    for name, run in zip(_names(alignment), alignment.runs, strict=True):
        calls = sum(1 for _, one in run.walk() if one.kind == "model")
        tools = sum(1 for _, one in run.walk() if one.kind == "tool")
        used = run.tokens_in + run.tokens_out
        time = fmt.duration(run.duration_ms)
        rows.append([name, run.by, run.status.replace("_", " "), calls, tools, used, fmt.cost(run.cost_usd), time])
    return ["run", "by", "ended", "model calls", "tool calls", "tokens", "cost", "time"], rows


def _lines(alignment: Alignment, most: int) -> tuple[list[_Line], int]:
    """The rows to print, long stretches of equal ones folded; and how many did not find room."""
    lines: list[_Line] = []
    for equal, stretch in _stretches(alignment.rows):
        if equal and len(stretch) > _EQUAL + 1:
            lines.append(_line(alignment, stretch[0]))
            lines.append(_Line("", f"… {fmt.plural(len(stretch) - 2, 'step')}, the same in all runs …", ()))
            lines.append(_line(alignment, stretch[-1]))
        else:
            lines += [_line(alignment, index) for index in stretch]
    if len(lines) <= most:
        return lines, 0
    # The first difference is what a reader came for: it stays, with what led to it.
    first = next((place for place, line in enumerate(lines) if line.first), 0)
    start = max(0, min(first - most // 3, len(lines) - most))
    return lines[start : start + most], len(lines) - most


def _stretches(rows: Sequence[AlignedRow]) -> Iterator[tuple[bool, list[int]]]:
    found: list[int] = []
    for index, row in enumerate(rows):
        if found and bool(row.differs) != bool(rows[found[-1]].differs):
            yield not rows[found[-1]].differs, found
            found = []
        found.append(index)
    if found:
        yield not rows[found[-1]].differs, found


def _line(alignment: Alignment, index: int) -> _Line:
    row = alignment.rows[index]
    step = next(one for one in row.cells if one is not None)
    name = f"{_INDENT * min(step.depth, 6)}{_step_name(step)}"
    return _Line(str(index + 1), name, row.cells, row, index == alignment.divergence)


def _step_name(step: TrajectoryStep) -> str:
    if step.kind == "model":
        return "model" if step.name == "agent" else f"model · {step.name}"
    if step.kind == "run":
        return step.name if step.name in ("task", "answer") and step.depth == 0 else f"run {step.name}"
    return f"{step.kind} {step.name}"


def _said(step: TrajectoryStep) -> str:
    """What a cell says of a step, as text."""
    bad = _BAD.get(step.status, "" if step.status in ("ok", "answered") else f"! {step.status.replace('_', ' ')}")
    parts = [step.given, step.said and (f"→ {step.said}" if step.given or step.kind in ("tool", "step") else step.said)]
    return " ".join(part for part in (bad, *parts) if part) or "nothing"


def _line_html(line: _Line, wide: int, cell: int, detail: int) -> str:
    if line.row is None:
        empty = "<td></td>" * (wide - 1)
        return f'<tr><td></td><th scope="row"></th><td class="s">{escape(line.step)}</td>{empty}</tr>'
    mark = '<br><span class="hm">◀ first difference</span>' if line.first else ""
    cells = "".join(_cells_html(line, cell, detail))
    name = f'<th scope="row">{escape(line.step)}{mark}</th>'
    return f'<tr><td class="n">{line.number}</td>{name}{cells}</tr>'


def _cells_html(line: _Line, cell: int, detail: int) -> Iterator[str]:
    told = _told(line)
    skip = _shared(told)
    at, first = next((place, text) for place, text in enumerate(told) if text is not None)
    for place, text in enumerate(told):
        if text is None:
            yield '<td class="s">–</td>'
        elif place > at and text == first:
            yield '<td class="s">=</td>'
        else:
            said = _cut(text, skip, cell)
            marked = escape(said) if place == at else _marked(_cut(first, skip, cell), said)
            fold = ""
            if detail and len(text) > cell:
                fold = f"<details><summary>whole</summary><pre>{escape(clip(text, detail))}</pre></details>"
            yield f"<td>{marked}{fold}</td>"


def _cells_text(line: _Line, columns: int) -> Iterator[str]:
    told = _told(line)
    skip = _shared(told)
    at, first = next((place, text) for place, text in enumerate(told) if text is not None)
    for place, text in enumerate(told):
        yield "–" if text is None else "=" if place > at and text == first else _cut(text, skip, columns)


def _told(line: _Line) -> list[str | None]:
    """What each cell says."""
    return [None if one is None else _said(one) for one in line.cells]


def _shared(told: Sequence[str | None]) -> int:
    """How many characters the texts that differ have in common at their beginning."""
    there = {text for text in told if text is not None}
    if len(there) < 2:
        return 0
    one, other = min(there), max(there)  # the two that differ earliest
    return next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))


def _cut(text: str, skip: int, limit: int) -> str:
    """One line of ``text``, from a little before the place where it begins to differ."""
    start = skip - limit // 4
    if start <= limit // 4:
        return preview(text, limit)
    start = text.rfind(" ", 0, start) + 1
    return f"…{preview(text[start:], limit - 1)}"


def _marked(before: str, after: str) -> str:
    """``after`` as HTML, with what is not in ``before`` set strong."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    parts = []
    for kind, _, _, start, end in SequenceMatcher(None, old, new, False).get_opcodes():
        words = escape("".join(new[start:end]))
        parts.append(words if kind == "equal" or not words.strip() else f"<strong>{words}</strong>")
    return "".join(parts)


def _table_text(alignment: Alignment, columns: int) -> str:
    lines, hidden = _lines(alignment, 60)
    names = _names(alignment)
    step = min(24, max([4, *(width(plain(line.step)) + 2 * line.first for line in lines if line.row is not None)]))
    each = max(16, (columns - step - 6 - 2 * len(names)) // len(names))
    rows = [["#", "step", *names]]
    for line in lines:
        if line.row is None:
            rows.append(["", "", line.step])
            continue
        rows.append([line.number, f"{plain(line.step)}{' ◀' if line.first else ''}", *_cells_text(line, each)])
    printed = []
    for number, name, *cells in rows:
        if len(cells) < len(names):
            printed.append(f"{' ' * 5}{cells[0]}")
            continue
        shown = "  ".join(pad(fit(one, each), each) for one in cells)
        printed.append(f"{pad(number, 3, right=True)}  {pad(fit(name, step), step)}  {shown}".rstrip())
    more = [f"{fmt.plural(hidden, 'more row')} not shown"] if hidden else []
    return "\n".join([*printed, *more])
