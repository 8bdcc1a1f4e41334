"""Text files as they are: read without losing how their lines end, and replaced whole or not at all."""

import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

_LARGEST = 20_000_000
"""Bytes of a file that is read into one answer."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text with ``\\n`` between its lines, and what its file had in their place. ``mark``: it began with a BOM."""

    text: str
    newline: str = "\n"
    mark: bool = False

    def with_text(self, text: str) -> "TextFile":
        """Another text in the same form."""
        return replace(self, text=text)


def read_text(file: Path) -> TextFile:
    """A text file in UTF-8. Raises ``ValueError`` for a large one, ``UnicodeDecodeError`` for what is no text."""
    size = file.stat().st_size
    if size > _LARGEST:
        raise ValueError(f"{file.name} has {size:,} bytes; at most {_LARGEST:,} are read: search it with grep instead")
    raw = file.read_bytes()
    if b"\0" in raw[:8_192]:
        raise UnicodeDecodeError("utf-8", raw[:1], 0, 1, "it holds NUL bytes")
    text = raw.decode("utf-8-sig")
    mark = raw.startswith(b"\xef\xbb\xbf")
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):
        return TextFile(text.replace("\r\n", "\n"), "\r\n", mark)
    return TextFile(text, "\n", mark)


def write_text(file: Path, content: TextFile) -> None:
    """Replace a file in one step: whoever reads it meanwhile sees the old text or the new one."""
    text = content.text.replace("\n", content.newline) if content.newline != "\n" else content.text
    raw = text.encode("utf-8-sig" if content.mark else "utf-8")
    mode = file.stat().st_mode & 0o777 if file.exists() else None
    scratch = file.parent / f".{file.name[:40]}.{secrets.token_hex(6)}"
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as out:
            out.write(raw)
        if mode is not None:
            scratch.chmod(mode)
        scratch.replace(file)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
