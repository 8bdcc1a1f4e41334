"""The heavy readers of PDF files, for pages that need OCR or a model of layout: used if they are installed."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loomlab.core.documents import Document
from loomlab.core.errors import ConfigError
from loomlab.loader.html import table_of
from loomlab.loader.marking import one_line, plain
from loomlab.loader.outline import outline
from loomlab.loader.problems import DocumentError, breathe, warn

_LOWEST = 4
"""Headings below this rank can't be lowered by two."""


def load_with_unstructured(path: Path, source: str, strategy: str, languages: Sequence[str] | None) -> Document:
    """A PDF by ``unstructured``. RuntimeWarning for every page it gives nothing of, and for a failure."""
    try:
        from unstructured.partition.pdf import partition_pdf
    except ImportError:
        raise ConfigError(
            "the backend 'unstructured' needs its package (several GB): pip install 'unstructured[pdf]'"
        ) from None
    try:
        elements = partition_pdf(
            filename=str(path),
            strategy=strategy,
            languages=list(languages) if languages else None,
            infer_table_structure=strategy == "hi_res",
        )
    except Exception as exc:  # a backend of many parts fails in many ways
        return _failed(path, source, "unstructured", strategy, exc)
    pages: dict[int, list[str]] = defaultdict(list)
    for one in elements:
        if text := _element(one, path.name):
            pages[int(getattr(one.metadata, "page_number", None) or 1)].append(text)
    return _document(path, source, "unstructured", strategy, pages)


def _element(one: Any, name: str) -> str:
    """An element of ``unstructured`` as Markdown; its class says what it is."""
    text = str(getattr(one, "text", "") or "").strip()
    if not text:
        return ""
    kind = type(one).__name__
    if kind == "Title":
        return f"### {one_line(text)}"
    if kind == "ListItem":
        return f"- {one_line(text)}"
    as_html = getattr(one.metadata, "text_as_html", None) if kind == "Table" else None
    return (table_of(str(as_html), name) if as_html else "") or plain(text)


def load_with_docling(path: Path, source: str) -> Document:
    """A PDF by ``docling``. RuntimeWarning for every page it gives nothing of, and for a failure."""
    try:
        from docling.document_converter import DocumentConverter
    except ImportError:
        raise ConfigError("the backend 'docling' needs its package (over 1 GB): pip install docling") from None
    pages: dict[int, list[str]] = {}
    try:
        result = DocumentConverter().convert(str(path))
        numbers = [int(number) for number in result.document.pages]
    except Exception as exc:  # a backend of many parts fails in many ways
        return _failed(path, source, "docling", "layout", exc)
    for problem in getattr(result, "errors", None) or ():
        warn(f"{path.name}: the backend 'docling' says: {one_line(str(getattr(problem, 'error_message', problem)))}")
    for number in sorted(numbers):
        breathe()
        try:
            text = result.document.export_to_markdown(page_no=number).strip()
        except Exception as exc:  # one page is no reason to give up the others
            warn(f"{path.name}: the backend 'docling' failed on page {number} ({type(exc).__name__}: {exc})")
            text = ""
        pages[number] = [_lowered(text)] if text else []
    return _document(path, source, "docling", "layout", pages)


def _lowered(text: str) -> str:
    """Headings of a page stand under the page's own; a ``#`` in code is none."""
    for one in reversed(outline(text).headings):
        if one.rank <= _LOWEST and text.startswith("#", one.start):
            text = f"{text[: one.start]}##{text[one.start :]}"
    return text


def _document(path: Path, source: str, backend: str, strategy: str, pages: dict[int, list[str]]) -> Document:
    count = max(max(pages, default=0), _pages(path))
    if not any(pages.values()):
        raise DocumentError(
            f"the backend {backend!r} ({strategy}) found no text in {path.name} ({count} pages): if they are pictures,"
            ' try load_pdf(path, backend="unstructured", strategy="ocr_only")'
        )
    empty = [number for number in range(1, count + 1) if not pages.get(number)]
    if empty:
        warn(
            f"{path.name}: the backend {backend!r} ({strategy}) found nothing on page"
            f" {', '.join(map(str, empty[:20]))}{', …' if len(empty) > 20 else ''} of {count}"
        )
    parts = [f"# {path.stem}"]
    parts += ["\n\n".join([f"## Page {number}", *pages.get(number, [])]) for number in range(1, count + 1)]
    metadata = _metadata(source, path, backend, strategy, count)
    return Document("\n\n".join(parts), metadata | ({"empty_pages": empty} if empty else {}))


def _failed(path: Path, source: str, backend: str, strategy: str, exc: Exception) -> Document:
    warn(f"{path.name}: the backend {backend!r} failed ({type(exc).__name__}: {exc}); the document is empty")
    return Document("", _metadata(source, path, backend, strategy, 0))


def _metadata(source: str, path: Path, backend: str, strategy: str, count: int) -> dict[str, Any]:
    return {
        "source": source,
        "format": "pdf",
        "page_count": count,
        "title": path.stem,
        "backend": backend,
        "strategy": strategy,
    }


def _pages(path: Path) -> int:
    """How many pages the file has; 0 if pypdfium2 is not there to say."""
    try:
        import pypdfium2
    except ImportError:
        return 0
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        return 0
    count = len(pdf)
    pdf.close()
    return count
