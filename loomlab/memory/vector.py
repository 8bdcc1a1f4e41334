"""Memory in this process that is found by meaning."""

from loomlab.core.protocols import Embedder, FactStore
from loomlab.memory.consolidating import Consolidates
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.inmemory import InMemoryMemory


class VectorMemory(InMemoryMemory):
    """An ``InMemoryMemory`` with an embedder, which its facts share: ``HashEmbedder`` (by words) unless one is given.

    ``max_episodes`` is how many are kept of each user, the oldest go first; users have no other bound.
    """

    def __init__(
        self,
        *,
        embedder: Embedder | None = None,
        max_episodes: int | None = None,
        consolidator: Consolidates | None = None,
        fact_store: FactStore | None = None,
    ) -> None:
        super().__init__(
            embedder=embedder if embedder is not None else HashEmbedder(),
            max_episodes=max_episodes,
            consolidator=consolidator,
            fact_store=fact_store,
            max_users=None,
            user_idle_ttl_seconds=None,
        )
