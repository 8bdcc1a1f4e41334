"""The vectors of a memory file's users, loaded when first asked for and kept true while others write."""

import sqlite3
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

from loomlab.core.vectors import VectorIndex
from loomlab.memory.record import Record, Where
from loomlab.memory.sqlite_schema import TABLES, owner
from loomlab.memory.store_rows import moment, unpack

_USERS = 256
"""Users whose vectors are kept; the one not asked for longest makes room."""


class SqliteVectors:
    """An index of vectors for each kind and user. Every method is called with the connection held."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[tuple[str, str], VectorIndex] = OrderedDict()
        self._marks: tuple[Hashable, Hashable] | None = None
        self._last: dict[str, int] = {}

    def index(self, connection: sqlite3.Connection, where: Where) -> VectorIndex | None:
        """The index of one kind and user, with all that is in the file; None where it is not loaded."""
        self._refresh(connection)
        key = (str(where.kind), owner(where.user_id))
        if key in self._indexes:
            self._indexes.move_to_end(key)
        return self._indexes.get(key)

    def load(self, connection: sqlite3.Connection, where: Where) -> VectorIndex:
        """The same, read from the file where it is not loaded."""
        found = self.index(connection, where)
        if found is not None:
            return found
        kind, whose = str(where.kind), owner(where.user_id)
        index = VectorIndex()
        rows = connection.execute(
            f"SELECT id, vector, at, seq FROM {TABLES[kind]} WHERE owner = ? AND vector IS NOT NULL", (whose,)
        )
        for name, vector, at, seq in rows:
            index.put(name, unpack(vector) or (), moment(at), seq)
        self._indexes[kind, whose] = index
        while len(self._indexes) > _USERS:
            self._indexes.popitem(last=False)
        return index

    def written(self, records: Sequence[Record]) -> None:
        """These were written through this connection."""
        for record in records:
            index = self._indexes.get((record.kind, owner(record.user_id))) if self._indexes else None
            if index is None:
                continue
            if record.vector is None:
                index.remove([record.id])
            else:
                index.put(record.id, record.vector, record.at, record.seq)

    def erased(self, kinds: Sequence[str], where: Where) -> None:
        """These were erased through this connection, and the file counted one erasure for it."""
        if self._marks is not None:
            seen, erasures = self._marks
            self._marks = (seen, int(str(erasures)) + 1)
        if where.all_users:
            self._indexes.clear()
            return
        for kind in kinds:
            key = (kind, owner(where.user_id))
            if key in self._indexes and where.ids is not None and _only_ids(where):
                self._indexes[key].remove(where.ids)
            else:
                self._indexes.pop(key, None)

    def clear(self) -> None:
        """Forget everything: the file is another one, or closed."""
        self._indexes.clear()
        self._marks = None

    def _refresh(self, connection: sqlite3.Connection) -> None:
        now = marks(connection)
        if now == self._marks:
            return
        if self._marks is None or now[1] != self._marks[1]:
            self._indexes.clear()
        before, self._marks = self._last, now
        self._last = {
            kind: connection.execute(f"SELECT coalesce(max(n), 0) FROM {table}").fetchone()[0]
            for kind, table in TABLES.items()
        }
        for kind in {kind for kind, _ in self._indexes}:
            rows = connection.execute(
                f"SELECT owner, id, vector, at, seq FROM {TABLES[kind]} WHERE n > ?", (before.get(kind, 0),)
            )
            for row in rows:
                self._take(kind, *row)

    def _take(self, kind: str, whose: str, name: str, vector: bytes | None, at: int, seq: int) -> None:
        index = self._indexes.get((kind, whose))
        if index is None:
            return
        if vector is None:
            index.remove([name])
        else:
            index.put(name, unpack(vector) or (), moment(at), seq)


def marks(connection: sqlite3.Connection) -> tuple[Hashable, Hashable]:
    """Two marks of the file: the first changes when others write, the second when anybody erases."""
    # This number changes when another connection has written, in this process or another, not with writes of this one.
    seen: Any = connection.execute("PRAGMA data_version").fetchone()[0]
    return seen, connection.execute("SELECT erasures FROM loomlab_memory").fetchone()[0]


def _only_ids(where: Where) -> bool:
    fields = (where.group, where.label, where.since, where.until, where.before, where.after_seq)
    return all(field is None for field in fields)
