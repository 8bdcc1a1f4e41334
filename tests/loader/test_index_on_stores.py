"""Folders kept up to date in every store there is: what is paid for, what is found, and by whom."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest

from loomlab.loader import IndexReport, MarkdownChunker, index
from loomlab.memory import HashEmbedder
from loomlab.vectorstore import ChromaVectorStore, FAISSVectorStore, InMemoryVectorStore, PostgresVectorStore

pytestmark = pytest.mark.anyio
STORES = ["memory", "faiss", "faiss flat", "chroma", "postgres"]


class Watched(HashEmbedder):
    """Counts its calls and texts; waits for ever at the call ``stop_at``, as a provider far away would."""

    calls = texts = stop_at = 0
    reached: anyio.Event

    async def embed(self, text: str) -> list[float]:
        self.calls += 1
        return await super().embed(text)

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        self.calls += 1
        self.texts += len(texts)
        if self.calls == self.stop_at:
            self.reached.set()
            await anyio.sleep_forever()
        return await super().embed_batch(texts)

    def forget(self, stop_at: int = 0) -> None:
        self.calls = self.texts = 0
        self.stop_at, self.reached = stop_at, anyio.Event()


@pytest.fixture
def embedder() -> Watched:
    return Watched(64)


@pytest.fixture(params=STORES)
def make_store(request: pytest.FixtureRequest, embedder: Watched, tmp_path: Path) -> Callable[[], Any]:
    """A function that opens the same store each time."""
    table = f"chunks_{uuid4().hex[:12]}"
    if request.param == "postgres":
        dsn = request.getfixturevalue("postgres_dsn")
        return lambda: PostgresVectorStore(embedder, dsn=dsn, table=table)
    if request.param == "chroma":
        return lambda: ChromaVectorStore(embedder, collection_name="chunks", persist_directory=tmp_path / "chroma")
    if request.param == "memory":
        return lambda: InMemoryVectorStore(embedder)
    kind = "Flat" if request.param == "faiss flat" else "HNSW32"
    return lambda: FAISSVectorStore(embedder, index_factory_string=kind)


@pytest.fixture
async def store(make_store: Callable[[], Any]) -> AsyncIterator[Any]:
    made = make_store()
    yield made
    close = getattr(made, "aclose", None)
    if close is not None:
        await close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    (root / "inner").mkdir(parents=True)
    write(root / "tea.md", "# Tea\n\nGreen tea steeps for two minutes.\n\n# Cups\n\nWarm the cups before tea.\n")
    write(root / "inner" / "coffee.txt", "Coffee is ground coarsely for a press.\n")
    write(root / "prices.csv", "drink,price\ncocoa,3\n")
    return root


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def long(words: str, parts: int = 700) -> str:
    return "".join(f"# Part {number}\n\n{words} {number}\n\n" for number in range(parts))


async def told(store: Any, **filter: Any) -> list[tuple[str, str]]:
    """All that the store holds: file name and text."""
    found = await store.search("tea", k=5000, filter=filter or None)
    return sorted((Path(one.chunk.metadata["path"]).name, one.chunk.content) for one in found)


def names(sources: list[str]) -> list[str]:
    return sorted(Path(one).name for one in sources)


async def test_the_first_time_all_is_embedded_and_an_unchanged_folder_costs_no_call(
    store: Any, folder: Path, embedder: Watched
) -> None:
    report = await index(folder, store, chunker=MarkdownChunker(40, 0))
    assert names(report.added) == ["coffee.txt", "prices.csv", "tea.md"]
    assert report.chunks == embedder.texts == await store.count() == len(await told(store))
    held = await told(store)
    embedder.forget()
    again = await index(folder, store, chunker=MarkdownChunker(40, 0))
    assert (len(again.unchanged), again.chunks, embedder.calls) == (3, 0, 0)
    assert await told(store) == held
    (hit,) = await store.search("how long does green tea steep", k=1)
    text = (folder / "tea.md").read_text(encoding="utf-8")
    assert "Green tea steeps" in text[hit.chunk.metadata["start"] : hit.chunk.metadata["end"]]


async def test_only_a_changed_file_is_paid_for(store: Any, folder: Path, embedder: Watched) -> None:
    await index(folder, store)
    embedder.forget()
    write(folder / "tea.md", "# Tea\n\nBlack tea steeps for four minutes.\n")
    report = await index(folder, store)
    assert (names(report.changed), report.added, report.removed) == (["tea.md"], [], [])
    assert (embedder.calls, embedder.texts) == (1, 1)
    held = [text for name, text in await told(store) if name == "tea.md"]
    assert held == ["# Tea\n\nBlack tea steeps for four minutes."]


async def test_a_deleted_file_is_gone_for_nothing(store: Any, folder: Path, embedder: Watched) -> None:
    await index(folder, store)
    embedder.forget()
    (folder / "tea.md").unlink()
    report = await index(folder, store)
    assert (names(report.removed), len(report.unchanged), embedder.calls) == (["tea.md"], 2, 0)
    assert {name for name, _ in await told(store)} == {"coffee.txt", "prices.csv"}
    assert (await index(folder, store)).removed == []


async def test_a_renamed_file_is_found_under_its_new_name_only(store: Any, folder: Path) -> None:
    await index(folder, store)
    before = await store.count()
    (folder / "tea.md").rename(folder / "inner" / "leaves.md")
    report = await index(folder, store)
    assert (names(report.added), names(report.removed)) == (["leaves.md"], ["tea.md"])
    assert await store.count() == before
    assert {name for name, _ in await told(store)} == {"coffee.txt", "prices.csv", "leaves.md"}


async def test_a_bad_file_among_good_ones_is_named_and_its_old_words_stay(store: Any, folder: Path) -> None:
    await index(folder, store)
    held = await told(store)
    (folder / "tea.md").write_bytes(b"\0\1\2\3" * 50)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    write(folder / "new.md", "# New\n\nWater boils.\n")
    report = await index(folder, store)
    assert names([one.source for one in report.failed]) == ["broken.pdf", "tea.md"]
    assert {Path(one.source).name: one.kept for one in report.failed} == {"tea.md": True, "broken.pdf": False}
    assert names(report.added) == ["new.md"]
    assert await told(store) == sorted([*held, ("new.md", "# New\n\nWater boils.")])


@pytest.mark.parametrize("stop_at", [1, 2, 3])
async def test_cancelled_in_the_middle_and_done_again(
    stop_at: int, store: Any, folder: Path, embedder: Watched
) -> None:
    await index(folder, store)
    held = await told(store)
    write(folder / "tea.md", long("new words"))
    embedder.forget(stop_at)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(index, folder, store)
            await embedder.reached.wait()
            group.cancel_scope.cancel()
    assert await told(store) == held
    embedder.forget()
    report = await index(folder, store)
    assert (names(report.changed), len(report.unchanged)) == (["tea.md"], 2)
    assert len([name for name, _ in await told(store) if name == "tea.md"]) == report.chunks == 700
    assert not any("Green tea" in text for _, text in await told(store))
    embedder.forget()
    assert len((await index(folder, store)).unchanged) == 3
    assert embedder.calls == 0


async def test_two_users_in_one_store_never_see_each_other(store: Any, tmp_path: Path, embedder: Watched) -> None:
    roots = {user: tmp_path / user for user in ("ada", "ben")}
    for user, root in roots.items():
        root.mkdir()
        write(root / "notes.md", f"# Notes\n\nThe tea of {user} is secret.\n")
        await index(root, store, metadata={"user_id": user})
    shared = tmp_path / "shared"
    shared.mkdir()
    write(shared / "rules.md", "# Rules\n\nTea is served at four.\n")
    for user in roots:  # the same file, in each one's own part
        await index(shared, store, metadata={"user_id": user})
    for user, other in (("ada", "ben"), ("ben", "ada")):
        for found in (
            await store.search("the secret tea", k=50, filter={"user_id": user}),
            await store.search_hybrid("the secret tea", k=50, filter={"user_id": user}),
        ):
            texts = " ".join(one.chunk.content for one in found)
            assert len(found) == 2
            assert f"tea of {user}" in texts
            assert other not in texts
    embedder.forget()
    # What ada changes, deletes or forgets is nobody else's affair.
    write(shared / "rules.md", "# Rules\n\nTea is served at five.\n")
    await index(shared, store, metadata={"user_id": "ada"})
    assert ("rules.md", "# Rules\n\nTea is served at four.") in await told(store, user_id="ben")
    assert ("rules.md", "# Rules\n\nTea is served at five.") in await told(store, user_id="ada")
    (roots["ada"] / "notes.md").unlink()
    report: IndexReport = await index(roots["ada"], store, metadata={"user_id": "ada"})
    assert names(report.removed) == ["notes.md"]
    assert await store.forget(user_id="ada") == 1
    assert [name for name, _ in await told(store)] == ["notes.md", "rules.md"]
    assert {text for _, text in await told(store, user_id="ben")} == {
        "# Notes\n\nThe tea of ben is secret.",
        "# Rules\n\nTea is served at four.",
    }
    assert (await index(roots["ben"], store, metadata={"user_id": "ben"})).unchanged


@pytest.mark.parametrize("make_store", ["chroma", "postgres"], indirect=True)
async def test_another_process_finds_the_folder_unchanged(
    make_store: Callable[[], Any], folder: Path, embedder: Watched
) -> None:
    for calls in (3, 0):
        embedder.forget()
        store = make_store()
        await index(folder, store)
        assert embedder.calls == calls
        if hasattr(store, "aclose"):
            await store.aclose()


async def test_a_saved_faiss_index_opened_again_is_up_to_date(folder: Path, embedder: Watched, tmp_path: Path) -> None:
    store = FAISSVectorStore(embedder)
    await index(folder, store)
    await store.save(tmp_path / "saved")
    embedder.forget()
    opened = await FAISSVectorStore.load(tmp_path / "saved", embedder=embedder)
    assert len((await index(folder, opened)).unchanged) == 3
    assert embedder.calls == 0


async def test_a_store_that_takes_nothing_stops_the_work(folder: Path) -> None:
    """A file that can't be read is its own affair; a store that can't be written to is everybody's."""

    class Full(InMemoryVectorStore):
        async def add(self, *_: Any, **__: Any) -> list[str]:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        await index(folder, Full(HashEmbedder(8)))
