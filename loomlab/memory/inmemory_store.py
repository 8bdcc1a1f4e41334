"""Records in this process."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import RLock

from loomlab.core.vectors import VectorIndex
from loomlab.memory.record import KINDS, Record, Where, sees


def _place(record: Record) -> tuple[object, int]:
    return record.at, record.seq


class _Shelf:
    """The records of one user and kind; vectors are in their index only."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.vectors: VectorIndex | None = None
        self._ordered: list[Record] | None = None

    def put(self, record: Record) -> None:
        if record.vector is not None:
            if self.vectors is None:
                self.vectors = VectorIndex()
            self.vectors.put(record.id, record.vector, record.at, record.seq)
            record = replace(record, vector=None)
        elif self.vectors is not None:
            self.vectors.remove([record.id])
        self.records[record.id] = record
        self._ordered = None

    def remove(self, record: Record) -> None:
        del self.records[record.id]
        if self.vectors is not None:
            self.vectors.remove([record.id])
        self._ordered = None

    def ordered(self) -> list[Record]:
        if self._ordered is None:
            self._ordered = sorted(self.records.values(), key=_place)
        return self._ordered

    def whole(self, record: Record) -> Record:
        vector = self.vectors.vector(record.id) if self.vectors is not None else None
        return record if vector is None else replace(record, vector=vector)


class InMemoryStore:
    """A ``RecordStore`` that lives as long as this object, ranks vectors itself, and belongs to one memory."""

    name = "this process"
    exclusive = True

    def __init__(self) -> None:
        self._users: dict[str | None, dict[str, _Shelf]] = {}
        self._lock = RLock()

    @property
    def named_users(self) -> int:
        """How many users with a name have records here."""
        return len(self._users) - (None in self._users)

    async def put(self, records: Sequence[Record]) -> None:
        """Write all of them, replacing those of the same name."""
        with self._lock:
            for record in records:
                user = self._users.get(record.user_id)
                if user is None:
                    user = self._users[record.user_id] = {kind: _Shelf() for kind in KINDS}
                user[record.kind].put(record)

    async def get(self, kind: str, user_id: str | None, ids: Sequence[str]) -> list[Record]:
        """The records there are, in the order of ``ids``, with their vectors."""
        with self._lock:
            user = self._users.get(user_id)
            if user is None:
                return []
            shelf = user[kind]
            return [shelf.whole(shelf.records[id_]) for id_ in ids if id_ in shelf.records]

    async def scan(
        self, where: Where, *, limit: int | None = None, newest_first: bool = False, vectors: bool = False
    ) -> list[Record]:
        """The records that fit, by ``(at, seq)``."""
        return self.records(where, limit=limit, newest_first=newest_first, vectors=vectors)

    async def delete(self, where: Where) -> int:
        """Erase the records that fit; how many there were."""
        with self._lock:
            gone = self.records(where)
            for record in gone:
                self._users[record.user_id][record.kind].remove(record)
            for user_id in {record.user_id for record in gone}:
                if not any(shelf.records for shelf in self._users[user_id].values()):
                    del self._users[user_id]
            return len(gone)

    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """``(id, cosine)`` of the records of one user and kind that are nearest, best first."""
        with self._lock:
            user = self._users.get(where.user_id)
            index = user[where.kind].vectors if user is not None and where.kind is not None else None
            if index is None:
                return []
            among = None
            if where != Where(kind=where.kind, user_id=where.user_id):
                among = [record.id for record in self.records(where)]
            return index.nearest(vector, limit, among=among)

    async def aclose(self) -> None:
        """Nothing to let go of: what was written stays readable."""

    def records(
        self, where: Where, *, limit: int | None = None, newest_first: bool = False, vectors: bool = False
    ) -> list[Record]:
        """``scan`` without awaiting."""
        with self._lock:
            shelves = self._shelves(where)
            if where.ids is not None:
                found = [shelf.records[id_] for shelf in shelves for id_ in {*where.ids} if id_ in shelf.records]
                found = sorted((record for record in found if sees(where, record)), key=_place)
            else:
                found = [record for shelf in shelves for record in self._fitting(shelf, where)]
                if len(shelves) > 1:
                    found.sort(key=_place)
            if newest_first:
                found.reverse()
            if limit is not None:
                found = found[: max(limit, 0)]
            return [self._users[one.user_id][one.kind].whole(one) for one in found] if vectors else found

    def drop(self, user_id: str) -> None:
        """Erase a user."""
        with self._lock:
            self._users.pop(user_id, None)

    def _shelves(self, where: Where) -> list[_Shelf]:
        users: Iterable[dict[str, _Shelf]] = self._users.values()
        if not where.all_users:
            users = [self._users[where.user_id]] if where.user_id in self._users else []
        return [shelf for user in users for kind, shelf in user.items() if where.kind in {None, kind}]

    def _fitting(self, shelf: _Shelf, where: Where) -> Iterable[Record]:
        everything = where == Where(kind=where.kind, user_id=where.user_id, all_users=where.all_users)
        return shelf.ordered() if everything else [record for record in shelf.ordered() if sees(where, record)]
