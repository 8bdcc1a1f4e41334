import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import (
    Episode,
    Fact,
    FactStore,
    IsolationWarning,
    Memory,
    MemoryStoreError,
    Role,
)
from loomlab.memory import HashEmbedder, InMemoryFactStore, InMemoryMemory

pytestmark = pytest.mark.anyio
T0 = datetime(2024, 1, 1, tzinfo=UTC)


def at(minute: int) -> datetime:
    return T0 + timedelta(minutes=minute)


def episode(text: str, minute: int = 0, *, user: str | None = "alice", session: str = "s1") -> Episode:
    return Episode(session_id=session, user_id=user, occurred_at=at(minute), input=text, output=f"re: {text}")


async def filled(*episodes: Episode) -> InMemoryMemory:
    memory = InMemoryMemory()
    for one in episodes:
        await memory.remember(one)
    return memory


def texts(episodes: Sequence[Episode]) -> list[str]:
    return [one.input for one in episodes]


class Consolidator:
    def __init__(self) -> None:
        self.seen: list[list[str]] = []
        self.fails = False

    async def consolidate(self, episodes: Sequence[Episode], *, store: FactStore) -> list[Fact]:
        if self.fails:
            raise RuntimeError("no model")
        self.seen.append(texts(episodes))
        return []


class StoreThatKeeps:
    """A fact store of one's own, without a way to erase."""

    def __init__(self) -> None:
        self.kept = InMemoryFactStore()
        self.append, self.query = self.kept.append, self.kept.query
        self.recall_text, self.all_facts, self.aclose = self.kept.recall_text, self.kept.all_facts, self.kept.aclose


# ------------------------------------------------------------------------------------------------- recall


async def test_recall_finds_text_in_input_or_output_in_any_case_newest_first() -> None:
    memory = await filled(episode("Green Tea", 0), episode("coffee", 1), episode("more GREEN tea", 2))
    assert texts(await memory.recall("green tea", user_id="alice")) == ["more GREEN tea", "Green Tea"]
    assert texts(await memory.recall("RE: COFFEE", user_id="alice")) == ["coffee"]


async def test_recall_gives_the_newest_where_nothing_matches_or_nothing_is_asked() -> None:
    memory = await filled(*(episode(f"thing {number}", number) for number in range(9)))
    for query in ("no such text", "", "  "):
        assert texts(await memory.recall(query, limit=2, user_id="alice")) == ["thing 8", "thing 7"]
    assert await memory.recall("thing", limit=0, user_id="alice") == []


async def test_recall_goes_by_the_time_of_the_episode_not_by_arrival() -> None:
    memory = await filled(*(episode(f"thing {number}", number) for number in (3, 1, 2, 0)))
    assert texts(await memory.recall("thing", user_id="alice")) == ["thing 3", "thing 2", "thing 1", "thing 0"]


@pytest.mark.parametrize("query", ["thing", "no such text"])
async def test_a_time_range_includes_both_its_ends(query: str) -> None:
    memory = await filled(*(episode(f"thing {number}", number) for number in range(200)))
    found = await memory.recall(query, limit=99, time_range=(at(70), at(72)), user_id="alice")
    assert texts(found) == ["thing 72", "thing 71", "thing 70"]
    assert await memory.recall(query, time_range=(at(500), at(600)), user_id="alice") == []


async def test_old_matches_are_found_behind_many_newer_episodes_that_do_not_match() -> None:
    memory = await filled(
        episode("needle one", 0), *(episode(f"hay {n}", n) for n in range(1, 300)), episode("needle two", 150)
    )
    assert texts(await memory.recall("needle", user_id="alice")) == ["needle two", "needle one"]
    assert texts(await memory.recall("hay 299", user_id="alice")) == ["hay 299"]


async def test_an_episode_with_the_same_id_replaces_the_first() -> None:
    first = episode("one")
    memory = await filled(first, first.model_copy(update={"input": "two", "output": ""}))
    assert texts(await memory.recall("", user_id="alice")) == ["two"]
    assert (await memory.profile(user_id="alice")).episode_count == 1


# ------------------------------------------------------------------------------------------------- two users


async def test_nothing_of_a_user_is_seen_by_another() -> None:
    memory = InMemoryMemory()
    for user in ("alice", "bob", None):
        await memory.remember(episode(f"from {user}", user=user))
        await memory.update_block("who", f"{user}", user_id=user)
        await memory.facts.append(Fact(user_id=user, subject="x", predicate="is", object=f"{user}"))
    for user in ("alice", "bob"):
        assert texts(await memory.recall("from", user_id=user)) == [f"from {user}"]
        assert [block.content for block in await memory.working(user_id=user)] == [user]
        assert [one.object for one in await memory.recall_facts("", user_id=user)] == [user]
        assert (await memory.session_messages("s1", user_id=user))[0].content == f"from {user}"
        export = await memory.export(user_id=user)
        assert {one.user_id for one in [*export.episodes, *export.facts]} == {user}
    assert await memory.recall("from", user_id="carol") == []
    assert await memory.forget(user_id="bob") == 3
    assert texts(await memory.recall("from", user_id="alice")) == ["from alice"]


async def test_recall_without_a_user_warns_only_once_named_users_have_data() -> None:
    memory = await filled(episode("mine", user=None))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await memory.recall("mine")
        await memory.recall_facts("mine")
    await memory.remember(episode("hers"))
    with pytest.warns(IsolationWarning) as caught:
        assert texts(await memory.recall("")) == ["mine"]
    assert caught[0].filename == __file__
    with pytest.warns(IsolationWarning):
        assert await memory.recall_facts("mine") == []


# ------------------------------------------------------------------------------------------------- sessions


async def test_session_messages_are_the_last_exchanges_oldest_first() -> None:
    memory = await filled(*(episode(f"q{n}", n) for n in range(15)), episode("elsewhere", 99, session="s2"))
    messages = await memory.session_messages("s1", user_id="alice", limit=5)
    assert [(one.role, one.content) for one in messages] == [
        (Role.USER, "q13"),
        (Role.ASSISTANT, "re: q13"),
        (Role.USER, "q14"),
        (Role.ASSISTANT, "re: q14"),
    ]
    assert len(await memory.session_messages("s1", user_id="alice")) == 20
    assert await memory.session_messages("s1", user_id="alice", limit=1) == []
    assert await memory.session_messages("s1", user_id="bob") == []
    assert await memory.session_messages("nope", user_id="alice") == []


# ------------------------------------------------------------------------------------------------- blocks


async def test_blocks_keep_their_place_and_append_adds_no_separator() -> None:
    memory = InMemoryMemory()
    await memory.update_block("persona", "kind", user_id="alice")
    await memory.append_block("notes", "a", user_id="alice")
    await memory.append_block("notes", "b", user_id="alice")
    await memory.update_block("persona", "stern", user_id="alice")
    blocks = await memory.working(user_id="alice")
    assert [(one.name, one.content, one.pinned_order) for one in blocks] == [
        ("persona", "stern", 0),
        ("notes", "ab", 1),
    ]
    assert await memory.working(user_id="bob") == []


# ------------------------------------------------------------------------------------------------- forget


async def test_forget_erases_episodes_facts_and_blocks_of_one_user() -> None:
    memory = await filled(episode("a"), episode("b", user="bob"))
    for user in ("alice", "bob"):
        await memory.update_block("notes", "x", user_id=user)
        await memory.facts.append(Fact(user_id=user, subject="s", predicate="p", object="o"))
    assert await memory.forget(user_id="alice") == 3
    assert await memory.recall("", user_id="alice") == []
    assert await memory.working(user_id="alice") == []
    assert (await memory.export(user_id="alice")).facts == []
    assert (await memory.profile(user_id="bob")).episode_count == 1
    assert len(await memory.working(user_id="bob")) == 1
    assert await memory.forget(user_id="alice") == 0


async def test_forget_of_a_session_keeps_facts_and_blocks() -> None:
    memory = await filled(episode("a", 0), episode("b", 5), episode("c", 5, session="s2"))
    await memory.update_block("notes", "x", user_id="alice")
    await memory.facts.append(Fact(user_id="alice", subject="s", predicate="p", object="o"))
    assert await memory.forget(user_id="alice", session_id="s1", before=at(3)) == 1
    assert await memory.forget(user_id="alice", session_id="s1") == 1
    assert texts(await memory.recall("", user_id="alice")) == ["c"]
    assert await memory.session_messages("s1", user_id="alice") == []
    assert len(await memory.working(user_id="alice")) == len(await memory.recall_facts("", user_id="alice")) == 1


async def test_forget_before_a_time_keeps_what_is_newer() -> None:
    memory = await filled(episode("old", 0), episode("new", 10))
    await memory.update_block("notes", "written today", user_id="alice")
    await memory.facts.append(Fact(user_id="alice", subject="s", predicate="p", object="old", recorded_at=at(0)))
    assert await memory.forget(user_id="alice", before=at(5)) == 2
    assert texts(await memory.recall("", user_id="alice")) == ["new"]
    assert len(await memory.working(user_id="alice")) == 1


async def test_forget_says_so_when_a_foreign_fact_store_cannot_erase() -> None:
    store = StoreThatKeeps()
    memory = InMemoryMemory(fact_store=store)
    assert await memory.forget(user_id="alice") == 0
    await memory.remember(episode("a"))
    await store.append(Fact(user_id="alice", subject="s", predicate="p", object="o"))
    with pytest.raises(MemoryStoreError, match="StoreThatKeeps cannot erase"):
        await memory.forget(user_id="alice")
    assert await memory.recall("", user_id="alice") == []


# ------------------------------------------------------------------------------------------------- bounds


async def test_the_user_idle_longest_goes_with_episodes_blocks_and_facts() -> None:
    memory = InMemoryMemory(max_users=2)
    for user in ("alice", "bob", "carol"):
        await memory.remember(episode("hello", user=user))
        await memory.update_block("notes", "x", user_id=user)
        await memory.facts.append(Fact(user_id=user, subject="s", predicate="p", object="o"))
        await memory.recall("hello", user_id="alice")
    assert {one.user_id for one in memory.snapshot()["episodes"]} == {"alice", "carol"}
    assert set(memory.snapshot()["blocks"]) == {"alice", "carol"}
    assert {one.user_id for one in await memory.facts.all_facts()} == {"alice", "carol"}


async def test_a_user_with_facts_only_counts_too() -> None:
    memory = InMemoryMemory(max_users=2)
    await memory.facts.append(Fact(user_id="alice", subject="s", predicate="p", object="o"))
    await memory.remember(episode("hello", user="bob"))
    await memory.remember(episode("hello", user="carol"))
    assert await memory.facts.all_facts() == []


async def test_the_anonymous_bucket_is_never_dropped() -> None:
    memory = InMemoryMemory(max_users=1)
    for user in (None, "alice", "bob"):
        await memory.remember(episode("hello", user=user))
    assert {one.user_id for one in memory.snapshot()["episodes"]} == {None, "bob"}


# ------------------------------------------------------------------------------------------------- consolidation


async def test_only_new_episodes_are_consolidated() -> None:
    consolidator = Consolidator()
    memory = InMemoryMemory(consolidator=consolidator)
    await memory.remember(episode("one"))
    await memory.remember(episode("two", user="bob"))
    await memory.consolidate()
    await memory.remember(episode("three"))
    await memory.consolidate()
    await memory.consolidate()
    assert consolidator.seen == [["one"], ["two"], ["three"]]


async def test_what_a_failing_consolidator_did_not_read_comes_again_but_not_what_was_forgotten() -> None:
    consolidator = Consolidator()
    memory = InMemoryMemory(consolidator=consolidator)
    await memory.remember(episode("one", 0))
    await memory.remember(episode("two", 1))
    consolidator.fails = True
    with pytest.raises(RuntimeError):
        await memory.consolidate()
    await memory.forget(user_id="alice", before=at(1))
    consolidator.fails = False
    await memory.remember(episode("three", 2))
    await memory.consolidate()
    assert consolidator.seen == [["two", "three"]]


async def test_without_a_consolidator_nothing_happens() -> None:
    memory = await filled(episode("one"))
    await memory.consolidate()
    assert (await memory.profile(user_id="alice")).fact_count == 0


# ------------------------------------------------------------------------------------------------- the rest


async def test_a_profile_is_short_and_newest_first() -> None:
    memory = await filled(*(episode("q", n, session=f"s{n}") for n in range(12)))
    await memory.facts.append_many(
        [Fact(user_id="alice", subject="s", predicate=f"p{n}", object="o") for n in range(12)]
    )
    profile = await memory.profile(user_id="alice")
    assert (profile.episode_count, profile.fact_count, profile.last_seen) == (12, 12, at(11))
    assert profile.recent_sessions == [f"s{n}" for n in range(11, 1, -1)]
    assert [one.predicate for one in profile.sample_facts] == [f"p{n}" for n in range(11, 1, -1)]
    assert (await memory.profile(user_id="bob")).episode_count == 0


async def test_an_export_holds_everything_oldest_first() -> None:
    memory = await filled(episode("b", 2), episode("a", 1))
    await memory.facts.append_many([Fact(user_id="alice", subject="s", predicate=p, object="o") for p in ("p1", "p2")])
    export = await memory.export(user_id="alice")
    assert texts(export.episodes) == ["a", "b"]
    assert [one.predicate for one in export.facts] == ["p1", "p2"]


async def test_it_satisfies_the_protocol_and_can_find_facts_by_cosine() -> None:
    memory = InMemoryMemory(embedder=HashEmbedder(64))
    assert isinstance(memory, Memory)
    await memory.facts.append(Fact(user_id="alice", subject="she", predicate="likes", object="green tea"))
    assert len(await memory.recall_facts("green tea, she likes", user_id="alice")) == 1
