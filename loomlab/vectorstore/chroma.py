"""A vector store in a Chroma collection: in this process, in a folder, or on a server."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Iterable, Mapping
from itertools import count
from threading import Lock
from typing import Any

from loomlab.core.protocols import Embedder
from loomlab.core.vectors import VectorIndex
from loomlab.memory.chroma_client import ChromaClient
from loomlab.vectorstore.base import BaseVectorStore, Filter, Item
from loomlab.vectorstore.chroma_rows import FLAT, SEQ, item, narrowing, row
from loomlab.vectorstore.filters import condition
from loomlab.vectorstore.inprocess import EPOCH, needs_numpy
from loomlab.vectorstore.word_index import WordIndex

_PAGE = 2_000
_MORE = 4


class ChromaVectorStore(BaseVectorStore):
    """Chunks in a Chroma collection: of ``client``, of the folder ``persist_directory``, or of this process alone.

    A filter narrows the question to Chroma as far as Chroma can say it, and what comes back is judged again; where
    its index finds fewer than there are, the chunks that fit are compared one by one, so none is lost. Words are
    looked up in an index of this process, made at the first hybrid search and anew when the collection's size has
    changed behind its back. Errors of Chroma come as ``MemoryStoreError``.
    """

    name = "chroma"

    def __init__(
        self,
        embedder: Embedder,
        *,
        collection_name: str,
        persist_directory: str | os.PathLike[str] | None = None,
        client: Any = None,
    ) -> None:
        super().__init__(embedder)
        needs_numpy()
        self._client = ChromaClient(client, folder=persist_directory, holds="documents")
        self._collection_name = collection_name
        self._words: WordIndex | None = None
        self._words_of = -1
        self._seq = count(time.time_ns())
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"ChromaVectorStore({self._collection_name!r}, embedder={self._embedder.name!r})"

    async def aclose(self) -> None:
        """Let go of what was opened; chunks that were only in this process are gone then."""
        await self._client.aclose()

    # ---- what a store adds ------------------------------------------------------------------------

    async def _put(self, items: list[Item]) -> None:
        rows = [row(one, self._embedder.dimensions, next(self._seq)) for one in items]

        def work(client: Any) -> None:
            collection = self._collection(client)
            most = min(_PAGE, int(client.get_max_batch_size()))
            for at in range(0, len(rows), most):
                names, vectors, metadatas, documents = zip(*rows[at : at + most], strict=True)
                collection.upsert(
                    ids=list(names), embeddings=list(vectors), metadatas=list(metadatas), documents=list(documents)
                )
            self._words = None

        await self._client.run(work)

    async def _delete(self, ids: list[str]) -> None:
        def work(client: Any) -> None:
            collection = self._collection(client)
            for page in _pages(ids):
                collection.delete(ids=page)
            self._words = None

        await self._client.run(work)

    async def _count(self) -> int:
        return int(await self._client.run(lambda client: self._collection(client).count()))

    async def _fetch(self, ids: list[str], *, vectors: bool = False) -> dict[str, Item]:
        include = ["metadatas", "documents", *(["embeddings"] if vectors else [])]

        def work(client: Any) -> dict[str, Item]:
            collection = self._collection(client)
            pages = (collection.get(ids=page, include=include) for page in _pages(list(dict.fromkeys(ids))))
            return {one.id: one for page in pages for one in _items(page)}

        return await self._client.run(work)

    async def _nearest(self, vector: array[float], limit: int, filter: Filter) -> list[tuple[str, float]]:
        return await self._client.run(lambda client: self._closest(self._collection(client), vector, limit, filter))

    async def _undirected(self, limit: int, filter: Filter) -> list[str]:
        fits = condition(filter)

        def work(client: Any) -> list[str]:
            found = self._collection(client).get(where={FLAT: True}, include=["metadatas", "documents"])
            return [one.id for one in _items(found) if fits(one.metadata)][:limit]

        return await self._client.run(work)

    async def _by_words(self, query: str, limit: int, filter: Filter) -> list[tuple[str, float]]:
        fits = condition(filter)

        def work(client: Any) -> list[tuple[str, float]]:
            collection = self._collection(client)
            with self._lock:
                ranked = self._word_index(collection).best(query, limit if not filter else 1 << 60)
            if not filter:
                return ranked
            found: list[tuple[str, float]] = []
            for page in _pages([id_ for id_, _ in ranked]):
                there = {one.id: one for one in _items(collection.get(ids=page, include=["metadatas", "documents"]))}
                scores = dict(ranked)
                found += [(id_, scores[id_]) for id_ in page if id_ in there and fits(there[id_].metadata)]
                if len(found) >= limit:
                    break
            return found[:limit]

        return await self._client.run(work)

    async def _matching(self, filter: Filter) -> list[Item]:
        return await self._client.run(lambda client: self._all(self._collection(client), filter))

    # ---- inside one call ----------------------------------------------------------------------------

    def _collection(self, client: Any) -> Any:
        return client.get_or_create_collection(
            self._collection_name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def _closest(self, collection: Any, vector: array[float], limit: int, filter: Filter) -> list[tuple[str, float]]:
        fits, where, there = condition(filter), narrowing(filter), collection.count()
        if not there:
            return []
        asked, best = limit + 8, dict[str, tuple[float, int]]()
        while True:
            found = collection.query(
                query_embeddings=[list(vector)],
                n_results=min(asked, there),
                where=where,
                include=["metadatas", "documents", "distances"],
            )
            for one, distance, seq in _found(found):
                if fits(one.metadata):
                    best[one.id] = (round(1.0 - distance, 6), seq)
            if len(best) >= limit or asked >= there or len(found["ids"][0]) < min(asked, there):
                break
            asked *= _MORE
        if len(best) < limit:
            return self._one_by_one(collection, vector, limit, filter)
        return [(id_, score) for id_, (score, _) in sorted(best.items(), key=lambda one: (-one[1][0], one[1][1]))][
            :limit
        ]

    def _one_by_one(self, collection: Any, vector: array[float], limit: int, filter: Filter) -> list[tuple[str, float]]:
        index = VectorIndex()
        for at, one in enumerate(self._all(collection, filter, vectors=True)):
            if one.vector is not None:
                index.put(one.id, one.vector, EPOCH, -at)
        return index.nearest(vector, limit)

    def _all(self, collection: Any, filter: Filter, *, vectors: bool = False) -> list[Item]:
        fits = condition(filter)
        include = ["metadatas", "documents", *(["embeddings"] if vectors else [])]
        found = collection.get(where=narrowing(filter), include=include)
        ordered = sorted(zip(_items(found), found["metadatas"], strict=True), key=lambda pair: _seq(pair[1]))
        return [one for one, _ in ordered if fits(one.metadata)]

    def _word_index(self, collection: Any) -> WordIndex:
        there = collection.count()
        if self._words is None or self._words_of != there:
            words = WordIndex()
            found = collection.get(include=["documents"])
            for id_, text in zip(found["ids"], found["documents"], strict=True):
                words.add(id_, text or "")
            self._words, self._words_of = words, there
        return self._words


def _seq(metadata: Mapping[str, Any] | None) -> int:
    return int((metadata or {}).get(SEQ, 0))


def _items(found: Mapping[str, Any]) -> list[Item]:
    vectors = found.get("embeddings")
    return [
        item(id_, text, metadata, None if vectors is None else vectors[at])
        for at, (id_, text, metadata) in enumerate(
            zip(found["ids"], found["documents"], found["metadatas"], strict=True)
        )
    ]


def _found(found: Mapping[str, Any]) -> Iterable[tuple[Item, float, int]]:
    rows = zip(found["ids"][0], found["documents"][0], found["metadatas"][0], found["distances"][0], strict=True)
    for id_, text, metadata, distance in rows:
        if not (metadata or {}).get(FLAT):
            yield item(id_, text, metadata, None), float(distance), _seq(metadata)


def _pages(ids: list[str]) -> Iterable[list[str]]:
    return (ids[at : at + _PAGE] for at in range(0, len(ids), _PAGE))
