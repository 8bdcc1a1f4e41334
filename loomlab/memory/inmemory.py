"""Memory that lives as long as the process."""

from typing import Any

from loomlab.core.bounded import BoundedDict
from loomlab.core.protocols import Embedder, FactStore
from loomlab.core.remembered import Episode, MemoryBlock
from loomlab.memory.consolidating import Consolidates
from loomlab.memory.inmemory_store import InMemoryStore
from loomlab.memory.record import BLOCK, EPISODE, Where
from loomlab.memory.record_memory import RecordMemory


def _nothing() -> None:
    """What is kept of a user beside their data: when it was used."""


class InMemoryMemory(RecordMemory):
    """Blocks, episodes and facts in this process; each user sees only their own, and None is a bucket of its own.

    At most ``max_users`` named users are kept, the one idle longest goes first, as does whoever was idle for
    ``user_idle_ttl_seconds`` (None: no bound): blocks, episodes and facts together. A ``fact_store`` of your own keeps
    bounds and an embedder of its own. Memories are found by their words, with ``embedder`` also by meaning.
    ``consolidator`` makes facts out of episodes.
    """

    def __init__(
        self,
        *,
        consolidator: Consolidates | None = None,
        fact_store: FactStore | None = None,
        embedder: Embedder | None = None,
        max_episodes: int | None = None,
        max_users: int | None = 100_000,
        user_idle_ttl_seconds: float | None = 86_400,
    ) -> None:
        bounds: BoundedDict[str, None] = BoundedDict(_nothing, max_items=max_users, idle_s=user_idle_ttl_seconds)
        self._records = InMemoryStore()
        bounds.on_drop(self._records.drop)
        super().__init__(
            self._records,
            embedder=embedder,
            consolidator=consolidator,
            fact_store=fact_store,
            max_episodes=max_episodes,
            bounds=bounds,
        )

    def snapshot(self) -> dict[str, Any]:
        """Everything at this moment: ``blocks`` by user and name, and ``episodes`` of all users, oldest first."""
        blocks: dict[str | None, dict[str, MemoryBlock]] = {}
        for record in self._records.records(Where(kind=BLOCK, all_users=True)):
            assert isinstance(record.item, MemoryBlock)
            blocks.setdefault(record.user_id, {})[record.id] = record.item
        episodes: list[Episode] = [
            record.item
            for record in self._records.records(Where(kind=EPISODE, all_users=True))
            if isinstance(record.item, Episode)
        ]
        return {"blocks": blocks, "episodes": episodes}
