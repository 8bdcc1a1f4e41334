"""Excel workbooks: every sheet as Markdown tables."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loomlab.core.documents import Document
from loomlab.loader.cells import cell, table
from loomlab.loader.excel_values import Values
from loomlab.loader.marking import one_line
from loomlab.loader.packed import Package, opened
from loomlab.loader.problems import MAX_CELLS, MAX_UNPACKED, DocumentError, breathe, warn
from loomlab.loader.word_styles import attribute, local

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_MOST_COLUMNS = 16_384
_BREATH = 1000
_MOST_FILLED = 200_000
"""Cells of merged ranges that are filled, in a sheet."""

Row = dict[int, Any]


def load_excel(path: str | Path, *, max_unpacked: int = MAX_UNPACKED, max_cells: int = MAX_CELLS) -> Document:
    """A workbook (xlsx, xlsm) under a ``# name`` title, each sheet under ``## name``.

    Formulas show the value that was last calculated; one that never was shows itself, with a RuntimeWarning. Dates are
    ISO, percentages and numbers as they are meant (0.30000000000000004 is 0.3). A merged cell's value stands in each of
    its rows, and in each of its columns if the row says more. Blank rows end a table, unless numbers go on after them.
    Macros are never looked at. DocumentError for a file that is damaged, encrypted, no workbook, would unpack to more
    than ``max_unpacked`` bytes, or has more than ``max_cells`` cells.
    """
    name = Path(path).name
    parts = [f"# {name}"]
    names: list[str] = []
    rows = unknown = 0
    with opened(path, kind="XLSX", main=r"xl/workbook\d*\.xml", max_unpacked=max_unpacked) as package:
        values = Values(package)
        left = max_cells
        for title, part in _sheets(package):
            sheet = _Sheet(package, part, values, left)
            left -= sheet.cells
            names.append(title)
            rows += len(sheet.rows)
            unknown += sheet.unknown
            parts += [f"## {title}", *sheet.blocks()]
    if unknown:
        warn(
            f"{name}: {unknown} formulas were never calculated and are shown themselves; open the file in a spreadsheet"
            " program and save it to have their values"
        )
    suffix = Path(path).suffix.lower().lstrip(".")
    metadata = {
        "source": str(path),
        "format": suffix if suffix in ("xlsx", "xlsm") else "xlsx",
        "sheet_count": len(names),
        "sheet_names": names,
        "row_count": rows,
    }
    return Document("\n\n".join(parts), metadata)


def _sheets(package: Package) -> Iterator[tuple[str, str]]:
    """Name and part of each sheet, in order, hidden ones too."""
    folder, _, file = package.main.rpartition("/")
    relations = package.tree(f"{folder}/_rels/{file}.rels")
    targets = {one.get("Id"): one.get("Target") or "" for one in (relations if relations is not None else ())}
    for sheet in package.tree(package.main).iter("{*}sheet"):
        target = targets.get(attribute(sheet, "id"), "")
        part = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
        if "worksheets/" in part:
            yield one_line(sheet.get("name") or "") or "Sheet", part


def place(reference: str) -> tuple[int, int] | None:
    """Row and column, from 1, of a reference such as ``BC12``; None if it is none."""
    found = _REFERENCE.fullmatch(reference)
    if not found:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


class _Sheet:
    """The rows of one sheet that hold anything, by number."""

    def __init__(self, package: Package, part: str, values: Values, most: int) -> None:
        self.rows: dict[int, Row] = {}
        self.cells = self.unknown = 0
        merged: list[str] = []
        last = 0
        for number, (_event, element) in enumerate(package.elements(part, tags=("{*}row", "{*}mergeCell"))):
            if number % _BREATH == 0:
                breathe()
            if local(element) == "mergeCell":
                merged.append(element.get("ref") or "")
            else:
                given = element.get("r") or ""
                last = int(given) if given.isdigit() else last + 1
                if found := self._row(element, values, package.name):
                    self.rows[last] = found
                if self.cells > most:
                    raise DocumentError(
                        f"{package.name} has more than {most:,} cells left to read: raise the limit with"
                        " load_excel(path, max_cells=…), or split the workbook"
                    )
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        self._fill(merged)

    def _row(self, element: Any, values: Values, name: str) -> Row:
        found: Row = {}
        column = 0
        for one in element:
            if local(one) != "c":
                continue
            where = place(one.get("r") or "")
            column = where[1] if where else column + 1
            if column > _MOST_COLUMNS:
                raise DocumentError(f"{name} is damaged: a row has more than {_MOST_COLUMNS} columns")
            value = values.of(one)
            if isinstance(value, str) and value.startswith("=") and one.get("t") not in ("s", "str", "inlineStr"):
                self.unknown += 1
            if value is not None and value != "":
                found[column] = value
        self.cells += len(found)
        return found

    def _fill(self, merged: list[str]) -> None:
        numbers = sorted(self.rows)
        left = _MOST_FILLED
        for one in merged:
            first, _, last = one.partition(":")
            begin, end = place(first), place(last)
            if not begin or not end or begin[1] not in self.rows.get(begin[0], {}):
                continue
            value = self.rows[begin[0]][begin[1]]
            for number in numbers[bisect_left(numbers, begin[0]) :]:
                if number > end[0] or left <= 0:
                    break
                row = self.rows[number]
                says_more = any(not begin[1] <= column <= end[1] for column in row)
                for column in range(begin[1], min(end[1] if says_more else begin[1], max(row)) + 1):
                    left -= 1
                    row.setdefault(column, value)

    def blocks(self) -> list[str]:
        """The sheet as tables and, where a row stands alone with one value, paragraphs."""
        groups: list[list[Row]] = []
        before = -1
        for number in sorted(self.rows):
            row = self.rows[number]
            goes_on = number == before + 1 or (bool(groups) and len(groups[-1]) > 1 and not _is_header(row))
            if goes_on and groups:
                groups[-1].append(row)
            else:
                groups.append([row])
            before = number
        return [_block(one) for one in groups]


def _is_header(row: Row) -> bool:
    return all(isinstance(value, str) and not value.startswith("=") for value in row.values())


def _block(rows: list[Row]) -> str:
    lead: list[str] = []
    while rows and len(rows[0]) == 1 and (len(rows) == 1 or len(rows[1]) != 1):
        lead.append(cell(next(iter(rows.pop(0).values()))))
    columns = sorted({column for row in rows for column in row})
    text = table([[row.get(column) for column in columns] for row in rows]) if rows else ""
    return "\n\n".join(one for one in [*lead, text] if one)
