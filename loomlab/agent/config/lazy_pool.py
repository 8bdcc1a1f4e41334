"""Connections to PostgreSQL that are opened when somebody needs one, in the event loop that needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

import anyio
from anyio.lowlevel import RunVar

from loomlab import runtime


class LazyPool:
    """What a journal needs of an asyncpg pool: ``acquire`` and ``close``. The first connection makes the tables.

    Raises ImportError, with the command to install it, without asyncpg.
    """

    def __init__(self, url: str) -> None:
        if find_spec("asyncpg") is None:
            raise ImportError("a journal in PostgreSQL needs the package asyncpg: pip install 'loomlab[postgres]'")
        self._url = url
        self._lock: RunVar[anyio.Lock] = RunVar("lock")
        self._pool: RunVar[Any] = RunVar("pool")

    @asynccontextmanager
    async def acquire(self, *, timeout: float | None = None) -> AsyncIterator[Any]:
        """A connection for the block; ``timeout`` in seconds."""
        pool = await self._opened()
        async with pool.acquire(timeout=timeout) as connection:
            yield connection

    async def close(self) -> None:
        """Close what was opened in this event loop."""
        pool = self._pool.get(None)
        if pool is not None:
            self._pool.set(None)
            await pool.close()

    async def _opened(self) -> Any:
        if (pool := self._pool.get(None)) is not None:
            return pool
        try:
            lock = self._lock.get()
        except LookupError:
            lock = anyio.Lock()
            self._lock.set(lock)
        async with lock:
            if (pool := self._pool.get(None)) is None:
                import asyncpg

                pool = await asyncpg.create_pool(self._url, min_size=1, max_size=10)
                await runtime.PostgresJournalStore(pool).init_schema()
                self._pool.set(pool)
        return pool
