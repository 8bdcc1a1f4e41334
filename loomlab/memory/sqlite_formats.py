"""The formats of memory files, and the steps from each to the next.

| format | what it is |
|---|---|
| 0 | tables of an older make, without owners; what is in them belongs to nobody named |
| 1 | records with owners; an index more over facts; vectors of a ``HashEmbedder`` that weighed words otherwise |
| 2 | the header of the file says that it is a memory |
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from loomlab.core.errors import MemoryStoreError
from loomlab.core.remembered import Episode, Fact, MemoryBlock
from loomlab.memory.episode_index import episode_text
from loomlab.memory.fact_algebra import fact_text
from loomlab.memory.hash_embedder import older_and_today
from loomlab.memory.record import BLOCK, EPISODE, FACT, Item, Record, load
from loomlab.memory.sqlite_schema import INSERT, TABLES, create, mark, row, version_of
from loomlab.memory.sqlite_upgrade import Formats
from loomlab.memory.store_rows import pack

_TYPES: dict[str, Any] = {EPISODE: Episode, BLOCK: MemoryBlock, FACT: Fact}
_VECTORS = {EPISODE: episode_text, FACT: fact_text}
"""What the vector of a kind is made of."""


def _to_1(connection: sqlite3.Connection) -> None:
    older = {kind: _older_rows(connection, kind, table) for kind, table in TABLES.items()}
    create(connection)
    for kind, rows in older.items():
        connection.executemany(INSERT[kind], rows)


def _to_2(connection: sqlite3.Connection) -> None:
    connection.execute("DROP INDEX IF EXISTS facts_by_topic")
    for kind, text_of in _VECTORS.items():
        table = TABLES[kind]
        # Numbers first: a cursor over rows that are being changed may meet them twice.
        numbers = [n for (n,) in connection.execute(f"SELECT n FROM {table} WHERE vector IS NOT NULL")]
        for n in numbers:
            item, vector = connection.execute(f"SELECT item, vector FROM {table} WHERE n = ?", (n,)).fetchone()
            text = text_of(load(kind, item))  # type: ignore[operator]  # each function takes its own kind
            for older, today in older_and_today(text, len(vector) // 4):
                if pack(older) == vector:
                    connection.execute(f"UPDATE {table} SET vector = ? WHERE n = ?", (pack(today), n))
                    break


FORMATS = Formats("the memory in SQLite", of=version_of, steps={1: _to_1, 2: _to_2}, mark=mark)
"""Of memory files."""


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
