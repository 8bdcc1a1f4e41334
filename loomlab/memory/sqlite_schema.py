"""The tables of a memory file. How files of an older make become such a file stands in ``sqlite_formats.py``."""

import sqlite3
from typing import Any

from loomlab.core.errors import MemoryStoreError
from loomlab.memory.record import BLOCK, EPISODE, FACT, Record, dump
from loomlab.memory.store_rows import micros, pack, writable

TABLES = {EPISODE: "episodes", BLOCK: "working_blocks", FACT: "facts"}
"""The table of each kind of record."""

VERSION = 2
"""The format of the files written here; the table ``loomlab_memory`` of a file says which it has."""
READABLE = (1, 2)
"""Formats that can be read as they are."""
APPLICATION = 0x4C4F4F4D
"""``PRAGMA application_id`` of a memory file: the letters LOOM."""

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
    """Create what is missing in a new file, in one transaction; safe in several processes."""
    if version_of(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = version_of(connection)
    if version is not None and version > VERSION:
        raise MemoryStoreError(
            f"memory in SQLite: the file was written by a newer loomlab (format {version}, this one knows {VERSION}); "
            "upgrade loomlab, or give another path"
        )
    if version is None:
        create(connection)
        mark(connection, VERSION)
    connection.execute("COMMIT")


def check(connection: sqlite3.Connection) -> None:
    """Raise MemoryStoreError where a file can't be read as it is: it is of another format, or no memory at all."""
    version = version_of(connection)
    if version not in READABLE:
        older = version is None or version < VERSION
        made = "no memory of this format" if older else f"of a newer loomlab (format {version})"
        remedy = "open it once with SqliteMemory(path)" if older else "upgrade loomlab"
        raise MemoryStoreError(f"memory in SQLite: the file is {made}, and this one reads {VERSION}; {remedy}")


def version_of(connection: sqlite3.Connection) -> int | None:
    """The format of a file: 0 for tables of an older make, None where nothing of a memory is in it."""
    if connection.execute("PRAGMA table_info(loomlab_memory)").fetchall():
        return int(connection.execute("SELECT version FROM loomlab_memory").fetchone()[0])
    older = any(connection.execute(f"PRAGMA table_info({table})").fetchall() for table in TABLES.values())
    return 0 if older else None


def mark(connection: sqlite3.Connection, version: int) -> None:
    """Note the format, and in the header of the file that it is a memory."""
    connection.execute("UPDATE loomlab_memory SET version = ?", (version,))
    # Not user_version as well: that is where a journal in the same file notes its own format.
    connection.execute(f"PRAGMA application_id = {APPLICATION}")


def create(connection: sqlite3.Connection) -> None:
    """All tables of an empty file, without the mark of their format."""
    for kind, table in TABLES.items():
        create_table(connection, kind, table)
    connection.execute("CREATE TABLE loomlab_memory(version INTEGER NOT NULL, erasures INTEGER NOT NULL)")
    connection.execute("INSERT INTO loomlab_memory VALUES (?, 0)", (VERSION,))


def owner(user_id: str | None) -> str:
    """The partition of a user, as it is written in the tables; the name stays readable."""
    return "-" if user_id is None else f"={writable(user_id, 'user_id')}"


def user_of(owner: str) -> str | None:
    """The user behind a partition."""
    return owner[1:] if owner[0] == "=" else None


def create_table(connection: sqlite3.Connection, kind: str, table: str) -> None:
    """One table of records with its indexes."""
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
