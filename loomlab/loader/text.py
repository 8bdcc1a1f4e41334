"""Plain text and Markdown files."""

from pathlib import Path

from loomlab.core.documents import Document
from loomlab.loader.encoding import decoded
from loomlab.loader.problems import MAX_BYTES, check_size, regular_file


def load_text(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """A text file under a ``# name`` title. DocumentError if it is over ``max_bytes`` or no text."""
    return _load(path, "txt", max_bytes, titled=True)


def load_markdown(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """A Markdown file as it is; only line ends become ``\\n``. DocumentError if it is over ``max_bytes`` or no text."""
    return _load(path, "md", max_bytes, titled=False)


def _load(path: str | Path, kind: str, max_bytes: int, *, titled: bool) -> Document:
    found = regular_file(path)
    check_size(found, max_bytes)
    data = found.read_bytes()
    text, encoding = decoded(data, found.name)
    metadata = {
        "source": str(path),
        "format": kind,
        "byte_count": len(data),
        "line_count": len(text.splitlines()),
        "encoding": encoding,
    }
    return Document(f"# {found.name}\n\n{text}" if titled else text, metadata)
