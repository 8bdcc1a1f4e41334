"""The heavy PDF backends at their boundary: stand-ins with the surface that the real packages document."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fpdf import FPDF

from loomlab.core.errors import ConfigError
from loomlab.loader import DocumentError, MarkdownChunker, index, load_pdf
from loomlab.memory import HashEmbedder
from loomlab.vectorstore import InMemoryVectorStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = FPDF()
    for _ in range(3):
        made.add_page()
    made.output(str(tmp_path / "report.pdf"))
    return tmp_path / "report.pdf"


class Element:
    """What all elements of ``unstructured`` have."""

    def __init__(self, text: str, page: int | None, text_as_html: str | None = None) -> None:
        self.text = text
        self.metadata = SimpleNamespace(page_number=page, text_as_html=text_as_html)


class Title(Element): ...


class NarrativeText(Element): ...


class ListItem(Element): ...


class Table(Element): ...


class PageBreak(Element): ...


ELEMENTS = [
    Title("Yearly\nreport", 1),
    NarrativeText("All is well.\n## Page 9", 1),
    PageBreak("", 1),
    ListItem("first", 3),
    Table("a b 1 2", 3, "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"),
    Table("without lines", None),
]


@pytest.fixture
def unstructured(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """``unstructured.partition.pdf.partition_pdf``: what it was asked, and what it is to answer."""
    told: dict[str, Any] = {"elements": ELEMENTS}

    def partition_pdf(
        filename: str | None = None,
        file: Any = None,
        include_page_breaks: bool = False,
        strategy: str = "auto",
        infer_table_structure: bool = False,
        languages: list[str] | None = None,
        **kwargs: Any,
    ) -> list[Element]:
        assert not kwargs
        told.update(filename=filename, strategy=strategy, tables=infer_table_structure, languages=languages)
        if isinstance(told["elements"], Exception):
            raise told["elements"]
        return list(told["elements"])

    for name in ("unstructured", "unstructured.partition", "unstructured.partition.pdf"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(sys.modules["unstructured.partition.pdf"], "partition_pdf", partition_pdf, raising=False)
    return told


@pytest.fixture
def docling(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """``docling.document_converter.DocumentConverter``: the Markdown of each page, and its errors."""
    told: dict[str, Any] = {"pages": {}, "errors": []}

    class DoclingDocument:
        @property
        def pages(self) -> dict[int, Any]:
            return {number: SimpleNamespace(page_no=number) for number in told["pages"]}

        def export_to_markdown(self, *, page_no: int | None = None) -> str:
            assert page_no is not None
            found = told["pages"][page_no]
            if isinstance(found, Exception):
                raise found
            return str(found)

    class DocumentConverter:
        def convert(self, source: Path | str, *, raises_on_error: bool = True) -> Any:
            told["source"] = source
            if isinstance(told["pages"], Exception):
                raise told["pages"]
            errors = [SimpleNamespace(component_type="model", error_message=one) for one in told["errors"]]
            return SimpleNamespace(status="success", document=DoclingDocument(), errors=errors)

    for name in ("docling", "docling.document_converter"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(
        sys.modules["docling.document_converter"], "DocumentConverter", DocumentConverter, raising=False
    )
    return told


def test_elements_become_markdown_by_page(path: Path, unstructured: dict[str, Any]) -> None:
    with pytest.warns(RuntimeWarning, match=r"'unstructured' \(hi_res\) found nothing on page 2 of 3"):
        found = load_pdf(path, backend="unstructured", strategy="hi_res", languages=["deu", "eng"])
    assert found.content == (
        "# report\n\n## Page 1\n\n### Yearly report\n\nAll is well.\n\\## Page 9\n\nwithout lines\n\n"
        "## Page 2\n\n## Page 3\n\n- first\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"
    )
    assert found.metadata == {
        "source": str(path), "format": "pdf", "page_count": 3, "title": "report", "backend": "unstructured",
        "strategy": "hi_res", "empty_pages": [2],
    }  # fmt: skip
    assert unstructured["filename"] == str(path)
    assert (unstructured["strategy"], unstructured["tables"], unstructured["languages"]) == (
        "hi_res", True, ["deu", "eng"],
    )  # fmt: skip
    pages = {one.content.split("\n")[-1]: one.metadata["page"] for one in MarkdownChunker(40, 0).split(found)}
    assert (pages["without lines"], pages["| 1 | 2 |"]) == (1, 3)


def test_the_fast_strategy_asks_for_no_tables_and_no_language(path: Path, unstructured: dict[str, Any]) -> None:
    unstructured["elements"] = [NarrativeText("words", number) for number in (1, 2, 3)]
    assert "empty_pages" not in load_pdf(path, backend="unstructured").metadata
    assert (unstructured["strategy"], unstructured["tables"], unstructured["languages"]) == ("fast", False, None)


@pytest.mark.parametrize("elements", [[], [PageBreak("", 1), NarrativeText("  ", 2)]])
def test_no_elements_are_an_error(elements: list[Any], path: Path, unstructured: dict[str, Any]) -> None:
    unstructured["elements"] = elements
    with pytest.raises(
        DocumentError, match=r"'unstructured' \(fast\) found no text in report\.pdf \(3 pages\).*ocr_only"
    ):
        load_pdf(path, backend="unstructured")


def test_pages_of_docling_stand_under_their_numbers(path: Path, docling: dict[str, Any]) -> None:
    docling["pages"] = {
        2: "## Costs\n\n| a |\n|---|\n| 1 |\n\n```\n# a note in code\n```",
        1: "# Report\n\nWords.",
        3: "",
    }
    docling["errors"] = ["page 3: no\nlayout"]
    with pytest.warns(RuntimeWarning) as warned:
        found = load_pdf(path, backend="docling")
    assert found.content == (
        "# report\n\n## Page 1\n\n### Report\n\nWords.\n\n"
        "## Page 2\n\n#### Costs\n\n| a |\n|---|\n| 1 |\n\n```\n# a note in code\n```\n\n## Page 3"
    )
    assert docling["source"] == str(path)
    assert (found.metadata["backend"], found.metadata["strategy"], found.metadata["empty_pages"]) == (
        "docling", "layout", [3],
    )  # fmt: skip
    assert [str(one.message) for one in warned] == [
        "report.pdf: the backend 'docling' says: page 3: no layout",
        "report.pdf: the backend 'docling' (layout) found nothing on page 3 of 3",
    ]


def test_one_bad_page_of_docling_costs_that_page(path: Path, docling: dict[str, Any]) -> None:
    docling["pages"] = {1: "one", 2: KeyError("lost"), 3: "three"}
    with pytest.warns(RuntimeWarning) as warned:
        found = load_pdf(path, backend="docling")
    assert "failed on page 2 (KeyError: 'lost')" in str(warned[0].message)
    assert found.metadata["empty_pages"] == [2]
    assert "three" in found.content


@pytest.mark.parametrize("pages", [{}, {1: "", 2: " ", 3: "\n"}])
def test_docling_that_finds_nothing_is_an_error(pages: dict[int, str], path: Path, docling: dict[str, Any]) -> None:
    docling["pages"] = pages
    with pytest.raises(DocumentError, match=r"'docling' \(layout\) found no text in report\.pdf"):
        load_pdf(path, backend="docling")


@pytest.mark.parametrize("backend", ["unstructured", "docling"])
def test_a_backend_that_fails_is_a_warning_and_an_empty_document(
    backend: str, path: Path, unstructured: dict[str, Any], docling: dict[str, Any]
) -> None:
    unstructured["elements"] = docling["pages"] = RuntimeError("poppler is not installed")
    with pytest.warns(RuntimeWarning, match=rf"{backend}' failed \(RuntimeError: poppler is not installed\)"):
        found = load_pdf(path, backend=backend)
    assert (found.content, found.metadata["backend"]) == ("", backend)


@pytest.mark.parametrize(("backend", "remedy"), [("unstructured", r"'unstructured\[pdf\]'"), ("docling", "docling")])
def test_a_missing_package_is_one_sentence_with_the_remedy(
    backend: str, remedy: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(ConfigError, match=rf"the backend '{backend}' needs its package.*pip install {remedy}$"):
        load_pdf(path, backend=backend)


def test_a_file_of_blank_pages_says_so(path: Path) -> None:
    with pytest.warns(RuntimeWarning, match=r"report\.pdf: none of its 3 pages has text"):
        assert load_pdf(path).metadata["empty_pages"] == [1, 2, 3]


@pytest.mark.anyio
async def test_an_index_says_why_a_file_of_blank_pages_is_not_in_it(path: Path) -> None:
    store = InMemoryVectorStore(HashEmbedder(8))
    report = await index(path, store)
    assert "none of its 3 pages has text" in report.failed[0].reason
    assert await store.count() == 0
