"""Memory files of ours below a folder, found by what is in them; nothing is opened for writing, no link is followed."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

_PAGE = 512
"""Bytes of the smallest page of a database: its size is a multiple of it."""

_DEEP = 3
"""Folders below the root that are looked into."""

_MOST_LOOKED_AT = 20_000
_MOST_FOUND = 100
_NOT_IN = {"node_modules", "__pycache__", "site-packages"}


def find_memories(root: Path) -> dict[str, Path]:
    """The memory files at most three folders below ``root``, by their path from there; the first hundred by name."""
    found: dict[str, Path] = {}
    for path in _files(root):
        if _is_memory(path):
            found[_shown(path.relative_to(root))] = path
            if len(found) == _MOST_FOUND:
                break
    return dict(sorted(found.items()))


def _files(root: Path) -> Iterator[Path]:
    """Regular files, those nearest to the root first."""
    level, looked_at = [root], 0
    for depth in range(_DEEP + 1):
        below: list[Path] = []
        for folder in level:
            with suppress(OSError):  # a folder that may not be read holds nothing for us
                for entry in sorted(os.scandir(folder), key=lambda one: one.name):
                    looked_at += 1
                    if looked_at > _MOST_LOOKED_AT:
                        return
                    if entry.is_dir(follow_symlinks=False):
                        if not entry.name.startswith(".") and entry.name not in _NOT_IN and depth < _DEEP:
                            below.append(Path(entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        yield Path(entry.path)
        level = below


def _is_memory(path: Path) -> bool:
    """By its size, then by its tables. What is kept of a file before it was brought up to date is none.

    A file whose last user has closed it is looked at as it lies: SQLite would leave two files of its own beside it.

    SQLite alone opens it: where a process closes a database file that it also has open through SQLite, the system
    takes away the locks which keep other processes from cutting the file short.
    """
    if path.suffix in (".backup", ".tmp"):
        return False
    try:
        size = path.stat().st_size
        if not size or size % _PAGE:
            return False
        used = any(os.path.lexists(f"{path}{end}") for end in ("-wal", "-journal"))
        address = f"{path.as_uri()}?mode=ro{'' if used else '&immutable=1'}"
        with closing(sqlite3.connect(address, uri=True, timeout=1)) as connection:
            row = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'loomlab_memory'")
            return row.fetchone() is not None
    except (OSError, sqlite3.Error):
        return False


def _shown(path: Path) -> str:
    """The path as a name: never more than text, whatever bytes the file's name has."""
    return path.as_posix().encode(errors="replace").decode()
