"""Where a ``CachedEmbedder`` keeps vectors: in memory, or in an SQLite file that processes share."""

import os
import sqlite3
import struct
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Protocol

from loomlab.core.errors import MemoryStoreError
from loomlab.memory.sqlite_file import SqliteFile
from loomlab.memory.store_errors import store_error

_AT_ONCE = 500
"""Keys in one question; SQLite takes a thousand."""
_FRESH = 3600
"""Seconds for which a vector counts as just used: so most reads write nothing."""
_SLACK = 50
"""The file is looked through for what is too many once a fiftieth of ``max_items`` came in."""


class Vectors(Protocol):
    """Vectors by the digest of what they were made of."""

    blocks: bool
    """Whether it has to be called in a thread."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, list[float]]:
        """Those that are there."""

    def put(self, vectors: Mapping[bytes, Sequence[float]]) -> None:
        """Keep them, and drop what was not asked for longest if there are too many."""

    def clear(self) -> None:
        """Drop all."""

    def close(self) -> None:
        """Let go of the file, if there is one."""


class MemoryVectors:
    """Vectors in this process."""

    blocks = False

    def __init__(self, max_items: int) -> None:
        self._max_items = max_items
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Sequence[bytes]) -> dict[bytes, list[float]]:
        """Those that are there."""
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        return {key: _unpacked(packed) for key, packed in found.items()}

    def put(self, vectors: Mapping[bytes, Sequence[float]]) -> None:
        """Keep them, and drop what was not asked for longest if there are too many."""
        with self._lock:
            for key, vector in vectors.items():
                self._kept[key] = _packed(vector)
                self._kept.move_to_end(key)
            while len(self._kept) > self._max_items:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._kept.clear()

    def close(self) -> None:
        """There is nothing to let go of."""


class SqliteVectors(SqliteFile):
    """Vectors in a file. Several processes and threads may use it at once.

    A file that can't be opened is an error. One that later takes no more (a full disk, say) costs a RuntimeWarning and
    what a cache saves, not the vectors, which were paid for.
    """

    blocks = True

    def __init__(self, path: str | os.PathLike[str], max_items: int) -> None:
        super().__init__(path)
        self._max_items = max_items
        self._since_look = max_items  # what others left behind is looked at with the first write

    def get(self, keys: Sequence[bytes]) -> dict[bytes, list[float]]:
        """Those that are there."""
        now = int(time.time())
        found: dict[bytes, list[float]] = {}
        old: list[tuple[int, bytes]] = []

        def read(connection: sqlite3.Connection) -> None:
            for at in range(0, len(keys), _AT_ONCE):
                some = keys[at : at + _AT_ONCE]
                marks = ",".join("?" * len(some))
                question = f"SELECT key, vector, used FROM vectors WHERE key IN ({marks})"
                for key, packed, used in connection.execute(question, some):
                    found[key] = _unpacked(packed)
                    if used < now - _FRESH:
                        old.append((now, key))

        self.run_here(read)
        if old:
            self._write(lambda connection: connection.executemany("UPDATE vectors SET used = ? WHERE key = ?", old))
        return found

    def put(self, vectors: Mapping[bytes, Sequence[float]]) -> None:
        """Keep them, and drop what was not asked for longest if there are too many."""
        now = int(time.time())
        rows = [(key, _packed(vector), now) for key, vector in vectors.items()]
        self._since_look += len(rows)
        look = self._since_look >= max(1, self._max_items // _SLACK)

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO vectors(key, vector, used) VALUES (?, ?, ?)", rows)
            if look:
                connection.execute(
                    "DELETE FROM vectors WHERE n IN"
                    " (SELECT n FROM vectors ORDER BY used DESC, n DESC LIMIT -1 OFFSET ?)",
                    (self._max_items,),
                )
                self._since_look = 0

        self._write(write)

    def clear(self) -> None:
        """Drop all."""

        def drop(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM vectors")

        self.run_here(drop)

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Make the table, if it is missing."""
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors"
            "(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL, used INTEGER NOT NULL)"
        )
        connection.execute("CREATE INDEX IF NOT EXISTS vectors_used ON vectors(used, n)")

    def error(self, what: str, remedy: str) -> MemoryStoreError:
        """Whatever happened: nothing in the file can't be had again."""
        remedy = "give another path, or delete the file: it holds only what can be asked for again"
        return store_error("SQLite", self.path, what, remedy, holds="cached vectors")

    def _write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        def whole(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            work(connection)
            connection.execute("COMMIT")

        try:
            self.run_here(whole)
        except MemoryStoreError as exc:
            warnings.warn(f"{exc}; the vectors are used, but not kept", RuntimeWarning, stacklevel=2)


def _packed(vector: Sequence[float]) -> bytes:
    """The numbers as bytes, exactly: as 32-bit floats where they are such (as providers' are), else as 64-bit ones."""
    with suppress(OverflowError):
        narrow = struct.pack(f"<c{len(vector)}f", b"f", *vector)
        if _unpacked(narrow) == list(vector):
            return narrow
    return struct.pack(f"<c{len(vector)}d", b"d", *vector)


def _unpacked(packed: bytes) -> list[float]:
    kind = packed[:1].decode()
    return list(struct.unpack_from(f"<{(len(packed) - 1) // struct.calcsize(kind)}{kind}", packed, 1))
