"""Small aligned tables of values: runs, costs, the head of a query's result."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from loomlab.display import format as fmt
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.text import escape, pad, preview, width
from loomlab.display.theme import fitting

ROWS = 20
"""Rows shown unless told otherwise."""

_CELL, _COLUMNS, _TEXT_CELL = 200, 30, 40
_NUMBERS = (int, float)


def table_html(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    *,
    title: str | None = None,
    total: int | None = None,
    limit: int = ROWS,
    empty: str = "no rows",
) -> str:
    """A table as a whole output.

    ``rows`` are sequences in the order of ``columns``, or mappings. At most ``limit`` rows and 30 columns are shown and
    a note says how many are not; ``total`` is the number of rows where ``rows`` itself does not hold them all.
    Numbers stand to the right. None is shown as ``–``. Where a table would outgrow ``theme.HTML_CAP``, cells are cut
    first, then rows.
    """
    rows = list(rows)
    known = len(rows) if total is None else total
    return fitting(
        table_body(columns, rows, title=title, total=known, limit=min(limit, most), empty=empty, cell=cell)
        for cell, most in ((_CELL, limit), (80, limit), (40, limit), (40, 10), (20, 10))
    )


def table_body(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    *,
    title: str | None = None,
    total: int | None = None,
    limit: int = ROWS,
    empty: str = "no rows",
    cell: int = _CELL,
) -> str:
    """The same as a part of another face. ``cell``: characters of a cell that are shown."""
    shown, note = _head(columns, rows, total, limit, empty)
    right = _numeric(columns, shown)
    head = "".join(
        column(escape(preview(str(name), cell)), right=index in right) for index, name in enumerate(columns[:_COLUMNS])
    )
    body = "".join(
        "<tr>" + "".join(_cell(value, index, index in right, cell) for index, value in enumerate(line)) + "</tr>"
        for line in shown
    )
    above = f"<p><strong>{escape(preview(title, _CELL))}</strong></p>" if title else ""
    below = f'<p class="s">{escape(note)}</p>' if note else ""
    table = grid(head, body) if head else ""
    return f"{above}{table}{below}"


def table_text(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    *,
    title: str | None = None,
    total: int | None = None,
    limit: int = ROWS,
    empty: str = "no rows",
) -> str:
    """The same table as text."""
    shown, note = _head(columns, rows, total, limit, empty)
    right = _numeric(columns, shown)
    lines = [[preview(str(name), _TEXT_CELL) for name in columns[:_COLUMNS]]]
    lines += [[preview(cell_text(value), _TEXT_CELL) for value in line] for line in shown]
    widths = [max(width(line[index]) for line in lines) for index in range(len(lines[0]))]
    text = [
        "  ".join(
            pad(cell, size, right=index in right) for index, (cell, size) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    above = [preview(title, _CELL)] if title else []
    return "\n".join([*above, *(line.rstrip() for line in text if line.strip()), *([note] if note else [])])


def cell_text(value: Any) -> str:
    """A value as a cell shows it: floats with three significant digits, times to the second, None as ``–``."""
    if value is None or (isinstance(value, float) and value != value):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return fmt.count(value)
    if isinstance(value, float):
        return fmt.significant(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _head(
    columns: Sequence[str], rows: Iterable[Any], total: int | None, limit: int, empty: str
) -> tuple[list[list[Any]], str]:
    source = iter(rows)
    shown = [_line(columns, one) for one in islice(source, max(0, limit))]
    count = total if total is not None else len(shown) + sum(1 for _ in source)
    notes = [f"{fmt.plural(count - len(shown), 'more row')} not shown"] if count > len(shown) else []
    notes += [f"{fmt.plural(len(columns) - _COLUMNS, 'more column')} not shown"] if len(columns) > _COLUMNS else []
    return shown, " · ".join(notes) if shown else (empty if not count else notes[0])


def _line(columns: Sequence[str], row: Any) -> list[Any]:
    values = [row.get(name) for name in columns] if isinstance(row, Mapping) else list(row)
    values = values[: min(len(columns), _COLUMNS)]
    return values + [None] * (min(len(columns), _COLUMNS) - len(values))


def _numeric(columns: Sequence[str], shown: Sequence[Sequence[Any]]) -> set[int]:
    return {
        index
        for index in range(min(len(columns), _COLUMNS))
        if any(_is_number(line[index]) for line in shown)
        and all(line[index] is None or _is_number(line[index]) for line in shown)
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def _cell(value: Any, index: int, right: bool, limit: int) -> str:
    text = escape(preview(cell_text(value), limit))
    return f'<th scope="row">{text}</th>' if index == 0 and not right else f"<td{RIGHT if right else ''}>{text}</td>"
