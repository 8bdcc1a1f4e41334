"""A memory that breaks one promise fails the suite."""

from typing import Any

import pytest

from loomlab.core import Episode, Fact
from loomlab.memory import InMemoryMemory
from loomlab.testing import MemoryContract

pytestmark = pytest.mark.anyio


class FoldsCase(InMemoryMemory):
    async def remember(self, episode: Episode) -> str:
        return await super().remember(episode.model_copy(update={"user_id": (episode.user_id or "").lower()}))


class ForgetsBlocksNever(InMemoryMemory):
    async def working(self, *, user_id: str | None = None) -> Any:
        blocks = await super().working(user_id=user_id)
        self.seen = {**getattr(self, "seen", {}), **({user_id: blocks} if blocks else {})}
        return blocks or self.seen.get(user_id, [])

    async def forget(self, *, user_id: str | None = None, **filters: Any) -> Any:
        await self.working(user_id=user_id)
        return await super().forget(user_id=user_id, **filters)


class OrdersByArrival(InMemoryMemory):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        append = self.facts.append

        async def arrive(fact: Fact) -> str:
            stored = await self.facts.all_facts()
            later = max([fact.valid_from, *(one.valid_from for one in stored)])
            return str(await append(fact.model_copy(update={"valid_from": later})))

        self.facts.append = arrive


class ShufflesBlocks(InMemoryMemory):
    async def working(self, *, user_id: str | None = None) -> Any:
        return sorted(await super().working(user_id=user_id), key=lambda one: one.name)


class RecallsTheWorst(InMemoryMemory):
    async def recall(self, query: str, **how: Any) -> Any:
        return (await super().recall(query, **how))[::-1]


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (FoldsCase, "users_at_the_same_time_never_meet"),
        (ForgetsBlocksNever, "what_is_forgotten_is_gone"),
        (OrdersByArrival, "news_that_comes_late_slots_in"),
        (ShufflesBlocks, "blocks_keep_their_places"),
        (RecallsTheWorst, "it_answers_as_memory_in_this_process_does"),
    ],
)
async def test_a_broken_promise_is_found(broken: type[InMemoryMemory], test: str) -> None:
    contract = MemoryContract()
    contract.survives, contract.lives = False, 1
    with pytest.raises(AssertionError):
        await getattr(contract, f"test_{test}")(broken)
    await getattr(contract, f"test_{test}")(InMemoryMemory)


async def test_what_is_not_there_when_it_is_opened_anew_is_found() -> None:
    with pytest.raises(AssertionError):
        await MemoryContract().test_it_answers_the_same_when_opened_anew(InMemoryMemory)
