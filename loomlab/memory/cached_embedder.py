"""An embedder that asks another one for no text twice."""

import hashlib
import os
from collections.abc import Callable
from typing import Any

from anyio import to_thread

from loomlab.core.protocols import Embedder
from loomlab.memory.vector_cache import MemoryVectors, SqliteVectors, Vectors


class CachedEmbedder:
    """The vectors of ``inner``, each text's asked for once.

    What is kept is found by a digest of the text and of what else its vector depends on (the embedder's kind, name and
    settings), so several embedders may share a file. Texts are not kept; but vectors say much of what a text was about:
    a cache is as private as its texts, and ``clear()`` empties it. What comes from the cache is on nobody's bill.

    Args:
        inner: the embedder that is asked for what is not there.
        path: a file (SQLite) that outlives the process and may be used by several at once; None keeps vectors in
            memory.
        max_items: vectors kept; those that were not asked for longest go first.

    Raises:
        ValueError: ``max_items`` below 1.
        MemoryStoreError: at the first use, if the file can't be opened or is something else.
    """

    def __init__(
        self, inner: Embedder, path: str | os.PathLike[str] | None = None, *, max_items: int = 100_000
    ) -> None:
        if max_items < 1:
            raise ValueError(f"max_items must be at least 1, not {max_items}")
        self.inner = inner
        self.name = inner.name
        self.hits = 0
        """Texts answered without asking ``inner``."""
        self.misses = 0
        """Texts that ``inner`` was asked for."""
        self._dimensions: int | None = None
        self._vectors: Vectors = MemoryVectors(max_items) if path is None else SqliteVectors(path, max_items)

    def __repr__(self) -> str:
        return f"CachedEmbedder({self.inner!r}, {self.hits} hits, {self.misses} misses)"

    @property
    def dimensions(self) -> int:
        """Numbers a vector."""
        return self._dimensions or self.inner.dimensions

    async def embed(self, text: str) -> list[float]:
        """One vector."""
        return (await self.embed_batch([text]))[0]

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order; ``inner`` is asked once, for those that are not there, each of them once."""
        return await self._found(texts, "", self.inner.embed_batch)

    async def embed_query(self, text: str) -> list[float]:
        """The vector of a question, where ``inner`` reads questions in another way; else as ``embed``."""
        embed = getattr(self.inner, "embed_query", None)
        if embed is None:
            return await self.embed(text)

        async def ask(texts: list[str]) -> list[list[float]]:
            return [await embed(one) for one in texts]

        return (await self._found([text], "query", ask))[0]

    async def clear(self) -> None:
        """Forget all vectors, those of other embedders in the same file too."""
        await self._run(self._vectors.clear)

    async def aclose(self) -> None:
        """Let go of the file, and close ``inner`` where it can be closed. The next use opens them again."""
        await self._run(self._vectors.close)
        close = getattr(self.inner, "aclose", None)
        if close is not None:
            await close()

    async def _found(self, texts: list[str], kind: str, ask: Callable[[list[str]], Any]) -> list[list[float]]:
        if not texts:
            return []
        base = f"{_identity(self.inner)}\0{kind}\0"
        keys = [_digest(base, text) for text in texts]
        known = await self._run(self._vectors.get, list(dict.fromkeys(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        # Counted before the call: whatever becomes of it, it was made.
        self.hits += len(texts) - len(missing)
        self.misses += len(missing)
        if missing:
            fresh = dict(zip(missing, await ask(list(missing.values())), strict=True))
            known |= fresh
            await self._run(self._vectors.put, fresh)
        vectors = [list(known[key]) for key in keys]
        self._dimensions = len(vectors[0])
        return vectors

    async def _run(self, work: Callable[..., Any], *args: Any) -> Any:
        """A dictionary is read at once, a file in a thread."""
        return await to_thread.run_sync(work, *args) if self._vectors.blocks else work(*args)


def _identity(inner: Embedder) -> str:
    """What a vector depends on besides the text."""
    told = getattr(inner, "identity", None)
    return told if isinstance(told, str) else f"{type(inner).__module__}.{type(inner).__qualname__}|{inner.name}"


def _digest(base: str, text: str) -> bytes:
    return hashlib.sha256(f"{base}{text}".encode("utf-8", "surrogatepass")).digest()
