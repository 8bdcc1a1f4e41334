"""What recall finds, in which order, and why: by words, by phrase, by meaning, inside one user's memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import Episode, Fact
from loomlab.memory import HashEmbedder, Hit, InMemoryMemory, RecordMemory, VectorMemory
from loomlab.memory.inmemory_store import InMemoryStore

pytestmark = pytest.mark.anyio
T0 = datetime(2024, 1, 1, tzinfo=UTC)


class SharedStore:
    """A store that cannot rank, used by other processes too."""

    name = "shared"

    def __init__(self) -> None:
        inner = InMemoryStore()
        self.put, self.get, self.scan = inner.put, inner.get, inner.scan
        self.delete, self.aclose = inner.delete, inner.aclose


class Meaning:
    """An embedder that knows what a few texts mean."""

    name, dimensions = "meaning", 2

    def __init__(self, **angles: tuple[float, float]) -> None:
        self.angles = angles
        self.asked: list[str] = []

    async def embed(self, text: str) -> list[float]:
        self.asked.append(text)
        return list(next((angle for word, angle in self.angles.items() if word in text), (0.0, 1.0)))

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        return [await self.embed(text) for text in texts]


def said(text: str, minute: int = 0, *, user: str | None = "alice", answer: str = "") -> Episode:
    return Episode(session_id="s", user_id=user, occurred_at=T0 + timedelta(minutes=minute), input=text, output=answer)


def fact(object_: str, *, user: str | None = "alice", day: int = 0, predicate: str = "lives in") -> Fact:
    return Fact(user_id=user, subject="she", predicate=predicate, object=object_, valid_from=T0 + timedelta(days=day))


async def fill(memory: RecordMemory, *episodes: Episode) -> RecordMemory:
    for one in episodes:
        await memory.remember(one)
    return memory


def inputs(hits: Sequence[Hit]) -> list[str]:
    return [hit.item.input for hit in hits if isinstance(hit.item, Episode)]


async def test_rare_words_count_more_than_common_ones() -> None:
    memory = await fill(
        InMemoryMemory(),
        *(said(f"we met for coffee on day {n}", n) for n in range(20)),
        said("the zebra drank coffee", 50),
        said("zebra crossing", 60),
    )
    hits = await memory.search("did a zebra have coffee?", user_id="alice", limit=3)
    assert inputs(hits) == ["zebra crossing", "the zebra drank coffee"]  # coffee is in most texts: no evidence
    assert hits[0].score == hits[1].score


async def test_a_plural_is_the_same_word() -> None:
    memory = await fill(InMemoryMemory(), said("she lives with two cats and many berries"), said("nothing here"))
    for query in ("who live?", "cat?", "berry?"):
        assert inputs(await memory.search(query, user_id="alice")) == ["she lives with two cats and many berries"]


async def test_a_text_that_holds_the_whole_question_comes_first() -> None:
    memory = await fill(
        InMemoryMemory(),
        said("green tea", 0),
        said("tea that is green, and tea", 5),
        said("I drink Green Tea daily", 3),
    )
    hits = await memory.search("green tea", user_id="alice")
    assert inputs(hits) == ["I drink Green Tea daily", "green tea", "tea that is green, and tea"]
    assert [hit.parts["phrase"] for hit in hits] == [1.0, 1.0, 0.0]
    assert [one.input for one in await memory.recall("green tea", user_id="alice")] == inputs(hits)[:2]


async def test_texts_of_the_same_words_are_folded_into_the_newest() -> None:
    memory = await fill(
        InMemoryMemory(),
        said("I like tea!", 0),
        said("i LIKE tea", 9),
        said("I like... tea?", 5),
        said("tea I like", 3),
    )
    assert inputs(await memory.search("tea", user_id="alice")) == ["i LIKE tea", "tea I like"]
    until = (T0, T0 + timedelta(minutes=6))
    found = await memory.search("tea", user_id="alice", time_range=until)
    assert inputs(found) == ["I like... tea?", "tea I like"]


async def test_many_equal_episodes_leave_room_for_others() -> None:
    for memory in (InMemoryMemory(), VectorMemory(), RecordMemory(SharedStore(), embedder=HashEmbedder(32))):
        await fill(memory, *(said("how is the tea", n) for n in range(300)), said("tea time", 1), said("tea pot", 2))
        hits = await memory.search("how is the tea", user_id="alice", limit=3)
        assert inputs(hits)[0] == "how is the tea"
        assert set(inputs(hits)[1:]) == {"tea pot", "tea time"}


@pytest.mark.parametrize("shared", [False, True])
async def test_without_a_shared_word_hybrid_ranks_as_meaning_alone(shared: bool) -> None:
    embedder = Meaning(cat=(1.0, 0.1), kitten=(1.0, 0.0), stock=(0.0, 1.0), dog=(0.8, 0.6), feline=(1.0, 0.0))
    memory = RecordMemory(SharedStore() if shared else InMemoryStore(), embedder=embedder)
    await fill(memory, said("stock", 9), said("dog", 8), said("kitten", 1), said("cat", 2))
    hits = await memory.search("feline", user_id="alice", limit=4)
    assert inputs(hits) == ["kitten", "cat", "dog", "stock"]
    assert [hit.matched for hit in hits] == [True, True, True, False]
    assert [hit.score for hit in hits] == [hit.parts["dense"] for hit in hits]
    assert hits[0].parts["dense"] == 1.0


async def test_words_lift_what_means_about_the_same() -> None:
    embedder = Meaning(alpha=(1.0, 0.0), beta=(0.95, 0.3), question=(1.0, 0.1))
    memory = await fill(VectorMemory(embedder=embedder), said("alpha one"), said("beta of order 77"))
    assert inputs(await memory.search("question on order 77", user_id="alice"))[0] == "beta of order 77"


async def test_an_embedder_may_say_from_where_on_it_is_sure() -> None:
    embedder = Meaning(cat=(1.0, 0.4), feline=(1.0, 0.0))
    embedder.near = 0.99  # type: ignore[attr-defined]
    memory = await fill(VectorMemory(embedder=embedder), said("cat"))
    assert not (await memory.search("feline", user_id="alice"))[0].matched


async def test_search_says_when_nothing_fits_and_recall_gives_the_newest() -> None:
    memory = await fill(InMemoryMemory(), *(said(f"thing {n}", n) for n in range(9)))
    assert await memory.search("quantum physics", user_id="alice") == []
    assert await memory.search("", user_id="alice") == []
    assert [one.input for one in await memory.recall("quantum physics", limit=2, user_id="alice")] == [
        "thing 8",
        "thing 7",
    ]
    assert await memory.search("thing", user_id="alice", limit=0) == []


async def test_only_the_users_own_partition_is_ranked() -> None:
    for memory in (InMemoryMemory(), VectorMemory(), RecordMemory(SharedStore(), embedder=HashEmbedder(64))):
        await fill(
            memory,
            *(said(f"secret of bob about green tea {n}", n, user="bob") for n in range(50)),
            said("weather", user="alice"),
            said("green tea of nobody", user=None),
        )
        await memory.facts.append_many([fact("tea town", user="bob"), fact("Rome")])
        for hit in await memory.search("green tea secret", user_id="alice", limit=99, kinds=("episode", "fact")):
            assert hit.item.user_id == "alice"
        assert [hit.item.user_id for hit in await memory.search("green tea", user_id="carol")] == []


async def test_facts_that_are_over_or_not_begun_are_never_found_for_now() -> None:
    for memory in (InMemoryMemory(), VectorMemory(), RecordMemory(SharedStore(), embedder=HashEmbedder(64))):
        await memory.facts.append_many(
            [fact("Paris"), *(fact(f"Lyon {n}", day=n + 1) for n in range(60)), fact("Mars", day=365 * 300)]
        )
        found = await memory.search("she lives in Paris Lyon Mars", user_id="alice", kinds=("fact",), limit=99)
        assert [hit.item.object for hit in found] == ["Lyon 59"]
        then = await memory.search(
            "lives in", user_id="alice", kinds=("fact",), valid_at=T0 + timedelta(hours=1), limit=99
        )
        assert [hit.item.object for hit in then] == ["Paris"]
        assert {one.object for one in await memory.recall_facts("Mars Paris", user_id="alice")} >= {"Paris", "Mars"}


async def test_facts_and_episodes_are_ranked_together() -> None:
    memory = await fill(InMemoryMemory(), said("my dog is called Rex"), said("rain"))
    await memory.facts.append_many([fact("Rex", predicate="dog is called"), fact("jazz", predicate="likes")])
    hits = await memory.search("called Rex", user_id="alice", kinds=("episode", "fact"), limit=2)
    assert {hit.kind for hit in hits} == {"episode", "fact"}
    assert hits[0].score >= hits[1].score


async def test_a_word_inside_another_is_no_evidence_for_a_fact() -> None:
    memory = InMemoryMemory()
    await memory.facts.append(fact("steamboats", predicate="builds"))
    assert await memory.recall_facts("tea", user_id="alice") == []


async def test_equal_scores_come_newest_first_whatever_the_order_of_arrival() -> None:
    for memory in (InMemoryMemory(), VectorMemory(embedder=Meaning())):
        await fill(memory, *(said(f"tea number {n}", n) for n in (5, 90, 3, 77, 41, *range(100, 160), 1)))
        hits = await memory.search("tea number", user_id="alice", limit=4)
        assert inputs(hits) == ["tea number 159", "tea number 158", "tea number 157", "tea number 156"]
        assert hits[0].parts["recency"] == 1.0


async def test_the_same_history_gives_the_same_answers_after_a_restart() -> None:
    store = SharedStore()
    live = RecordMemory(store, embedder=HashEmbedder(64))
    for number in range(120):
        await live.remember(said(f"topic {number % 7} note {number % 11} of {number}", (number * 37) % 100))
        if number % 10 == 0:
            await live.search("topic 3 note", user_id="alice")
    await live.forget(user_id="alice", before=T0 + timedelta(minutes=10))
    again = RecordMemory(store, embedder=HashEmbedder(64))
    for query in ("topic 3", "note 5 of 60", "of", "topic 3 note 4", "nothing of it"):
        assert await live.search(query, user_id="alice", limit=20) == await again.search(
            query, user_id="alice", limit=20
        )


async def test_a_question_is_embedded_once_and_never_for_an_empty_memory() -> None:
    embedder = Meaning()
    memory = VectorMemory(embedder=embedder)
    await memory.recall("anything", user_id="alice")
    await memory.recall_facts("anything", user_id="alice")
    assert embedder.asked == []
    await memory.remember(said("tea"))
    await memory.recall("anything", user_id="alice")
    assert embedder.asked == ["tea", "anything"]


async def test_words_of_other_scripts_are_found() -> None:
    memory = await fill(InMemoryMemory(), said("私は緑茶が好きです"), said("weather"), said("Straße nach Köln"))
    assert inputs(await memory.search("緑茶", user_id="alice")) == ["私は緑茶が好きです"]
    assert inputs(await memory.search("KÖLN strasse", user_id="alice")) == ["Straße nach Köln"]
