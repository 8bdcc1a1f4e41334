"""Chunks in this process: the part that a store without a server of its own shares with its kind."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any, Self

import anyio.to_thread

from loomlab.core.protocols import Embedder
from loomlab.core.vectors import VectorIndex
from loomlab.vectorstore import saved
from loomlab.vectorstore.base import BaseVectorStore, Filter, Item
from loomlab.vectorstore.filters import condition
from loomlab.vectorstore.word_index import WordIndex

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""A chunk has no time of its own: of equally near ones the first that came is first."""


class InProcessStore(BaseVectorStore):
    """Keeps items, their vectors and their words in this process, and can write them to a file."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(embedder)
        needs_numpy()
        self._items: dict[str, Item] = {}
        self._flat: dict[str, None] = {}
        self._vectors = VectorIndex()
        self._words = WordIndex()
        self._arrived = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._items)} chunks, embedder={self._embedder.name!r})"

    async def save(self, path: str | PathLike[str]) -> None:
        """Write everything to one JSON file. Raises ValueError for metadata that JSON can't hold."""
        await anyio.to_thread.run_sync(saved.write, Path(path), self._embedder.name, list(self._items.values()))

    @classmethod
    async def load(cls, path: str | PathLike[str], *, embedder: Embedder, **options: Any) -> Self:
        """A saved store. Raises ValueError for another version of the format, or vectors of another embedder."""
        store = cls(embedder, **options)
        await store._put(await anyio.to_thread.run_sync(saved.read, Path(path), embedder.name))
        return store

    # ---- what a store adds ------------------------------------------------------------------------

    async def _put(self, items: list[Item]) -> None:
        for one in items:
            self._drop(one.id)
            self._items[one.id] = one
            self._words.add(one.id, one.content)
            if one.vector is None:
                self._flat[one.id] = None
            else:
                # Of equally near ones, the one that came first is first.
                self._arrived -= 1
                self._vectors.put(one.id, one.vector, EPOCH, self._arrived)

    async def _delete(self, ids: list[str]) -> None:
        for id_ in ids:
            self._drop(id_)

    def _drop(self, id_: str) -> bool:
        if self._items.pop(id_, None) is None:
            return False
        self._flat.pop(id_, None)
        self._words.remove(id_)
        self._vectors.remove([id_])
        return True

    async def _count(self) -> int:
        return len(self._items)

    async def _fetch(self, ids: list[str], *, vectors: bool = False) -> dict[str, Item]:
        return {id_: self._items[id_] for id_ in ids if id_ in self._items}

    async def _nearest(self, vector: array[float], limit: int, filter: Filter) -> list[tuple[str, float]]:
        return self._vectors.nearest(vector, limit, among=self._fitting(filter) if filter else None)

    async def _undirected(self, limit: int, filter: Filter) -> list[str]:
        fits = condition(filter)
        return [id_ for id_ in self._flat if fits(self._items[id_].metadata)][:limit]

    async def _by_words(self, query: str, limit: int, filter: Filter) -> list[tuple[str, float]]:
        fits = condition(filter)
        return self._words.best(query, limit, (lambda id_: fits(self._items[id_].metadata)) if filter else None)

    async def _matching(self, filter: Filter) -> list[Item]:
        fits = condition(filter)
        return [one for one in self._items.values() if fits(one.metadata)]

    def _fitting(self, filter: Filter) -> Sequence[str]:
        fits = condition(filter)
        return [id_ for id_, one in self._items.items() if fits(one.metadata)]


def needs_numpy() -> None:
    """Raises ImportError with the remedy where numpy is not installed."""
    try:
        import numpy  # noqa: F401 - whether it is there
    except ImportError as exc:
        raise ImportError("a vector store needs the package numpy: pip install 'loomlab[vectorstore]'") from exc
