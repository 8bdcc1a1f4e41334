"""No text is embedded twice: in one process, in the next one, and in two at once."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from anyio.to_thread import run_sync as in_thread

from loomlab.core.errors import MemoryStoreError
from loomlab.memory import CachedEmbedder, HashEmbedder, OpenAIEmbedder

pytestmark = pytest.mark.anyio
Make = Callable[..., CachedEmbedder]


class Counting(HashEmbedder):
    """Notes what it is asked for."""

    def __init__(self, dimensions: int = 16) -> None:
        super().__init__(dimensions)
        self.asked: list[list[str]] = []

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        self.asked.append(texts)
        return await super().embed_batch(texts)


@pytest.fixture
def inner() -> Counting:
    return Counting()


@pytest.fixture(params=["memory", "file"])
def make(request: pytest.FixtureRequest, inner: Counting, tmp_path: Path) -> Make:
    path = tmp_path / "deep" / "vectors.sqlite" if request.param == "file" else None
    return lambda max_items=100_000, of=inner: CachedEmbedder(of, path, max_items=max_items)


async def test_the_vectors_are_those_of_the_embedder_and_each_text_is_asked_for_once(
    make: Make, inner: Counting
) -> None:
    texts = ["tea", "coffee", "tea", "", "é\ud800", "茶"]
    expected = await HashEmbedder(16).embed_batch(texts)
    cache = make()
    assert await cache.embed_batch(texts) == expected
    assert inner.asked == [["tea", "coffee", "", "é\ud800", "茶"]]
    assert await cache.embed_batch([*texts, "milk"]) == [*expected, await HashEmbedder(16).embed("milk")]
    assert await cache.embed("tea") == await cache.embed_query("tea") == expected[0]
    assert inner.asked[1:] == [["milk"]]
    assert (cache.misses, cache.hits) == (6, 1 + 6 + 2)
    assert (cache.name, cache.dimensions) == (inner.name, 16)
    assert await cache.embed_batch([]) == []
    await cache.aclose()


async def test_what_is_handed_out_is_the_callers_own(make: Make) -> None:
    cache = make()
    first, again = await cache.embed_batch(["tea", "tea"])
    first[0] = again[0] = 99.0
    assert await cache.embed("tea") == await HashEmbedder(16).embed("tea")
    await cache.aclose()


async def test_numbers_come_back_exactly(make: Make) -> None:
    class Odd:
        name, dimensions = "odd", 5

        async def embed(self, text: str) -> list[float]:
            return [0.1, 1e-300, -0.0, 1e300, 3.0] if text == "wide" else [0.5, 1.0, -2.0, 0.25, 0.0]

        async def embed_batch(self, texts: list[str]) -> list[list[float]]:
            return [await self.embed(one) for one in texts]

    cache = make(of=Odd())
    for _ in range(2):
        assert await cache.embed_batch(["wide", "narrow"]) == await Odd().embed_batch(["wide", "narrow"])
    assert cache.hits == 2
    await cache.aclose()


async def test_what_was_not_asked_for_longest_goes_first(make: Make, inner: Counting) -> None:
    cache = make(3)
    await cache.embed_batch(["a", "b", "c"])
    await cache.embed("d")
    inner.asked.clear()
    await cache.embed_batch(["b", "c", "d"])
    assert inner.asked == []
    await cache.embed("a")
    assert inner.asked == [["a"]]
    await cache.aclose()
    with pytest.raises(ValueError, match="max_items must be at least 1, not 0"):
        make(0)


async def test_clear_forgets_all(make: Make, inner: Counting) -> None:
    cache = make()
    await cache.embed("a")
    await cache.clear()
    await cache.embed("a")
    assert inner.asked == [["a"], ["a"]]
    await cache.aclose()


async def test_a_failure_of_the_embedder_is_shown_and_keeps_nothing(make: Make, inner: Counting) -> None:
    class Failing(Counting):
        left = 1

        async def embed_batch(self, texts: list[str]) -> list[list[float]]:
            self.left -= 1
            if self.left >= 0:
                raise ConnectionError("gone")
            return await super().embed_batch(texts)

    cache = make(of=Failing())
    with pytest.raises(ConnectionError, match="gone"):
        await cache.embed("tea")
    assert await cache.embed("tea") == await inner.embed("tea")
    await cache.aclose()


async def test_a_file_outlives_the_process_and_holds_no_text(tmp_path: Path, inner: Counting) -> None:
    path = tmp_path / "vectors.sqlite"
    one = CachedEmbedder(inner, path)
    expected = await one.embed("a secret of ada")
    await one.aclose()
    again = CachedEmbedder(inner, path)
    assert await again.embed("a secret of ada") == expected
    assert (again.hits, again.misses, len(inner.asked)) == (1, 0, 1)
    await again.aclose()
    assert b"secret" not in await in_thread(path.read_bytes)


async def test_embedders_that_differ_share_a_file_and_no_vector(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    for dimensions in (8, 16):
        cache = CachedEmbedder(Counting(dimensions), path)
        assert len(await cache.embed("tea")) == dimensions
        assert cache.misses == 1
        await cache.aclose()
    ones = [
        OpenAIEmbedder(api_key="k"),
        OpenAIEmbedder(api_key="other key"),
        OpenAIEmbedder(api_key="k", dimensions=256),
        OpenAIEmbedder(api_key="k", base_url="http://localhost:1/v1"),
        OpenAIEmbedder("text-embedding-3-large", api_key="k"),
    ]
    assert len({one.identity for one in ones}) == 4
    assert ones[0].identity == ones[1].identity


async def test_questions_are_kept_apart_where_they_are_read_in_another_way() -> None:
    class Asking(Counting):
        async def embed_query(self, text: str) -> list[float]:
            self.asked.append([f"? {text}"])
            return [-1.0] * 16

    inner = Asking()
    cache = CachedEmbedder(inner)
    for _ in range(2):
        assert await cache.embed_query("tea") == [-1.0] * 16
        assert await cache.embed("tea") == await HashEmbedder(16).embed("tea")
    assert inner.asked == [["? tea"], ["tea"]]


async def test_a_file_that_is_something_else_is_an_error_with_a_remedy(tmp_path: Path, inner: Counting) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes " * 100, encoding="utf-8")
    with pytest.raises(MemoryStoreError, match=r"cached vectors in SQLite .*notes\.txt.*give another path"):
        await CachedEmbedder(inner, path).embed("a")
    with pytest.raises(MemoryStoreError, match="cached vectors"):
        await CachedEmbedder(inner, tmp_path).embed("a")
    assert inner.asked == []


async def test_a_file_that_takes_no_more_costs_a_warning_and_no_vector(tmp_path: Path, inner: Counting) -> None:
    import sqlite3

    path = tmp_path / "vectors.sqlite"
    cache = CachedEmbedder(inner, path)
    await cache.embed("a")

    def spoil() -> None:
        other = sqlite3.connect(path)
        other.execute("CREATE TRIGGER full BEFORE INSERT ON vectors BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
        other.close()

    await in_thread(spoil)
    with pytest.warns(RuntimeWarning, match="disk is full.*the vectors are used, but not kept"):
        assert await cache.embed("b") == await HashEmbedder(16).embed("b")
    assert await cache.embed("a") == await HashEmbedder(16).embed("a")
    await cache.aclose()


async def test_many_tasks_at_once_get_what_is_right(make: Make) -> None:
    cache = make(20)
    texts = [f"text {number}" for number in range(30)]
    expected = await HashEmbedder(16).embed_batch(texts)
    async with anyio.create_task_group() as group:
        for start in range(12):

            async def ask(start: int = start) -> None:
                for at in range(start, 30, 3):
                    assert await cache.embed_batch(texts[at : at + 2]) == expected[at : at + 2]

            group.start_soon(ask)
    await cache.aclose()


WORK = """
import sys, anyio
from loomlab.memory import CachedEmbedder, HashEmbedder

async def main():
    cache = CachedEmbedder(HashEmbedder(16), sys.argv[1], max_items=150)
    plain = HashEmbedder(16)
    for number in range(200):
        text = f"text {number % 120}"
        assert await cache.embed(text) == await plain.embed(text)
    await cache.aclose()
    print(cache.hits, cache.misses)

anyio.run(main)
"""


def test_two_processes_at_once_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    command = [sys.executable, "-W", "error", "-c", WORK, str(path)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        for _ in range(2)
    ]
    counts = []
    for one in both:
        said, wrong = one.communicate(timeout=60)
        assert one.returncode == 0, wrong
        counts.append([int(number) for number in said.split()])
    assert [sum(one) for one in counts] == [200, 200]
    # Each finds what it embedded itself, at least; a third one finds all.
    assert all(hits >= 80 for hits, _ in counts)
    third = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert third.stdout.split() == ["200", "0"]
