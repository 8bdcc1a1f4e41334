"""Rows as a Markdown table, and as CSV that no spreadsheet takes for formulas."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

_BREAKS = re.compile(r"\s*(?:\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029])\s*")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?(?:\d[\d,. ]*|\.\d+)(?:[eE][+-]?\d+)?%?")


def cell(value: Any) -> str:
    """A value as it stands in a table: dates in ISO form, numbers of at most 15 digits, line breaks as ``<br>``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return _BREAKS.sub("<br>", str(value).strip()).replace("|", "\\|")


def number(value: float) -> str:
    """A number without the noise of binary fractions: 0.1 + 0.2 is 0.3, and 3.0 is 3."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return format(value, ".15g")


def row(values: Sequence[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(values)} |"


def table(rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; the first row is its header. Short rows are filled up; empty for no rows."""
    lines = [[cell(value) for value in one] for one in rows]
    width = max((len(one) for one in lines), default=0)
    if not width:
        return ""
    full = [[*one, *[""] * (width - len(one))] for one in lines]
    return "\n".join([row(full[0]), row(["---"] * width), *map(row, full[1:])])


def safe_for_spreadsheets(value: Any) -> str:
    """A value for a CSV file: text that a spreadsheet would run as a formula gets an apostrophe before it.

    Text that begins with ``= + - @``, a tab or a line break is such text; a plain number is not.
    """
    text = "" if value is None else number(value) if isinstance(value, float) else str(value)
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def write_csv(path: Any, rows: Iterable[Sequence[Any]]) -> int:
    """Write rows as a CSV file in UTF-8 that is safe to open in a spreadsheet; how many rows there were."""
    import csv
    from pathlib import Path

    count = 0
    with Path(path).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        for one in rows:
            writer.writerow([safe_for_spreadsheets(value) for value in one])
            count += 1
    return count
