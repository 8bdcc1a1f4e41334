from typing import Any

import anyio
import pytest

from loomlab.core import Episode, Fact, MemoryStoreError
from loomlab.core.protocols import FactStore, Memory
from loomlab.memory import InMemoryMemory, LazyMemory, resolve_memory

pytestmark = pytest.mark.anyio


def lazy(memory: Any, description: str = "memory") -> tuple[LazyMemory, list[str]]:
    built: list[str] = []

    async def build() -> Any:
        await anyio.lowlevel.checkpoint()
        built.append("built")
        return memory

    return LazyMemory(build, description=description), built


async def test_it_is_a_memory_that_is_built_once_however_many_come_at_once() -> None:
    memory, built = lazy(InMemoryMemory())
    assert isinstance(memory, Memory)
    assert isinstance(memory.facts, FactStore)
    assert not memory.is_ready
    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(memory.remember, Episode(session_id="s", user_id="u", input=f"tea {number}", output=""))
    assert built == ["built"]
    assert memory.is_ready
    assert len(await memory.recall("tea", user_id="u", limit=9)) == 5


async def test_it_hands_on_everything_a_memory_can_do() -> None:
    memory, _ = lazy(InMemoryMemory())
    drinks = ("tea", "coffee")
    await memory.facts.append_many([Fact(id=n, user_id="u", subject="u", predicate="likes", object=n) for n in drinks])
    await memory.update_block("b", "x", user_id="u")
    await memory.append_block("b", "y", user_id="u")
    for other in ("u", "v"):
        await memory.remember(Episode(session_id="s", user_id=other, input="tea", output="ok"))
    assert [one.content for one in await memory.blocks(user_id="u")] == ["xy"]
    assert [hit.item.user_id for hit in await memory.search("tea", user_id="u")] == ["u"]
    assert (await memory.explain("tea", user_id="u")).candidates
    assert list((await memory.frame(user_id="u"))["id"]) == ["tea", "coffee"]
    assert [fact.id for fact in await memory.facts_at(user_id="u")] == ["tea", "coffee"]
    assert len(await memory.episodes(user_id="v")) == 1
    assert (await memory.audit(user_id="u")).findings is not None
    since = (await memory.facts.query(user_id="u"))[0].recorded_at
    assert await memory.diff(since, since, user_id="u") == []
    assert [fact.id for fact in await memory.recall_facts("coffee?", user_id="u")] == ["coffee"]
    assert len(await memory.session_messages("s", user_id="u")) == 2
    assert (await memory.profile(user_id="u")).fact_count == 2
    assert len((await memory.export(user_id="u")).facts) == 2
    assert (await memory.forget(user_id="u", receipt=True)).total == 4
    assert (await memory.profile(user_id="v")).episode_count == 1


async def test_what_wants_to_know_of_erasing_may_say_so_before_there_is_a_memory() -> None:
    memory, _ = lazy(InMemoryMemory())
    told: list[Any] = []
    memory.on_forget(lambda *what: told.append(what))
    await memory.remember(Episode(session_id="s", user_id="u", input="tea", output=""))
    before = memory.erasures("u")
    await memory.forget(user_id="u")
    assert told == [("u", None, None)]
    assert memory.erasures("u") > before


async def test_a_failure_names_what_it_was_and_the_next_use_tries_again() -> None:
    attempts: list[int] = []

    async def build() -> Any:
        attempts.append(1)
        if len(attempts) < 3:
            raise OSError("cannot reach redis://u:hunter22@host")
        return InMemoryMemory()

    memory = LazyMemory(build, description="memory in redis://u:hunter22@host")
    for _ in range(2):
        with pytest.raises(MemoryStoreError, match=r"memory in redis://\*\*\*@host could not be opened") as caught:
            await memory.working(user_id="u")
        assert "hunter22" not in str(caught.value)
    assert await memory.working(user_id="u") == []
    assert len(attempts) == 3


async def test_memory_without_facts_says_so() -> None:
    memory, _ = lazy(resolve_memory({"backend": "sqlite", "with_facts": False, "embedder": "hash"}), "this memory")
    with pytest.raises(MemoryStoreError, match="this memory keeps no facts"):
        await memory.facts.query(user_id="u")  # type: ignore[union-attr]
    assert memory.facts is None
    await memory.aclose()


async def test_what_the_memory_behind_it_cannot_do_is_said() -> None:
    class Plain:
        async def aclose(self) -> None: ...

    memory, _ = lazy(Plain(), "this memory")
    with pytest.raises(MemoryStoreError, match=r"this memory is a Plain, which has no explain\(\)"):
        await memory.explain("tea", user_id="u")


async def test_closed_it_is_made_anew_when_it_is_used_again() -> None:
    memory, built = lazy(InMemoryMemory())
    await memory.aclose()
    await memory.working()
    await memory.aclose()
    assert not memory.is_ready
    await memory.working()
    assert built == ["built", "built"]


def test_two_event_loops_share_it() -> None:
    memory, built = lazy(InMemoryMemory())
    anyio.run(memory.update_block, "b", "x")
    assert anyio.run(memory.working)[0].content == "x"
    assert built == ["built"]
