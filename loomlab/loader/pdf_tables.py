"""The tables of a PDF page that are drawn with lines."""

from typing import Any

from loomlab.loader.cells import table
from loomlab.loader.pdf_page import Box

_LEAST_FILLED = 0.3


def tables_on(page: Any) -> list[tuple[Box, str]]:
    """The tables of a page of pdfplumber: place and Markdown. Frames and decorations are none."""
    try:
        found = []
        height = float(page.height)
        for one in page.find_tables():
            rows = [[" ".join((value or "").split()) for value in row] for row in one.extract()]
            rows = [row for row in rows if any(row)]
            cells = sum(map(len, rows))
            if (
                len(rows) < 2
                or max(map(len, rows)) < 2
                or sum(bool(value) for row in rows for value in row) < _LEAST_FILLED * cells
            ):
                continue
            left, top, right, bottom = one.bbox
            found.append(((left, height - top, right, height - bottom), table(rows)))
        return found
    finally:
        page.close()
