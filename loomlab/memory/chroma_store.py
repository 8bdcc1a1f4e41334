"""Records in one Chroma collection, each question inside one user's rows."""

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from loomlab.core.vectors import VectorIndex
from loomlab.memory.chroma_batches import recover, write
from loomlab.memory.chroma_client import ChromaClient
from loomlab.memory.chroma_erasing import wipe
from loomlab.memory.chroma_rows import filters, owner, record, row, row_id, vector_of
from loomlab.memory.record import Record, Where, sees
from loomlab.memory.store_rows import in_order, moment

T = TypeVar("T")

_PAGE = 4_000
"""Rows that are asked for by their ids in one call."""

_MOST = 5_000
"""Rows that are written in one call, at most; some clients take fewer."""

_DIMENSIONS = "loomlab_dimensions"
_COUNTED = 200_000
_INDEXED = 1_024
"""Users whose writes are counted, and whose vectors are kept at hand."""


class _Seen:
    """What this process knows about a collection, for all who use it here."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.recovered = False
        self.writes: dict[str, int] = {}
        self.erasures: dict[str, int] = {}
        self.indexes: OrderedDict[tuple[str, str], VectorIndex] = OrderedDict()
        self.round = 0

    def wrote(self, whose: str) -> None:
        """Count a write. With too many users all counts begin anew, and every view of them is made anew."""
        self.writes[whose] = self.writes.get(whose, 0) + 1
        if len(self.writes) + len(self.erasures) > _COUNTED:
            self.round += 1
            self.writes.clear()
            self.erasures.clear()

    def keep(self, key: tuple[str, str], index: VectorIndex) -> None:
        """Keep an index; the one that was made longest ago makes room."""
        self.indexes[key] = index
        while len(self.indexes) > _INDEXED:
            self.indexes.popitem(last=False)


_known: dict[str, _Seen] = {}
_known_lock = RLock()


class ChromaStore:
    """A ``RecordStore`` in a collection. Facts, episodes and blocks are rows of one collection, so one call writes all.

    Chroma's own search is approximate; here the vectors of one user are ranked exactly in this process.
    """

    name = "chroma"

    def __init__(self, client: ChromaClient, collection_name: str, *, dimensions: int) -> None:
        self._client = client
        self._collection_name = collection_name
        self._wished = dimensions
        self._collection: Any = None
        self._dimensions = dimensions
        self._most = _MOST
        self._seen = _Seen()
        self._own_writes: dict[str, int] = {}
        self._round = 0

    async def put(self, records: Sequence[Record]) -> None:
        """Write all of them or none."""

        def work(collection: Any) -> None:
            last = {(one.kind, one.user_id, one.id): one for one in records}
            rows = [row(one, self._dimensions) for one in last.values()]
            with self._seen.lock:
                write(collection, rows, self._most)
                self._written(list(last.values()))

        if records:
            await self._run(work)

    async def get(self, kind: str, user_id: str | None, ids: Sequence[str]) -> list[Record]:
        """The records there are, in the order of ``ids``, with their vectors."""
        where = Where(kind=kind, user_id=user_id, ids=tuple(dict.fromkeys(ids)))
        return in_order(await self.scan(where, vectors=True), ids)

    async def scan(
        self, where: Where, *, limit: int | None = None, newest_first: bool = False, vectors: bool = False
    ) -> list[Record]:
        """The records that fit, by ``(at, seq)``."""
        if limit is not None and limit <= 0:
            return []
        found = await self._run(lambda collection: _fetch(collection, where, vectors))
        found.sort(key=lambda one: (one.at, one.seq), reverse=newest_first)
        return found if limit is None else found[:limit]

    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """``(id, cosine)`` inside the user's rows, exactly, best first, of equals the newest."""
        if where.kind is None or where.all_users:
            raise ValueError("vectors are ranked among one user's records of one kind: give Where a kind")
        return await self._run(lambda collection: self._nearest(collection, where, vector, limit))

    async def delete(self, where: Where) -> int:
        """Erase the records that fit; how many there were."""
        return await self._run(lambda collection: self._delete(collection, where))

    async def aclose(self) -> None:
        """Let go of what was opened here."""
        self._collection = None
        await self._client.aclose()

    async def _run(self, work: Callable[[Any], T]) -> T:
        return await self._client.run(lambda client: work(self._ready(client)))

    def _ready(self, client: Any) -> Any:
        if self._collection is not None:
            return self._collection
        collection = client.get_or_create_collection(
            self._collection_name,
            embedding_function=None,
            metadata={_DIMENSIONS: self._wished, "hnsw:space": "cosine"},
        )
        self._dimensions = int((collection.metadata or {}).get(_DIMENSIONS) or _measured(collection) or self._wished)
        self._most = min(int(client.get_max_batch_size()), _MOST)
        if self._client.embedded:
            with _known_lock:
                self._seen = _known.setdefault(str(collection.id), self._seen)
        with self._seen.lock:
            if not self._seen.recovered:
                recover(collection, self._most, alone=self._client.embedded)
                self._seen.recovered = True
        self._collection = collection
        return collection

    def _written(self, records: Sequence[Record]) -> None:
        for one in records:
            whose = owner(one.user_id)
            self._seen.wrote(whose)
            if self._round != self._seen.round:
                self._round = self._seen.round
                self._own_writes.clear()
            else:
                self._own_writes[whose] = self._own_writes.get(whose, 0) + 1
            index = self._seen.indexes.get((one.kind, whose))
            if index is not None:
                index.remove([one.id])
                if one.vector is not None:
                    index.put(one.id, one.vector, one.at, one.seq)

    def _nearest(self, collection: Any, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        among = where.ids
        if where != Where(kind=where.kind, user_id=where.user_id, ids=where.ids):
            among = tuple(one.id for one in _fetch(collection, where, False))
        with self._seen.lock:
            key = (str(where.kind), owner(where.user_id))
            index = self._seen.indexes.get(key)
            if index is None:
                index = _index(collection, Where(kind=where.kind, user_id=where.user_id))
                if self._client.embedded:
                    self._seen.keep(key, index)
            return index.nearest(vector, limit, among=among)

    def _delete(self, collection: Any, where: Where) -> int:
        with self._seen.lock:
            gone = _fetch(collection, where, False)
            names = [row_id(one.kind, one.user_id, one.id) for one in gone]
            for one in gone:
                whose = owner(one.user_id)
                self._seen.erasures[whose] = self._seen.erasures.get(whose, 0) + 1
                if (index := self._seen.indexes.get((one.kind, whose))) is not None:
                    index.remove([one.id])
            for start in range(0, len(names), self._most):
                collection.delete(ids=names[start : start + self._most])
            if gone and where.ids is None and self._client.folder is not None:
                collection.count()  # has Chroma apply what its log holds, so that nothing reads those rows again
                wipe(Path(self._client.folder) / "chroma.sqlite3", names)
        return len(gone)


class EmbeddedChromaStore(ChromaStore):
    """The same where the data are this process's own: as Chroma asks, a folder is used by one process at a time."""

    async def version(self, user_id: str | None) -> tuple[Hashable, Hashable]:
        """Marks of a user: how often others in this process wrote, and how often anybody erased something."""
        if self._collection is None:
            await self._run(lambda collection: None)
        whose = owner(user_id)
        with self._seen.lock:
            written = self._seen.writes.get(whose, 0) - self._own_writes.get(whose, 0)
            return written, (self._seen.round, self._seen.erasures.get(whose, 0))


def store(client: ChromaClient, collection_name: str, *, dimensions: int) -> ChromaStore:
    """The store for a client: one that knows of every write, where all of them are made in this process."""
    kind = EmbeddedChromaStore if client.embedded else ChromaStore
    return kind(client, collection_name, dimensions=dimensions)


def _fetch(collection: Any, where: Where, vectors: bool) -> list[Record]:
    include = ["metadatas", "documents", *(["embeddings"] if vectors else [])]
    if where.ids is None:
        pages = [collection.get(where=filters(where), include=include)]
    elif where.kind is None or where.all_users:
        fits = filters(Where(kind=where.kind, user_id=where.user_id, all_users=where.all_users))
        pages = [collection.get(where=fits, include=include)]
    else:
        names = [row_id(where.kind, where.user_id, one) for one in dict.fromkeys(where.ids)]
        starts = range(0, len(names), _PAGE)
        pages = [collection.get(ids=names[start : start + _PAGE], include=include) for start in starts]
    found = [
        record(metadata, document, page["embeddings"][at] if vectors else None)
        for page in pages
        for at, (metadata, document) in enumerate(zip(page["metadatas"], page["documents"], strict=True))
    ]
    return [one for one in found if sees(where, one)]


def _index(collection: Any, where: Where) -> VectorIndex:
    index = VectorIndex()
    page = collection.get(where=filters(where), include=["metadatas", "embeddings"])
    for metadata, vector in zip(page["metadatas"], page["embeddings"], strict=True):
        own = vector_of(metadata, vector)
        if own is not None:
            index.put(json.loads(metadata["names"])[1], own, moment(int(metadata["at"])), int(metadata["seq"]))
    return index


def _measured(collection: Any) -> int:
    """How long the vectors of a collection are that somebody else made."""
    some = collection.get(limit=1, include=["embeddings"])["embeddings"]
    return len(some[0]) if some is not None and len(some) else 0
