"""One function for the four ways to split a text."""

from collections.abc import Callable, Sequence

from loomlab.core.documents import Chunk, Document
from loomlab.core.nearest import did_you_mean
from loomlab.loader.markdown import MarkdownChunker
from loomlab.loader.pieces import Chunker
from loomlab.loader.recursive import RecursiveChunker
from loomlab.loader.sentence import SentenceChunker
from loomlab.loader.tokens import TokenChunker

_STRATEGIES = ("markdown", "recursive", "sentence", "token")


def chunk(
    text: str | Document,
    *,
    strategy: str = "recursive",
    chunk_size: int | None = None,
    chunk_overlap: int | None = None,
    source: str = "",
    separators: Sequence[str] | None = None,
    encoding: str = "cl100k_base",
) -> list[Chunk]:
    """Split a text or a document into chunks.

    ``strategy`` is recursive, markdown, sentence or token. Sizes are characters (800 and 100 unless given), or tokens
    of ``encoding`` for "token" (512 and 64); if only ``chunk_size`` is given, the overlap is an eighth of it, and the
    usual one at most. ``separators`` are for "recursive" only. Raises ValueError for anything else.
    """
    if strategy not in _STRATEGIES:
        raise ValueError(f"unknown strategy {strategy!r}: {did_you_mean(strategy, _STRATEGIES)}")
    if separators is not None and strategy != "recursive":
        raise ValueError(f"separators are for the strategy 'recursive', not for {strategy!r}")
    usual_size, usual_overlap = (512, 64) if strategy == "token" else (800, 100)
    size = usual_size if chunk_size is None else chunk_size
    overlap = min(usual_overlap, max(size, 0) // 8) if chunk_overlap is None else chunk_overlap
    makers: dict[str, Callable[[], Chunker]] = {
        "markdown": lambda: MarkdownChunker(size, overlap),
        "recursive": lambda: RecursiveChunker(size, overlap, separators),
        "sentence": lambda: SentenceChunker(size, overlap),
        "token": lambda: TokenChunker(size, overlap, encoding),
    }
    return makers[strategy]().split(text, source=source)
