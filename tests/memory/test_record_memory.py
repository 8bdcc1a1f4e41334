"""Memory over a store that other processes use too, that fails, or that says when it was changed."""

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from time import time_ns

import anyio
import pytest

from loomlab.core import ConfigError, Episode, Fact, FactStore, IsolationWarning, Memory, MemoryStoreError
from loomlab.memory import HashEmbedder, RecordMemory, VectorMemory
from loomlab.memory.inmemory_store import InMemoryStore
from loomlab.memory.record import EPISODE, Record, Where, next_seq, saw_seq

pytestmark = pytest.mark.anyio
T0 = datetime(2024, 1, 1, tzinfo=UTC)


class SharedStore:
    """A store that other processes use too: it cannot rank, and says nothing of changes."""

    name = "shared"

    def __init__(self) -> None:
        self.inner = InMemoryStore()
        self.put, self.get, self.scan = self.inner.put, self.inner.get, self.inner.scan
        self.delete, self.aclose = self.inner.delete, self.inner.aclose


class WatchedStore(SharedStore):
    """The same, and it tells that something was changed: its marks are counted by the tests' other processes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = self.erasures = self.scans = 0
        self.put, self.delete, self.scan = self._put, self._delete, self._scan

    async def version(self, user_id: str | None) -> tuple[Hashable, Hashable]:
        return self.writes, self.erasures

    async def _put(self, records: Sequence[Record]) -> None:
        self.writes += 1
        await self.inner.put(records)

    async def _delete(self, where: Where) -> int:
        self.writes += 1
        self.erasures += 1
        return await self.inner.delete(where)

    async def _scan(self, where: Where, **how: object) -> list[Record]:
        self.scans += 1
        return await self.inner.scan(where, **how)  # type: ignore[arg-type]


class BrokenStore(SharedStore):
    """Fails when told to, before anything was done."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        for verb in ("put", "get", "scan", "delete"):
            setattr(self, verb, self._guarded(verb))

    def _guarded(self, verb: str):
        async def call(*args: object, **how: object) -> object:
            if self.broken:
                raise MemoryStoreError("the disk is full: make room")
            return await getattr(self.inner, verb)(*args, **how)

        return call


class SlowStore(SharedStore):
    """Lets others run before and after it writes or erases."""

    def __init__(self) -> None:
        super().__init__()
        self.put, self.delete, self.scan = self._put, self._delete, self._scan

    async def _put(self, records: Sequence[Record]) -> None:
        await anyio.lowlevel.checkpoint()
        await self.inner.put(records)
        await anyio.lowlevel.checkpoint()

    async def _delete(self, where: Where) -> int:
        await anyio.lowlevel.checkpoint()
        gone = await self.inner.delete(where)
        await anyio.lowlevel.checkpoint()
        return gone

    async def _scan(self, where: Where, **how: object) -> list[Record]:
        found = await self.inner.scan(where, **how)  # type: ignore[arg-type]
        await anyio.lowlevel.checkpoint()
        return found


@pytest.fixture(params=[SharedStore, WatchedStore])
def store(request: pytest.FixtureRequest) -> SharedStore:
    return request.param()


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


# ------------------------------------------------------------------------------------------- several processes


@pytest.mark.parametrize("embedder", [None, HashEmbedder(64)])
async def test_what_another_process_writes_is_found_and_what_it_erases_is_not(
    store: SharedStore, embedder: HashEmbedder | None
) -> None:
    mine, theirs = RecordMemory(store, embedder=embedder), RecordMemory(store, embedder=embedder)
    await mine.remember(said("I like green tea"))
    assert texts(await theirs.recall("green tea", user_id="alice")) == ["I like green tea"]
    await theirs.remember(said("green apples", 1))
    await mine.remember(said("green parks", 2))
    assert set(texts(await mine.recall("green", user_id="alice"))) == {
        "I like green tea",
        "green apples",
        "green parks",
    }
    await theirs.facts.append(fact("Paris"))
    assert [one.object for one in await mine.recall_facts("Paris", user_id="alice")] == ["Paris"]
    await theirs.update_block("notes", "x", user_id="alice")
    assert [one.content for one in await mine.working(user_id="alice")] == ["x"]
    await theirs.forget(user_id="alice")
    assert await mine.recall("green", user_id="alice") == []
    assert await mine.recall_facts("Paris", user_id="alice") == []
    assert await mine.working(user_id="alice") == []
    assert await mine.session_messages("s1", user_id="alice") == []
    assert (await mine.profile(user_id="alice")).episode_count == 0
    assert (await mine.export(user_id="alice")).facts == []


async def test_a_claim_of_another_process_ends_mine(store: SharedStore) -> None:
    mine, theirs = RecordMemory(store), RecordMemory(store)
    await mine.facts.append(fact("Paris"))
    assert len(await mine.recall_facts("she lives", valid_at=T0 + timedelta(days=9), user_id="alice")) == 1
    await theirs.facts.append(fact("Lyon", day=5))
    now = await mine.recall_facts("where does she live", valid_at=T0 + timedelta(days=9), user_id="alice")
    assert [one.object for one in now] == ["Lyon"]
    assert [one.valid_until for one in await mine.facts.query(user_id="alice", object_="Paris")] == [
        T0 + timedelta(days=5)
    ]


async def test_an_erased_episode_makes_room_for_the_next_best(store: SharedStore) -> None:
    mine = RecordMemory(store)
    for number in range(8):
        await mine.remember(said(f"tea number {number}", number))
    assert texts(await mine.recall("tea number", limit=2, user_id="alice")) == ["tea number 7", "tea number 6"]
    await RecordMemory(store).forget(user_id="alice", session_id="s1", before=T0 + timedelta(minutes=0))
    newest = (await mine.episodes(user_id="alice", limit=1))[0]
    await store.delete(Where(kind=EPISODE, user_id="alice", ids=(newest.id,)))
    assert texts(await mine.recall("tea number", limit=2, user_id="alice")) == ["tea number 6", "tea number 5"]


async def test_a_store_that_says_nothing_was_changed_is_not_read_again() -> None:
    store = WatchedStore()
    memory = RecordMemory(store)
    await memory.remember(said("green tea"))
    await memory.recall("tea", user_id="alice")
    scans = store.scans
    for _ in range(3):
        await memory.recall("tea", user_id="alice")
        await memory.session_messages("s1", user_id="alice")
        await memory.profile(user_id="alice")
    assert store.scans == scans


async def test_a_write_that_meets_an_erasure_is_either_there_or_not_but_never_half_there() -> None:
    store = SlowStore()
    memory = RecordMemory(store)
    for number in range(12):
        await memory.remember(said(f"tea {number}", number))
        await memory.recall("tea", user_id="alice")
        async with anyio.create_task_group() as group:
            group.start_soon(memory.remember, said(f"late tea {number}", 100 + number))
            group.start_soon(memory.facts.append, fact(f"Paris {number}", day=number))
            if number % 2:
                group.start_soon(lambda: memory.forget(user_id="alice"))
            group.start_soon(lambda: memory.recall("tea", user_id="alice"))
        kept = {record.id for record in await store.inner.scan(Where(kind=EPISODE, user_id="alice"))}
        found = await memory.recall("tea", limit=99, user_id="alice")
        assert {one.id for one in found} == kept
        assert len(await memory.facts.query(user_id="alice", limit=99)) == len(await memory.facts.all_facts())


async def test_appends_to_one_block_at_once_all_arrive() -> None:
    memory = RecordMemory(SlowStore())
    async with anyio.create_task_group() as group:
        for letter in "abcdefgh":
            group.start_soon(lambda letter=letter: memory.append_block("notes", letter, user_id="alice"))
            group.start_soon(lambda letter=letter: memory.append_block(letter, "x", user_id="alice"))
    blocks = {one.name: one for one in await memory.blocks(user_id="alice")}
    assert sorted(blocks["notes"].content) == list("abcdefgh")
    assert sorted(one.pinned_order for one in blocks.values()) == list(range(9))


# ------------------------------------------------------------------------------------------- a store that fails


async def test_a_store_that_fails_passes_its_error_on_and_memory_recovers() -> None:
    store = BrokenStore()
    memory = RecordMemory(store)
    await memory.remember(said("green tea"))
    await memory.recall("tea", user_id="alice")
    store.broken = True
    for work in (
        memory.remember(said("lost")),
        memory.recall("tea", user_id="alice"),
        memory.facts.append(fact("Paris")),
        memory.update_block("notes", "x", user_id="alice"),
        memory.forget(user_id="alice"),
        memory.profile(user_id="alice"),
    ):
        with pytest.raises(MemoryStoreError, match="make room"):
            await work
    store.broken = False
    assert texts(await memory.recall("tea", user_id="alice")) == ["green tea"]
    assert await memory.recall_facts("Paris", user_id="alice") == []
    assert texts(await memory.episodes(user_id="alice")) == ["green tea"]
    assert await memory.forget(user_id="alice") == 1


# ------------------------------------------------------------------------------------------- bounds, users, odd ids


async def test_no_more_episodes_are_kept_than_wanted_of_each_user() -> None:
    memory = VectorMemory(max_episodes=3)
    for number in (4, 0, 3, 1, 2):
        await memory.remember(said(f"tea {number}", number))
    await memory.remember(said("bob's tea", user="bob"))
    assert texts(await memory.recall("", limit=9, user_id="alice")) == ["tea 4", "tea 3", "tea 2"]
    assert set(texts(await memory.recall("tea", limit=9, user_id="alice"))) == {"tea 4", "tea 3", "tea 2"}
    assert texts(await memory.episodes(user_id="bob")) == ["bob's tea"]
    with pytest.raises(ConfigError, match="max_episodes"):
        VectorMemory(max_episodes=0)


ODD = ["", " ", "%", "_", "'; DROP TABLE facts; --", '"', "\n", "a\tb", "ålïçé\u202e🙂", "*", "{x}", "x" * 10_000, "0"]


async def test_odd_ids_are_ids_like_others(store: SharedStore) -> None:
    memory = RecordMemory(store)
    for number, odd in enumerate(ODD):
        await memory.remember(said(f"tea {number}", user=odd, session=odd))
        await memory.update_block(odd, f"{number}", user_id=odd)
        await memory.facts.append(
            Fact(user_id=odd, subject=odd, predicate=odd, object=f"o{number}", valid_from=T0 + timedelta(days=number))
        )
    for number, odd in enumerate(ODD):
        assert texts(await memory.recall("tea", user_id=odd)) == [f"tea {number}"]
        assert [one.content for one in await memory.session_messages(odd, user_id=odd)] == [f"tea {number}", ""]
        assert [one.content for one in await memory.working(user_id=odd)] == [f"{number}"]
        found = await memory.facts.query(subject=odd, predicate=odd, user_id=odd)
        assert [one.object for one in found] == [f"o{number}"]
        assert await memory.forget(user_id=odd) == 3
        assert len(await memory.facts.all_facts()) == len(ODD) - number - 1


async def test_a_store_with_named_users_warns_of_a_recall_for_nobody(store: SharedStore) -> None:
    await RecordMemory(store).remember(said("tea"))
    memory = RecordMemory(store)  # as after a restart
    with pytest.warns(IsolationWarning) as caught:
        assert await memory.recall("tea") == []
    assert caught[0].filename == __file__
    with pytest.warns(IsolationWarning):
        assert await memory.recall_facts("tea") == []
    await memory.forget(user_id="alice")
    assert await memory.recall("tea") == []  # nobody is left whom it could be confused with


async def test_memory_without_facts() -> None:
    memory = RecordMemory(InMemoryStore(), with_facts=False)
    await memory.remember(said("tea"))
    assert memory.facts is None
    assert await memory.recall_facts("tea", user_id="alice") == []
    assert await memory.facts_at(user_id="alice") == []
    assert (await memory.profile(user_id="alice")).fact_count == 0
    assert (await memory.export(user_id="alice")).facts == []
    assert await memory.forget(user_id="alice") == 1


async def test_an_embedding_that_an_episode_brings_is_used_and_not_handed_out() -> None:
    memory = VectorMemory(embedder=HashEmbedder(8))
    own = await HashEmbedder(8).embed("coffee")
    await memory.remember(said("nothing of the kind").model_copy(update={"embedding": own}))
    hit = (await memory.search("coffee", user_id="alice"))[0]
    assert hit.parts["dense"] == pytest.approx(1)
    assert hit.item.embedding is None


async def test_it_satisfies_the_protocols() -> None:
    memory = RecordMemory(InMemoryStore())
    assert isinstance(memory, Memory)
    assert isinstance(memory.facts, FactStore)
    await memory.aclose()


async def test_a_process_whose_clock_is_slow_writes_after_what_it_has_read(store: SharedStore) -> None:
    ahead = time_ns() + 60_000_000_000
    await store.put([Record(EPISODE, "alice", "ep_1", T0, ahead, said("tea").model_copy(update={"id": "ep_1"}), "s1")])
    memory = RecordMemory(store)
    await memory.recall("tea", user_id="alice")
    await memory.remember(said("newer tea"))
    written = {record.id: record.seq for record in await store.scan(Where(kind=EPISODE, user_id="alice"))}
    assert max(written, key=lambda id_: written[id_]) != "ep_1"
    assert texts(await RecordMemory(store).recall("tea", user_id="alice")) == ["newer tea", "tea"]


async def test_a_clock_that_is_broken_is_not_followed() -> None:
    far = time_ns() + 10 * 3_600_000_000_000
    saw_seq(far)
    assert next_seq() < far
