"""What ``InMemoryMemory`` holds about one user, facts aside."""

from collections.abc import Callable, Iterable
from datetime import datetime

from loomlab.core.remembered import Episode, MemoryBlock
from loomlab.memory.episodes import EpisodeLog
from loomlab.memory.instants import instant


class UserMemory:
    """Blocks by name, the episodes, and those of them that no consolidator has read."""

    def __init__(self) -> None:
        self.blocks: dict[str, MemoryBlock] = {}
        self.episodes = EpisodeLog()
        self.fresh: dict[str, Episode] = {}

    def write_block(self, name: str, content: Callable[[str], str]) -> None:
        """Set a block from what it held before; a new one is pinned after those that exist."""
        old = self.blocks.get(name)
        order = old.pinned_order if old else max((block.pinned_order for block in self.blocks.values()), default=-1) + 1
        self.blocks[name] = MemoryBlock(name=name, content=content(old.content if old else ""), pinned_order=order)

    def erase(self, session_id: str | None, before: datetime | None) -> int:
        """Erase what fits the filters; blocks belong to no session and stay when one is given. How many items went."""
        gone = self.episodes.erase(session_id, before)
        for episode in gone:
            self.fresh.pop(episode.id, None)
        if session_id is not None:
            return len(gone)
        count = len(self.blocks)
        self.blocks = {
            name: block
            for name, block in self.blocks.items()
            if before is not None and instant(block.updated_at) >= instant(before)
        }
        return len(gone) + count - len(self.blocks)

    def take_fresh(self) -> list[Episode]:
        """The episodes to consolidate; they count as read from now on."""
        fresh, self.fresh = list(self.fresh.values()), {}
        return fresh

    def give_back(self, episodes: Iterable[Episode]) -> None:
        """They could not be read after all; what was erased in between stays erased."""
        kept = {episode.id: episode for episode in episodes if episode.id in self.episodes}
        self.fresh = {**kept, **self.fresh}

    @property
    def empty(self) -> bool:
        """Nothing is left."""
        return not self.blocks and not len(self.episodes)
