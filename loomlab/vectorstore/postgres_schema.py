"""The table of a vector store in PostgreSQL, and what is asked of it."""

import re
from typing import Any

from loomlab.core.errors import ConfigError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,50}")
_LOCK = 0x6C6F6F6D6C61C
_INDEXED = 2_000
"""Dimensions that pgvector's HNSW index takes at most; longer vectors are compared one by one."""


def quoted(table: str) -> str:
    """The name of a table as it stands in SQL. Raises ``ConfigError`` for anything but a plain name."""
    if not _NAME.fullmatch(table):
        raise ConfigError(
            f"{table!r} is no name for a table: it has letters, digits and '_', begins with a letter, and is at most "
            "51 characters long"
        )
    return f'"{table}"'


async def create(connection: Any, table: str, dimension: int) -> bool:
    """Make what is missing; whether this pgvector can go on searching until enough rows fit a condition (from 0.8)."""
    name = quoted(table)
    async with connection.transaction():
        # Two programs that start at once would otherwise trip over each other's half-made table.
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        version = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        if version is None:
            if not await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"):
                raise ConfigError("documents in PostgreSQL need the extension pgvector: install it on the server")
            await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            version = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        for statement in statements(table, dimension):
            await connection.execute(statement)
        there = await connection.fetchval(
            "SELECT atttypmod FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname = 'embedding'", name
        )
        if there != dimension:
            raise ConfigError(
                f"the table {table!r} holds vectors of {there} dimensions, the embedder's have {dimension}: "
                "give another table, or the embedder it was made with"
            )
    # The settings of an extension are known once its library is loaded.
    await connection.execute("SELECT '[1]'::vector")
    return tuple(int(part) for part in str(version).split(".")[:2]) >= (0, 8)


def statements(table: str, dimension: int) -> list[str]:
    """The SQL that makes the table; every statement may run again."""
    name = quoted(table)
    made = [
        f"CREATE TABLE IF NOT EXISTS {name} (id text PRIMARY KEY, seq bigint GENERATED ALWAYS AS IDENTITY, "
        "content text NOT NULL, metadata jsonb NOT NULL, words text[] NOT NULL, length integer NOT NULL, "
        f"embedding vector({dimension}))",
        f'CREATE INDEX IF NOT EXISTS "{table}_words" ON {name} USING gin (words)',
        f'CREATE INDEX IF NOT EXISTS "{table}_meta" ON {name} USING gin (metadata)',
    ]
    if dimension <= _INDEXED:
        made.append(f'CREATE INDEX IF NOT EXISTS "{table}_hnsw" ON {name} USING hnsw (embedding vector_cosine_ops)')
    return made


def upsert(name: str) -> str:
    """The statement that writes one chunk."""
    return (
        f"INSERT INTO {name} (id, content, metadata, words, length, embedding) "
        "VALUES ($1, $2, $3::jsonb, $4::text[], $5, $6::text::vector) ON CONFLICT (id) DO UPDATE SET "
        "content = excluded.content, metadata = excluded.metadata, words = excluded.words, length = excluded.length, "
        "embedding = excluded.embedding"
    )


def statistics(name: str) -> str:
    """How many chunks there are, and how many words they have in the mean."""
    return f"SELECT count(*) AS count, avg(length) AS mean FROM {name}"


def frequencies(name: str) -> str:
    """How many chunks hold each of some words."""
    holding = f"SELECT count(*) FROM {name} WHERE words @> ARRAY[word]"
    return f"SELECT word, ({holding}) AS holding FROM unnest($1::text[]) AS word"
