"""The tables of a memory file, and how files of an older make become such a file."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from loomlab.core.errors import MemoryStoreError
from loomlab.core.remembered import Episode, Fact, MemoryBlock
from loomlab.memory.record import BLOCK, EPISODE, FACT, Item, Record, dump
from loomlab.memory.store_rows import micros, pack, writable

TABLES = {EPISODE: "episodes", BLOCK: "working_blocks", FACT: "facts"}
"""The table of each kind of record."""

VERSION = 1
"""The format of the files written here; the table ``loomlab_memory`` of a file says which it has."""

COLUMNS = "owner, id, at, seq, topic, label, item, vector"
_NEW = ", ".join(f"{column} = excluded.{column}" for column in ("at", "seq", "topic", "label", "item", "vector"))
INSERT = {
    # A record that is replaced gets a new number, so that whoever asks for what came after a number sees it.
    kind: f"INSERT INTO {table}({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    f"ON CONFLICT(owner, id) DO UPDATE SET n = (SELECT max(n) + 1 FROM {table}), {_NEW}"
    for kind, table in TABLES.items()
}

_INDEXES = {
    EPISODE: {"by_topic": "owner, topic, at, seq", "by_time": "owner, at, seq"},
    BLOCK: {},
    FACT: {},
}
"""Beside the one over ``owner, id``; each costs some microseconds a write. A user's facts are read all at once."""

_READABLE = {
    EPISODE: ("session_id", "occurred_at", "input", "output"),
    BLOCK: ("name", "content"),
    FACT: ("subject", "predicate", "object", "confidence", "valid_from", "valid_until", "recorded_at"),
}
_TYPES: dict[str, Any] = {EPISODE: Episode, BLOCK: MemoryBlock, FACT: Fact}


def row(record: Record) -> tuple[Any, ...]:
    """A record as the values of ``COLUMNS``."""
    return (
        owner(record.user_id),
        writable(record.id, "an id"),
        micros(record.at),
        record.seq,
        writable(record.group, "a name"),
        writable(record.label, "a name"),
        dump(record.item),
        pack(record.vector),
    )


def prepare(connection: sqlite3.Connection) -> None:
    """Create what is missing and bring older tables up to date, in one transaction; safe in several processes."""
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)
    if version > VERSION:
        raise MemoryStoreError(
            f"memory in SQLite: the file was written by a newer loomlab (format {version}, this one knows {VERSION}); "
            "upgrade loomlab, or give another path"
        )
    if version < VERSION:
        for kind, table in TABLES.items():
            older = _older_rows(connection, kind, table)
            _create(connection, kind, table)
            connection.executemany(INSERT[kind], older)
        connection.execute("CREATE TABLE loomlab_memory(version INTEGER NOT NULL, erasures INTEGER NOT NULL)")
        connection.execute("INSERT INTO loomlab_memory VALUES (?, 0)", (VERSION,))
    connection.execute("COMMIT")


def check(connection: sqlite3.Connection) -> None:
    """Raise MemoryStoreError where a file can't be read as it is: it is of another format, or no memory at all."""
    version = _version(connection)
    if version != VERSION:
        made = "no memory of this format" if version < VERSION else f"of a newer loomlab (format {version})"
        remedy = "open it once with SqliteMemory(path)" if version < VERSION else "upgrade loomlab"
        raise MemoryStoreError(f"memory in SQLite: the file is {made}, and this one reads {VERSION}; {remedy}")


def owner(user_id: str | None) -> str:
    """The partition of a user, as it is written in the tables; the name stays readable."""
    return "-" if user_id is None else f"={writable(user_id, 'user_id')}"


def user_of(owner: str) -> str | None:
    """The user behind a partition."""
    return owner[1:] if owner[0] == "=" else None


def _version(connection: sqlite3.Connection) -> int:
    if not connection.execute("PRAGMA table_info(loomlab_memory)").fetchall():
        return 0
    return int(connection.execute("SELECT version FROM loomlab_memory").fetchone()[0])


def _create(connection: sqlite3.Connection, kind: str, table: str) -> None:
    # The columns a person looks for are computed when they are read; a row holds its text once.
    readable = ", ".join(
        f"\"{name}\" GENERATED ALWAYS AS (json_extract(item, '$.{name}')) VIRTUAL" for name in _READABLE[kind]
    )
    connection.execute(
        f"CREATE TABLE {table}(n INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, "
        "at INTEGER NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL, label TEXT NOT NULL, item TEXT NOT NULL, "
        f"vector BLOB, user_id GENERATED ALWAYS AS ({_USER}) VIRTUAL, {readable}, UNIQUE(owner, id))"
    )
    for name, columns in _INDEXES[kind].items():
        connection.execute(f"CREATE INDEX {table}_{name} ON {table}({columns})")


_USER = "CASE WHEN substr(owner, 1, 1) = '=' THEN substr(owner, 2) END"


def _older_rows(connection: sqlite3.Connection, kind: str, table: str) -> list[tuple[Any, ...]]:
    """The rows of an older table of this name as rows of ours; the table itself goes."""
    columns = [one[1] for one in connection.execute(f"PRAGMA table_info({table})")]
    if not columns:
        return []
    cursor = connection.execute(f"SELECT * FROM {table} ORDER BY rowid")
    names = [one[0] for one in cursor.description]
    rows = [row(_record(kind, dict(zip(names, values, strict=True)), at)) for at, values in enumerate(cursor, 1)]
    connection.execute(f"DROP TABLE {table}")
    return rows


def _record(kind: str, values: Mapping[str, Any], seq: int) -> Record:
    fields = dict(_fields(kind, values))
    try:
        item: Item = _TYPES[kind].model_validate(fields)
    except ValidationError as error:
        raise MemoryStoreError(
            f"memory in SQLite: the table {TABLES[kind]} is of a form that is not known here "
            f"({error.error_count()} fields do not fit, the first: {error.errors()[0]['msg']}); give another path"
        ) from error
    user_id = values.get("user_id")
    if isinstance(item, Episode):
        return Record(kind, user_id, item.id, _zoned(item.occurred_at), seq, item, item.session_id, "", item.embedding)
    if isinstance(item, Fact):
        return Record(kind, user_id, item.id, _zoned(item.valid_from), seq, item, item.subject, item.predicate)
    return Record(kind, user_id, item.name, _zoned(item.updated_at), seq, item, item.name)


def _fields(kind: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in _TYPES[kind].model_fields:
        value = values.get(name, values.get(f"{name}_json"))
        if value is None:
            continue
        if name in ("tool_calls", "sources", "embedding") and isinstance(value, str):
            with suppress(ValueError):
                value = json.loads(value)
        elif name == "embedding":
            continue
        yield name, value


def _zoned(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
