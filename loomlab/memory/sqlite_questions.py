"""SQL for the questions to a memory file: texts of our own, with everything that a user wrote as parameters."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from loomlab.memory.record import Record, Where, load
from loomlab.memory.sqlite_schema import COLUMNS, TABLES, owner, user_of
from loomlab.memory.store_rows import micros, moment, unpack, writable

Question = tuple[str, Sequence[Any]]
"""A statement and its parameters."""

_BATCH = 500
"""Ids in one question: SQLite bounds the parameters of a statement."""

_PLAIN = COLUMNS.replace("vector", "NULL")


def parts(where: Where) -> list[Where]:
    """The same question in parts, each with a bounded number of ids."""
    if where.ids is None:
        return [where]
    return [replace(where, ids=where.ids[at : at + _BATCH]) for at in range(0, len(where.ids), _BATCH)]


def records_of(kind: str, where: Where, limit: int | None, newest_first: bool, vectors: bool) -> Question:
    """Rows of ``COLUMNS``, by ``(at, seq)``."""
    fits, values = _conditions(where)
    direction = "DESC" if newest_first else "ASC"
    text = (
        f"SELECT {COLUMNS if vectors else _PLAIN} FROM {TABLES[kind]} WHERE {fits} "
        f"ORDER BY at {direction}, seq {direction}"
    )
    return (text, values) if limit is None else (f"{text} LIMIT ?", [*values, limit])


def ids_of(kind: str, where: Where) -> Question:
    """The ids alone."""
    fits, values = _conditions(where)
    return f"SELECT id FROM {TABLES[kind]} WHERE {fits}", values


def deletion(kind: str, where: Where) -> Question:
    """What erases the records that fit."""
    fits, values = _conditions(where)
    return f"DELETE FROM {TABLES[kind]} WHERE {fits}", values


def read(question: Question, most: int, connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """The first ``most`` rows, and one more where there are more."""
    cursor = connection.execute(*question)
    rows = cursor.fetchmany(most + 1)
    # A reader that stops half-way would keep the log from being folded into the file.
    cursor.close()
    return rows


def record(kind: str, values: tuple[Any, ...]) -> Record:
    """The record behind a row of ``COLUMNS``."""
    owned, name, at, seq, group, label, item, vector = values
    return Record(kind, user_of(owned), name, moment(at), seq, load(kind, item), group, label, unpack(vector))


def _conditions(where: Where) -> tuple[str, list[Any]]:
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
