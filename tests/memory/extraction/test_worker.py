"""Consolidation in the background."""

import json
import logging
from typing import Any

import anyio
import pytest

from loomlab import Episode, Fact, InMemoryMemory, ScriptedModel, ScriptedTurn
from loomlab.core.errors import TransientModelError
from loomlab.memory import ConsolidationWorker, Consolidator

pytestmark = pytest.mark.anyio


def remembering(*things: str) -> InMemoryMemory:
    answers = [json.dumps([{"subject": "user", "predicate": "likes", "object": one}]) for one in things]
    return InMemoryMemory(consolidator=Consolidator(model=ScriptedModel([ScriptedTurn(text=one) for one in answers])))


class Down:
    """A consolidator that fails."""

    async def consolidate(self, episodes: Any, *, store: Any) -> list[Any]:
        raise TransientModelError("the provider is down")


async def say(memory: InMemoryMemory, thing: str, user: str = "alice") -> None:
    await memory.remember(Episode(session_id="s", user_id=user, input=f"I like {thing}", output="ok"))


async def test_a_turn_reads_what_is_new_and_counts_what_it_added() -> None:
    memory, heard = remembering("tea", "jazz", "rain"), list[int]()
    worker = ConsolidationWorker(memory, on_consolidated=heard.append)
    assert await worker.run_once() == 0
    await say(memory, "tea")
    await say(memory, "jazz", "bob")
    assert await worker.run_once() == 2
    assert await worker.run_once() == 0
    await say(memory, "rain")
    assert await worker.run_once() == 1
    assert (worker.iterations, worker.total_extracted, heard) == (4, 3, [2, 1])


async def test_a_consolidator_of_another_make_is_counted_by_what_it_stored() -> None:
    class Own:
        async def consolidate(self, episodes: Any, *, store: Any) -> list[Any]:
            for one in episodes:
                await store.append(Fact(user_id=one.user_id, subject="a", predicate="b", object=one.input))
            return []

    memory = InMemoryMemory(consolidator=Own())
    await say(memory, "tea")
    assert await ConsolidationWorker(memory).run_once() == 1


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_turn_that_fails_is_told_and_the_next_one_comes(asynchronous: bool) -> None:
    memory, told = InMemoryMemory(consolidator=Down()), list[Exception]()

    async def later(exc: Exception) -> None:
        told.append(exc)

    worker = ConsolidationWorker(memory, on_error=later if asynchronous else told.append)
    await say(memory, "tea")
    assert await worker.run_once() == 0
    assert await worker.run_once() == 0
    assert len(told) == 2
    assert worker.iterations == 2


async def test_without_a_callback_a_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    memory = InMemoryMemory(consolidator=Down())
    await say(memory, "tea")
    with caplog.at_level(logging.WARNING, "loomlab"):
        await ConsolidationWorker(memory).run_once()
    assert "consolidation failed" in caplog.text


async def test_it_works_until_its_block_ends() -> None:
    memory, done = remembering("tea", "jazz"), anyio.Event()
    await say(memory, "tea")

    def added(count: int) -> None:
        if worker.total_extracted == 2:
            done.set()

    worker = ConsolidationWorker(memory, interval_seconds=0.001, on_consolidated=added)
    with anyio.fail_after(10):
        async with worker:
            await say(memory, "jazz")
            await done.wait()
            with pytest.raises(RuntimeError, match="at work already"):
                await worker.__aenter__()
    turns = worker.iterations
    await anyio.sleep(0.02)
    assert worker.iterations == turns
    async with worker:  # and once more
        pass


async def test_an_error_in_the_block_ends_it_too() -> None:
    with anyio.fail_after(10), pytest.raises(BaseException) as caught:
        async with ConsolidationWorker(remembering(), interval_seconds=0.001):
            raise KeyError("mine")
    assert caught.group_contains(KeyError) if isinstance(caught.value, BaseExceptionGroup) else True


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_an_interval_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="interval_seconds"):
        ConsolidationWorker(remembering(), interval_seconds=seconds)
