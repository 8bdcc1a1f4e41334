"""Files into a vector store: only what changed since the last time, whatever happens in between."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from loomlab.core.documents import Chunk, VectorStore
from loomlab.core.errors import ConfigError
from loomlab.core.ids import deterministic_hash
from loomlab.loader.index_report import IndexFailure, IndexProgress, IndexReport
from loomlab.loader.indexed import PARTIAL, WHOLE, Indexed
from loomlab.loader.load import load
from loomlab.loader.markdown import MarkdownChunker
from loomlab.loader.pieces import Chunker
from loomlab.loader.problems import DocumentError, breathe, collected
from loomlab.loader.walking import Found, walk

_BATCH = 256
"""Chunks that are given to the store at a time."""
_READING = 1
"""Raised when files are read differently, so that unchanged files are read again."""

Progress = Callable[[IndexProgress], None]


async def index(
    folder_or_paths: str | Path | Iterable[str | Path],
    store: VectorStore,
    *,
    chunker: Chunker | None = None,
    glob: str | None = None,
    on_progress: Progress | None = None,
    metadata: Mapping[str, Any] | None = None,
    follow_links: bool = False,
) -> IndexReport:
    """Bring a store up to date with files: folders (and all in them), or single paths.

    A file whose content, and chunker, are those of the last time is not read again; a changed one is replaced; one that
    is gone from the disk is removed from the store. A file that can't be read is reported with its reason, and what was
    known of it stays. ``chunker`` is a ``MarkdownChunker()`` unless given; ``glob`` such as ``"*.pdf"`` or
    ``"reports/**/*.md"`` chooses files of the folders; ``metadata`` (such as ``{"user_id": "ada"}``) goes to every
    chunk and keeps what one user indexed apart from another's. Links are not followed unless ``follow_links``, and then
    never in circles. ``on_progress`` is called after every file.

    Every chunk knows ``source``, ``path``, ``start`` and ``end`` in the file's Markdown, and its page, sheet, headings
    or line. Cancelling is safe: each file is then in the store as it was, or as it is. FileNotFoundError if a folder or
    path is not there and never was indexed.
    """
    common = dict(metadata or {})
    cutter = chunker if chunker is not None else MarkdownChunker()
    known = Indexed(store, common)
    report = IndexReport()
    found = await anyio.to_thread.run_sync(walk, folder_or_paths, glob, follow_links)
    report.skipped += found.skipped
    await known.read()
    missing = [one for one in found.missing if not known.under(one)]
    if missing:
        raise FileNotFoundError(f"there is no file or folder {missing[0]}")
    for number, (where, path) in enumerate(found.files.items(), 1):
        before = len(report.chunk_counts)
        outcome = await _bring_in(path, where, store, cutter, known, common, report)
        if on_progress is not None:
            added = sum(report.chunk_counts[before:])
            on_progress(IndexProgress(number, len(found.files), path.as_posix(), outcome, added))
    await _remove_what_is_gone(found, known, report)
    return report


async def _bring_in(
    path: Path,
    where: str,
    store: VectorStore,
    chunker: Chunker,
    known: Indexed,
    common: dict[str, Any],
    report: IndexReport,
) -> str:
    """One file; "added", "changed", "unchanged" or "failed"."""
    source = path.as_posix()
    try:
        digest = await anyio.to_thread.run_sync(_digest, path, repr(chunker))
        state = await known.confirmed(where, digest)
        if state == digest:
            report.unchanged.append(source)
            return "unchanged"
        chunks, warned = await anyio.to_thread.run_sync(_chunks, path, chunker)
    except Exception as exc:  # whatever is wrong with one file, the others go on
        report.failed.append(IndexFailure(source, _reason(exc), known.digest(where) is not None))
        return "failed"
    report.warnings += warned
    for number, one in enumerate(chunks):
        one.metadata |= common | {"path": where}
        if number == 0:
            one.metadata |= known.mark(digest, len(chunks), WHOLE)
    await _replace(store, chunks, known, where, digest)
    report.chunk_counts.append(len(chunks))
    (report.added if state is None else report.changed).append(source)
    return "added" if state is None else "changed"


async def _replace(store: VectorStore, chunks: list[Chunk], known: Indexed, where: str, digest: str) -> None:
    """Put a file's chunks in place of its old ones.

    The first chunk says whether all are there. If there are several batches, it goes first as "partial", and is written
    again as "whole" when the last one is in: whatever stops the work, the next time knows what to take away.
    """
    ids = known.ids(where, digest, len(chunks))
    several = len(chunks) > _BATCH
    done = False
    try:
        if several:
            head = Chunk(chunks[0].content, chunks[0].metadata | {"indexed": PARTIAL})
            await store.add([head], ids[:1])
            for at in range(1, len(chunks), _BATCH):
                await store.add(chunks[at : at + _BATCH], ids[at : at + _BATCH])
        with anyio.CancelScope(shield=True):  # from here on it is all or nothing
            if several:
                await store.delete(ids[:1])
            await store.add(chunks[:1] if several else chunks, ids[:1] if several else ids)
            done = True
            await known.replaced(where, digest, ids)
    finally:
        if not done:
            with anyio.CancelScope(shield=True):
                await store.delete(ids)


async def _remove_what_is_gone(found: Found, known: Indexed, report: IndexReport) -> None:
    for where in sorted({one for root in found.roots for one in known.under(root)} - set(found.files)):
        if not await anyio.Path(where).exists():
            with anyio.CancelScope(shield=True):
                await known.remove(where)
            report.removed.append(where)


def _digest(path: Path, chunker: str) -> str:
    with path.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
    return deterministic_hash(content, chunker, _READING)


def _chunks(path: Path, chunker: Chunker) -> tuple[list[Chunk], list[str]]:
    """The chunks of a file, and what its loader warned of."""
    with collected() as warned:
        document = load(path)
    breathe()
    body = document.content
    pages = document.metadata.get("page_count")
    if not body.strip() or (pages and len(document.metadata.get("empty_pages", ())) == pages):
        raise DocumentError(" ".join(warned) or f"{path.name} has no text")
    return chunker.split(document, source=path.as_posix()), warned


def _reason(exc: Exception) -> str:
    if isinstance(exc, (DocumentError, OSError, ConfigError)):
        return str(exc)
    return f"{type(exc).__name__}: {exc}"
