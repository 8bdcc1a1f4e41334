"""From offsets to chunks: what every chunker writes beside the text of a piece."""

from collections.abc import Iterable
from typing import Any, Protocol

from loomlab.core.documents import Chunk, Document
from loomlab.loader.places import Places


class Chunker(Protocol):
    """Splits a text into pieces that a store can hold."""

    chunk_size: int
    strategy: str

    def split(self, text: str | Document, *, source: str = "") -> list[Chunk]:
        """The pieces of a text, in order."""


def check_sizes(chunk_size: int, chunk_overlap: int) -> None:
    """ValueError for sizes that mean nothing."""
    if chunk_size < 1:
        raise ValueError(f"chunk_size must be at least 1, not {chunk_size}")
    if not 0 <= chunk_overlap < chunk_size:
        raise ValueError(
            f"chunk_overlap must be at least 0 and smaller than chunk_size ({chunk_size}), not {chunk_overlap}"
        )


def text_of(text: str | Document) -> str:
    """The words of a text or document."""
    return text.content if isinstance(text, Document) else text


def as_chunks(
    text: str | Document,
    found: Iterable[tuple[int, int]],
    chunker: Chunker,
    source: str,
    more: Iterable[dict[str, Any]] | None = None,
) -> list[Chunk]:
    """The chunks at ``found``; ``more`` has further metadata for each.

    A document gives each chunk its own metadata too (``source format title``) and the place of the piece in it: page,
    sheet, headings, line.
    """
    words = text_of(text)
    common: dict[str, Any] = {}
    places: Places | None = None
    if isinstance(text, Document):
        common = {key: text.metadata[key] for key in ("format", "title") if text.metadata.get(key)}
        source = source or str(text.metadata.get("source", ""))
        places = Places(text)
    size, strategy = chunker.chunk_size, chunker.strategy
    extra = iter(more) if more is not None else None
    chunks = []
    for index, (start, end) in enumerate(found):
        metadata: dict[str, Any] = {
            "source": source,
            "index": index,
            "chunk_size": size,
            "strategy": strategy,
            "start": start,
            "end": end,
        }
        if places is not None:
            metadata |= common | places.at(start, end)
        if extra is not None:
            metadata |= next(extra)
        chunks.append(Chunk(metadata.pop("again", "") + words[start:end], metadata))
    return chunks
