"""Pieces of whole sentences."""

import re
from bisect import bisect_left
from collections.abc import Iterator

from loomlab.core.documents import Chunk, Document
from loomlab.loader.breaks import after_blank, before_blank
from loomlab.loader.outline import Span, fences
from loomlab.loader.pieces import as_chunks, check_sizes, text_of
from loomlab.loader.recursive import split_long

_ENDS = re.compile(
    # One set of characters first: the search runs to the next of them at full speed.
    r"[.!?…。！？\n](?:"
    r"""(?<=[.!?…])[.!?…]*+["'”’»)\]]*+(?=\s)"""
    r"|(?<=[。！？])[。！？]*+[」』”’）]*+"
    r"|(?<=\n)(?=[ \t]*+(?:\n|(?:[-*+•|#>]|\d{1,9}[.)])[ \t|#]))"  # a blank line, list item, table's row, heading
    r")"
)
# fmt: off
_SHORT_FORMS = frozenset((
    "mr", "mrs", "ms", "dr", "prof", "st", "no", "nos", "vs", "etc", "e.g", "i.e", "cf", "fig", "figs", "eq",
    "sec", "ch", "vol", "pp", "p", "ed", "eds", "jr", "sr", "inc", "ltd", "co", "corp", "approx", "ca", "dept",
    "est", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "bzw", "z.b", "d.h",
    "u.a", "nr", "abs", "art",
))
# fmt: on
_OPENING = re.compile(r"""[(\["'“‘]""")
_FURTHEST_WORD = 24
_LETTERS = max(map(len, _SHORT_FORMS))


class SentenceChunker:
    """Splits a text into pieces of whole sentences, at most ``chunk_size`` characters each.

    A piece repeats the last sentences of the one before it, as far as they fit in ``chunk_overlap``. A sentence that is
    longer than ``chunk_size`` is cut as ``RecursiveChunker`` cuts. "Dr. Who" and "J. Smith" end no sentence, "。" does;
    so do blank lines, list items and a table's rows. A code fence counts as one sentence.

    Every chunk is ``text[metadata["start"]:metadata["end"]]``. Raises ValueError for sizes that mean nothing.
    """

    strategy = "sentence"

    def __init__(self, chunk_size: int = 800, chunk_overlap: int = 100) -> None:
        check_sizes(chunk_size, chunk_overlap)
        self.chunk_size, self.chunk_overlap = chunk_size, chunk_overlap

    def __repr__(self) -> str:
        return f"SentenceChunker({self.chunk_size}, {self.chunk_overlap})"

    def split(self, text: str | Document, *, source: str = "") -> list[Chunk]:
        """The pieces of a text, in order; none for a text without words."""
        words = text_of(text)
        parts = list(split_long(words, sentences(words), self.chunk_size))
        return as_chunks(text, self._packed(parts), self, source)

    def _packed(self, parts: list[Span]) -> Iterator[Span]:
        first = 0
        last = -1
        while last + 1 < len(parts):
            last += 1
            while last + 1 < len(parts) and parts[last + 1][1] - parts[first][0] <= self.chunk_size:
                last += 1
            end = parts[last][1]
            yield parts[first][0], end
            if last + 1 == len(parts):
                return
            earliest = max(end - self.chunk_overlap, parts[last + 1][1] - self.chunk_size)
            first = max(first + 1, bisect_left(parts, (earliest, -1)))
            first = min(first, last + 1)


def sentences(text: str) -> Iterator[Span]:
    """The sentences of a text, without the white space around them; a code fence is one."""
    whole = iter(fences(text))
    fence = next(whole, None)
    start = after_blank(text, 0, len(text))
    for found in _ENDS.finditer(text):
        first, at = found.span()
        while fence is not None and fence[0] < at:
            if start < fence[0]:
                yield start, before_blank(text, start, fence[0])
            yield fence
            start = after_blank(text, fence[1], len(text))
            fence = next(whole, None)
        if first < start:
            continue
        if at == first + 1 and text[first] == "." and not _ends_here(text, start, first):
            continue
        if (stop := before_blank(text, start, at)) > start:
            yield start, stop
        start = after_blank(text, at, len(text))
    end = before_blank(text, start, len(text))
    if fence is not None and fence[0] < end:
        if start < fence[0]:
            yield start, before_blank(text, start, fence[0])
        yield fence
        start = after_blank(text, fence[1], end)
    if start < end:
        yield start, end


def _ends_here(text: str, start: int, dot: int) -> bool:
    """Whether a full stop followed by white space ends a sentence, and not a short form or an initial."""
    following = after_blank(text, dot + 1, len(text))
    if following < len(text) and text[following].islower():
        return False
    tail = text[max(start, dot - _FURTHEST_WORD) : dot]
    word = tail.rsplit(None, 1)[-1] if tail and not tail[-1].isspace() else ""
    if not word.isalnum():
        word = _OPENING.split(word)[-1]
    if len(word) <= _LETTERS and word.lower() in _SHORT_FORMS:
        return False
    if len(word) == 1 and word.isalpha() and word.isupper() and word != "I":
        return False
    # "1. First" is the number of a list, not a sentence.
    return not (word.isdigit() and text.rfind("\n", 0, dot) + 1 >= dot - len(word))
