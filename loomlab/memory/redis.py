"""Memory in Redis, with RediSearch where the server has it: ``pip install 'loomlab[redis]'``."""

from typing import Any, Self

from loomlab.core.protocols import Embedder, FactStore
from loomlab.memory.consolidating import Consolidates
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.record import BLOCK, EPISODE, FACT
from loomlab.memory.record_memory import RecordMemory
from loomlab.memory.redis_client import RedisClient
from loomlab.memory.redis_facts import FACT_PREFIX, RedisFactStore
from loomlab.memory.redis_store import RedisStore

__all__ = ["RedisFactStore", "RedisMemory"]

_PREFIX = "loomlab:episode:"


class RedisMemory(RecordMemory):
    """Blocks, episodes and facts in Redis, under ``key_prefix`` and, the facts, ``fact_key_prefix``.

    ``client`` is a ``redis.asyncio.Redis`` of yours that returns bytes; ``connect`` takes an address instead and opens
    connections in every event loop that uses this memory. With ``use_vector_index`` and the module RediSearch on the
    server the server ranks vectors in the index ``index_name``; otherwise the user's own are ranked here. Every user's
    names are digested in keys. ``embedder`` defaults to ``HashEmbedder()``. Facts are kept with ``with_facts=True``,
    or in ``fact_store``. How safe writes are from a crash of the server is the server's setting (``appendonly``).
    """

    def __init__(
        self,
        client: Any,
        *,
        embedder: Embedder | None = None,
        key_prefix: str = _PREFIX,
        index_name: str = "loomlab_idx",
        use_vector_index: bool = True,
        fact_store: FactStore | None = None,
        with_facts: bool = False,
        fact_key_prefix: str | None = None,
        consolidator: Consolidates | None = None,
    ) -> None:
        connections = client if isinstance(client, RedisClient) else RedisClient(client)
        if fact_key_prefix is None:
            # Memories with prefixes of their own must not meet in their facts.
            fact_key_prefix = FACT_PREFIX if key_prefix == _PREFIX else f"{key_prefix}fact:"
        prefixes = {EPISODE: key_prefix, BLOCK: key_prefix, FACT: fact_key_prefix}
        self._records = RedisStore(connections, prefixes, index_name=index_name if use_vector_index else None)
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
        url: str = "redis://localhost:6379/0",
        *,
        embedder: Embedder | None = None,
        key_prefix: str = _PREFIX,
        index_name: str = "loomlab_idx",
        use_vector_index: bool = True,
        with_facts: bool = False,
        fact_key_prefix: str | None = None,
        consolidator: Consolidates | None = None,
    ) -> Self:
        """Memory in the server at ``url``; ``MemoryStoreError`` when it can't be reached now."""
        client = RedisClient(url=url)
        await client.ping()
        return cls(
            client,
            embedder=embedder,
            key_prefix=key_prefix,
            index_name=index_name,
            use_vector_index=use_vector_index,
            with_facts=with_facts,
            fact_key_prefix=fact_key_prefix,
            consolidator=consolidator,
        )

    async def ensure_index(self) -> None:
        """Make the index for this embedder's vectors now; otherwise the first write does.

        Nothing happens where the server has no RediSearch; ``MemoryStoreError`` when it has and refuses.
        """
        if self.embedder is not None:
            await self._records.ensure_index(self.embedder.dimensions)
