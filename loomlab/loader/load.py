"""A file of any kind as Markdown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from loomlab.core.documents import Document
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.loader.delimited import load_csv, load_tsv
from loomlab.loader.excel import load_excel
from loomlab.loader.html import load_html
from loomlab.loader.pdf import load_pdf
from loomlab.loader.problems import DocumentError, regular_file
from loomlab.loader.text import load_markdown, load_text
from loomlab.loader.word import load_docx

LOADERS: dict[str, Callable[..., Document]] = {
    "csv": load_csv,
    "docx": load_docx,
    "htm": load_html,
    "html": load_html,
    "markdown": load_markdown,
    "md": load_markdown,
    "pdf": load_pdf,
    "tsv": load_tsv,
    "txt": load_text,
    "xlsm": load_excel,
    "xlsx": load_excel,
}
_TEXT = {"csv", "htm", "html", "markdown", "md", "tsv", "txt"}


def load(path: str | Path, **options: Any) -> Document:
    """Read a file by its suffix: pdf docx xlsx xlsm csv tsv md markdown txt html htm. The content is Markdown.

    ``options`` go to the loader of that kind (``backend=`` for PDF, ``max_bytes=`` for text, …). The metadata has
    ``source``, ``format`` and counts. What a file begins with is compared with what it is called: a PDF called
    ``notes.txt`` is an error that says so.

    Raises ValueError (unsupported extension), FileNotFoundError, DocumentError for what is damaged, encrypted, too
    large or something else than its name says, ConfigError for a package that is missing.
    """
    suffix = Path(path).suffix.lower().lstrip(".")
    if suffix not in LOADERS:
        raise ValueError(
            f"unsupported extension {Path(path).suffix!r} of {Path(path).name}: {did_you_mean(suffix, LOADERS)}"
        )
    found = regular_file(path)
    with found.open("rb") as stream:
        really = _kind(stream.read(1024))
    if really and (suffix in _TEXT or (really == "pdf") != (suffix == "pdf")):
        raise DocumentError(f"{found.name} is called .{suffix} but holds {_NAMES[really]}: give it its right name")
    try:
        return LOADERS[suffix](path, **options)
    except ImportError as exc:
        raise ConfigError(
            f"reading .{suffix} files needs the package {exc.name}: pip install 'loomlab[loader]'"
        ) from exc


_NAMES = {
    "pdf": "a PDF",
    "zip": "a ZIP archive, as Office files are",
    "ole": "an old or encrypted Office file",
    "other": "no text",
}
_SIGNS = (
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x89PNG", "other"),
    (b"\xff\xd8\xff", "other"),
    (b"\x7fELF", "other"),
    (b"GIF8", "other"),
    (b"\x1f\x8b\x08", "other"),
)


def _kind(head: bytes) -> str:
    return next((kind for sign, kind in _SIGNS if head.startswith(sign)), "")
