"""From a chunk back to its source: a short reference, and the passage in its surroundings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loomlab.core.documents import Chunk, Document
from loomlab.loader.load import load


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a source as it stands there. ``changed``: the file no longer says this at this place."""

    reference: str
    text: str
    before: str
    after: str
    changed: bool


def cite(chunk: Chunk) -> str:
    """Where a chunk comes from, for people: ``handbook.pdf, page 3`` or ``prices.xlsx, sheet Q1``."""
    told = chunk.metadata
    parts = [Path(str(told.get("source") or told.get("path") or "")).name or "a text without a source"]
    if "page" in told:
        last = told.get("last_page")
        parts.append(f"pages {told['page']}-{last}" if last else f"page {told['page']}")
    elif told.get("sheet"):
        parts.append(f"sheet {told['sheet']}")
    elif told.get("headers"):
        parts.append(" › ".join(map(str, told["headers"])))
    elif told.get("line"):
        parts.append(f"line {told['line']}")
    return ", ".join(parts)


def passage(chunk: Chunk, source: Document | None = None, *, context: int = 300, **options: Any) -> Passage:
    """Open a chunk's passage in its source, with up to ``context`` characters before and after it.

    The file is read again, in this thread (with ``options`` for its loader), unless ``source`` is the document. Raises
    ValueError for a chunk that does not say where it stands, and what ``load`` raises.
    """
    told = chunk.metadata
    start, end = told.get("start"), told.get("end")
    place = told.get("path") or told.get("source")
    if not isinstance(start, int) or not isinstance(end, int) or not (place or source):
        raise ValueError("the chunk does not say where it stands: its metadata needs start, end, and source or path")
    document = source if source is not None else load(str(place), **options)
    text = document.content
    own = chunk.content[int(told.get("repeated") or 0) :]
    changed = text[start:end] != own
    if changed and (at := text.find(own)) >= 0:  # it moved
        start, end, changed = at, at + len(own), False
    before, after = ("", "") if changed else (text[max(0, start - context) : start], text[end : end + context])
    return Passage(cite(chunk), own, before, after, changed)
