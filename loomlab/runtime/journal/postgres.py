"""A journal in PostgreSQL, for runs that go on after a crash on another machine."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self, TypeVar

import anyio

from loomlab.core.errors import RuntimeJournalError
from loomlab.runtime.journal.coded import CodedStore
from loomlab.runtime.journal.intent import OnUnknown
from loomlab.runtime.journal.owner import is_alive
from loomlab.runtime.journal.postgres_schema import AGAIN, EPOCH, PUT, ROWS, STATEMENTS, TABLE, WRITE
from loomlab.runtime.journal.runtime import JournaledRuntime
from loomlab.runtime.journal.store import (
    Held,
    Kind,
    Opened,
    Opening,
    Place,
    Row,
    chosen,
    epoch_of,
    prefix_of,
    user_key,
    user_of,
)

T = TypeVar("T")

_MINE = "session_id = $1 AND user_key = $2"
_REMEDIES = {
    "28P01": "check the user name and the password in the address",
    "3D000": "create the database, or correct its name in the address",
    "42501": "let an owner run the statements of schema_sql(), and grant this role SELECT, INSERT, UPDATE and DELETE",
    "42P01": "call init_schema(), or let an owner run the statements of schema_sql()",
    "53300": "the server has no connection left: lower max_size, or raise max_connections of the server",
}


class PostgresJournalStore(CodedStore):
    """Entries in the tables ``journal_steps`` and ``journal_streams``; ``init_schema`` makes them.

    ``pool`` is an asyncpg pool of the caller's, used in the event loop that it belongs to. An entry is committed when
    the method returns. What stands there is what was said and returned: give the tables to this program's role alone.
    """

    name = "postgres"

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._owns = False

    @classmethod
    async def connect(cls, dsn: str, *, min_size: int = 1, max_size: int = 10) -> Self:
        """A store over a pool of its own. ImportError, with the command to install it, without asyncpg."""
        try:
            import asyncpg
        except ImportError as error:
            raise ImportError(
                "a journal in PostgreSQL needs the package asyncpg: pip install 'loomlab[postgres]'"
            ) from error
        try:
            pool = await asyncpg.create_pool(dsn, min_size=min_size, max_size=max_size)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise _explained(error) from error
        made = cls(pool)
        made._owns = True
        return made

    @staticmethod
    def schema_sql() -> list[str]:
        """The statements behind ``init_schema``, for those who let somebody else run them."""
        return list(STATEMENTS)

    async def init_schema(self) -> None:
        """Make the tables where they are missing."""

        async def work(connection: Any) -> None:
            async with connection.transaction():
                # Two that begin at once would both find the tables missing.
                await connection.execute("SELECT pg_advisory_xact_lock(7205759403792793)")
                for statement in STATEMENTS:
                    await connection.execute(statement)

        await self._run(work)

    async def _run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """The result of ``work(connection)``. Not given up in the middle: what was done must be written down."""
        import asyncpg

        scope = anyio.CancelScope(shield=True)
        scope.__enter__()
        try:
            async with self._pool.acquire(timeout=30) as connection:
                return await work(connection)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _explained(error) from error
        finally:
            scope.__exit__(None, None, None)

    async def _read(self, kind: Kind, session_id: str, key: str, name: str) -> tuple[str | None, float] | None:
        text = f"SELECT value, created_at FROM {TABLE[kind]} WHERE {_MINE} AND step_name = $3"
        found = await self._run(lambda connection: connection.fetchrow(text, session_id, key, name))
        return None if found is None else (found[0], found[1])

    async def _put(self, kind: Kind, session_id: str, key: str, name: str, text: str) -> None:
        values = session_id, key, epoch_of(name), name, text, time.time()
        await self._run(lambda connection: connection.execute(PUT[kind], *values))

    async def open(self, wish: Opening) -> Opened:
        """Take the session for ``wish`` in one transaction; raises Held."""

        async def work(connection: Any) -> Opened:
            async with connection.transaction():
                return await _open(wish, connection)

        return await self._run(work)

    async def write(self, held: Opened, kind: Kind, name: str, text: str | None) -> bool:
        """Keep one outcome: one statement, one commit, refused where somebody else has taken the session over."""
        held.seq += 1
        mine = held.session_id, held.user_key, held.epoch, held.prefix + name
        values = *mine, held.seq, text, time.time(), held.owner
        done: str = await self._run(lambda connection: connection.execute(WRITE[kind], *values))
        return done.endswith(" 1")

    async def renew(self, held: Opened, expires: float) -> bool:
        """Keep the lease."""
        text = f"UPDATE journal_leases SET expires = $4 WHERE {_MINE} AND owner = $3"
        values = held.session_id, held.user_key, held.owner, expires
        done: str = await self._run(lambda connection: connection.execute(text, *values))
        return done.endswith(" 1")

    async def close(self, held: Opened, *, done: bool) -> None:
        """Give the session back, in one transaction."""
        mine = held.session_id, held.user_key

        async def work(connection: Any) -> None:
            async with connection.transaction():
                text = f"DELETE FROM journal_leases WHERE {_MINE} AND owner = $3"
                gone: str = await connection.execute(text, *mine, held.owner)
                if done and gone.endswith(" 1"):
                    text = f"UPDATE journal_epochs SET done = true WHERE {_MINE} AND epoch = $3"
                    await connection.execute(text, *mine, held.epoch)

        await self._run(work)

    async def erase(self, *, user_key: str | None, session_id: str | None = None, before: float | None = None) -> int:
        """Erase entries; how many."""
        same = "($1::text IS NULL OR user_key = $1) AND ($2::text IS NULL OR session_id = $2)"

        async def work(connection: Any) -> int:
            gone = 0
            async with connection.transaction():
                for table in TABLE.values():
                    text = f"DELETE FROM {table} WHERE {same} AND ($3::float8 IS NULL OR created_at < $3)"
                    done: str = await connection.execute(text, user_key, session_id, before)
                    gone += int(done.rpartition(" ")[2])
                for table in ("journal_runs", "journal_epochs"):
                    left = " AND ".join(
                        f"NOT EXISTS (SELECT 1 FROM {other} AS o WHERE o.session_id = {table}.session_id "
                        f"AND o.user_key = {table}.user_key AND o.epoch = {table}.epoch)"
                        for other in TABLE.values()
                    )
                    await connection.execute(f"DELETE FROM {table} WHERE {same} AND {left}", user_key, session_id)
            return gone

        return await self._run(work)

    async def find_run(self, run_id: str) -> Place | None:
        """Where a run stands."""
        text = (
            "SELECT session_id, user_key, epoch, digest, origin, prompt FROM journal_runs "
            "JOIN journal_epochs USING (session_id, user_key, epoch) WHERE run_id = $1"
        )
        found = await self._run(lambda connection: connection.fetchrow(text, run_id))
        return (
            None
            if found is None
            else Place(found[0], user_of(found[1]), found[2], found[3], found[4], json.loads(found[5]))
        )

    async def rows(self, place: Place) -> list[Row]:
        """What an epoch holds."""
        mine = place.session_id, user_key(place.user_id), place.epoch
        return [Row(*values) for values in await self._run(lambda connection: connection.fetch(ROWS, *mine))]

    async def seed(self, place: Place, rows: Sequence[Row]) -> None:
        """Begin a session with rows from elsewhere, in one transaction."""
        mine = place.session_id, user_key(place.user_id), place.epoch

        async def work(connection: Any) -> None:
            async with connection.transaction():
                await connection.execute(
                    EPOCH, *mine, place.digest, place.origin, json.dumps(place.prompt), time.time()
                )
                for row in rows:
                    name = prefix_of(place.epoch) + row.name[len(prefix_of(epoch_of(row.name))) :]
                    text = f"INSERT INTO {TABLE[row.kind]} AS t VALUES ($1, $2, $3, $4, $5, $6, $7) {AGAIN}"
                    await connection.execute(text, *mine, name, row.seq, row.text, row.at)

        await self._run(work)

    async def aclose(self) -> None:
        """Close the pool where it was opened here."""
        if self._owns:
            await self._pool.close()


async def _open(wish: Opening, connection: Any) -> Opened:
    mine = wish.session_id, user_key(wish.user_id)
    # One at a time looks at a session's lease, also where there is no row yet to lock.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1 || chr(31) || $2, 7))", *mine)
    lease = await connection.fetchrow(f"SELECT owner, since, expires FROM journal_leases WHERE {_MINE}", *mine)
    if lease is not None:
        alive = is_alive(lease[0])
        if alive or (alive is None and lease[2] > wish.now):
            raise Held(lease[0], lease[1])
    latest = same = None
    if wish.digest is not None:
        text = f"SELECT epoch, digest, done FROM journal_epochs WHERE {_MINE} ORDER BY epoch DESC LIMIT 1"
        latest = await connection.fetchrow(text, *mine)
    if wish.resume:
        text = f"SELECT max(epoch) FROM journal_epochs WHERE {_MINE} AND digest = $3"
        same = await connection.fetchval(text, *mine, wish.digest)
    epoch, _ = chosen(wish, latest and (latest[0], latest[1], latest[2]), same)
    await connection.execute(
        "INSERT INTO journal_leases VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session_id, user_key) DO UPDATE "
        "SET owner = excluded.owner, since = excluded.since, expires = excluded.expires",
        *mine,
        wish.owner,
        wish.now,
        wish.expires,
    )
    origin = ""
    if wish.digest is not None:
        origin = await connection.fetchval(
            EPOCH, *mine, epoch, wish.digest, wish.run_id, json.dumps(wish.prompt), wish.now
        )
        text = (
            "INSERT INTO journal_runs VALUES ($1, $2, $3, $4) ON CONFLICT (run_id) DO UPDATE SET epoch = excluded.epoch"
        )
        await connection.execute(text, wish.run_id, *mine, epoch)
    held = Opened(*mine, epoch, wish.owner, origin)
    return held.take(Row(*values) for values in await connection.fetch(ROWS, *mine, epoch))


def _explained(error: BaseException) -> RuntimeJournalError:
    what = (str(error) or type(error).__name__).rstrip(". ")
    remedy = _REMEDIES.get(str(getattr(error, "sqlstate", "") or ""), "is the server running, and the address right?")
    return RuntimeJournalError(f"the journal in PostgreSQL: {what}; {remedy}")


class PostgresRuntime(JournaledRuntime):
    """A ``JournaledRuntime`` over PostgreSQL: a run goes on in another process, or on another machine.

    ``await PostgresRuntime.connect(dsn)`` opens a pool of its own, which ``aclose`` closes; call ``init_schema`` once.
    """

    name = "postgres"

    def __init__(
        self, pool: Any, *, on_unknown: OnUnknown | None = None, lease_s: float = 30.0, wait_s: float = 5.0
    ) -> None:
        store = pool if isinstance(pool, PostgresJournalStore) else PostgresJournalStore(pool)
        super().__init__(store, on_unknown=on_unknown, lease_s=lease_s, wait_s=wait_s)
        self._postgres = store

    @classmethod
    async def connect(cls, dsn: str, *, min_size: int = 1, max_size: int = 10, **options: Any) -> Self:
        """A runtime with a pool of its own; ``options`` are those of the class."""
        store: Any = await PostgresJournalStore.connect(dsn, min_size=min_size, max_size=max_size)
        return cls(store, **options)

    async def init_schema(self) -> None:
        """Make the tables where they are missing."""
        await self._postgres.init_schema()
