"""A store kept up to date with files, whatever happens in between."""

import os
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from anyio.to_thread import run_sync as in_thread

from loomlab.core.documents import Chunk
from loomlab.loader import IndexProgress, MarkdownChunker, RecursiveChunker, cite, index, load, passage
from loomlab.memory import HashEmbedder
from loomlab.vectorstore import InMemoryVectorStore

pytestmark = pytest.mark.anyio


class Counting(HashEmbedder):
    """Counts the texts it is asked for."""

    embedded = 0

    async def embed(self, text: str) -> list[float]:
        self.embedded += 1
        return await super().embed(text)

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return await super().embed_batch(texts)


@pytest.fixture
def embedder() -> Counting:
    return Counting(32)


@pytest.fixture
def store(embedder: Counting) -> InMemoryVectorStore:
    return InMemoryVectorStore(embedder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    (root / "inner").mkdir(parents=True)
    (root / "a.md").write_text("# Tea\n\nGreen tea steeps for two minutes.\n", encoding="utf-8")
    (root / "inner" / "b.txt").write_text("Coffee is ground coarsely for a press.\n", encoding="utf-8")
    (root / "c.csv").write_text("drink,price\ncocoa,3\n", encoding="utf-8")
    return root


async def sources(store: InMemoryVectorStore) -> set[str]:
    found = await store.search("x", k=10_000)
    return {Path(one.chunk.metadata["source"]).name for one in found}


async def test_a_folder_is_indexed_and_an_unchanged_one_costs_nothing(
    folder: Path, store: InMemoryVectorStore, embedder: Counting
) -> None:
    seen: list[IndexProgress] = []
    report = await index(folder, store, on_progress=seen.append)
    assert [Path(one).name for one in report.added] == ["a.md", "c.csv", "b.txt"]
    assert [(one.done, one.total, one.outcome) for one in seen] == [(1, 3, "added"), (2, 3, "added"), (3, 3, "added")]
    assert report.chunks == await store.count() == 3
    before = embedder.embedded
    again = await index(folder, store)
    assert (len(again.unchanged), again.added, again.chunks) == (3, [], 0)
    assert embedder.embedded == before
    assert str(again) == "3 unchanged; 0 new chunks"


async def test_changed_files_are_replaced_and_deleted_ones_removed(folder: Path, store: InMemoryVectorStore) -> None:
    await index(folder, store)
    (folder / "a.md").write_text("# Tea\n\nBlack tea steeps for four minutes.\n", encoding="utf-8")
    (folder / "c.csv").unlink()
    report = await index(folder, store)
    assert [Path(one).name for one in report.changed] == ["a.md"]
    assert [Path(one).name for one in report.removed] == ["c.csv"]
    assert await sources(store) == {"a.md", "b.txt"}
    texts = [one.chunk.content for one in await store.search("tea", k=10)]
    assert any("Black tea" in one for one in texts)
    assert not any("Green tea" in one for one in texts)


async def test_another_chunker_reads_unchanged_files_again(folder: Path, store: InMemoryVectorStore) -> None:
    await index(folder, store)
    report = await index(folder, store, chunker=RecursiveChunker(20, 0))
    assert len(report.changed) == 3
    assert await store.count() == report.chunks > 3


async def test_a_bad_file_is_reported_and_what_was_known_of_it_stays(folder: Path, store: InMemoryVectorStore) -> None:
    await index(folder, store)
    (folder / "a.md").write_bytes(b"\0\1\2\3" * 50)
    (folder / "z.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / "z.png").write_bytes(b"\x89PNG")
    report = await index(folder, store)
    failed = {Path(one.source).name: one for one in report.failed}
    assert set(failed) == {"a.md", "z.pdf"}
    assert failed["a.md"].kept
    assert "is not text" in failed["a.md"].reason
    assert "damaged or cut short" in failed["z.pdf"].reason
    assert [(Path(one.source).name, one.reason) for one in report.skipped] == [
        ("z.png", "unsupported extension '.png'")
    ]
    assert await sources(store) == {"a.md", "b.txt", "c.csv"}


async def test_a_scanned_pdf_is_a_failure_that_names_its_pages(tmp_path: Path, store: InMemoryVectorStore) -> None:
    from fpdf import FPDF
    from PIL import Image

    made = FPDF()
    made.add_page()
    made.image(Image.new("RGB", (40, 40), "navy"), 10, 10, 50)
    made.output(str(tmp_path / "scan.pdf"))
    report = await index(tmp_path / "scan.pdf", store)
    assert "page 1 of 1 has no text, only pictures: OCR is needed" in report.failed[0].reason
    assert await store.count() == 0


async def test_links_are_not_followed_unless_asked_and_never_in_circles(
    folder: Path, tmp_path: Path, store: InMemoryVectorStore
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("the secret words", encoding="utf-8")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "inner" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "away").symlink_to(outside, target_is_directory=True)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    os.mkfifo(folder / "pipe.txt")
    report = await index(folder, store)
    assert len(report.added) == 3
    assert {Path(one.source).name for one in report.skipped} == {"loop", "up", "away", "self.txt", "pipe.txt"}
    followed = await index(folder, store, follow_links=True)
    assert [Path(one).name for one in followed.added] == ["secret.txt"]


async def test_a_glob_chooses_and_what_it_leaves_out_stays(folder: Path, store: InMemoryVectorStore) -> None:
    await index(folder, store)
    report = await index(folder, store, glob="*.md")
    assert (len(report.unchanged), report.removed) == (1, [])
    assert len((await index(folder, store, glob="inner/*.txt")).unchanged) == 1
    assert len((await index(folder, store, glob="**/*.txt")).unchanged) == 1
    assert await store.count() == 3


async def test_two_users_index_the_same_folder_apart(folder: Path, store: InMemoryVectorStore) -> None:
    await index(folder, store, metadata={"user_id": "ada"})
    report = await index(folder, store, metadata={"user_id": "bob"})
    assert len(report.added) == 3
    (folder / "a.md").unlink()
    await index(folder, store, metadata={"user_id": "ada"})
    found = [one.chunk.metadata for one in await store.search("tea", k=10)]
    assert [one["user_id"] for one in found if one["source"].endswith("a.md")] == ["bob"]


async def test_what_is_not_there_and_never_was_is_an_error(tmp_path: Path, store: InMemoryVectorStore) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file or folder"):
        await index(tmp_path / "none", store)
    (tmp_path / "a.txt").write_text("words", encoding="utf-8")
    await index([tmp_path / "a.txt"], store)
    (tmp_path / "a.txt").unlink()
    report = await index([tmp_path / "a.txt"], store)
    assert len(report.removed) == 1
    assert await store.count() == 0


class Stopping(InMemoryVectorStore):
    """Waits for ever at the n-th addition, as a store far away would."""

    calls = 0
    stop_at = 0
    reached: anyio.Event

    async def add(self, chunks: Sequence[Chunk], ids: Sequence[str] | None = None) -> list[str]:
        self.calls += 1
        if self.calls == self.stop_at:
            self.reached.set()
            await anyio.sleep_forever()
        return await super().add(chunks, ids)


@pytest.mark.parametrize("stop_at", [1, 2, 3])
async def test_cancelling_in_a_large_file_leaves_the_old_one(stop_at: int, tmp_path: Path, embedder: Counting) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Old\n\nold words\n", encoding="utf-8")
    store = Stopping(embedder)
    await index(path, store)
    path.write_text("".join(f"# Part {n}\n\nnew words {n}\n\n" for n in range(700)), encoding="utf-8")
    store.calls, store.stop_at, store.reached = 0, stop_at, anyio.Event()
    with anyio.move_on_after(5) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(index, path, store)
            await store.reached.wait()
            group.cancel_scope.cancel()
    assert not scope.cancelled_caught
    assert [one.chunk.content for one in await store.search("words", k=9999)] == ["# Old\n\nold words"]
    store.stop_at = 0
    report = await index(path, store)
    assert len(report.changed) == 1
    assert await store.count() == report.chunks == 700


async def test_a_process_that_died_half_way_is_made_good(tmp_path: Path, embedder: Counting) -> None:
    path = tmp_path / "a.md"
    path.write_text("".join(f"# Part {n}\n\nwords {n}\n\n" for n in range(700)), encoding="utf-8")

    class Dying(InMemoryVectorStore):
        left = 2

        async def add(self, chunks: Sequence[Chunk], ids: Sequence[str] | None = None) -> list[str]:
            self.left -= 1
            if self.left < 0:
                raise ConnectionError("gone")
            return await super().add(chunks, ids)

        async def delete(self, ids: Sequence[str]) -> None:
            if self.left >= 0:
                await super().delete(ids)

    store = Dying(embedder)
    with pytest.raises(ConnectionError):
        await index(path, store)
    assert 0 < await store.count() < 700
    store.left = 1000
    path.write_text("# Now short\n\nwords\n", encoding="utf-8")
    await index(path, store)
    assert [one.chunk.content for one in await store.search("words", k=9999)] == ["# Now short\n\nwords"]


async def test_a_found_chunk_opens_its_passage(folder: Path, store: InMemoryVectorStore) -> None:
    await index(folder, store, chunker=MarkdownChunker(60, 0))
    (hit,) = await store.search("how long does green tea steep", k=1)
    assert cite(hit.chunk) == "a.md, Tea"
    opened = await in_thread(passage, hit.chunk)
    assert (opened.text, opened.changed) == (hit.chunk.content, False)
    (folder / "a.md").write_text("# News\n\nmoved\n\n# Tea\n\nGreen tea steeps for two minutes.\n", encoding="utf-8")
    moved = await in_thread(passage, hit.chunk)
    assert (moved.changed, moved.before.strip()) == (False, "# News\n\nmoved")
    (folder / "a.md").write_text("nothing of it", encoding="utf-8")
    assert (await in_thread(passage, hit.chunk)).changed
    other = await in_thread(load, folder / "inner" / "b.txt")
    assert passage(hit.chunk, other).changed
    with pytest.raises(ValueError, match="does not say where it stands"):
        passage(Chunk("x"))
