"""Pieces that follow the headings of a Markdown text; code and tables stay whole, a long table repeats its header."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from loomlab.core.documents import Chunk, Document
from loomlab.loader.breaks import after_blank, before_blank
from loomlab.loader.outline import Outline, Paths, Span, Table, outline
from loomlab.loader.pieces import as_chunks, check_sizes, text_of
from loomlab.loader.recursive import ranks_for, split_long
from loomlab.loader.spans import Characters, spans

Piece = tuple[int, int, dict[str, Any]]
_SPLIT = {"strategy": "markdown+recursive"}


class MarkdownChunker:
    """Splits a Markdown text at its headings; each chunk says which ones it stands under (``headers``).

    A section that fits in ``chunk_size`` characters is one chunk (``strategy`` "markdown"); a longer one is cut as
    ``RecursiveChunker`` cuts ("markdown+recursive"), and repeats up to ``chunk_overlap`` characters. A heading with
    nothing under it goes with the section that follows. Code fences and tables that fit stay whole. A table that does
    not fit is cut between rows, and each further piece begins with the table's header again: ``repeated`` says how many
    characters of the chunk are that header, and the rest is ``text[start:end]``. Without ``repeated``, the whole chunk
    is. Raises ValueError for sizes that mean nothing.
    """

    strategy = "markdown"

    def __init__(self, chunk_size: int = 800, chunk_overlap: int = 100) -> None:
        check_sizes(chunk_size, chunk_overlap)
        self.chunk_size, self.chunk_overlap = chunk_size, chunk_overlap

    def __repr__(self) -> str:
        return f"MarkdownChunker({self.chunk_size}, {self.chunk_overlap})"

    def split(self, text: str | Document, *, source: str = "") -> list[Chunk]:
        """The pieces of a text, in order; none for a text without words."""
        words = text_of(text)
        plan = outline(words)
        parts = _Parts(plan)
        paths = Paths(plan.headings)
        found: list[Span] = []
        more: list[dict[str, Any]] = []
        for start, end, last_heading in self._sections(words, plan):
            headers = paths.at(last_heading)
            for first, last, extra in self._section(words, start, end, parts):
                found.append((first, last))
                more.append({"headers": headers, **extra})
        return as_chunks(text, found, self, source, more)

    def _sections(self, text: str, plan: Outline) -> Iterator[tuple[int, int, int]]:
        """Start, end, and the start of the deepest heading of each section."""
        bounds = [0, *(one.start for one in plan.headings), len(text)]
        ends = [0, *(one.end for one in plan.headings)]
        held: int | None = None
        for number, head_end in enumerate(ends):
            start, end = bounds[number], bounds[number + 1]
            begin = start if held is None else held
            if before_blank(text, begin, end) - begin > self.chunk_size and start - begin > self.chunk_size // 4:
                begin = start
            if held is not None and begin == start:
                yield held, start, held
            held = None
            if before_blank(text, head_end, end) == head_end and number < len(ends) - 1:
                held = begin if end > begin else None
                continue
            if after_blank(text, begin, end) < end:
                yield begin, end, start

    def _section(self, text: str, start: int, end: int, parts: "_Parts") -> Iterator[Piece]:
        end = before_blank(text, start, end)
        start = after_blank(text, start, end)
        if end - start <= self.chunk_size:
            if start < end:
                yield start, end, {}
            return
        at = start
        for table in parts.tables(start, end):
            if table.end - table.start > self.chunk_size:
                lead = before_blank(text, at, table.start) - at
                if lead > self.chunk_size // 4:
                    yield from self._prose(text, at, table.start, parts)
                    at = table.start
                yield from self._table(text, after_blank(text, at, table.start), table)
                at = table.end
        yield from self._prose(text, at, end, parts)

    def _prose(self, text: str, start: int, end: int, parts: "_Parts") -> Iterator[Piece]:
        measure = Characters(self.chunk_size, self.chunk_overlap)
        for first, last in spans(text, start, end, measure, ranks_for(text), parts.kept(start, end)):
            yield first, last, _SPLIT

    def _table(self, text: str, start: int, table: Table) -> Iterator[Piece]:
        """A table that is too long, between rows; ``start`` may be before it, so that a heading goes with it."""
        header = text[table.start : table.rows]
        room = self.chunk_size - len(header)
        again = header if room >= self.chunk_size // 2 else ""
        at, room = start, self.chunk_size
        while at < table.end:
            last_row_end = text.rfind("\n", max(at, table.rows), at + room + 1)
            cut = table.end if table.end - at <= room else last_row_end
            extra = _SPLIT if at < table.rows or not again else {**_SPLIT, "repeated": len(again), "again": again}
            if cut > at:
                yield at, before_blank(text, at, cut), extra
            else:  # one row is too long, or the header is
                line = text.find("\n", max(at, table.rows))
                cut = table.end if line < 0 or line > table.end else line
                for first, last in split_long(text, [(at, cut)], self.chunk_size):
                    yield first, last, _SPLIT
            at = after_blank(text, cut, table.end)
            room = self.chunk_size - len(again)


class _Parts:
    """The fences and tables of a text, by where they stand: a text may have very many of them, and of sections."""

    def __init__(self, plan: Outline) -> None:
        self._kept, self._tables = plan.kept(), plan.tables
        self._opens = [one[0] for one in self._kept]
        self._tops = [one.start for one in self._tables]

    def kept(self, start: int, end: int) -> list[Span]:
        """What should stay whole and lies within."""
        found = self._kept[bisect_left(self._opens, start) : bisect_left(self._opens, end)]
        return [one for one in found if one[1] <= end]

    def tables(self, start: int, end: int) -> list[Table]:
        """The tables within."""
        found = self._tables[bisect_left(self._tops, start) : bisect_left(self._tops, end)]
        return [one for one in found if one.end <= end]
