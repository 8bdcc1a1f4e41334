"""Connections to PostgreSQL: a pool of the caller, or one of our own for each event loop; errors in words."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from anyio import Lock
from anyio.lowlevel import RunVar

from loomlab.core.errors import ConfigError, MemoryStoreError
from loomlab.memory.store_errors import needs, store_error

T = TypeVar("T")

_PATIENCE = 10.0
"""Seconds that a question waits for a free connection, or for a server to answer."""

_REMEDIES = {
    "28P01": "check the user name and the password in the address",
    "28000": "check the user name and the password in the address, and pg_hba.conf of the server",
    "3D000": "create the database, or correct its name in the address",
    "42501": "let an owner run the statements of schema_sql(), and grant this role SELECT, INSERT, UPDATE and DELETE",
    "42P01": "call init_schema(), or let an owner run the statements of schema_sql()",
    "53100": "free some space on the server's disk; what was stored before is intact",
    "53300": "the server has no connection left: lower max_size, or raise max_connections of the server",
    "25006": "the server is read-only (a standby?): give the address of the one that may be written",
    "57P03": "the server is starting or stopping; try again",
    "57014": "the server cancelled the statement: raise its statement_timeout",
}
_LOST = ("08", "57P01", "57P02")
_AGAIN = ("40001", "40P01")


def driver(holds: str = "memory") -> Any:
    """The package asyncpg."""
    try:
        import asyncpg
    except ImportError as error:
        raise needs("asyncpg", "PostgreSQL", "postgres", holds) from error
    return asyncpg


class PostgresPool:
    """Lends connections. With ``dsn`` it opens a pool in each event loop that asks, as pools belong to one loop.

    ``holds`` is what errors say is kept there.
    """

    def __init__(
        self,
        pool: Any = None,
        *,
        dsn: str | None = None,
        min_size: int = 1,
        max_size: int = 10,
        holds: str = "memory",
    ) -> None:
        self._asyncpg = driver(holds)
        self._holds = holds
        self._given = pool
        self._dsn = dsn
        self._sizes = {"min_size": min_size, "max_size": max_size}
        self._own: RunVar[Any] = RunVar("pool", None)
        self._opening: RunVar[Lock | None] = RunVar("opening", None)

    async def run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """The result of ``await work(connection)``; done again where a connection turns out to be dead."""
        dead = 0
        while True:
            pool = None
            try:
                pool = await self._pool()
                async with pool.acquire(timeout=_PATIENCE) as connection:
                    return await work(connection)
            except (MemoryStoreError, ConfigError):
                raise
            except Exception as error:
                dead += 1
                # What cut one connection has cut the others too, and each is found out when it is used.
                if pool is None or dead > pool.get_max_size() or not self._worth_another(error):
                    raise self._explained(error, pool) from error

    async def ping(self) -> None:
        """Nothing, if the server can be reached."""
        await self.run(lambda connection: connection.fetchval("SELECT 1"))

    async def aclose(self) -> None:
        """Close the pool that was opened in this event loop; a pool of the caller stays open."""
        pool = self._own.get()
        if pool is not None:
            self._own.set(None)
            await pool.close()

    async def _pool(self) -> Any:
        if self._given is not None:
            return self._given
        if (pool := self._own.get()) is not None:
            return pool
        lock = self._opening.get()
        if lock is None:
            lock = Lock()
            self._opening.set(lock)
        async with lock:
            if (pool := self._own.get()) is None:
                pool = await self._asyncpg.create_pool(self._dsn, timeout=_PATIENCE, **self._sizes)
                self._own.set(pool)
        return pool

    def _worth_another(self, error: Exception) -> bool:
        if isinstance(error, self._asyncpg.InterfaceError):
            return "closed" in str(error) and "pool" not in str(error)
        if isinstance(error, self._asyncpg.InternalClientError):
            return True  # the server said goodbye in the middle of a question
        state = str(getattr(error, "sqlstate", "") or "")
        cut = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
        return state.startswith((*_LOST, *_AGAIN)) or isinstance(error, cut)

    def _explained(self, error: Exception, pool: Any) -> MemoryStoreError:
        what = str(error) or type(error).__name__
        state = str(getattr(error, "sqlstate", "") or "")
        if isinstance(error, TimeoutError) and pool is not None and pool.get_idle_size() == 0:
            size = pool.get_max_size()
            what = f"all {size} connections of the pool were busy for {_PATIENCE:.0f} s"
            remedy = "raise max_size, or do less at once"
        elif (
            isinstance(error, (OSError, TimeoutError))
            or state.startswith(_LOST)
            or "InternalClient" in type(error).__name__
        ):
            remedy = "is the server running, and is the address right? What comes later is stored once it is back"
        elif isinstance(error, (self._asyncpg.InterfaceError, RuntimeError)):
            remedy = "open a new pool: this one is closed, or belongs to another event loop"
        else:
            remedy = _REMEDIES.get(state, "look at the server's log")
        return store_error("PostgreSQL", self._dsn or "", what, remedy, self._holds)
