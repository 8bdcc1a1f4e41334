"""Facts in PostgreSQL."""

from typing import Any, Self

from loomlab.core.protocols import Embedder
from loomlab.memory.postgres_pool import PostgresPool
from loomlab.memory.postgres_store import PostgresStore
from loomlab.memory.record_facts import RecordFactStore


class PostgresFactStore(RecordFactStore):
    """Facts in the table of ``PostgresMemory``; those of a memory in the same ``namespace`` are the same facts."""

    def __init__(self, pool: Any, *, embedder: Embedder | None = None, namespace: str = "default") -> None:
        connections = pool if isinstance(pool, PostgresPool) else PostgresPool(pool)
        self._records = PostgresStore(connections, namespace=namespace)
        super().__init__(self._records, embedder=embedder)

    @classmethod
    async def connect(
        cls,
        dsn: str,
        *,
        embedder: Embedder | None = None,
        namespace: str = "default",
        min_size: int = 1,
        max_size: int = 10,
    ) -> Self:
        """Facts in the database at ``dsn``; ``MemoryStoreError`` when it can't be reached now."""
        pool = PostgresPool(dsn=dsn, min_size=min_size, max_size=max_size)
        await pool.ping()
        return cls(pool, embedder=embedder, namespace=namespace)

    def schema_sql(self) -> list[str]:
        """The SQL that makes the table."""
        return self._records.schema_sql()

    async def init_schema(self) -> None:
        """Make the table now; otherwise the first use does."""
        await self._records.create()
