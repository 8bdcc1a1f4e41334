"""A vector store over a FAISS index: approximate search for many vectors, in this process."""

from __future__ import annotations

from array import array
from threading import Lock
from typing import Any

from anyio import to_thread

from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Embedder
from loomlab.vectorstore.base import Filter, Item
from loomlab.vectorstore.inprocess import InProcessStore

_METRICS = ("ip", "l2")
_MORE = 4
"""Candidates that the index gives for each result; they are then ranked by their true cosines."""


class FAISSVectorStore(InProcessStore):
    """Chunks in this process behind a FAISS index, which ``index_factory_string`` describes in FAISS's own words.

    ``metric`` is "ip" or "l2"; vectors are brought to length 1, so both give the same order, and scores are cosines
    always. A search with a filter looks at every chunk that fits, so it loses none; one without asks the index, which
    may be approximate. ``dimension`` is the embedder's unless it is given. An index that has to be trained ("IVF…") is
    trained on the first chunks.

    Raises ValueError for a description that FAISS does not know, ImportError without the package.
    """

    name = "faiss"

    def __init__(
        self,
        embedder: Embedder,
        *,
        dimension: int | None = None,
        index_factory_string: str = "HNSW32",
        metric: str = "ip",
    ) -> None:
        super().__init__(embedder)
        self._faiss = _faiss()
        self._lock = Lock()
        if metric not in _METRICS:
            raise ValueError(f"unknown metric {metric!r}: {did_you_mean(metric, _METRICS)}")
        if dimension is not None and dimension != embedder.dimensions:
            raise ValueError(f"dimension is {dimension}, but vectors of {embedder.name} have {embedder.dimensions}")
        self._factory = index_factory_string
        self._metric = self._faiss.METRIC_INNER_PRODUCT if metric == "ip" else self._faiss.METRIC_L2
        self._index = self._made()
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}

    async def _put(self, items: list[Item]) -> None:
        directed = [one for one in items if one.vector is not None]
        if directed and not self._index.is_trained:
            await to_thread.run_sync(self._train, directed)
        await super()._put(items)
        if directed:
            await to_thread.run_sync(self._append, directed)

    def _drop(self, id_: str) -> bool:
        # FAISS can't take a row out of most kinds of index: it stays there unnamed until the index is made anew.
        row = self._rows.pop(id_, None)
        if row is not None:
            self._ids[row] = ""
        return super()._drop(id_)

    async def _nearest(self, vector: array[float], limit: int, filter: Filter) -> list[tuple[str, float]]:
        if filter or not self._rows:
            return await super()._nearest(vector, limit, filter)
        found = await to_thread.run_sync(self._asked_index, vector, limit)
        if len(found) < min(limit, len(self._rows)):
            return await super()._nearest(vector, limit, None)
        return self._vectors.nearest(vector, limit, among=found)

    def _asked_index(self, vector: array[float], limit: int) -> list[str]:
        # An index takes no question while it grows.
        with self._lock:
            dead = len(self._ids) - len(self._rows)
            wide = min(len(self._ids), max(_MORE * limit, 50) + dead)
            parameters = None
            if isinstance(self._index, self._faiss.IndexHNSW):
                parameters = self._faiss.SearchParametersHNSW(efSearch=max(2 * wide, 64))
            _, rows = self._index.search(_units([Item("", "", {}, vector)]), wide, params=parameters)
            return [id_ for row in rows[0].tolist() if row >= 0 and (id_ := self._ids[row])]

    def _append(self, items: list[Item]) -> None:
        with self._lock:
            if len(self._ids) > 2 * len(self._rows) + 1_000:
                self._index, self._ids, self._rows = self._made(), [], {}
                items = [one for one in self._items.values() if one.vector is not None]
                self._train(items)
            self._index.add(_units(items))
            for one in items:
                self._rows[one.id] = len(self._ids)
                self._ids.append(one.id)

    def _train(self, items: list[Item]) -> None:
        if self._index.is_trained:
            return
        try:
            self._index.train(_units(items))
        except RuntimeError as exc:
            raise ValueError(
                f"the index {self._factory!r} can't be trained on {len(items)} chunks: add more of them at once first, "
                f"or take an index that needs no training, such as 'HNSW32' ({str(exc).splitlines()[-1].strip()})"
            ) from None

    def _made(self) -> Any:
        try:
            return self._faiss.index_factory(self._embedder.dimensions, self._factory, self._metric)
        except RuntimeError as exc:
            raise ValueError(
                f"FAISS does not know the index {self._factory!r}; examples are 'Flat', 'HNSW32' and 'IVF64,Flat' "
                f"({str(exc).splitlines()[-1].strip()})"
            ) from None


def _units(items: list[Item]) -> Any:
    import numpy as np

    rows = np.array([one.vector for one in items], np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as exc:
        raise ImportError(
            "a vector store over FAISS needs the package faiss-cpu: pip install 'loomlab[faiss]'"
        ) from exc
    return faiss
