"""A fact that is being read out of an episode is not stored once the episode was erased."""

from collections.abc import Callable, Sequence
from typing import Any

from loomlab.core.protocols import FactStore
from loomlab.core.remembered import Episode, Fact


class Guard:
    """What was true of a user's memory when the reading of an episode began.

    A store that is part of a memory says whether the episode is there (before, and in the very write); any store of
    ours says whether something of the user was erased meanwhile. A store of another make says neither.
    """

    def __init__(self, store: FactStore, episode: Episode, erasures: int, there: bool | None) -> None:
        self._store: Any = store
        self._episode = episode
        self._erasures = erasures
        self._there = there

    @classmethod
    async def of(cls, store: FactStore, episode: Episode) -> "Guard":
        """The state now."""
        any_store: Any = store
        erasures = any_store.erasures(episode.user_id) if hasattr(store, "erasures") else 0
        there = None
        if hasattr(store, "holds_source"):
            there = await any_store.holds_source(episode.user_id, episode.id)
        return cls(store, episode, erasures, there)

    @property
    def gone(self) -> bool:
        """The episode was erased before the reading began. One that was never remembered is not gone."""
        return self._there is False and self._erasures > 0

    def holds(self, still: Callable[[Episode], bool] | None) -> bool:
        """Whether facts may be stored, as far as this process knows; ``still`` is asked where the store can't tell."""
        if self._there:
            return True  # the write itself looks for the episode
        if hasattr(self._store, "erasures") and self._store.erasures(self._episode.user_id) != self._erasures:
            return False
        return still is None or still(self._episode)

    async def append(self, facts: Sequence[Fact]) -> set[str]:
        """Store facts; the ids of those that were stored."""
        if self._there:
            return set(await self._store.append_many(facts, while_sources_exist=True))
        if hasattr(self._store, "append_many"):
            return set(await self._store.append_many(facts))
        return {await self._store.append(fact) for fact in facts}
