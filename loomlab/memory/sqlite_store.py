"""Records in one SQLite file, which several processes may use at once."""

import os
import sqlite3
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import partial

from loomlab.core.vectors import VectorIndex
from loomlab.memory.record import Record, Where
from loomlab.memory.sqlite_connection import SqliteConnection
from loomlab.memory.sqlite_questions import Question, deletion, ids_of, parts, read, record, records_of
from loomlab.memory.sqlite_schema import INSERT, TABLES, row, user_of
from loomlab.memory.sqlite_vectors import SqliteVectors, marks
from loomlab.memory.store_rows import in_order

_AT_ONCE = 256
"""Rows that are read or written on the event loop; more go to a worker thread."""


class SqliteStore:
    """A ``RecordStore`` in one file with the tables ``episodes``, ``working_blocks`` and ``facts``.

    The file is opened when it is first needed, in write-ahead mode: readers never wait, writers wait for one another.
    A write is in the file when the verb returns, whatever becomes of the process. ``:memory:`` is no file at all.
    """

    name = "sqlite"

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        self._file = SqliteConnection(path, read_only=read_only)
        self._vectors = SqliteVectors()

    @property
    def path(self) -> str:
        """The file, or ``:memory:``."""
        return self._file.path

    async def put(self, records: Sequence[Record]) -> None:
        """Write all of them or none; one record is one statement and one commit."""
        rows = [(INSERT[one.kind], row(one)) for one in records]
        if rows:
            await self._file.run(partial(self._put, rows, records), quick=len(rows) <= _AT_ONCE)

    async def get(self, kind: str, user_id: str | None, ids: Sequence[str]) -> list[Record]:
        """The records there are, in the order of ``ids``, with their vectors."""
        where = Where(kind=kind, user_id=user_id, ids=tuple(dict.fromkeys(ids)))
        return in_order(await self.scan(where, vectors=True), ids)

    async def scan(
        self, where: Where, *, limit: int | None = None, newest_first: bool = False, vectors: bool = False
    ) -> list[Record]:
        """The records that fit, by ``(at, seq)``; answered from an index that begins with the user."""
        if limit is not None and limit <= 0:
            return []
        found: list[Record] = []
        questions = [(kind, part) for kind in _kinds(where) for part in parts(where)]
        for kind, part in questions:
            question = records_of(kind, part, limit, newest_first, vectors)
            rows = await self._file.run(partial(read, question, _AT_ONCE))
            if len(rows) > _AT_ONCE:
                found += await self._file.run(partial(_read_all, kind, question), quick=False)
            else:
                found += [record(kind, values) for values in rows]
        if len(questions) > 1:
            found.sort(key=lambda one: (one.at, one.seq), reverse=newest_first)
        return found if limit is None else found[:limit]

    async def census(self) -> list[tuple[str | None, str, int]]:
        """``(user, kind, how many records)`` of everybody that anything is kept of, counted in the file."""
        return await self._file.run(_counted, quick=False)

    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """``(id, cosine)`` inside the user's partition, exactly, best first, of equals the newest."""
        if where.kind is None or where.all_users:
            raise ValueError("vectors are ranked among one user's records of one kind: give Where a kind")
        work = partial(self._nearest, where, vector, limit)
        found = await self._file.run(partial(work, self._vectors.index))
        if found is None:
            found = await self._file.run(partial(work, self._vectors.load), quick=False)
        return found or []

    async def delete(self, where: Where) -> int:
        """Erase the records that fit: their bytes are overwritten in the file, and leave its log where no one reads."""
        return await self._file.run(partial(self._delete, where), quick=False)

    async def version(self, user_id: str | None) -> tuple[Hashable, Hashable]:
        """Marks of the file: they change with what others write, and with what anybody erases."""
        return await self._file.run(marks)

    async def aclose(self) -> None:
        """Let go of the file; the next question opens it again."""
        self._file.close()
        self._vectors.clear()

    def _put(self, rows: Sequence[Question], records: Sequence[Record], connection: sqlite3.Connection) -> None:
        if len(rows) == 1:
            connection.execute(*rows[0])
        else:
            connection.execute("BEGIN IMMEDIATE")
            for statement, values in rows:
                connection.execute(statement, values)
            connection.execute("COMMIT")
        self._vectors.written(records)

    def _nearest(
        self,
        where: Where,
        vector: Sequence[float],
        limit: int,
        find: Callable[[sqlite3.Connection, Where], VectorIndex | None],
        connection: sqlite3.Connection,
    ) -> list[tuple[str, float]] | None:
        index = find(connection, where)
        if index is None:
            return None
        among = where.ids
        if where != Where(kind=where.kind, user_id=where.user_id, ids=where.ids):
            questions = [ids_of(str(where.kind), part) for part in parts(where)]
            among = tuple(one for question in questions for (one,) in connection.execute(*question))
        return index.nearest(vector, limit, among=among)

    def _delete(self, where: Where, connection: sqlite3.Connection) -> int:
        gone = 0
        connection.execute("BEGIN IMMEDIATE")
        for kind in _kinds(where):
            gone += sum(connection.execute(*deletion(kind, part)).rowcount for part in parts(where))
        if gone:
            connection.execute("UPDATE loomlab_memory SET erasures = erasures + 1")
        connection.execute("COMMIT")
        if gone:
            self._vectors.erased(_kinds(where), where)
            # Best effort: while somebody reads the log it can't be emptied, and the next erasure tries again.
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA busy_timeout = 500")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone


def _kinds(where: Where) -> list[str]:
    return list(TABLES) if where.kind is None else [where.kind]


def _counted(connection: sqlite3.Connection) -> list[tuple[str | None, str, int]]:
    found: list[tuple[str | None, str, int]] = []
    for kind, table in TABLES.items():
        rows = connection.execute(f"SELECT owner, count(*) FROM {table} GROUP BY owner").fetchall()
        found += [(user_of(owned), kind, count) for owned, count in rows]
    return found


def _read_all(kind: str, question: Question, connection: sqlite3.Connection) -> list[Record]:
    return [record(kind, values) for values in connection.execute(*question)]
