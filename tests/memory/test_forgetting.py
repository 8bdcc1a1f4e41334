"""What is erased is gone everywhere, and comes back by no other way; what is new is read once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import Episode, Fact, FactStore
from loomlab.memory import RecordFactStore, RecordMemory
from loomlab.memory.inmemory_store import InMemoryStore
from loomlab.memory.record import Record

pytestmark = pytest.mark.anyio
T0 = datetime(2024, 1, 1, tzinfo=UTC)


class SharedStore:
    """A store that other processes use too: it cannot rank, and says nothing of changes."""

    name = "shared"

    def __init__(self) -> None:
        self.inner = InMemoryStore()
        self.put, self.get, self.scan = self.inner.put, self.inner.get, self.inner.scan
        self.delete, self.aclose = self.inner.delete, self.inner.aclose


@pytest.fixture(params=["own", "shared"])
def store(request: pytest.FixtureRequest) -> SharedStore | InMemoryStore:
    return SharedStore() if request.param == "shared" else InMemoryStore()


def said(text: str, minute: int = 0, *, user: str | None = "alice", session: str = "s1", answer: str = "") -> Episode:
    return Episode(
        session_id=session, user_id=user, occurred_at=T0 + timedelta(minutes=minute), input=text, output=answer
    )


def fact(object_: str, *, user: str | None = "alice", day: int = 0, recorded: int = 0, **more: object) -> Fact:
    return Fact(
        user_id=user,
        subject="she",
        predicate="lives in",
        object=object_,
        valid_from=T0 + timedelta(days=day),
        recorded_at=T0 + timedelta(days=recorded),
        **more,
    )


def texts(episodes: Sequence[Episode]) -> list[str]:
    return [one.input for one in episodes]


# ------------------------------------------------------------------------------------------- forgetting


async def test_a_receipt_counts_by_kind_and_says_where_copies_may_be() -> None:
    memory = RecordMemory(InMemoryStore())
    for user in ("alice", "bob"):
        await memory.remember(said("tea", user=user))
        await memory.update_block("notes", "x", user_id=user)
        await memory.facts.append(fact("Paris", user=user))
    receipt = await memory.forget(user_id="alice", receipt=True)
    assert (receipt.user_id, receipt.erased, receipt.total) == (
        "alice",
        {"episodes": 1, "blocks": 1, "facts": 1},
        3,
    )
    assert len(receipt.may_remain) == 1
    assert "run log" in receipt.format() and "1 facts" in receipt.format()
    assert (await memory.forget(user_id="carol", receipt=True)).format().startswith("erased nothing of user 'carol'")
    assert (await memory.profile(user_id="bob")).fact_count == 1


async def test_those_who_hold_copies_are_told_and_counted() -> None:
    memory = RecordMemory(InMemoryStore())
    heard: list[object] = []
    memory.on_forget(lambda *what: heard.append(what))

    async def lessons(user_id: str | None, session_id: str | None, before: datetime | None) -> dict[str, int]:
        heard.append("async")
        return {"lessons": 2}

    memory.on_forget(lessons)
    receipt = await memory.forget(user_id="alice", session_id="s1", before=T0, receipt=True)
    assert heard == [("alice", "s1", T0), "async"]
    assert receipt.erased == {"episodes": 0, "lessons": 2}
    assert await memory.forget(user_id="alice") == 2


async def test_one_that_fails_to_erase_its_copy_keeps_no_other_from_it() -> None:
    memory = RecordMemory(InMemoryStore())
    await memory.remember(said("tea"))
    heard: list[str] = []

    def fails(*what: object) -> None:
        raise OSError("disk")

    memory.on_forget(fails)
    memory.on_forget(lambda *what: heard.append("told"))
    with pytest.raises(OSError, match="disk"):
        await memory.forget(user_id="alice")
    assert heard == ["told"]
    assert await memory.episodes(user_id="alice") == []


async def test_a_fact_read_out_of_an_episode_that_was_erased_is_not_stored(store: SharedStore | InMemoryStore) -> None:
    memory = RecordMemory(store)
    await memory.remember(gone := said("I live in Paris"))
    await memory.remember(kept := said("I live in Lyon", 1, user="bob"))
    before = memory.erasures("alice"), memory.erasures("bob")
    await memory.forget(user_id="alice")
    assert memory.erasures("alice") > before[0]
    assert memory.erasures("bob") == before[1]
    facts = [
        fact("Paris", sources=[gone.id]),
        fact("Lyon", user="bob", sources=[kept.id]),
        fact("Rome", sources=[kept.id]),  # another user's episode is no source
        fact("Oslo"),
    ]
    stored = await memory.facts.append_many(facts, while_sources_exist=True)
    assert stored == [facts[1].id, facts[3].id]
    assert [one.object for one in await memory.facts.query(user_id="alice")] == ["Oslo"]
    assert await memory.facts.append_many(facts[:1]) == [facts[0].id]  # whoever does not ask is not refused


async def test_an_erasure_in_the_middle_of_the_write_undoes_it() -> None:
    memory: RecordMemory

    class Store(SharedStore):
        forgets = False

        def __init__(self) -> None:
            super().__init__()
            self.put = self._put

        async def _put(self, records: Sequence[Record]) -> None:
            if self.forgets:
                self.forgets = False
                await RecordMemory(self).forget(user_id="alice")
            await self.inner.put(records)

    store = Store()
    memory = RecordMemory(store)
    await memory.remember(episode := said("I live in Paris"))
    store.forgets = True
    assert await memory.facts.append_many([fact("Paris", sources=[episode.id])], while_sources_exist=True) == []
    assert await memory.facts.all_facts() == []
    assert await memory.recall_facts("Paris", user_id="alice") == []


async def test_a_store_of_facts_alone_takes_what_it_is_given() -> None:
    facts = RecordFactStore(InMemoryStore())
    assert len(await facts.append_many([fact("Paris", sources=["ep_x"])], while_sources_exist=True)) == 1


# ------------------------------------------------------------------------------------------- consolidation


class Consolidator:
    def __init__(self) -> None:
        self.seen: list[str] = []

    async def consolidate(self, episodes: Sequence[Episode], *, store: FactStore) -> list[Fact]:
        self.seen += texts(episodes)
        facts = [fact(one.input, user=one.user_id, sources=[one.id]) for one in episodes if "skip" not in one.input]
        for one in facts:
            await store.append(one)
        return facts


async def test_a_worker_reads_what_other_processes_stored_and_begins_where_the_last_one_ended() -> None:
    store = SharedStore()
    writer = RecordMemory(store)
    for text in ("one", "two"):
        await writer.remember(said(text))
    await writer.remember(said("from bob", user="bob"))
    first = Consolidator()
    worker = RecordMemory(store, consolidator=first)
    await worker.consolidate()
    await writer.remember(said("three", 3))
    await worker.consolidate()
    await worker.consolidate()
    assert sorted(first.seen) == ["from bob", "one", "three", "two"]
    await writer.remember(said("four", 4))
    second = Consolidator()
    await RecordMemory(store, consolidator=second).consolidate()
    assert second.seen == ["four"]
