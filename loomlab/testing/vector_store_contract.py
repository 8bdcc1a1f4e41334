"""The tests that a vector store has to pass. Subclass, give one fixture, and run pytest.

.. code-block:: python

    class TestMyVectorStore(VectorStoreContract):
        @pytest.fixture
        def make_store(self, tmp_path):
            return lambda embedder: MyVectorStore(embedder, folder=tmp_path)

Needs pytest, and anyio's plugin for it (which comes with anyio).
"""

import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from inspect import isawaitable
from typing import Any

import pytest
from anyio import create_task_group

from loomlab.core.documents import Chunk, VectorStore
from loomlab.core.protocols import Embedder
from loomlab.testing.vector_samples import FILTERS, HOSTILE_TEXTS, METADATA, Told, oracle
from loomlab.vectorstore.filters import FilterError

MakeStore = Callable[[Embedder], Any | Awaitable[Any]]

_NEAR = 1e-4
"""Stores keep vectors as 32-bit floats."""


@asynccontextmanager
async def opened(make_store: MakeStore, embedder: Embedder | None = None) -> AsyncIterator[Any]:
    """A store, closed at the end."""
    made = make_store(embedder or Told(8))
    store: Any = await made if isawaitable(made) else made
    try:
        yield store
    finally:
        close = getattr(store, "aclose", None)
        if close is not None:
            await close()


async def some(store: Any, count: int, *, seed: int = 1, dimensions: int = 8) -> dict[str, Chunk]:
    """``count`` chunks with drawn vectors and metadata, in the store and by id."""
    drawn = random.Random(seed)
    chunks = {
        f"id {number}": Chunk(
            Told.text(number, [drawn.gauss(0, 1) for _ in range(dimensions)]), dict(drawn.choice(METADATA))
        )
        for number in range(count)
    }
    await store.add(list(chunks.values()), list(chunks))
    return chunks


class VectorStoreContract:
    """Every store gives the nearest that fit, loses none to a filter, and means the same by a condition.

    ``exact``: whether a search without a filter sees every chunk; an approximate index may miss a few of the nearest.
    """

    pytestmark = pytest.mark.anyio
    exact = True

    @pytest.fixture
    def make_store(self) -> MakeStore:
        """A function that makes a store of an embedder; the same place each time within a test, empty at first."""
        pytest.fail("override the fixture make_store: return a function that makes your store of an embedder")

    async def test_it_is_a_vector_store_with_a_name(self, make_store: MakeStore) -> None:
        """The protocol holds."""
        async with opened(make_store) as store:
            assert isinstance(store, VectorStore)
            assert store.name
            assert await store.count() == 0
            assert await store.search("1 0 0 0 0 0 0 0") == []
            assert await store.add([]) == []
            assert await store.get_by_ids(["nobody"]) == []

    @pytest.mark.parametrize("seed", [1, 2])
    async def test_the_nearest_come_first_with_their_cosines(self, make_store: MakeStore, seed: int) -> None:
        """The order and the scores are those of plain arithmetic."""
        async with opened(make_store) as store:
            chunks = await some(store, 120, seed=seed)
            for k in (1, 5, 50, 500):
                query = Told.vector(Told.text(0, [random.Random(seed + k).gauss(0, 1) for _ in range(8)]))
                found = await store.search_by_vector(query, k=k)
                expected = oracle(chunks, query)[:k]
                assert len(found) == len(expected)
                assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
                for one in found:
                    assert one.chunk == chunks[one.id]
                if self.exact:
                    for one, (_, score) in zip(found, expected, strict=True):
                        assert math.isclose(one.score, score, abs_tol=_NEAR)
                else:
                    best = {id_ for id_, _ in expected}
                    assert len(best & {one.id for one in found}) >= 0.9 * len(best)

    @pytest.mark.parametrize("filter", FILTERS, ids=[str(number) for number in range(len(FILTERS))])
    async def test_a_filter_loses_nothing_and_lets_nothing_else_through(
        self, make_store: MakeStore, filter: dict[str, Any]
    ) -> None:
        """All chunks that fit are found, however few, and the nearest of them come first."""
        async with opened(make_store) as store:
            chunks = await some(store, 90)
            query = [1.0, 0.5, 0, 0, 0, 0, 0, -1]
            expected = oracle(chunks, query, filter)
            everything = await store.search_by_vector(query, k=200, filter=filter)
            assert {one.id for one in everything} == {id_ for id_, _ in expected}
            few = await store.search_by_vector(query, k=3, filter=filter)
            assert [round(one.score, 3) for one in few] == [round(score, 3) for _, score in expected[:3]]

    async def test_one_that_fits_among_many_is_found(self, make_store: MakeStore) -> None:
        """The farthest chunk of all, if it alone fits."""
        async with opened(make_store) as store:
            near = [Chunk(Told.text(n, [1, n / 1e4, 0, 0, 0, 0, 0, 0]), {"kind": "near"}) for n in range(300)]
            await store.add([*near, Chunk(Told.text(999, [-1, 0, 0, 0, 0, 0, 0, 0]), {"kind": "far"})])
            found = await store.search("1 0 0 0 0 0 0 0", k=5, filter={"kind": "far"})
            assert [(one.chunk.metadata, round(one.score, 3)) for one in found] == [({"kind": "far"}, -1.0)]

    async def test_a_filter_that_means_nothing_is_refused_even_where_nothing_is(self, make_store: MakeStore) -> None:
        """Before anything else is done."""
        async with opened(make_store) as store:
            wrong: list[dict[str, Any]] = [{"a": {"$what": 1}}, {"$or": []}, {"a": {"$in": 3}}, {"$nor": [{}]}]
            for filter in wrong:
                with pytest.raises(FilterError):
                    await store.search("1 0 0 0 0 0 0 0", filter=filter)

    async def test_what_goes_in_comes_out(self, make_store: MakeStore) -> None:
        """Contents and metadata, dates and lists among them."""
        metadata = {
            "text": "é 茶 🍵",
            "whole": 3,
            "part": 0.25,
            "yes": True,
            "none": None,
            "list": ["a", 1, None],
            "deep": {"headers": [{"level": 1}]},
            "day": date(2026, 1, 2),
            "at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        }
        async with opened(make_store) as store:
            ids = await store.add([Chunk(Told.text(1, [1] * 8), metadata), Chunk(Told.text(2, [1] * 8))])
            assert len(set(ids)) == 2
            assert await store.get_by_ids([ids[1], "nobody", ids[0]]) == [
                Chunk(Told.text(2, [1] * 8)),
                Chunk(Told.text(1, [1] * 8), metadata),
            ]
            assert (await store.search("1 1 1 1 1 1 1 1", filter={"day": date(2026, 1, 2)}))[
                0
            ].chunk.metadata == metadata
            after = {"at": {"$gt": datetime(2026, 1, 1, tzinfo=UTC)}}
            assert len(await store.search("1 1 1 1 1 1 1 1", filter=after)) == 1

    @pytest.mark.parametrize("text", HOSTILE_TEXTS)
    async def test_a_text_is_data(self, make_store: MakeStore, text: str) -> None:
        """As an id, a field, a value and a condition."""
        async with opened(make_store) as store:
            await store.add([Chunk(Told.text(1, [1] * 8), {text: text})], [text])
            await store.add([Chunk(Told.text(2, [1] * 8), {"other": "x"})], ["other"])
            found = await store.search("1 1 1 1 1 1 1 1", filter={text: text})
            assert [one.id for one in found] == [text]
            assert await store.search("1 1 1 1 1 1 1 1", filter={text: "x"}) == []
            await store.delete([text])
            assert await store.count() == 1

    async def test_an_id_that_is_there_is_replaced(self, make_store: MakeStore) -> None:
        """Nothing of the old chunk is found any more, by meaning or by words."""
        async with opened(make_store) as store:
            await store.add([Chunk("apple 1 0 0 0 0 0 0 0", {"n": 1}), Chunk("pear 0 1 0 0 0 0 0 0")], ["a", "b"])
            await store.add([Chunk("plum 0 0 1 0 0 0 0 0", {"n": 2})], ["a"])
            assert await store.count() == 2
            (found,) = await store.search("0 0 1 0 0 0 0 0", k=1)
            assert (found.id, found.chunk.metadata, round(found.score, 4)) == ("a", {"n": 2}, 1.0)
            assert await store.search("1 0 0 0 0 0 0 0", filter={"n": 1}) == []
            assert await store.search_hybrid("apple", alpha=0.0) == []
            assert [one.id for one in await store.search_hybrid("plum", alpha=0.0)] == ["a"]

    async def test_deleting_is_quiet_about_strangers(self, make_store: MakeStore) -> None:
        """What is gone is gone from every search."""
        async with opened(make_store) as store:
            chunks = await some(store, 20)
            await store.delete(["id 3", "nobody", "id 4"])
            await store.delete([])
            assert await store.count() == 18
            left = {one.id for one in await store.search("1 0 0 0 0 0 0 0", k=50)}
            assert left == set(chunks) - {"id 3", "id 4"}

    async def test_a_chunk_without_direction_is_found_last(self, make_store: MakeStore) -> None:
        """A vector of zeros is as near to one question as to another."""
        async with opened(make_store) as store:
            await store.add(
                [Chunk("zero 0 0 0 0 0 0 0 0", {"z": 1}), Chunk("one 1 0 0 0 0 0 0 0", {"z": 2})], ["z", "o"]
            )
            assert [(one.id, one.score) for one in await store.search("1 0 0 0 0 0 0 0")] == [("o", 1.0), ("z", 0.0)]
            assert [one.id for one in await store.search("1 0 0 0 0 0 0 0", filter={"z": 1})] == ["z"]

    async def test_diversity_takes_what_is_unlike_what_it_has(self, make_store: MakeStore) -> None:
        """Of two alike and one apart, it takes one of each."""
        async with opened(make_store) as store:
            texts = ["10 0 0 0 0 0 0 0", "10 1 0 0 0 0 0 0", "6 8 0 0 0 0 0 0"]
            await store.add([Chunk(one) for one in texts], ["a", "b", "c"])
            assert [one.id for one in await store.search(texts[0], k=2)] == ["a", "b"]
            assert [one.id for one in await store.search(texts[0], k=2, diversity=0.0)] == ["a", "b"]
            assert [one.id for one in await store.search(texts[0], k=2, diversity=0.9)] == ["a", "c"]
            for wrong in (-0.1, 1.1):
                with pytest.raises(ValueError, match="diversity"):
                    await store.search(texts[0], diversity=wrong)

    async def test_words_and_meaning_are_weighed_by_alpha(self, make_store: MakeStore) -> None:
        """By words alone, by meaning alone, and both."""
        async with opened(make_store) as store:
            await store.add(
                [
                    Chunk("green tea 1 0 0 0 0 0 0 0", {"drink": "tea"}),
                    Chunk("green green grass 0 1 0 0 0 0 0 0", {"drink": None}),
                    Chunk("Black TEA 0 0 1 0 0 0 0 0", {"drink": "tea"}),
                    Chunk("緑茶 0 0 0 1 0 0 0 0", {"drink": "tea"}),
                ],
                ["g", "gg", "b", "j"],
            )
            assert [one.id for one in await store.search_hybrid("tea", alpha=0.0)] == ["g", "b"]
            assert [one.id for one in await store.search_hybrid("green", alpha=0.0)] == ["gg", "g"]
            assert [one.id for one in await store.search_hybrid("茶", alpha=0.0)] == ["j"]
            assert [one.id for one in await store.search_hybrid("tea", alpha=0.0, filter={"drink": "tea"}, k=1)] == [
                "g"
            ]
            assert await store.search_hybrid("tea", alpha=0.0, filter={"drink": "coffee"}) == []
            assert await store.search_hybrid("?!", alpha=0.0) == []
            meaning = [one.id for one in await store.search_hybrid("0 0 1 0 0 0 0 0", k=1, alpha=1.0)]
            assert meaning == ["b"]
            with pytest.raises(ValueError, match="alpha"):
                await store.search_hybrid("x", alpha=2)

    async def test_one_users_chunks_go_and_the_others_stay(self, make_store: MakeStore) -> None:
        """``forget`` by user, and by age."""

        def of(user: str | None, at: str, number: int) -> Chunk:
            return Chunk(Told.text(number, [1] * 8), {"at": at} | ({} if user is None else {"user_id": user}))

        old, new = "2026-01-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"
        async with opened(make_store) as store:
            await store.add([of("ana", old, 1), of("ana", new, 2), of("bob", old, 3), of(None, old, 4)])
            assert await store.forget(user_id="ana", before=datetime(2026, 2, 1, tzinfo=UTC)) == 1
            assert await store.forget(user_id="ana") == 1
            left = await store.search("1 1 1 1 1 1 1 1", k=9)
            assert {one.chunk.metadata.get("user_id") for one in left} == {"bob", None}
            assert [
                one.chunk.metadata["user_id"]
                for one in await store.search("1 1 1 1 1 1 1 1", filter={"user_id": "bob"})
            ] == ["bob"]
            assert await store.forget(user_id=None) == 1
            assert await store.count() == 1

    async def test_mistakes_are_named(self, make_store: MakeStore) -> None:
        """What does not fit together is told before anything is written."""
        with pytest.raises(ValueError, match="embedder is required"):
            await _made(make_store, None)
        async with opened(make_store) as store:
            with pytest.raises(ValueError, match="ids has 1"):
                await store.add([Chunk("1"), Chunk("2")], ids=["1"])
            with pytest.raises(ValueError, match="dimensions"):
                await store.search_by_vector([1.0])
            with pytest.raises(ValueError, match="dimensions"):
                await store.add([Chunk("1 2 3")])
            assert await store.count() == 0
            assert await store.search("1 1 1 1 1 1 1 1", k=0) == []

    async def test_many_at_once_are_all_there(self, make_store: MakeStore) -> None:
        """Writers side by side, and readers among them."""
        async with opened(make_store) as store:
            async with create_task_group() as group:
                for writer in range(8):
                    chunks = [Chunk(Told.text(n, [writer + 1, n, 1, 0, 0, 0, 0, 0])) for n in range(25)]
                    group.start_soon(store.add, chunks, [f"{writer}/{n}" for n in range(25)])
                    group.start_soon(store.search, "1 0 0 0 0 0 0 0")
            assert await store.count() == 200
            assert len(await store.search("1 0 0 0 0 0 0 0", k=300)) == 200


async def _made(make_store: MakeStore, embedder: Any) -> Any:
    made = make_store(embedder)
    return await made if isawaitable(made) else made
