"""PDF files, page by page: text in reading order, headings by size, tables that have lines."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from loomlab.core.documents import Document
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.loader.marking import one_line
from loomlab.loader.pdf_backends import load_with_docling, load_with_unstructured
from loomlab.loader.pdf_page import Box, page_markdown
from loomlab.loader.pdf_streams import check_streams
from loomlab.loader.pdf_tables import tables_on
from loomlab.loader.problems import MAX_UNPACKED, DocumentError, breathe, regular_file, warn

BACKENDS = ("light", "docling", "unstructured")
_ONE_AT_A_TIME = threading.Lock()
"""PDFium knows no threads: one page of one document at a time."""
_MANY_OBJECTS = 20_000
"""Pages with more objects than this are drawings; no table is looked for."""
_LINES_OF_A_TABLE = 4


def load_pdf(
    path: str | Path,
    *,
    backend: str = "light",
    strategy: str = "fast",
    languages: Sequence[str] | None = None,
    password: str | None = None,
    tables: bool = True,
) -> Document:
    """A PDF as Markdown, each page under ``## Page N``.

    The backend "light" (pypdfium2, and pdfplumber for tables that have lines) reads what is in the file and recognises
    nothing: pages that are pictures are named in a RuntimeWarning, and in ``empty_pages``. "unstructured" (with
    ``strategy`` fast, hi_res or ocr_only, and ``languages``) and "docling" are used if they are installed; if one
    fails, there is a RuntimeWarning and an empty document. ``tables=False`` is quicker.

    Raises ValueError for an unknown backend, FileNotFoundError, ConfigError for one that is not installed,
    DocumentError for a file that is damaged, encrypted (give ``password``) or no PDF, and where a heavy backend finds
    no text at all.
    """
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}: {did_you_mean(backend, BACKENDS)}")
    found = regular_file(path)
    if backend == "unstructured":
        return load_with_unstructured(found, str(path), strategy, languages)
    if backend == "docling":
        return load_with_docling(found, str(path))
    with found.open("rb") as stream:
        if b"%PDF-" not in stream.read(1024):
            raise DocumentError(f"{found.name} is no PDF: it does not begin as one")
    check_streams(found, MAX_UNPACKED)
    return _light(found, str(path), password, tables)


def _light(path: Path, source: str, password: str | None, tables: bool) -> Document:
    parts: list[str] = []
    pictures: list[int] = []
    written = False
    with _ONE_AT_A_TIME:
        pdf = _opened(path, password)
        count = len(pdf)
        title = one_line(pdf.get_metadata_dict().get("Title") or "") or path.stem
    finder = _Tables(path, password)
    try:
        for number in range(1, count + 1):
            breathe()
            text, is_picture = _page(pdf, number, finder if tables else None, path.name)
            if is_picture:
                pictures.append(number)
            written = written or bool(text)
            parts.append(f"## Page {number}\n\n{text}" if text else f"## Page {number}")
    finally:
        finder.close()
        with _ONE_AT_A_TIME:
            pdf.close()
    if pictures:
        warn(
            f"{path.name}: {_listed(pictures)} of {count} {'has' if len(pictures) == 1 else 'have'} no text, only"
            ' pictures: OCR is needed, such as load_pdf(path, backend="unstructured", strategy="ocr_only")'
        )
    elif not written:
        warn(f"{path.name}: none of its {count} pages has text")
    metadata: dict[str, Any] = {
        "source": source,
        "format": "pdf",
        "page_count": count,
        "title": title,
        "backend": "light",
        "strategy": "text",
    }
    if pictures or not written:
        metadata["empty_pages"] = pictures if written else list(range(1, count + 1))
    return Document("\n\n".join([f"# {title}", *parts]), metadata)


def _opened(path: Path, password: str | None) -> Any:
    try:
        import pypdfium2
    except ImportError:
        raise ConfigError("reading PDF files needs the package pypdfium2: pip install 'loomlab[loader]'") from None
    try:
        return pypdfium2.PdfDocument(path, password=password)
    except pypdfium2.PdfiumError as exc:
        if "assword" in str(exc):
            wrong = "the password is wrong" if password else "give load_pdf(path, password=…)"
            raise DocumentError(f"{path.name} is encrypted: {wrong}") from exc
        raise DocumentError(f"{path.name} is damaged or cut short: {exc}") from exc


def _page(pdf: Any, number: int, finder: "_Tables | None", name: str) -> tuple[str, bool]:
    """The Markdown of one page, and whether it is a picture without text."""
    import pypdfium2

    with _ONE_AT_A_TIME:
        try:
            page = pdf[number - 1]
        except pypdfium2.PdfiumError as exc:
            warn(f"{name}: page {number} is damaged and left out ({exc})")
            return "", False
        words = None
        try:
            words = page.get_textpage()
            objects = pypdfium2.raw.FPDFPage_CountObjects(page)
            if not words.count_chars():
                return "", objects > 0 and any(page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
            found: list[tuple[Box, str]] = []
            if finder is not None and objects <= _MANY_OBJECTS and _has_lines(page):
                found = finder.on(number)
            return page_markdown(words, found), False
        except pypdfium2.PdfiumError as exc:
            warn(f"{name}: page {number} can't be read ({exc})")
            return "", False
        finally:
            if words is not None:
                words.close()
            page.close()


def _has_lines(page: Any) -> bool:
    import pypdfium2

    paths: Iterator[Any] = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_PATH], max_depth=3)
    return sum(1 for _ in zip(range(_LINES_OF_A_TABLE), paths, strict=False)) == _LINES_OF_A_TABLE


class _Tables:
    """Finds tables by their lines; opens the file a second time only when a page has lines."""

    def __init__(self, path: Path, password: str | None) -> None:
        self._path, self._password = path, password
        self._pdf: Any = None
        self._failed = False

    def on(self, number: int) -> list[tuple[Box, str]]:
        """The tables of a page: where they are (left, top, right, bottom; from the top), and their Markdown."""
        if self._failed:
            return []
        try:
            import pdfplumber
        except ImportError:
            raise ConfigError(
                "tables of PDF files need the package pdfplumber: pip install 'loomlab[loader]'"
            ) from None
        try:
            if self._pdf is None:
                self._pdf = pdfplumber.open(self._path, password=self._password)
            return tables_on(self._pdf.pages[number - 1])
        except Exception as exc:  # pdfminer fails in as many ways as there are damaged files
            self._failed = True
            warn(
                f"{self._path.name}: tables can't be read from page {number} on, their words are kept as text"
                f" ({type(exc).__name__}: {exc})"
            )
            return []

    def close(self) -> None:
        """Close the second reading."""
        if self._pdf is not None:
            self._pdf.close()


def _listed(numbers: list[int]) -> str:
    """Pages in words: "page 3", "pages 1-3, 7"."""
    runs: list[list[int]] = []
    for one in numbers:
        if runs and one == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], one]
        else:
            runs.append([one])
    words = ", ".join("-".join(map(str, run)) for run in runs[:20]) + (", …" if len(runs) > 20 else "")
    return f"page {words}" if len(numbers) == 1 else f"pages {words}"
