"""CSV and TSV files as a Markdown table."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from loomlab.core.documents import Document
from loomlab.loader.cells import table
from loomlab.loader.encoding import decoded
from loomlab.loader.problems import MAX_BYTES, DocumentError, breathe, check_size, regular_file

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50
_BREATH = 5000


def load_csv(path: str | Path, *, delimiter: str | None = None, max_bytes: int = MAX_BYTES) -> Document:
    """A CSV file as a table under a ``# name`` title; the first row is the header.

    ``delimiter`` is found out unless given: comma, semicolon, tab or bar, or what a first line ``sep=;`` says.
    DocumentError if the file is over ``max_bytes`` or no text.
    """
    return _load(path, "csv", delimiter, max_bytes)


def load_tsv(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """A file of values between tabs as a table under a ``# name`` title; the first row is the header."""
    return _load(path, "tsv", "\t", max_bytes)


def _load(path: str | Path, kind: str, delimiter: str | None, max_bytes: int) -> Document:
    found = regular_file(path)
    check_size(found, max_bytes)
    text, encoding = decoded(found.read_bytes(), found.name)
    if text[:4].lower() == "sep=" and len(text) > 4:
        delimiter = delimiter or text[4]
        text = text.partition("\n")[2]
    used = delimiter or sniffed(text)
    rows = list(_rows(text, used, found.name))
    columns = max(map(len, rows), default=0)
    metadata = {
        "source": str(path),
        "format": kind,
        "row_count": max(len(rows) - 1, 0),
        "column_count": columns,
        "delimiter": used,
        "encoding": encoding,
    }
    return Document(f"# {found.name}\n\n{table(rows)}", metadata)


def _rows(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        for number, one in enumerate(reader):
            if number % _BREATH == 0:
                breathe()
            if any(value.strip() for value in one):
                yield one
    except csv.Error as exc:
        raise DocumentError(f"{name} can't be read as a table: {exc} (line {reader.line_num})") from exc


def sniffed(text: str) -> str:
    """The delimiter under which the first lines have the same number of columns, and the more the better."""
    sample = [line for line in text[:65_536].split("\n")[:_SAMPLE_LINES] if line.strip()]
    best, best_score = ",", 0.0
    for one in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=one)]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count, default=1)
        score = widths.count(usual) / len(widths) * min(usual, 10) ** 0.25 if usual > 1 else 0.0
        if score > best_score:
            best, best_score = one, score
    return best
