"""MiniLM on this machine."""

import os
import sys
from itertools import pairwise
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab import Episode, InMemoryMemory
from loomlab.memory import LocalEmbedder, embedder_files
from loomlab.memory.local_embedder import TOKENS, WINDOWS

pytestmark = pytest.mark.anyio
TALK = ["a cat sat on the mat", "the feline rested on the rug", "stock prices fell sharply", "Grüße aus 東京 👋", ""]


@pytest.fixture(scope="module")
def embedder() -> LocalEmbedder:
    if embedder_files.available() is None:
        reason = "the local embedder's files are not here: loomlab fetch embedder"
        (pytest.fail if os.environ.get("LOOMLAB_TEST_STRICT") == "1" else pytest.skip)(reason)
    return LocalEmbedder()


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.local_model
async def test_what_means_the_same_is_near_and_what_does_not_is_far(embedder: LocalEmbedder) -> None:
    cat, feline, stocks, *_ = await embedder.embed_batch(TALK)
    assert cosine(cat, feline) > 0.5
    assert cosine(cat, stocks) < 0.2
    moved, lives, likes = await embedder.embed_batch(
        ["user moved_to Lyon", "Where does she live now?", "What does she like to drink?"]
    )
    assert cosine(moved, lives) > cosine(moved, likes)


@pytest.mark.local_model
async def test_every_vector_is_of_length_one_and_as_long_as_it_says(embedder: LocalEmbedder) -> None:
    for vector in await embedder.embed_batch(TALK):
        assert len(vector) == embedder.dimensions == 384
        assert cosine(vector, vector) == pytest.approx(1)


@pytest.mark.local_model
async def test_a_text_has_one_vector_whatever_it_is_batched_with(embedder: LocalEmbedder) -> None:
    fresh = LocalEmbedder(cache_size=0)
    together = await fresh.embed_batch([*TALK, "a long text, with many more words than the others have. " * 9])
    for text, vector in zip(TALK, together, strict=False):
        assert await fresh.embed(text) == pytest.approx(vector, abs=1e-6)
        assert await embedder.embed(text) == pytest.approx(vector, abs=1e-6)


@pytest.mark.local_model
async def test_a_long_text_is_read_beyond_the_first_window(embedder: LocalEmbedder) -> None:
    filler = "the meeting went on about budgets and plans for the next quarter. " * 40
    plain, told = await embedder.embed_batch([filler, filler + "My dog is called Rex and he likes to swim. " * 20])
    assert cosine(plain, told) < 0.95
    end = "x " * TOKENS * WINDOWS
    one, other = await embedder.embed_batch([end, end + "and then something else"])
    assert one == other


@pytest.mark.local_model
async def test_a_vector_is_read_once_and_then_kept(embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    one = LocalEmbedder(cache_size=2)
    first = await one.embed_batch(["a", "b", "a"])
    assert first[0] == first[2]
    read: list[list[str]] = []
    monkeypatch.setattr(one, "_read", lambda texts: read.append(texts) or [[float(len(texts))] for _ in texts])
    assert await one.embed_batch(["b", "a"]) == [first[1], first[0]]
    assert read == []
    await one.embed_batch(["c", "a"])  # c drives the older one out
    assert read == [["c"]]
    await one.embed_batch(["b"])
    assert read == [["c"], ["b"]]


@pytest.mark.local_model
async def test_nobody_can_change_what_is_kept(embedder: LocalEmbedder) -> None:
    vector = await embedder.embed("unchanged")
    kept = list(vector)
    vector[0] = 99.0
    assert await embedder.embed("unchanged") == kept


@pytest.mark.local_model
async def test_nothing_that_was_read_stays_after_forget(embedder: LocalEmbedder) -> None:
    one = LocalEmbedder()
    await one.embed("my secret plan")
    assert "secret" not in repr(vars(one))
    one.forget()
    assert not one._cache


@pytest.mark.local_model
async def test_a_memory_that_forgets_has_its_embedder_forget(embedder: LocalEmbedder) -> None:
    one = LocalEmbedder()
    memory = InMemoryMemory(embedder=one)
    await memory.remember(Episode(session_id="s", user_id="alice", input="I like tea", output="ok"))
    await memory.remember(Episode(session_id="s", user_id="bob", input="I like jazz", output="ok"))
    await memory.forget(user_id="alice")
    assert not one._cache
    assert [episode.input for episode in await memory.recall("music", user_id="bob")] == ["I like jazz"]


@pytest.mark.local_model
async def test_several_tasks_at_once_get_their_own_vectors(embedder: LocalEmbedder) -> None:
    fresh, found = LocalEmbedder(), {}

    async def ask(number: int) -> None:
        found[number] = await fresh.embed(f"text number {number}")

    async with anyio.create_task_group() as tasks:
        for number in range(12):
            tasks.start_soon(ask, number)
    expected = await embedder.embed_batch([f"text number {number}" for number in range(12)])
    assert [found[number] for number in range(12)] == [pytest.approx(one, abs=1e-6) for one in expected]


@pytest.mark.local_model
def test_one_embedder_serves_several_event_loops_one_after_the_other(embedder: LocalEmbedder) -> None:
    one = LocalEmbedder(cache_size=0)
    vectors = [anyio.run(one.embed, "again") for _ in range(3)]
    assert all(first == second for first, second in pairwise(vectors))


@pytest.mark.local_model
@given(st.text(max_size=60))
def test_any_text_has_a_vector(embedder: LocalEmbedder, text: str) -> None:
    assert cosine(*[anyio.run(embedder.embed, text)] * 2) == pytest.approx(1)


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_without_a_package_one_sentence_says_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"needs the package {package}: pip install 'loomlab\[local\]'"):
        LocalEmbedder()


def test_a_cache_of_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="cache_size"):
        LocalEmbedder(cache_size=-1)


def test_it_says_what_it_is() -> None:
    made: Any = LocalEmbedder()
    assert (made.name, made.dimensions, repr(made)) == ("all-MiniLM-L6-v2-int8", 384, "LocalEmbedder()")
