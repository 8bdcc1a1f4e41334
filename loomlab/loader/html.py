"""Web pages: the main text as Markdown, with headings, lists, tables and code."""

from pathlib import Path
from typing import Any

from loomlab.core.documents import Document
from loomlab.loader.encoding import decoded
from loomlab.loader.html_reader import Reader
from loomlab.loader.problems import MAX_BYTES, DocumentError, breathe, check_size, regular_file

_STEP = 1_000_000


def load_html(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """A page's main text: what is in ``<main>`` or ``<article>``, if that is most of it, else all but its navigation.

    Scripts, styles, forms' controls and what the page itself hides are left out. DocumentError if the file is over
    ``max_bytes`` or no text.
    """
    found = regular_file(path)
    check_size(found, max_bytes)
    text, encoding = decoded(found.read_bytes(), found.name, html=True)
    reader = Reader()
    _feed(text, reader, found.name)
    title = reader.title or found.stem
    content = reader.text()
    if not content.startswith("# ") and "\n# " not in content:
        content = f"# {title}\n\n{content}" if content else ""
    metadata = {
        "source": str(path),
        "format": "html",
        "title": title,
        "paragraph_count": reader.paragraphs,
        "table_count": reader.tables,
        "encoding": encoding,
    }
    return Document(content, metadata)


def table_of(html: str, name: str) -> str:
    """A piece of HTML out of another file (a table, say) as Markdown; DocumentError if it can't be read."""
    reader = Reader()
    _feed(html, reader, name)
    return reader.text()


def _feed(text: str, reader: Reader, name: str) -> None:
    from lxml import etree

    parser: Any = etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=False, no_network=True)
    try:
        for at in range(0, len(text), _STEP):
            breathe()
            parser.feed(text[at : at + _STEP].encode("utf-8", "replace"))
        if text:
            parser.close()
    except etree.LxmlError as exc:
        raise DocumentError(f"{name} can't be read as HTML: {exc}") from exc
