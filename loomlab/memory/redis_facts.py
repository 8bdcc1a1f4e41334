"""Facts in Redis."""

from typing import Any, Self

from loomlab.core.protocols import Embedder
from loomlab.memory.record import FACT
from loomlab.memory.record_facts import RecordFactStore
from loomlab.memory.redis_client import RedisClient
from loomlab.memory.redis_store import RedisStore

FACT_PREFIX = "loomlab:fact:"
"""Where facts are unless another prefix is given."""


class RedisFactStore(RecordFactStore):
    """Facts under ``key_prefix``; those of a ``RedisMemory`` with the same ``fact_key_prefix`` are the same facts.

    ``index_name`` is the index of RediSearch, by default one that goes with the prefix.
    """

    def __init__(
        self,
        client: Any,
        *,
        embedder: Embedder | None = None,
        key_prefix: str = FACT_PREFIX,
        index_name: str | None = None,
    ) -> None:
        connections = client if isinstance(client, RedisClient) else RedisClient(client)
        store = RedisStore(connections, {FACT: key_prefix}, index_name=index_name or f"{key_prefix}idx")
        super().__init__(store, embedder=embedder)

    @classmethod
    async def connect(
        cls,
        url: str = "redis://localhost:6379/0",
        *,
        embedder: Embedder | None = None,
        key_prefix: str = FACT_PREFIX,
        index_name: str | None = None,
    ) -> Self:
        """Facts in the server at ``url``; ``MemoryStoreError`` when it can't be reached now."""
        client = RedisClient(url=url)
        await client.ping()
        return cls(client, embedder=embedder, key_prefix=key_prefix, index_name=index_name)
