"""Turns the events of an HTML parser into blocks of Markdown. No tree is built, so depth and size cost nothing."""

from typing import Any

from loomlab.loader.cells import table
from loomlab.loader.marking import fenced, one_line, plain

_HIDDEN = {"script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "select", "button",
           "datalist", "math", "audio", "video"}  # fmt: skip
_BESIDE = {"nav", "footer", "aside", "header", "menu", "dialog"}
_BLOCKS = {"p", "div", "section", "ul", "ol", "dl", "dt", "dd", "blockquote", "figure", "figcaption", "address",
           "details", "summary", "form", "fieldset", "main", "article", "body", "hr", "caption"}  # fmt: skip
_VOID = {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr"}
_ENOUGH = 200
"""Characters in ``<main>`` or ``<article>`` from which on the rest of the page is left out."""
_WIDEST = 100
"""The most columns or rows that one cell may claim."""


class _Table:
    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None
        self.spans: dict[int, tuple[int, str]] = {}  # column -> rows still to fill, and with what
        self.claims = (1, 1)

    def begin_row(self) -> None:
        self.end_cell()
        self.rows.append([])

    def begin_cell(self, columns: str | None, rows: str | None) -> None:
        self.end_cell()
        if not self.rows:
            self.rows.append([])
        self.cell, self.claims = [], (_count(columns), _count(rows))

    def end_cell(self) -> None:
        if self.cell is None:
            return
        words = one_line("".join(self.cell))
        self.cell = None
        row = self.rows[-1]
        self._fill(row)
        for number in range(self.claims[0]):
            if self.claims[1] > 1:
                self.spans[len(row)] = (self.claims[1] - 1, words)
            row.append(words if number == 0 else "")

    def end_row(self) -> None:
        self.end_cell()
        if self.rows:
            self._fill(self.rows[-1])

    def _fill(self, row: list[str]) -> None:
        while (left := self.spans.get(len(row))) is not None:
            if left[0] <= 1:
                del self.spans[len(row)]
            else:
                self.spans[len(row)] = (left[0] - 1, left[1])
            row.append(left[1])


def _count(claimed: str | None) -> int:
    return min(int(claimed), _WIDEST) if claimed and claimed.isdecimal() and int(claimed) > 0 else 1


class Reader:
    """The target of an lxml HTML parser: ``start``, ``end``, ``data``, ``close``."""

    def __init__(self) -> None:
        self.title = ""
        self.tables = self.paragraphs = 0
        self._blocks: list[tuple[bool, bool, str]] = []  # in the main part, a list item, text
        self._inline: list[str] = []
        self._skipped: list[str] = []  # open elements from the first hidden one on
        self._lists: list[int | None] = []  # per open list: its next number, None for bullets
        self._tables: list[_Table] = []
        self._main = self._quote = self._in_title = 0
        self._heading = 0
        self._item = ""
        self._code: list[str] | None = None

    def start(self, tag: str, attributes: Any) -> None:
        """An element begins."""
        if self._skipped or self._is_hidden(tag, attributes):
            if tag not in _VOID:
                self._skipped.append(tag)
        elif tag == "title":
            self._in_title += 1
        elif tag in ("main", "article") or attributes.get("role") == "main":
            self._flush()
            self._main += 1
        elif self._code is not None:
            self._code.append("\n" if tag == "br" else "")
        elif tag == "pre":
            self._flush()
            self._code = []
        elif tag in ("table", "tr", "td", "th"):
            self._table_start(tag, attributes)
        elif tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._inline.append(one_line(attributes.get("alt") or ""))
        elif tag == "code":
            self._inline.append("`")
        elif not self._tables:
            self._block_start(tag, attributes)
        elif tag in _BLOCKS or tag == "li":
            self._words(" ")

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._skipped:
            if tag in self._skipped:
                while self._skipped.pop() != tag:
                    pass
        elif tag == "title":
            self._in_title -= 1
        elif tag in ("main", "article"):
            self._flush()
            self._main = max(0, self._main - 1)
        elif self._code is not None:
            if tag == "pre":
                code, self._code = "".join(self._code).strip("\n"), None
                self._add(fenced(code) if code.strip() and not self._tables else "")
                if self._tables:
                    self._words(code)
        elif tag in ("table", "tr", "td", "th"):
            self._table_end(tag)
        elif tag == "code":
            self._inline.append("`")
        elif not self._tables:
            self._block_end(tag)

    def data(self, text: str) -> None:
        """Words."""
        if self._skipped:
            return
        if self._in_title:
            self.title += text
        elif self._code is not None:
            self._code.append(text)
        else:
            self._words(text)

    def comment(self, _text: str) -> None:
        """A comment: nothing for readers."""

    def close(self) -> None:
        """The page ends."""
        self.title = one_line(self.title)
        while self._tables:
            self._table_end("table")
        if self._code is not None:
            self.end("pre")
        self._flush()

    def text(self) -> str:
        """The main part of the page as Markdown."""
        main = [one for one in self._blocks if one[0]]
        shown = (
            main if sum(len(one[2]) for one in main) >= _ENOUGH or len(main) * 2 > len(self._blocks) else self._blocks
        )
        parts: list[str] = []
        for number, (_main, item, block) in enumerate(shown):
            if number:
                parts.append("\n" if item and shown[number - 1][1] else "\n\n")
            parts.append(block)
        return "".join(parts)

    def _is_hidden(self, tag: str, attributes: Any) -> bool:
        if tag in _HIDDEN or (tag in _BESIDE and not self._main):
            return True
        style = "".join((attributes.get("style") or "").lower().split())
        return (
            "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or "display:none" in style
            or "visibility:hidden" in style
        )

    def _words(self, text: str) -> None:
        if self._tables and self._tables[-1].cell is not None:
            self._tables[-1].cell.append(text)
        else:
            self._inline.append(" ".join(text.split("\n")))

    def _block_start(self, tag: str, attributes: Any) -> None:
        if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._flush()
            self._heading = int(tag[1])
        elif tag == "li":
            self._flush()
            depth = max(len(self._lists) - 1, 0)
            number = self._lists[-1] if self._lists else None
            if number is not None:
                self._lists[-1] = number + 1
            self._item = f"{'   ' * min(depth, 8)}{'-' if number is None else f'{number}.'} "
        elif tag in _BLOCKS:
            self._flush()
            if tag in ("ul", "ol"):
                begins = attributes.get("start") or "1"
                self._lists.append(None if tag == "ul" else int(begins) if begins.isdecimal() else 1)
            self._quote += tag == "blockquote"

    def _block_end(self, tag: str) -> None:
        if tag in _BLOCKS or tag == "li" or (len(tag) == 2 and tag[0] == "h"):
            self._flush()
            if tag in ("ul", "ol") and self._lists:
                self._lists.pop()
            if tag == "li":
                self._item = ""
            self._quote -= tag == "blockquote" and self._quote > 0

    def _table_start(self, tag: str, attributes: Any) -> None:
        if tag == "table":
            if not self._tables:
                self._flush()
            self._tables.append(_Table())
        elif self._tables:
            if tag == "tr":
                self._tables[-1].begin_row()
            else:
                self._tables[-1].begin_cell(attributes.get("colspan"), attributes.get("rowspan"))

    def _table_end(self, tag: str) -> None:
        if not self._tables:
            return
        if tag == "tr":
            self._tables[-1].end_row()
        elif tag in ("td", "th"):
            self._tables[-1].end_cell()
        else:
            done = self._tables.pop()
            done.end_row()
            rows = [row for row in done.rows if any(row)]
            if self._tables:  # a table in a cell: its words
                self._words(" ".join(" ".join(row) for row in rows))
            elif rows and max(map(len, rows)) > 1:
                self.tables += 1
                self._add(table(rows))
            else:  # one column only: a frame, not a table
                for row in rows:
                    self._add(plain(row[0]))

    def _flush(self) -> None:
        lines = [one_line(line) for line in "".join(self._inline).split("\n")]
        self._inline = []
        text = "\n".join(line for line in lines if line)
        heading, self._heading = self._heading, 0
        if not text or text.strip("`") == "":
            return
        self.paragraphs += 1
        if heading:
            self._add(f"{'#' * heading} {one_line(text)}")
        elif self._item:
            sign, self._item = self._item, " " * len(self._item)
            self._add(sign + one_line(text), item=True)
        else:
            self._add(plain(text))

    def _add(self, block: str, *, item: bool = False) -> None:
        if block:
            quoted = "\n".join(f"> {line}" for line in block.split("\n")) if self._quote else block
            self._blocks.append((self._main > 0, item, quoted))
