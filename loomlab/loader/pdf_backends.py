"""The heavy readers of PDF files, for pages that need OCR or a model of layout: used if they are installed."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loomlab.core.documents import Document
from loomlab.core.errors import ConfigError
from loomlab.loader.marking import one_line, plain
from loomlab.loader.problems import warn


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
            filename=str(path), strategy=strategy, languages=list(languages) if languages else None
        )
    except Exception as exc:  # a backend of many parts fails in many ways
        return _failed(path, source, "unstructured", strategy, exc)
    pages: dict[int, list[str]] = defaultdict(list)
    for one in elements:
        if text := str(getattr(one, "text", "") or "").strip():
            heading = type(one).__name__ == "Title"
            pages[int(getattr(one.metadata, "page_number", None) or 1)].append(
                f"### {one_line(text)}" if heading else plain(text)
            )
    return _document(path, source, "unstructured", strategy, pages)


def load_with_docling(path: Path, source: str) -> Document:
    """A PDF by ``docling``. RuntimeWarning for every page it gives nothing of, and for a failure."""
    try:
        from docling.document_converter import DocumentConverter
    except ImportError:
        raise ConfigError("the backend 'docling' needs its package (over 1 GB): pip install docling") from None
    pages: dict[int, list[str]] = {}
    try:
        converted = DocumentConverter().convert(str(path)).document
        for number in converted.pages:
            text = converted.export_to_markdown(page_no=number).strip()
            pages[int(number)] = ["\n".join(_lower(line) for line in text.split("\n"))] if text else []
    except Exception as exc:  # a backend of many parts fails in many ways
        return _failed(path, source, "docling", "layout", exc)
    return _document(path, source, "docling", "layout", pages)


def _lower(line: str) -> str:
    """Headings of a page stand under the page's own."""
    return f"##{line}" if line.startswith("#") and not line.startswith("#####") else line


def _document(path: Path, source: str, backend: str, strategy: str, pages: dict[int, list[str]]) -> Document:
    count = max(max(pages, default=0), _pages(path))
    empty = [number for number in range(1, count + 1) if not pages.get(number)]
    if empty or not pages:
        warn(
            f"{path.name}: the backend {backend!r} ({strategy}) found nothing on page"
            f" {', '.join(map(str, empty[:20])) or '1'} of {count}"
        )
    parts = [f"# {path.stem}"]
    parts += ["\n\n".join([f"## Page {number}", *pages.get(number, [])]) for number in range(1, count + 1)]
    metadata = _metadata(source, path, backend, strategy, count)
    return Document("\n\n".join(parts) if pages else "", metadata | ({"empty_pages": empty} if empty else {}))


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
