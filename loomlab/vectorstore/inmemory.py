"""A vector store in this process: exact search over all vectors, gone with the process unless it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import anyio.to_thread

from loomlab.core.documents import Chunk, SearchResult
from loomlab.core.ids import new_id
from loomlab.core.protocols import Embedder
from loomlab.vectorstore import saved
from loomlab.vectorstore.filters import Condition, condition
from loomlab.vectorstore.ranking import by_words, fused, nearest, varied

if TYPE_CHECKING:
    from loomlab.vectorstore.ranking import Matrix

OWNER = "user_id"
"""The metadata field that says whose a chunk is."""


class InMemoryVectorStore:
    """Chunks and their vectors in this process; search looks at every one, so it is exact.

    Scores are cosines. ``filter`` is a Mongo-style condition on the metadata (``filters.py``); ``diversity`` from 0 to
    1 trades nearness for variety. Several users may share a store: chunks with ``user_id`` in their metadata are that
    user's, are found with ``filter={"user_id": …}``, and go with ``forget(user_id=…)``.

    Raises ValueError without an embedder.
    """

    name = "in-memory"

    def __init__(self, embedder: Embedder) -> None:
        if embedder is None:
            raise ValueError("an embedder is required: InMemoryVectorStore(embedder=HashEmbedder())")
        _numpy()
        self._embedder = embedder
        self._chunks: dict[str, Chunk] = {}
        self._vectors: dict[str, Sequence[float]] = {}
        self._packed: tuple[list[str], Matrix] | None = None

    def __repr__(self) -> str:
        return f"InMemoryVectorStore({len(self._chunks)} chunks, embedder={self._embedder.name!r})"

    @property
    def embedder(self) -> Embedder:
        """What turns texts into vectors."""
        return self._embedder

    @classmethod
    async def from_chunks(
        cls, chunks: Sequence[Chunk], *, embedder: Embedder, ids: Sequence[str] | None = None
    ) -> Self:
        """A store that holds ``chunks``."""
        store = cls(embedder)
        await store.add(chunks, ids)
        return store

    @classmethod
    async def from_texts(
        cls,
        texts: Sequence[str],
        *,
        embedder: Embedder,
        metadatas: Sequence[Mapping[str, Any]] | None = None,
        ids: Sequence[str] | None = None,
    ) -> Self:
        """A store that holds ``texts``; ``metadatas`` has one mapping a text."""
        if metadatas is not None and len(metadatas) != len(texts):
            raise ValueError(f"metadatas has {len(metadatas)} items for {len(texts)} texts; give one each")
        extra = metadatas if metadatas is not None else [{}] * len(texts)
        chunks = [Chunk(text, dict(one)) for text, one in zip(texts, extra, strict=True)]
        return await cls.from_chunks(chunks, embedder=embedder, ids=ids)

    async def add(self, chunks: Sequence[Chunk], ids: Sequence[str] | None = None) -> list[str]:
        """Store chunks; their ids. A chunk with the id of another takes its place."""
        if ids is not None and len(ids) != len(chunks):
            raise ValueError(f"ids has {len(ids)} items for {len(chunks)} chunks; give one each")
        if not chunks:
            return []
        named = list(ids) if ids is not None else [new_id("chunk") for _ in chunks]
        vectors = await self._embedder.embed_batch([one.content for one in chunks])
        for id_, chunk, vector in zip(named, chunks, vectors, strict=True):
            self._chunks[id_] = Chunk(chunk.content, dict(chunk.metadata))
            self._vectors[id_] = vector
        self._packed = None
        return named

    async def delete(self, ids: Sequence[str]) -> None:
        """Erase chunks; ids that are not there are skipped."""
        for id_ in ids:
            self._chunks.pop(id_, None)
            self._vectors.pop(id_, None)
        self._packed = None

    async def forget(self, *, user_id: str | None, before: datetime | None = None) -> int:
        """Erase what belongs to one user (None: to nobody by name); how many chunks went.

        ``before`` keeps what is younger: chunks whose metadata has no ``at`` in ISO form, or a later one.
        """
        gone = [id_ for id_, one in self._chunks.items() if _belongs(one.metadata, user_id, before)]
        await self.delete(gone)
        return len(gone)

    async def count(self) -> int:
        """How many chunks there are."""
        return len(self._chunks)

    async def get_by_ids(self, ids: Sequence[str]) -> list[Chunk]:
        """Chunks by id, in that order; unknown ones are skipped."""
        return [_copy(self._chunks[id_]) for id_ in ids if id_ in self._chunks]

    async def search(
        self, query: str, *, k: int = 4, filter: Mapping[str, Any] | None = None, diversity: float | None = None
    ) -> list[SearchResult]:
        """The ``k`` chunks nearest to a text, best first."""
        fits = condition(filter)
        if not self._chunks:
            return []
        return self._ranked(await self._embedder.embed(query), k, fits, diversity)

    async def search_by_vector(
        self,
        vector: Sequence[float],
        *,
        k: int = 4,
        filter: Mapping[str, Any] | None = None,
        diversity: float | None = None,
    ) -> list[SearchResult]:
        """The ``k`` chunks nearest to a vector, best first."""
        return self._ranked(vector, k, condition(filter), diversity)

    async def search_hybrid(
        self, query: str, *, k: int = 4, filter: Mapping[str, Any] | None = None, alpha: float = 0.5
    ) -> list[SearchResult]:
        """The best by meaning and by words together: ``alpha`` 1.0 is vectors only, 0.0 words (BM25) only.

        Scores are of the fused ranks, not cosines.
        """
        if not 0.0 <= alpha <= 1.0:
            raise ValueError(f"alpha is from 0 (words only) to 1 (vectors only), not {alpha}")
        fits = condition(filter)
        if not self._chunks:
            return []
        vector = await self._embedder.embed(query)
        ids, matrix = self._fitting(fits)
        if not ids or k < 1:
            return []
        close = nearest(matrix @ _unit(vector, matrix.shape[1]), len(ids))
        texts = by_words(query, [self._chunks[id_].content for id_ in ids])
        literal = sorted((slot for slot, score in enumerate(texts) if score > 0), key=lambda slot: (-texts[slot], slot))
        best = fused([(alpha, close), (1 - alpha, literal)])[:k]
        return [SearchResult(_copy(self._chunks[ids[slot]]), score, ids[slot]) for slot, score in best]

    async def save(self, path: str | PathLike[str]) -> None:
        """Write everything to one JSON file."""
        items = [
            {
                "id": id_,
                "content": one.content,
                "metadata": one.metadata,
                "vector": [float(x) for x in self._vectors[id_]],
            }
            for id_, one in self._chunks.items()
        ]
        await anyio.to_thread.run_sync(saved.write, Path(path), self._embedder.name, items)

    @classmethod
    async def load(cls, path: str | PathLike[str], *, embedder: Embedder) -> Self:
        """A saved store. Raises ValueError for another version of the format, or vectors of another embedder."""
        store = cls(embedder)
        for one in await anyio.to_thread.run_sync(saved.read, Path(path), embedder.name):
            store._chunks[one["id"]] = Chunk(one["content"], dict(one["metadata"]))
            store._vectors[one["id"]] = one["vector"]
        return store

    def _ranked(self, vector: Sequence[float], k: int, fits: Condition, diversity: float | None) -> list[SearchResult]:
        if diversity is not None and not 0.0 <= diversity <= 1.0:
            raise ValueError(f"diversity is from 0 to 1, not {diversity}")
        ids, matrix = self._fitting(fits)
        if not ids or k < 1:
            return []
        scores = matrix @ _unit(vector, matrix.shape[1])
        order = varied(matrix, scores, k, diversity) if diversity else nearest(scores, k)
        return [SearchResult(_copy(self._chunks[ids[slot]]), float(scores[slot]), ids[slot]) for slot in order]

    def _fitting(self, fits: Condition) -> tuple[list[str], Matrix]:
        """The chunks that fit, and their unit vectors."""
        if self._packed is None:
            np = _numpy()
            matrix = np.array(list(self._vectors.values()), dtype=np.float64).reshape(-1, self._embedder.dimensions)
            norms = np.linalg.norm(matrix, axis=1, keepdims=True)
            self._packed = list(self._vectors), np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0)
        ids, matrix = self._packed
        slots = [slot for slot, id_ in enumerate(ids) if fits(self._chunks[id_].metadata)]
        return (ids, matrix) if len(slots) == len(ids) else ([ids[slot] for slot in slots], matrix[slots])


def _unit(vector: Sequence[float], dimensions: int) -> Matrix:
    np = _numpy()
    if len(vector) != dimensions:
        raise ValueError(
            f"the query has {len(vector)} dimensions, the store {dimensions}: use the embedder it was built with"
        )
    array = np.asarray(vector, dtype=np.float64)
    norm = np.linalg.norm(array)
    unit: Matrix = array / norm if norm > 0 else array
    return unit


def _copy(chunk: Chunk) -> Chunk:
    return Chunk(chunk.content, dict(chunk.metadata))


def _belongs(metadata: Mapping[str, Any], user_id: str | None, before: datetime | None) -> bool:
    if metadata.get(OWNER) != user_id:
        return False
    if before is None:
        return True
    try:
        return _aware(datetime.fromisoformat(str(metadata.get("at")))) < _aware(before)
    except ValueError:
        return False


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _numpy() -> Any:
    try:
        import numpy as np
    except ImportError as exc:
        raise ImportError("a vector store needs the package numpy: pip install 'loomlab[vectorstore]'") from exc
    return np
