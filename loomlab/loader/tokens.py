"""Pieces measured in the tokens of a model."""

import warnings
from collections.abc import Iterator
from typing import Any, Protocol

from loomlab.core.documents import Chunk, Document
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.loader.outline import fences
from loomlab.loader.pieces import as_chunks, check_sizes, text_of
from loomlab.loader.recursive import ranks_for
from loomlab.loader.spans import spans

_MARGIN = 8
"""Tokens beyond the size that are looked at: a text cut anywhere reads differently near the cut."""


class Coder(Protocol):
    """What counts tokens: an encoding of tiktoken or bpe-openai, or one with the same three methods."""

    name: str

    def encode_ordinary(self, text: str) -> list[int]:
        """The tokens of a text; nothing in it is special."""

    def decode_bytes(self, tokens: list[int]) -> bytes:
        """The UTF-8 bytes of tokens."""


class TokenChunker:
    """Splits a text into pieces of at most ``chunk_size`` tokens, cut where ``RecursiveChunker`` would cut.

    ``encoding`` is a name such as ``cl100k_base`` or ``o200k_base``, or an encoding itself. No character is ever cut,
    so a single one of more tokens than ``chunk_size`` makes the only piece that is over it. Each chunk says its
    ``token_count``. Every chunk is ``text[metadata["start"]:metadata["end"]]``.

    Raises ValueError for sizes that mean nothing and for an unknown encoding, ConfigError if no tokeniser is installed.
    """

    strategy = "token"

    def __init__(self, chunk_size: int = 512, chunk_overlap: int = 64, encoding: str | Coder = "cl100k_base") -> None:
        check_sizes(chunk_size, chunk_overlap)
        self.chunk_size, self.chunk_overlap = chunk_size, chunk_overlap
        self._coder = _coder(encoding) if isinstance(encoding, str) else encoding
        self.encoding = encoding if isinstance(encoding, str) else str(getattr(encoding, "name", "its own"))

    def __repr__(self) -> str:
        return f"TokenChunker({self.chunk_size}, {self.chunk_overlap}, encoding={self.encoding!r})"

    def split(self, text: str | Document, *, source: str = "") -> list[Chunk]:
        """The pieces of a text, in order; none for a text without words."""
        words = text_of(text)
        measure = _Tokens(self._coder, self.chunk_size, self.chunk_overlap)
        found = list(spans(words, 0, len(words), measure, ranks_for(words), fences(words)))
        return as_chunks(text, found, self, source, _counts(words, found, measure))


class _Tokens:
    """Pieces measured in tokens; remembers the piece it last looked at."""

    def __init__(self, coder: Coder, size: int, overlap: int) -> None:
        self._coder, self._size, self._overlap = coder, size, overlap
        self._width = size * 5 + 32
        self._last: tuple[int, int, list[int]] | None = None

    def encoded(self, text: str, start: int, end: int) -> list[int]:
        """The tokens of ``text[start:end]``."""
        if self._last is None or self._last[:2] != (start, end):
            piece = text[start:end]
            try:
                tokens = self._coder.encode_ordinary(piece)
            except UnicodeEncodeError:  # half of a character: counted as one sign, so that offsets stay true
                tokens = self._coder.encode_ordinary(piece.encode("utf-8", "replace").decode())
            self._last = (start, end, tokens)
        return self._last[2]

    def reach(self, text: str, start: int, end: int) -> int:
        """The furthest end of a piece that begins at ``start``."""
        width = self._width
        while True:
            stop = min(start + width, end)
            tokens = self.encoded(text, start, stop)
            if stop == end and len(tokens) <= self._size:
                return end
            if stop == end or len(tokens) > self._size + _MARGIN:
                return start + max(1, self._characters(tokens[: self._size]))
            width *= 2

    def holds(self, text: str, start: int, end: int) -> bool:
        """Whether the piece, read by itself, is short enough."""
        return len(self.encoded(text, start, end)) <= self._size

    def repeat(self, text: str, start: int, end: int) -> int:
        """The earliest start of what the next piece may repeat."""
        if not self._overlap:
            return end
        tokens = self.encoded(text, start, end)
        return start + max(1, self._characters(tokens[: max(0, len(tokens) - self._overlap)]))

    def _characters(self, tokens: list[int]) -> int:
        """How many whole characters the tokens hold."""
        return len(self._coder.decode_bytes(tokens).decode("utf-8", "ignore"))


def _counts(text: str, found: list[tuple[int, int]], measure: _Tokens) -> Iterator[dict[str, Any]]:
    for start, end in found:
        yield {"token_count": len(measure.encoded(text, start, end))}


def _coder(name: str) -> Coder:
    """An encoding by name: out of bpe-openai, which brings its tables along, or out of tiktoken, which fetches them."""
    with warnings.catch_warnings():  # it opens its tables in a way that Python calls old
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import bpe_openai as offline
        except ImportError:
            return _tiktoken(name)
        if name not in (names := list(offline.list_encoding_names())):
            raise ValueError(f"unknown encoding {name!r}: {did_you_mean(name, names)}")
        coder: Coder = offline.get_encoding(name)
        coder.encode_ordinary("tables are read at the first use")
    return coder


def _tiktoken(name: str) -> Coder:
    try:
        import tiktoken
    except ImportError:
        raise ConfigError(
            "counting tokens needs the package bpe-openai (or tiktoken): pip install 'loomlab[tokens]'"
        ) from None
    if name not in (names := tiktoken.list_encoding_names()):
        raise ValueError(f"unknown encoding {name!r}: {did_you_mean(name, names)}")
    coder: Coder = tiktoken.get_encoding(name)
    return coder
