import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import Fact, FactStore, IsolationWarning
from loomlab.memory import HashEmbedder, InMemoryFactStore

pytestmark = pytest.mark.anyio
T0 = datetime(2024, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return T0 + timedelta(days=number)


def fact(object_: str, *, user: str | None = "alice", since: int = 0, predicate: str = "likes", **more: object) -> Fact:
    return Fact(user_id=user, subject="she", predicate=predicate, object=object_, valid_from=day(since), **more)


class CountingEmbedder(HashEmbedder):
    def __init__(self) -> None:
        super().__init__(64)
        self.batches: list[int] = []

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        self.batches.append(len(texts))
        return await super().embed_batch(texts)


@pytest.fixture(params=["append", "append_many"])
def put(request: pytest.FixtureRequest):
    async def one_by_one(store: InMemoryFactStore, facts: Sequence[Fact]) -> list[str]:
        return [await store.append(one) for one in facts]

    async def at_once(store: InMemoryFactStore, facts: Sequence[Fact]) -> list[str]:
        return await store.append_many(facts)

    return one_by_one if request.param == "append" else at_once


async def test_a_new_object_ends_the_old_claim_of_the_same_user_only(put) -> None:
    store = InMemoryFactStore()
    await put(store, [fact("tea"), fact("tea", user="bob"), fact("tea", user=None), fact("coffee", since=1)])
    alice = await store.query(user_id="alice")
    assert [(one.object, one.valid_until) for one in alice] == [("coffee", None), ("tea", day(1))]
    for other in ("bob", None):
        assert [(one.object, one.valid_until) for one in await store.query(user_id=other)] == [("tea", None)]


async def test_a_late_fact_slots_in_by_its_valid_time(put) -> None:
    store = InMemoryFactStore()
    await put(store, [fact("coffee", since=5), fact("tea", since=1)])
    for at, expected in ((0, []), (3, ["tea"]), (5, ["coffee"])):
        assert [one.object for one in await store.query(valid_at=day(at), user_id="alice")] == expected


async def test_ids_come_back_in_order(put) -> None:
    facts = [fact("tea"), fact("milk", predicate="hates")]
    assert await put(InMemoryFactStore(), facts) == [one.id for one in facts]


async def test_the_same_id_again_replaces_the_fact() -> None:
    store = InMemoryFactStore()
    first = fact("tea")
    await store.append(first)
    await store.append(first.model_copy(update={"object": "coffee"}))
    assert [one.object for one in await store.query(user_id="alice")] == ["coffee"]
    assert await store.recall_text("tea", user_id="alice") == []


async def test_a_query_gives_the_newest_recorded_first_whatever_the_order_of_arrival() -> None:
    store = InMemoryFactStore()
    for number in (2, 0, 1):
        await store.append(fact(f"thing {number}", predicate=f"p{number}", recorded_at=day(number)))
    assert [one.object for one in await store.query(user_id="alice")] == ["thing 2", "thing 1", "thing 0"]
    assert [one.object for one in await store.query(user_id="alice", limit=1)] == ["thing 2"]
    assert await store.query(user_id="alice", limit=0) == []


async def test_every_given_field_must_match() -> None:
    store = InMemoryFactStore()
    await store.append_many([fact("tea"), fact("milk", predicate="hates"), fact("tea", predicate="sells")])
    assert [one.predicate for one in await store.query(object_="tea", user_id="alice")] == ["sells", "likes"]
    assert [one.object for one in await store.query(subject="she", predicate="hates", user_id="alice")] == ["milk"]
    assert await store.query(subject="he", user_id="alice") == []


async def test_text_recall_without_an_embedder_goes_by_shared_words() -> None:
    store = InMemoryFactStore()
    await store.append_many(
        [fact("green tea"), fact("loud music", predicate="hates"), fact("green parks", predicate="visits")]
    )
    found = await store.recall_text("Does she like GREEN tea?", user_id="alice")
    assert [one.object for one in found] == ["green tea", "green parks", "loud music"][: len(found)]
    assert found[0].object == "green tea"
    assert await store.recall_text("quantum physics", user_id="alice") == []
    assert await store.recall_text("what is the", user_id="alice") == []


async def test_an_empty_question_means_the_newest_facts() -> None:
    store = InMemoryFactStore()
    await store.append_many([fact("a1", predicate="p1"), fact("a2", predicate="p2")])
    assert [one.object for one in await store.recall_text("  ", limit=1, user_id="alice")] == ["a2"]


async def test_equally_good_facts_are_told_apart_without_comparing_them() -> None:
    store = InMemoryFactStore()
    await store.append_many([fact("same words", predicate=f"p{number}", recorded_at=T0) for number in range(4)])
    found = await store.recall_text("same words", limit=3, user_id="alice")
    assert [one.predicate for one in found] == ["p3", "p2", "p1"]


async def test_text_recall_can_ask_what_was_true_then() -> None:
    store = InMemoryFactStore()
    await store.append_many([fact("green tea"), fact("black tea", since=5)])
    assert [one.object for one in await store.recall_text("tea", valid_at=day(1), user_id="alice")] == ["green tea"]


async def test_with_an_embedder_the_closest_text_comes_first() -> None:
    store = InMemoryFactStore(embedder=CountingEmbedder())
    await store.append_many([fact("loud music", predicate="hates"), fact("green tea")])
    assert (await store.recall_text("she likes green tea!", limit=1, user_id="alice"))[0].object == "green tea"


async def test_many_facts_are_embedded_with_one_call() -> None:
    embedder = CountingEmbedder()
    await InMemoryFactStore(embedder=embedder).append_many([fact("a"), fact("b"), fact("c")])
    assert embedder.batches == [3]


async def test_nothing_is_embedded_for_no_facts() -> None:
    embedder = CountingEmbedder()
    assert await InMemoryFactStore(embedder=embedder).append_many([]) == []
    assert embedder.batches == []


@pytest.mark.parametrize("embedder", [None, HashEmbedder(32)])
async def test_a_user_never_sees_the_facts_of_another(embedder: HashEmbedder | None) -> None:
    store = InMemoryFactStore(embedder=embedder)
    await store.append_many([fact("secret tea"), fact("secret tea", user="bob"), fact("secret tea", user=None)])
    for user in ("alice", "bob"):
        assert {one.user_id for one in await store.recall_text("secret tea", user_id=user)} == {user}
        assert {one.user_id for one in await store.query(user_id=user)} == {user}
    assert await store.recall_text("secret tea", user_id="carol") == []


async def test_recall_without_a_user_warns_once_named_users_have_facts() -> None:
    store = InMemoryFactStore()
    await store.append(fact("tea", user=None))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(await store.recall_text("tea")) == 1
    await store.append(fact("tea"))
    with pytest.warns(IsolationWarning, match="user_id="):
        found = await store.recall_text("tea")
    assert [one.user_id for one in found] == [None]


async def test_forget_erases_one_users_facts_from_every_index() -> None:
    store = InMemoryFactStore()
    await store.append_many(
        [fact("tea", recorded_at=day(0)), fact("tea", user="bob"), fact("rice", since=3, recorded_at=day(3))]
    )
    await store.recall_text("tea", user_id="alice")
    assert await store.forget(user_id="alice", before=day(1)) == 1
    assert await store.recall_text("tea", user_id="alice") == []
    assert [one.object for one in await store.query(user_id="alice")] == ["rice"]
    assert await store.forget(user_id="alice") == 1
    assert await store.forget(user_id="alice") == 0
    assert [one.user_id for one in await store.all_facts()] == ["bob"]


async def test_it_satisfies_the_protocol() -> None:
    store = InMemoryFactStore(embedder=(embedder := HashEmbedder(8)))
    assert isinstance(store, FactStore)
    assert store.embedder is embedder
    await store.append(fact("tea"))
    await store.aclose()
    assert store.snapshot() == await store.all_facts() != []
