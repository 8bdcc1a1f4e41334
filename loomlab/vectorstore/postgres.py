"""A vector store in a table of PostgreSQL, with pgvector's HNSW index."""

from __future__ import annotations

import math
from array import array
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from loomlab.core.errors import ConfigError, MemoryStoreError
from loomlab.core.protocols import Embedder
from loomlab.memory.postgres_pool import PostgresPool
from loomlab.vectorstore import postgres_schema as schema
from loomlab.vectorstore.base import BaseVectorStore, Filter, Item
from loomlab.vectorstore.coding import decoded, encoded
from loomlab.vectorstore.filters import condition
from loomlab.vectorstore.postgres_filter import in_sql
from loomlab.vectorstore.postgres_text import storable
from loomlab.vectorstore.ranking import words
from loomlab.vectorstore.word_index import LENGTH, SATURATION

T = TypeVar("T")

_DIGITS = 6


class PostgresVectorStore(BaseVectorStore):
    """Chunks in the table ``table`` of the database at ``dsn``; the table is made at the first use.

    Filters become SQL. The HNSW index is asked to go on until enough rows fit, and where it still gives fewer than
    there are, the table is read through, so no row that fits is lost. One pool of connections is opened in each event
    loop. NUL characters in texts become U+FFFD, as PostgreSQL can't hold them. Needs the extension pgvector. Errors of
    PostgreSQL come as ``MemoryStoreError``.
    """

    name = "postgres"

    def __init__(self, embedder: Embedder, *, dsn: str, table: str, dimension: int | None = None) -> None:
        super().__init__(embedder)
        if dimension is not None and dimension != embedder.dimensions:
            raise ValueError(f"dimension is {dimension}, but vectors of {embedder.name} have {embedder.dimensions}")
        self._table = schema.quoted(table)
        self._plain_name = table
        self._pool = PostgresPool(dsn=dsn, holds="documents")
        self._ready = False
        self._iterates = False

    def __repr__(self) -> str:
        return f"PostgresVectorStore({self._plain_name!r}, embedder={self._embedder.name!r})"

    async def init_schema(self, dimension: int | None = None) -> None:
        """Make the extension, the table and its indexes where they are missing. Raises ``ConfigError`` for a table
        whose vectors have another dimension, and where the server has no pgvector.
        """
        width = dimension or self._embedder.dimensions

        async def work(connection: Any) -> bool:
            return await schema.create(connection, self._plain_name, width)

        self._iterates = await self._pool.run(work)
        self._ready = True

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        await self._pool.aclose()

    # ---- what a store adds ------------------------------------------------------------------------

    async def _put(self, items: list[Item]) -> None:
        rows = [
            (
                storable(one.id),
                storable(one.content),
                _json(one.metadata),
                ((found := words(one.content)) and sorted(set(found))) or [],
                len(found),
                None if one.vector is None else _literal(one.vector),
            )
            for one in items
        ]

        async def work(connection: Any) -> None:
            async with connection.transaction():
                await connection.executemany(schema.upsert(self._table), rows)

        await self._run(work)

    async def _delete(self, ids: list[str]) -> None:
        await self._run(lambda one: one.execute(f"DELETE FROM {self._table} WHERE id = ANY($1)", _names(ids)))

    async def _count(self) -> int:
        return int(await self._run(lambda one: one.fetchval(f"SELECT count(*) FROM {self._table}")))

    async def _fetch(self, ids: list[str], *, vectors: bool = False) -> dict[str, Item]:
        columns = "id, content, metadata" + (", embedding::text AS vector" if vectors else "")
        statement = f"SELECT {columns} FROM {self._table} WHERE id = ANY($1)"
        return {one["id"]: _item(one) for one in await self._run(lambda at: at.fetch(statement, _names(ids)))}

    async def _nearest(self, vector: array[float], limit: int, filter: Filter) -> list[tuple[str, float]]:
        args: list[Any] = [_literal(vector), limit]
        where = await self._where(filter, args)
        statement = (
            f"SELECT id, 1 - (embedding <=> $1::text::vector) AS score FROM {self._table} "
            f"WHERE embedding IS NOT NULL AND {where} ORDER BY embedding <=> $1::text::vector, seq LIMIT $2"
        )
        # Sorted by the distance alone, as only then the index is used.
        quick = statement.replace("::vector, seq LIMIT", "::vector LIMIT")

        async def work(connection: Any) -> list[Any]:
            async with connection.transaction(readonly=True):
                await connection.execute(f"SET LOCAL hnsw.ef_search = {min(1_000, max(100, 2 * limit))}")
                if self._iterates:
                    await connection.execute("SET LOCAL hnsw.iterative_scan = strict_order")
                rows = await connection.fetch(quick, *args)
                if len(rows) < limit:
                    await connection.execute("SET LOCAL enable_indexscan = off")
                    rows = await connection.fetch(statement, *args)
                return list(rows)

        found = [(row["id"], round(float(row["score"]), _DIGITS)) for row in await self._run(work)]
        return sorted(found, key=lambda pair: -pair[1])

    async def _undirected(self, limit: int, filter: Filter) -> list[str]:
        args: list[Any] = [limit]
        where = await self._where(filter, args)
        statement = f"SELECT id FROM {self._table} WHERE embedding IS NULL AND {where} ORDER BY seq LIMIT $1"
        return [row["id"] for row in await self._run(lambda one: one.fetch(statement, *args))]

    async def _by_words(self, query: str, limit: int, filter: Filter) -> list[tuple[str, float]]:
        asked = sorted(set(words(storable(query))))
        if not asked:
            return []
        args: list[Any] = [asked]
        where = await self._where(filter, args)

        async def work(connection: Any) -> tuple[Any, list[Any], list[Any]]:
            async with connection.transaction(readonly=True, isolation="repeatable_read"):
                whole = await connection.fetchrow(schema.statistics(self._table))
                holding = await connection.fetch(schema.frequencies(self._table), asked)
                rows = await connection.fetch(
                    f"SELECT id, content, length, seq FROM {self._table} WHERE words && $1 AND {where}", *args
                )
                return whole, list(holding), list(rows)

        whole, holding, rows = await self._run(work)
        count, mean = int(whole["count"]), max(float(whole["mean"] or 0.0), 1.0)
        rarity = {row["word"]: math.log(1 + (count - row["holding"] + 0.5) / (row["holding"] + 0.5)) for row in holding}
        scored = []
        for row in rows:
            held = words(row["content"])
            weight = SATURATION * (1 - LENGTH + LENGTH * row["length"] / mean)
            score = 0.0
            for word in asked:
                if times := held.count(word):
                    score += rarity.get(word, 0.0) * times * (SATURATION + 1) / (times + weight)
            scored.append((row["id"], score, row["seq"]))
        scored.sort(key=lambda one: (-one[1], one[2]))
        return [(id_, score) for id_, score, _ in scored[:limit] if score > 0]

    async def _matching(self, filter: Filter) -> list[Item]:
        args: list[Any] = []
        where = in_sql(filter, args)
        if where is None:
            fits = condition(filter)
            return [one for one in await self._matching(None) if fits(one.metadata)]
        statement = f"SELECT id, content, metadata FROM {self._table} WHERE {where} ORDER BY seq"
        return [_item(row) for row in await self._run(lambda one: one.fetch(statement, *args))]

    # ---- inside -------------------------------------------------------------------------------------

    async def _where(self, filter: Filter, args: list[Any]) -> str:
        before = len(args)
        where = in_sql(filter, args)
        if where is None:
            del args[before:]
            args.append([one.id for one in await self._matching(filter)])
            where = f"id = ANY(${len(args)})"
        return where

    async def _run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        if not self._ready:
            await self.init_schema()
        try:
            return await self._pool.run(work)
        except MemoryStoreError as error:
            # Somebody may have dropped the table meanwhile.
            if getattr(error.__cause__, "sqlstate", "") != "42P01":
                raise
            await self.init_schema()
            return await self._pool.run(work)


def _names(ids: Sequence[str]) -> list[str]:
    return [storable(one) for one in ids]


def _json(metadata: dict[str, Any]) -> str:
    return encoded(storable(metadata))


def _literal(vector: array[float]) -> str:
    if len(vector) == 0:
        raise ConfigError("a vector has at least one dimension")
    return "[" + ",".join(map(repr, vector)) + "]"


def _item(row: Any) -> Item:
    text = row.get("vector")
    vector = None if text is None else array("f", map(float, text[1:-1].split(",")))
    return Item(row["id"], row["content"], decoded(row["metadata"]), vector)
