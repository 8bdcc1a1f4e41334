"""The store in memory: what is found, in which order, for whom, and what survives on disk."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loomlab import HashEmbedder
from loomlab.vectorstore import Chunk, FilterError, InMemoryVectorStore, VectorStore

pytestmark = pytest.mark.anyio

TEXTS = ["green tea from Japan", "black tea from Ceylon", "coffee from Brazil", "how to repair a bicycle"]


class Plane:
    """An embedder over two axes: a text is its two numbers."""

    name, dimensions = "plane", 2

    async def embed(self, text: str) -> list[float]:
        x, y = text.split()
        return [float(x), float(y)]

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        return [await self.embed(one) for one in texts]


async def tea(**options: Any) -> InMemoryVectorStore:
    return await InMemoryVectorStore.from_texts(TEXTS, embedder=HashEmbedder(), **options)


async def test_the_nearest_text_comes_first_with_its_cosine() -> None:
    store = await tea(ids=["g", "b", "c", "r"])
    found = await store.search("green tea from Japan", k=2)
    assert [one.id for one in found] == ["g", "b"] and found[0].score == pytest.approx(1.0)
    assert found[0].chunk.content == TEXTS[0] and found[1].score < 1.0
    assert isinstance(store, VectorStore) and store.name == "in-memory" and store.embedder.name.startswith("hash")


async def test_a_filter_is_applied_before_the_best_are_taken() -> None:
    store = await tea(metadatas=[{"drink": True}, {"drink": True}, {"drink": True}, {"drink": False}])
    found = await store.search("green tea", k=4, filter={"drink": False})
    assert [one.chunk.content for one in found] == [TEXTS[3]]
    assert await store.search("green tea", filter={"drink": "no such"}) == []
    with pytest.raises(FilterError):
        await InMemoryVectorStore(HashEmbedder()).search("x", filter={"a": {"$what": 1}})


async def test_diversity_takes_what_is_unlike_what_it_has() -> None:
    store = await InMemoryVectorStore.from_texts(["10 0", "10 1", "6 8"], embedder=Plane(), ids=["a", "b", "c"])
    assert [one.id for one in await store.search("10 0", k=2)] == ["a", "b"]
    assert [one.id for one in await store.search("10 0", k=2, diversity=0.9)] == ["a", "c"]
    assert [one.id for one in await store.search("10 0", k=2, diversity=0.0)] == ["a", "b"]
    assert [one.id for one in await store.search_by_vector([0.0, 1.0], k=1)] == ["c"]
    with pytest.raises(ValueError, match="diversity"):
        await store.search("10 0", diversity=1.5)


async def test_words_and_vectors_are_weighed_by_alpha() -> None:
    store = await tea(ids=["g", "b", "c", "r"])
    assert [one.id for one in await store.search_hybrid("bicycle", k=4, alpha=0.0)] == ["r"]
    vectors_only = [one.id for one in await store.search_hybrid("green tea", k=4, alpha=1.0)]
    assert vectors_only == [one.id for one in await store.search("green tea", k=4)]
    assert (await store.search_hybrid("Ceylon tea", k=1))[0].id == "b"
    with pytest.raises(ValueError, match="alpha"):
        await store.search_hybrid("x", alpha=2)


async def test_adding_under_an_id_replaces_and_deleting_is_quiet_about_strangers() -> None:
    store = await tea(ids=["g", "b", "c", "r"])
    await store.add([Chunk("white tea", {"n": 1})], ids=["g"])
    assert await store.count() == 4 and (await store.get_by_ids(["r", "x", "g"]))[1].content == "white tea"
    await store.delete(["g", "unknown"])
    assert await store.count() == 3 and "g" not in [one.id for one in await store.search("white tea", k=9)]


async def test_what_is_handed_out_is_a_copy() -> None:
    chunk = Chunk("tea", {"n": 1})
    store = await InMemoryVectorStore.from_chunks([chunk], embedder=HashEmbedder(), ids=["t"])
    chunk.metadata["n"] = 2
    (await store.search("tea"))[0].chunk.metadata["n"] = 3
    assert (await store.get_by_ids(["t"]))[0].metadata == {"n": 1}


async def test_one_users_chunks_go_and_the_others_stay() -> None:
    def of(user: str | None, at: str) -> Chunk:
        return Chunk("a lesson", {"at": at} | ({} if user is None else {"user_id": user}))

    old, new = "2026-01-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"
    store = InMemoryVectorStore(HashEmbedder())
    await store.add([of("ana", old), of("ana", new), of("bob", old), of(None, old)])
    assert await store.forget(user_id="ana", before=datetime(2026, 2, 1, tzinfo=UTC)) == 1
    assert await store.forget(user_id="ana") == 1
    assert [one.chunk.metadata.get("user_id") for one in await store.search("a lesson", k=9)] == ["bob", None]
    assert await store.forget(user_id=None) == 1 and await store.count() == 1


async def test_a_saved_store_answers_the_same(tmp_path: Path) -> None:
    store = await tea(metadatas=[{"n": n} for n in range(4)], ids=["g", "b", "c", "r"])
    path = tmp_path / "deep" / "store.json"
    await store.save(path)
    again = await InMemoryVectorStore.load(path, embedder=HashEmbedder())
    assert await again.search("tea", k=3) == await store.search("tea", k=3)
    assert [one.name for one in path.parent.iterdir()] == ["store.json"]


async def test_another_version_or_embedder_is_refused(tmp_path: Path) -> None:
    store = await tea()
    path = tmp_path / "store.json"
    await store.save(path)
    with pytest.raises(ValueError, match="hash-embedder-384"):
        await InMemoryVectorStore.load(path, embedder=HashEmbedder(16))
    path.write_text(json.dumps({"version": 99}), encoding="utf-8")
    with pytest.raises(ValueError, match="version"):
        await InMemoryVectorStore.load(path, embedder=HashEmbedder())


async def test_metadata_that_json_cannot_hold_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "store.json"
    await (await tea()).save(path)
    before = path.read_text(encoding="utf-8")
    odd = await InMemoryVectorStore.from_chunks([Chunk("x", {"at": object()})], embedder=HashEmbedder())
    with pytest.raises(ValueError, match="JSON"):
        await odd.save(path)
    assert path.read_text(encoding="utf-8") == before


async def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="embedder is required"):
        InMemoryVectorStore(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ids has 1"):
        await InMemoryVectorStore(HashEmbedder()).add([Chunk("a"), Chunk("b")], ids=["1"])
    with pytest.raises(ValueError, match="metadatas"):
        await InMemoryVectorStore.from_texts(["a"], embedder=HashEmbedder(), metadatas=[])
    with pytest.raises(ValueError, match="dimensions"):
        await (await tea()).search_by_vector([1.0])


async def test_an_empty_store_and_no_wish_give_nothing() -> None:
    store = InMemoryVectorStore(HashEmbedder())
    assert await store.search("x") == [] and await store.search_hybrid("x") == [] and await store.add([]) == []
    assert await (await tea()).search("x", k=0) == []
