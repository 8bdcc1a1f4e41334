"""Memory in PostgreSQL, with pgvector where the server has it: ``pip install 'loomlab[postgres]'``."""

from typing import Any, Self

from loomlab.core.protocols import Embedder, FactStore
from loomlab.memory.consolidating import Consolidates
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.postgres_facts import PostgresFactStore
from loomlab.memory.postgres_pool import PostgresPool
from loomlab.memory.postgres_store import PostgresStore
from loomlab.memory.record_memory import RecordMemory

__all__ = ["PostgresFactStore", "PostgresMemory"]


class PostgresMemory(RecordMemory):
    """Blocks, episodes and facts in one table of a PostgreSQL database, which is made when it is missing.

    ``pool`` is an asyncpg pool of yours; ``connect`` takes an address instead and opens a pool in every event loop
    that uses this memory. Memories of different ``namespace`` know nothing of each other. ``embedder`` defaults to
    ``HashEmbedder()``. Facts are kept with ``with_facts=True``, or in ``fact_store``.
    """

    def __init__(
        self,
        pool: Any,
        *,
        embedder: Embedder | None = None,
        namespace: str = "default",
        fact_store: FactStore | None = None,
        with_facts: bool = False,
        consolidator: Consolidates | None = None,
    ) -> None:
        connections = pool if isinstance(pool, PostgresPool) else PostgresPool(pool)
        self._records = PostgresStore(connections, namespace=namespace)
        self._namespace = namespace
        super().__init__(
            self._records,
            embedder=embedder or HashEmbedder(),
            consolidator=consolidator,
            fact_store=fact_store,
            with_facts=with_facts,
        )

    @classmethod
    async def connect(
        cls,
        dsn: str,
        *,
        embedder: Embedder | None = None,
        namespace: str = "default",
        min_size: int = 1,
        max_size: int = 10,
        with_facts: bool = False,
        consolidator: Consolidates | None = None,
    ) -> Self:
        """Memory in the database at ``dsn``, with ``min_size`` to ``max_size`` connections per event loop.

        ``MemoryStoreError`` when it can't be reached now.
        """
        pool = PostgresPool(dsn=dsn, min_size=min_size, max_size=max_size)
        await pool.ping()
        return cls(pool, embedder=embedder, namespace=namespace, with_facts=with_facts, consolidator=consolidator)

    @property
    def namespace(self) -> str:
        """Which part of the table is this memory's."""
        return self._namespace

    @property
    def embedding_dimensions(self) -> int:
        """How long the embedder's vectors are; the table takes any length."""
        return self.embedder.dimensions if self.embedder is not None else 0

    def schema_sql(self) -> list[str]:
        """The SQL that makes the table, for those who let somebody else run it."""
        return self._records.schema_sql()

    async def init_schema(self) -> None:
        """Make the table now; otherwise the first use does."""
        await self._records.create()
