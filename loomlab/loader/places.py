"""Where a piece stands in the document it comes from: page, sheet, headings, line."""

import re
from bisect import bisect_left, bisect_right
from typing import Any

from loomlab.core.documents import Document
from loomlab.loader.outline import Paths, outline

_PAGE = re.compile(r"^## Page (\d+)$", re.MULTILINE)
_SHEET = re.compile(r"^## (.+)$", re.MULTILINE)
_WITH_HEADINGS = {"md", "markdown", "docx", "html", "htm"}


class Places:
    """Finds the place of a piece in a document that ``load`` made, by the offsets of its Markdown.

    Pages of a PDF and sheets of a workbook come from their ``## …`` headings, which the loader lets nothing else look
    like. The line is that of the Markdown, which for text and Markdown files is that of the file, less the title.
    """

    def __init__(self, document: Document) -> None:
        text, kind = document.content, str(document.metadata.get("format", ""))
        self._lines = [found.start() for found in re.finditer("\n", text)]
        self._pages = [(one.start(), int(one[1])) for one in _PAGE.finditer(text)] if kind == "pdf" else []
        self._sheets = [(one.start(), one[1]) for one in _SHEET.finditer(text)] if kind in ("xlsx", "xlsm") else []
        self._paths = Paths(outline(text).headings) if kind in _WITH_HEADINGS else None

    def at(self, start: int, end: int) -> dict[str, Any]:
        """The place of ``content[start:end]`` as metadata; what does not apply is left out."""
        place: dict[str, Any] = {"line": bisect_left(self._lines, start) + 1}
        if self._pages:
            place["page"] = _above(self._pages, start, self._pages[0][1])
            last = _above(self._pages, end - 1, place["page"])
            if last != place["page"]:
                place["last_page"] = last
        if self._sheets:
            place["sheet"] = _above(self._sheets, end - 1, "")
        if self._paths is not None and (above := self._paths.at(start)):
            place["headers"] = above
        return place


def _above(marks: list[tuple[int, Any]], place: int, otherwise: Any) -> Any:
    number = bisect_right(marks, place, key=lambda one: one[0]) - 1
    return marks[number][1] if number >= 0 else otherwise
