"""The texts that are always in the prompt: a name, what it holds, its place."""

from collections.abc import Callable

from loomlab.core.remembered import MemoryBlock
from loomlab.memory.instants import instant
from loomlab.memory.record import BLOCK, Record, Where, next_seq
from loomlab.memory.turns import Turns
from loomlab.memory.views import Views


def block(record: Record) -> MemoryBlock:
    """The block of a record."""
    assert isinstance(record.item, MemoryBlock)
    return record.item


class Blocks:
    """The blocks of the users of one store."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._turns = Turns()

    async def all(self, user_id: str | None) -> list[MemoryBlock]:
        """A user's blocks, by ``pinned_order``."""
        if self._views.certain:
            records = list((await self._views.view(user_id)).blocks.values())
        else:
            records = await self._views.store.scan(Where(kind=BLOCK, user_id=user_id))
        return sorted(map(block, records), key=lambda one: (one.pinned_order, one.name))

    async def write(self, name: str, content: Callable[[str], str], user_id: str | None) -> None:
        """Set a block from what it held before; a new one comes after those that exist."""
        async with self._turns.turn(user_id):
            there = {one.name: one for one in await self.all(user_id)}
            old = there.get(name)
            order = old.pinned_order if old else max((one.pinned_order for one in there.values()), default=-1) + 1
            new = MemoryBlock(name=name, content=content(old.content if old else ""), pinned_order=order)
            await self._views.put([Record(BLOCK, user_id, name, instant(new.updated_at), next_seq(), new, name)])
