"""Pieces cut at the best place: between paragraphs, else lines, sentences, clauses, words."""

from collections.abc import Iterable, Iterator, Sequence

from loomlab.core.documents import Chunk, Document
from loomlab.loader.breaks import ASCII, DEFAULT, Level, levels
from loomlab.loader.outline import fences
from loomlab.loader.pieces import as_chunks, check_sizes, text_of
from loomlab.loader.spans import Characters, spans


class RecursiveChunker:
    """Splits a text into pieces of at most ``chunk_size`` characters.

    Each piece ends at the best separator that leaves it at least a quarter full: paragraph, line, sentence, clause,
    word. A word is cut only if it is longer than ``chunk_size``, and then between characters as a reader counts them. A
    piece repeats up to ``chunk_overlap`` characters of the one before it, beginning with a word. A code fence that fits
    in a piece stays whole. ``separators`` replaces the ranks, best first; words are always the last resort.

    Every chunk is ``text[metadata["start"]:metadata["end"]]``. Raises ValueError for a size below 1, or an overlap
    that is negative or not smaller than the size.
    """

    strategy = "recursive"

    def __init__(
        self, chunk_size: int = 800, chunk_overlap: int = 100, separators: Sequence[str] | None = None
    ) -> None:
        check_sizes(chunk_size, chunk_overlap)
        self.chunk_size, self.chunk_overlap = chunk_size, chunk_overlap
        self.separators = tuple(separators) if separators is not None else None
        self._measure = Characters(chunk_size, chunk_overlap)
        self._ranks = levels(*((one,) for one in self.separators)) if self.separators is not None else None

    def __repr__(self) -> str:
        own = f", separators={list(self.separators)!r}" if self.separators is not None else ""
        return f"RecursiveChunker({self.chunk_size}, {self.chunk_overlap}{own})"

    def split(self, text: str | Document, *, source: str = "") -> list[Chunk]:
        """The pieces of a text, in order; none for a text without words."""
        words = text_of(text)
        found = spans(words, 0, len(words), self._measure, self._ranks or ranks_for(words), fences(words))
        return as_chunks(text, found, self, source)


def ranks_for(text: str) -> tuple[Level, ...]:
    """The usual ranks of separators, without those that the text can't hold."""
    return ASCII if text.isascii() else DEFAULT


def split_long(text: str, parts: Iterable[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """``parts`` of a text, those that are longer than ``size`` cut into pieces without repetition."""
    for start, end in parts:
        if end - start <= size:
            yield start, end
        else:
            yield from spans(text, start, end, Characters(size, 0), ranks_for(text))
