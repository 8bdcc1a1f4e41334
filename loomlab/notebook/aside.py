"""A memory for runs that are tried beside each other: each reads what there is, and none sees what another wrote."""

from typing import Any

from loomlab.core.protocols import Memory
from loomlab.core.remembered import Episode, MemoryBlock
from loomlab.memory import InMemoryMemory


class Aside:
    """Reads from ``memory``; what a run writes stays here, and is gone with it."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._own = InMemoryMemory()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)

    async def working(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        """The working blocks; those that this run wrote in place of what they were."""
        own = {block.name: block for block in await self._own.working(user_id=user_id)}
        there = await self._memory.working(user_id=user_id)
        return [own.pop(block.name, block) for block in there] + list(own.values())

    async def update_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Set a block, here."""
        await self._own.update_block(name, content, user_id=user_id)

    async def append_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Add to a block's end, here."""
        before = next((one.content for one in await self.working(user_id=user_id) if one.name == name), "")
        await self._own.update_block(name, before + content, user_id=user_id)

    async def remember(self, episode: Episode) -> str:
        """Store an episode, here."""
        return await self._own.remember(episode)

    async def consolidate(self) -> None:
        """Nothing: facts are made of what is kept."""
