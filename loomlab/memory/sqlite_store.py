"""Records in one SQLite file, which several processes may use at once."""

import os
import sqlite3
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from loomlab.memory.record import Record, Where, load
from loomlab.memory.sqlite_connection import SqliteConnection
from loomlab.memory.sqlite_schema import COLUMNS, INSERT, TABLES, owner, row, user_of
from loomlab.memory.store_rows import in_order, micros, moment, unpack, writable

_AT_ONCE = 256
"""Rows that are read or written on the event loop; more go to a worker thread."""

_BATCH = 500
"""Ids in one question: SQLite bounds the parameters of a statement."""

_PLAIN = COLUMNS.replace("vector", "NULL")


class SqliteStore:
    """A ``RecordStore`` in one file with the tables ``episodes``, ``working_blocks`` and ``facts``.

    The file is opened when it is first needed, in write-ahead mode: readers never wait, writers wait for one another.
    A write is in the file when the verb returns, whatever becomes of the process. ``:memory:`` is no file at all.
    """

    name = "sqlite"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = SqliteConnection(path)

    @property
    def path(self) -> str:
        """The file, or ``:memory:``."""
        return self._file.path

    async def put(self, records: Sequence[Record]) -> None:
        """Write all of them or none; one record is one statement and one commit."""
        rows = [(INSERT[record.kind], row(record)) for record in records]
        if not rows:
            return
        work = partial(_put_one, rows[0]) if len(rows) == 1 else partial(_put_many, rows)
        await self._file.run(work, quick=len(rows) <= _AT_ONCE)

    async def get(self, kind: str, user_id: str | None, ids: Sequence[str]) -> list[Record]:
        """The records there are, in the order of ``ids``, with their vectors."""
        where = Where(kind=kind, user_id=user_id, ids=tuple(dict.fromkeys(ids)))
        found = await self.scan(where, vectors=True)
        return in_order(found, ids)

    async def scan(
        self, where: Where, *, limit: int | None = None, newest_first: bool = False, vectors: bool = False
    ) -> list[Record]:
        """The records that fit, by ``(at, seq)``; answered from an index that begins with the user."""
        if limit is not None and limit <= 0:
            return []
        found: list[Record] = []
        kinds = list(TABLES) if where.kind is None else [where.kind]
        parts = [(kind, part) for kind in kinds for part in _parts(where)]
        for kind, part in parts:
            question = _select(kind, part, limit, newest_first, vectors)
            rows = await self._file.run(partial(_read, question, _AT_ONCE))
            if len(rows) > _AT_ONCE:
                found += await self._file.run(partial(_read_all, kind, question), quick=False)
            else:
                found += [_record(kind, values) for values in rows]
        if len(parts) > 1:
            found.sort(key=lambda record: (record.at, record.seq), reverse=newest_first)
        return found if limit is None else found[:limit]

    async def delete(self, where: Where) -> int:
        """Erase the records that fit: their bytes are overwritten in the file, and leave its log where no one reads."""
        kinds = list(TABLES) if where.kind is None else [where.kind]
        return await self._file.run(partial(_delete, kinds, where), quick=False)

    async def version(self, user_id: str | None) -> tuple[Hashable, Hashable]:
        """Marks of the file: they change with what others write, and with what anybody erases."""
        return await self._file.run(_marks)

    async def aclose(self) -> None:
        """Let go of the file."""
        self._file.close()


def _put_one(pair: tuple[str, tuple[Any, ...]], connection: sqlite3.Connection) -> None:
    connection.execute(*pair)


def _put_many(rows: list[tuple[str, tuple[Any, ...]]], connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement, values in rows:
        connection.execute(statement, values)
    connection.execute("COMMIT")


Question = tuple[str, list[Any]]


def _select(kind: str, where: Where, limit: int | None, newest_first: bool, vectors: bool) -> Question:
    conditions, values = _conditions(where)
    direction = "DESC" if newest_first else "ASC"
    text = (
        f"SELECT {COLUMNS if vectors else _PLAIN} FROM {TABLES[kind]} WHERE {conditions} "
        f"ORDER BY at {direction}, seq {direction}"
    )
    if limit is not None:
        return f"{text} LIMIT ?", [*values, limit]
    return text, values


def _conditions(where: Where) -> Question:
    conditions: list[str] = []
    values: list[Any] = []
    if not where.all_users:
        conditions.append("owner = ?")
        values.append(owner(where.user_id))
    if where.ids is not None:
        conditions.append(f"id IN ({', '.join('?' * len(where.ids))})")
        values += [writable(one, "an id") for one in where.ids]
    for column, name in (("topic", where.group), ("label", where.label)):
        if name is not None:
            conditions.append(f"{column} = ?")
            values.append(writable(name, "a name"))
    for sign, at in ((">=", where.since), ("<=", where.until), ("<", where.before)):
        if at is not None:
            conditions.append(f"at {sign} ?")
            values.append(micros(at))
    if where.after_seq is not None:
        conditions.append("seq > ?")
        values.append(where.after_seq)
    return " AND ".join(conditions) or "TRUE", values


def _read(question: Question, most: int, connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    cursor = connection.execute(*question)
    rows = cursor.fetchmany(most + 1)
    # A reader that stops half-way would keep the log from being folded into the file.
    cursor.close()
    return rows


def _read_all(kind: str, question: Question, connection: sqlite3.Connection) -> list[Record]:
    return [_record(kind, values) for values in connection.execute(*question)]


def _record(kind: str, values: tuple[Any, ...]) -> Record:
    owned, name, at, seq, group, label, item, vector = values
    return Record(kind, user_of(owned), name, moment(at), seq, load(kind, item), group, label, unpack(vector))


def _marks(connection: sqlite3.Connection) -> tuple[Hashable, Hashable]:
    # Changes when another connection has written, in this process or another, and for no write of this one.
    seen = connection.execute("PRAGMA data_version").fetchone()[0]
    return seen, connection.execute("SELECT erasures FROM loomlab_memory").fetchone()[0]


def _parts(where: Where) -> list[Where]:
    """The same question in parts, each with a bounded number of ids."""
    if where.ids is None:
        return [where]
    return [replace(where, ids=where.ids[at : at + _BATCH]) for at in range(0, len(where.ids), _BATCH)]


def _delete(kinds: list[str], where: Where, connection: sqlite3.Connection) -> int:
    connection.execute("BEGIN IMMEDIATE")
    gone = 0
    for part in _parts(where):
        conditions, values = _conditions(part)
        for kind in kinds:
            gone += connection.execute(f"DELETE FROM {TABLES[kind]} WHERE {conditions}", values).rowcount
    if gone:
        connection.execute("UPDATE loomlab_memory SET erasures = erasures + 1")
    connection.execute("COMMIT")
    if gone:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return gone
