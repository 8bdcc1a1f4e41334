"""The corpus of the repository: every question's passage is found where its key says."""

import json
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from loomlab.core.documents import Document
from loomlab.loader import MarkdownChunker, index, load
from loomlab.memory import HashEmbedder
from loomlab.vectorstore import InMemoryVectorStore


@pytest.fixture(scope="module")
def corpus(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "datasets" / "handbook"


@pytest.fixture(scope="module")
def documents(corpus: Path) -> dict[str, Document]:
    return {path.name: load(path) for path in sorted((corpus / "files").iterdir())}


@pytest.fixture(scope="module")
def cases(corpus: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (corpus / "cases.jsonl").read_text(encoding="utf-8").splitlines()]


def test_it_is_small_and_of_every_kind(
    corpus: Path, documents: dict[str, Document], cases: list[dict[str, Any]]
) -> None:
    assert {one.metadata["format"] for one in documents.values()} == {"pdf", "docx", "xlsx", "csv", "html", "md", "txt"}
    assert sum(path.stat().st_size for path in corpus.rglob("*")) < 1_000_000
    assert {one["cluster"] for one in cases} == set(documents)


def test_every_passage_is_in_a_chunk_of_the_right_place(
    documents: dict[str, Document], cases: list[dict[str, Any]]
) -> None:
    for case in cases:
        told = case["metadata"]
        chunks = MarkdownChunker().split(documents[told["source"]])
        (holding, *_) = [one for one in chunks if told["passage"] in one.content]
        assert all(holding.metadata[key] == told[key] for key in ("page", "sheet") if key in told), case["id"]
        assert any(answer.lower() in told["passage"].lower() for answer in case["target"][:1]), case["id"]


@pytest.mark.anyio
async def test_most_questions_find_their_passage_by_words_alone(corpus: Path, cases: list[dict[str, Any]]) -> None:
    store = InMemoryVectorStore(HashEmbedder(1024))
    report = await index(corpus / "files", store)
    assert (len(report.added), report.failed, report.warnings) == (14, [], [])
    hits = 0
    for case in cases:
        found = await store.search_hybrid(case["input"], k=4)
        hits += any(case["metadata"]["passage"] in one.chunk.content for one in found)
    assert hits >= 30
    cards = await anyio.to_thread.run_sync((corpus / "card.toml").read_text, "utf-8")
    assert "CC0-1.0" in cards
