"""What every vector store means, written once; where chunks are kept is the business of each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from loomlab.core.documents import Chunk, SearchResult
from loomlab.core.ids import new_id
from loomlab.core.protocols import Embedder
from loomlab.core.vectors import pack
from loomlab.vectorstore.filters import condition
from loomlab.vectorstore.ranking import fused, varied

OWNER = "user_id"
"""The metadata field that says whose a chunk is."""
_POOL = 5
"""Candidates for each result that is to be varied, or fused of two orders; at least ``_LEAST``."""
_LEAST = 50

Filter = Mapping[str, Any] | None


@dataclass(slots=True)
class Item:
    """A chunk as it is kept. ``vector`` is None where it has no direction (all zeros), or was not asked for."""

    id: str
    content: str
    metadata: dict[str, Any]
    vector: array[float] | None = None

    def chunk(self) -> Chunk:
        """What is handed out."""
        return Chunk(self.content, dict(self.metadata))


class BaseVectorStore(ABC):
    """Chunks found by meaning, with the same answers whatever keeps them.

    Scores are cosines. ``filter`` is a Mongo-style condition on the metadata (``filters.py``), applied before the best
    are taken: no chunk that fits is lost. ``diversity`` from 0 to 1 trades nearness for variety. Several users may
    share a store: chunks with ``user_id`` in their metadata are that user's, are found with
    ``filter={"user_id": …}``, and go with ``forget(user_id=…)``.

    Raises ValueError without an embedder.
    """

    name: str

    def __init__(self, embedder: Embedder) -> None:
        if embedder is None:
            raise ValueError(f"an embedder is required: {type(self).__name__}(HashEmbedder(), …)")
        self._embedder = embedder

    @property
    def embedder(self) -> Embedder:
        """What turns texts into vectors."""
        return self._embedder

    @classmethod
    async def from_chunks(
        cls, chunks: Sequence[Chunk], *, embedder: Embedder, ids: Sequence[str] | None = None, **options: Any
    ) -> Self:
        """A store that holds ``chunks``; ``options`` are those of the class."""
        store = cls(embedder, **options)
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
        **options: Any,
    ) -> Self:
        """A store that holds ``texts``; ``metadatas`` has one mapping a text."""
        if metadatas is not None and len(metadatas) != len(texts):
            raise ValueError(f"metadatas has {len(metadatas)} items for {len(texts)} texts; give one each")
        extra = metadatas if metadatas is not None else [{}] * len(texts)
        chunks = [Chunk(text, dict(one)) for text, one in zip(texts, extra, strict=True)]
        return await cls.from_chunks(chunks, embedder=embedder, ids=ids, **options)

    async def add(self, chunks: Sequence[Chunk], ids: Sequence[str] | None = None) -> list[str]:
        """Store chunks, all of them or none; their ids. A chunk with the id of another takes its place."""
        if ids is not None and len(ids) != len(chunks):
            raise ValueError(f"ids has {len(ids)} items for {len(chunks)} chunks; give one each")
        if not chunks:
            return []
        named = list(ids) if ids is not None else [new_id("chunk") for _ in chunks]
        vectors = await self._embedder.embed_batch([one.content for one in chunks])
        items: dict[str, Item] = {}
        for id_, chunk, vector in zip(named, chunks, vectors, strict=True):
            items.pop(id_, None)
            items[id_] = Item(id_, chunk.content, dict(chunk.metadata), self._packed(vector, "a chunk"))
        await self._put(list(items.values()))
        return named

    async def delete(self, ids: Sequence[str]) -> None:
        """Erase chunks; ids that are not there are skipped."""
        if ids:
            await self._delete(list(ids))

    async def forget(self, *, user_id: str | None, before: datetime | None = None) -> int:
        """Erase what belongs to one user (None: to nobody by name); how many chunks went.

        ``before`` keeps what is younger: chunks whose metadata has no ``at`` in ISO form, or a later one.
        """
        mine = await self._matching({OWNER: user_id})
        gone = [one.id for one in mine if _belongs(one.metadata, user_id, before)]
        await self.delete(gone)
        return len(gone)

    async def count(self) -> int:
        """How many chunks there are."""
        return await self._count()

    async def get_by_ids(self, ids: Sequence[str]) -> list[Chunk]:
        """Chunks by id, in that order; unknown ones are skipped."""
        found = await self._fetch(list(ids))
        return [found[id_].chunk() for id_ in ids if id_ in found]

    async def search(
        self, query: str, *, k: int = 4, filter: Filter = None, diversity: float | None = None
    ) -> list[SearchResult]:
        """The ``k`` chunks nearest to a text, best first. Raises ``FilterError`` for a filter that means nothing."""
        condition(filter)
        return await self.search_by_vector(await self._asked(query), k=k, filter=filter, diversity=diversity)

    async def search_by_vector(
        self, vector: Sequence[float], *, k: int = 4, filter: Filter = None, diversity: float | None = None
    ) -> list[SearchResult]:
        """The ``k`` chunks nearest to a vector, best first."""
        condition(filter)
        if diversity is not None and not 0.0 <= diversity <= 1.0:
            raise ValueError(f"diversity is from 0 to 1, not {diversity}")
        wanted = self._packed(vector, "the query")
        if k < 1:
            return []
        close = await self._ranked(wanted, max(_POOL * k, _LEAST) if diversity else k, filter)
        items = await self._fetch([id_ for id_, _ in close], vectors=bool(diversity))
        # What another process has erased since is not there any more.
        close = [pair for pair in close if pair[0] in items]
        if diversity and len(close) > 1:
            close = _varied(close, items, k, diversity)
        return [SearchResult(items[id_].chunk(), score, id_) for id_, score in close]

    async def search_hybrid(
        self, query: str, *, k: int = 4, filter: Filter = None, alpha: float = 0.5
    ) -> list[SearchResult]:
        """The best by meaning and by words together: ``alpha`` 1.0 is vectors only, 0.0 words (BM25) only.

        Scores are of the fused ranks, not cosines.
        """
        condition(filter)
        if not 0.0 <= alpha <= 1.0:
            raise ValueError(f"alpha is from 0 (words only) to 1 (vectors only), not {alpha}")
        if k < 1:
            return []
        wide = max(_POOL * k, _LEAST)
        close = literal = list[tuple[str, float]]()
        if alpha > 0:
            close = await self._ranked(self._packed(await self._asked(query), "the query"), wide, filter)
        if alpha < 1:
            literal = await self._by_words(query, wide, filter)
        orders = [(alpha, [id_ for id_, _ in close]), (1 - alpha, [id_ for id_, _ in literal])]
        best = fused(orders)[:k]
        items = await self._fetch([id_ for id_, _ in best])
        return [SearchResult(items[id_].chunk(), score, id_) for id_, score in best if id_ in items]

    # ---- what a store adds ------------------------------------------------------------------------

    @abstractmethod
    async def _put(self, items: list[Item]) -> None:
        """Keep items, all or none, each instead of one of the same id."""

    @abstractmethod
    async def _delete(self, ids: list[str]) -> None:
        """Drop what there is of these."""

    @abstractmethod
    async def _count(self) -> int:
        """How many there are."""

    @abstractmethod
    async def _fetch(self, ids: list[str], *, vectors: bool = False) -> dict[str, Item]:
        """What there is of these, by id."""

    @abstractmethod
    async def _nearest(self, vector: array[float], limit: int, filter: Filter) -> list[tuple[str, float]]:
        """``(id, cosine)`` of the nearest that fit and have a direction, best first."""

    @abstractmethod
    async def _undirected(self, limit: int, filter: Filter) -> list[str]:
        """Ids of those that fit and have no direction."""

    @abstractmethod
    async def _by_words(self, query: str, limit: int, filter: Filter) -> list[tuple[str, float]]:
        """``(id, BM25)`` of those that fit and share a word with ``query``, best first."""

    @abstractmethod
    async def _matching(self, filter: Filter) -> list[Item]:
        """All that fit."""

    # ---- shared -----------------------------------------------------------------------------------

    async def _asked(self, query: str) -> Sequence[float]:
        # Some models read a question in another way than what is to be found with it.
        embed = getattr(self._embedder, "embed_query", None) or self._embedder.embed
        found: Sequence[float] = await embed(query)
        return found

    async def _ranked(self, vector: array[float] | None, limit: int, filter: Filter) -> list[tuple[str, float]]:
        if vector is None:  # a question without direction is as near to one as to another
            return [(one.id, 0.0) for one in (await self._matching(filter))[:limit]]
        close = await self._nearest(vector, limit, filter)
        if len(close) < limit:
            close += [(id_, 0.0) for id_ in await self._undirected(limit - len(close), filter)]
            close.sort(key=lambda pair: -pair[1])
        return close

    def _packed(self, vector: Sequence[float], whose: str) -> array[float] | None:
        if len(vector) != self._embedder.dimensions:
            raise ValueError(
                f"{whose} has {len(vector)} dimensions, the store {self._embedder.dimensions}: "
                "use the embedder it was built with"
            )
        return pack(vector)


def _varied(
    close: list[tuple[str, float]], items: Mapping[str, Item], k: int, diversity: float
) -> list[tuple[str, float]]:
    import numpy as np

    width = next((len(one.vector) for one in items.values() if one.vector is not None), 1)
    rows = np.zeros((len(close), width))
    for at, (id_, _) in enumerate(close):
        vector = items[id_].vector
        if vector is not None:
            row = np.array(vector, dtype=np.float64)
            rows[at] = row / np.linalg.norm(row)
    return [close[at] for at in varied(rows, np.array([score for _, score in close]), k, diversity)]


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
