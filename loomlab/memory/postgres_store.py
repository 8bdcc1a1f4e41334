"""Records in PostgreSQL: one table, each question inside one user's partition of one namespace."""

import json
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar

from loomlab.core.bounded import BoundedDict
from loomlab.core.vectors import DIGITS, pack
from loomlab.memory.kept_vectors import KeptVectors
from loomlab.memory.postgres_pool import PostgresPool
from loomlab.memory.postgres_schema import MARKS, REAL, TABLE, create, statements, vector_type
from loomlab.memory.record import Record, Where, dump, load
from loomlab.memory.store_rows import in_order, key_of, micros, moment, names_json, owner_of

T = TypeVar("T")

_COLUMNS = "kind, names, at, seq, item"

_MARKED = "ON CONFLICT (namespace, owner) DO UPDATE SET"
_MARK = f"INSERT INTO {MARKS} VALUES ($1, $3, 1, 0) {_MARKED} writes = {MARKS}.writes + 1"
_MARK_ONLY = (
    f"INSERT INTO {MARKS} VALUES ($1, $2, $3, $4) "
    f"{_MARKED} writes = {MARKS}.writes + excluded.writes, erasures = {MARKS}.erasures + excluded.erasures"
)

WRITERS = 100_000
"""Users whose own writes are counted."""


class PostgresStore:
    """A ``RecordStore`` in PostgreSQL. The table is made when it is first needed and missing.

    With the extension pgvector the server ranks vectors, always exactly; without it they are ranked here.
    """

    name = "postgres"

    def __init__(self, pool: PostgresPool, *, namespace: str = "default") -> None:
        self._pool = pool
        self._namespace = key_of(namespace, "namespace")
        self._kept = KeptVectors(self)
        # Whoever is let go is read again from the store, nothing worse.
        self._written: BoundedDict[str, list[int]] = BoundedDict(lambda: [0], max_items=WRITERS)
        self._vectors: tuple[str, str, str] | None = None

    async def create(self) -> None:
        """Make the table where it is missing."""
        await self._pool.run(create)
        await self._run(_nothing)

    def schema_sql(self) -> list[str]:
        """The SQL behind ``create``, for those who let somebody else run it."""
        return ["CREATE EXTENSION IF NOT EXISTS vector", *statements()]

    async def put(self, records: Sequence[Record]) -> None:
        """Write all of them or none."""
        # One order for everybody, so that two writers never wait for each other in a circle.
        rows = sorted((self._row(record) for record in records), key=lambda row: row[:4])
        owners = sorted({row[2] for row in rows})

        async def work(connection: Any) -> None:
            insert = _insert(self._type, "FROM marked" if len(rows) == 1 else "")
            if len(rows) == 1:
                await connection.execute(f"WITH marked AS ({_MARK} RETURNING 1) {insert}", *rows[0])
                return
            async with connection.transaction():
                await connection.executemany(_MARK_ONLY, [(self._namespace, owner, 1, 0) for owner in owners])
                await connection.executemany(insert, rows)

        if not rows:
            return
        with self._kept.writing(records):
            await self._run(work)
        for owner in owners:
            self._written.use(owner)[0] += 1

    async def get(self, kind: str, user_id: str | None, ids: Sequence[str]) -> list[Record]:
        """The records there are, in the order of ``ids``, with their vectors."""
        found = await self.scan(Where(kind=kind, user_id=user_id, ids=tuple(ids)), vectors=True)
        return in_order(found, ids)

    async def scan(
        self, where: Where, *, limit: int | None = None, newest_first: bool = False, vectors: bool = False
    ) -> list[Record]:
        """The records that fit, by ``(at, seq)``."""
        if limit is not None and limit <= 0:
            return []
        conditions, values = self._conditions(where)
        direction = "DESC" if newest_first else "ASC"
        vector = "vector::real[]" if vectors else "NULL::real[]"
        text = (
            f"SELECT {_COLUMNS}, {vector} FROM {TABLE} WHERE {conditions} ORDER BY at {direction}, seq {direction} "
            f"LIMIT ${len(values) + 1}"
        )
        rows = await self._run(lambda connection: connection.fetch(text, *values, limit))
        return [_record(values) for values in rows]

    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """``(id, cosine)`` inside the user's partition, exactly, best first, of equals the newest."""
        if limit <= 0 or pack(vector) is None:
            return []
        if self._vectors is None:
            await self._run(_nothing)
        if self._type == REAL:
            return await self._kept.nearest(where, vector, limit)
        conditions, values = self._conditions(where)
        wanted = f"FROM {TABLE} WHERE {conditions} AND vector IS NOT NULL"
        place = len(values) + 1

        async def work(connection: Any) -> list[tuple[str, float]]:
            kind, operator, dimensions = self._vectors or (REAL, "", "")
            # An index over vectors would answer approximately; none fits a rounded expression. A vector without a
            # direction is NaN away from everything.
            cosine = f"round((1 - (vector {operator} ${place}::real[]::{kind}))::numeric, {DIGITS})"
            rows = await connection.fetch(
                f"SELECT names, cosine FROM (SELECT names, at, seq, {cosine} AS cosine {wanted} "
                f"AND {dimensions}(vector) = ${place + 1}) AS near "
                f"WHERE cosine <> 'NaN' ORDER BY cosine DESC, at DESC, seq DESC LIMIT ${place + 2}",
                *values,
                list(vector),
                len(vector),
                limit,
            )
            return [(names, float(cosine)) for names, cosine in rows]

        return [(json.loads(names)[1], cosine) for names, cosine in await self._run(work)]

    async def delete(self, where: Where) -> int:
        """Erase the records that fit; how many there were."""
        conditions, values = self._conditions(where)

        async def work(connection: Any) -> str:
            async with connection.transaction():
                if where.all_users:
                    marks = f"UPDATE {MARKS} SET erasures = erasures + 1 WHERE namespace = $1"
                    await connection.execute(marks, self._namespace)
                else:
                    await connection.execute(_MARK_ONLY, self._namespace, owner_of(where.user_id), 0, 1)
                done: str = await connection.execute(f"DELETE FROM {TABLE} WHERE {conditions}", *values)
                return done

        return int((await self._run(work)).rpartition(" ")[2])

    async def version(self, user_id: str | None) -> tuple[Hashable, Hashable]:
        """Marks of a user: what others wrote, and how often something was erased."""
        owner = owner_of(user_id)
        text = f"SELECT writes, erasures FROM {MARKS} WHERE namespace = $1 AND owner = $2"
        row = await self._run(lambda connection: connection.fetchrow(text, self._namespace, owner))
        return (row[0] - (self._written.peek(owner) or (0,))[0], row[1]) if row else (0, 0)

    async def aclose(self) -> None:
        """Close the connections that were opened here."""
        await self._pool.aclose()

    @property
    def _type(self) -> str:
        return self._vectors[0] if self._vectors else REAL

    async def _run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        async def ready(connection: Any) -> T:
            if self._vectors is None:
                self._vectors = await vector_type(connection)
                if self._vectors is None:
                    await create(connection)
                    self._vectors = await vector_type(connection)
            return await work(connection)

        return await self._pool.run(ready)

    def _row(self, record: Record) -> tuple[Any, ...]:
        return (
            self._namespace,
            record.kind,
            owner_of(record.user_id),
            key_of(record.id, "an id"),
            micros(record.at),
            record.seq,
            key_of(record.group),
            key_of(record.label),
            names_json(record),
            dump(record.item),
            None if record.vector is None else list(record.vector),
        )

    def _conditions(self, where: Where) -> tuple[str, list[Any]]:
        values: list[Any] = [self._namespace]
        conditions = ["namespace = $1"]

        def also(condition: str, value: Any) -> None:
            values.append(value)
            conditions.append(f"{condition} ${len(values)}")

        if where.kind is not None:
            also("kind =", where.kind)
        if not where.all_users:
            also("owner =", owner_of(where.user_id))
        if where.ids is not None:
            values.append([key_of(one, "an id") for one in where.ids])
            conditions.append(f"id = ANY(${len(values)}::text[])")
        if where.group is not None:
            also("topic =", key_of(where.group))
        if where.label is not None:
            also("label =", key_of(where.label))
        for sign, at in ((">=", where.since), ("<=", where.until), ("<", where.before)):
            if at is not None:
                also(f"at {sign}", micros(at))
        if where.after_seq is not None:
            also("seq >", where.after_seq)
        return " AND ".join(conditions), values


def _insert(vector_type: str, source: str) -> str:
    """The statement that writes one row."""
    cast = "" if vector_type == REAL else f"::{vector_type}"
    new = ", ".join(f"{one} = excluded.{one}" for one in ("at", "seq", "topic", "label", "names", "item", "vector"))
    return (
        f"INSERT INTO {TABLE} (namespace, kind, owner, id, at, seq, topic, label, names, item, vector) "
        "SELECT $1::text, $2::text, $3::text, $4::text, $5::bigint, $6::bigint, $7::text, $8::text, $9::text, "
        f"$10::text, $11::real[]{cast} {source} ON CONFLICT (namespace, kind, owner, id) DO UPDATE SET {new}"
    )


async def _nothing(connection: Any) -> None:
    """What ``create`` does after the table is there: have its types looked up."""


def _record(row: Any) -> Record:
    kind, names, at, seq, item, vector = row
    user_id, name, group, label = json.loads(names)
    return Record(kind, user_id, name, moment(at), seq, load(kind, item), group, label, vector)
