"""Vectors that a server does not rank itself, kept here for as long as nobody else changes them there."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Protocol

from loomlab.core.vectors import VectorIndex
from loomlab.memory.record import Record, Where

_USERS = 256
"""Users whose vectors are kept; the one not asked for longest makes room."""


class _Watched(Protocol):
    async def version(self, user_id: str | None) -> tuple[Hashable, Hashable]: ...

    async def scan(self, where: Where, *, vectors: bool = False) -> list[Record]: ...


class KeptVectors:
    """One index for each kind and user, read again when the store's marks say that others wrote or something went."""

    def __init__(self, store: _Watched) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str | None, str | None], tuple[object, VectorIndex]] = OrderedDict()
        self._lock = Lock()
        self._writing = 0
        self._writes = 0

    @contextmanager
    def writing(self, records: Sequence[Record]) -> Iterator[None]:
        """Around a write of this process: what it wrote is in the indexes afterwards."""
        self._writing += 1
        try:
            yield
            with self._lock:
                for one in records:
                    if (kept := self._kept.get((one.kind, one.user_id))) is not None:
                        kept[1].put(one.id, one.vector if one.vector is not None else (), one.at, one.seq)
        finally:
            self._writing -= 1
            self._writes += 1

    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """``(id, cosine)`` of the records that fit ``where``, which names a kind, best first."""
        if where.kind is None or where.all_users:
            raise ValueError("vectors are ranked among one user's records of one kind: give Where a kind")
        key = (where.kind, where.user_id)
        whole = Where(kind=where.kind, user_id=where.user_id)
        among = None if where == whole else [one.id for one in await self._store.scan(where)]
        marks = await self._store.version(where.user_id)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == marks:
                self._kept.move_to_end(key)
                return kept[1].nearest(vector, limit, among=among)
        alone, writes = self._writing == 0, self._writes
        index = VectorIndex()
        for one in await self._store.scan(whole, vectors=True):
            if one.vector is not None:
                index.put(one.id, one.vector, one.at, one.seq)
        with self._lock:
            # A write of our own in the meantime may be in what was read, or not: such an index serves once.
            if alone and self._writing == 0 and self._writes == writes:
                self._kept[key] = (marks, index)
                while len(self._kept) > _USERS:
                    self._kept.popitem(last=False)
            return index.nearest(vector, limit, among=among)
