"""A filter in SQL, and as much of one as Chroma can say, mean what they mean in Python."""

import random
from datetime import date
from typing import Any

import anyio
import asyncpg
import pytest

from loomlab.testing.vector_samples import METADATA
from loomlab.vectorstore.base import Item
from loomlab.vectorstore.chroma_rows import narrowing, row
from loomlab.vectorstore.coding import encoded
from loomlab.vectorstore.filters import condition
from loomlab.vectorstore.postgres_filter import in_sql

VALUES: list[Any] = [1, 1.0, 2.5, 0, -3, True, False, "a", "1", "é", "", "A", "ab", 10**20, "x'", "c"]
FIELDS = ["n", "kind", "tags", "deep", "no such", "it's"]
MORE = [{field: value} for field in ("n", "kind") for value in VALUES] + [{"it's": "x'"}, {"n": [True, 1], "kind": ""}]
ROWS = [*METADATA, *MORE]


def drawn(random: random.Random, depth: int = 2) -> dict[str, Any]:
    """A filter of any shape."""
    kind = random.choice(["field", "field", "$and", "$or", "$not"]) if depth else "field"
    if kind == "$not":
        return {"$not": drawn(random, depth - 1)}
    if kind != "field":
        return {kind: [drawn(random, depth - 1) for _ in range(random.randint(1, 3))]}
    return {random.choice(FIELDS): wanted(random) for _ in range(random.randint(0, 2))}


def wanted(random: random.Random) -> Any:
    value = random.choice([*VALUES, None])
    operator = random.choice(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$not", ""])
    if operator in ("$in", "$nin"):
        return {operator: random.choices([*VALUES, None], k=random.randint(0, 3))}
    if operator == "$exists":
        return {operator: random.random() < 0.5}
    if operator == "$not":
        return {operator: {"$in": random.choices(VALUES, k=2)}}
    return {operator: value} if operator else value


def test_sql_means_what_python_means(postgres_dsn: str) -> None:
    async def ask() -> None:
        connection = await asyncpg.connect(postgres_dsn)
        await connection.execute("CREATE TEMP TABLE rows (at integer, metadata jsonb)")
        rows = [(at, encoded(one)) for at, one in enumerate(ROWS)]
        await connection.executemany("INSERT INTO rows VALUES ($1, $2::jsonb)", rows)
        chance = random.Random(7)
        for _ in range(600):
            filter, args = drawn(chance), list[Any]()
            where = in_sql(filter, args)
            assert where is not None, filter
            fits = condition(filter)
            found = await connection.fetch(f"SELECT at FROM rows WHERE {where} ORDER BY at", *args)
            assert [one["at"] for one in found] == [at for at, one in enumerate(ROWS) if fits(one)], filter
        await connection.close()

    anyio.run(ask)


def test_chroma_is_never_told_to_leave_out_what_fits(tmp_path: Any) -> None:
    import chromadb

    collection = chromadb.PersistentClient(str(tmp_path)).create_collection("rows", embedding_function=None)
    items = [row(Item(str(at), "", dict(one)), 2, at) for at, one in enumerate(ROWS)]
    names, vectors, metadatas, _ = zip(*items, strict=True)
    collection.upsert(ids=list(names), embeddings=list(vectors), metadatas=list(metadatas))
    chance, narrowed = random.Random(11), 0
    for _ in range(300):
        filter = drawn(chance)
        where, fits = narrowing(filter), condition(filter)
        if where is None:
            continue
        narrowed += 1
        found = {int(one) for one in collection.get(where=where, include=[])["ids"]}
        assert found >= {at for at, one in enumerate(ROWS) if fits(one)}, filter
    assert narrowed > 25


@pytest.mark.parametrize("filter", [{"n": float("nan")}, {"n": {"$gt": date(2026, 1, 1)}}, {"n": {"a": 1}}])
def test_what_sql_cannot_say_is_left_to_python(filter: dict[str, Any]) -> None:
    assert in_sql(filter, []) is None
    assert in_sql({"$not": filter, "a": 1}, []) is None
