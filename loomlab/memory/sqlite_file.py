"""One connection to an SQLite file: quick on the event loop, patient in a worker thread, and its errors in words."""

import os
import sqlite3
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar

from anyio import to_thread

from loomlab.core.upgrading import UpgradeNotice
from loomlab.memory.sqlite_upgrade import Formats

T = TypeVar("T")

_PATIENCE = 10.0
"""Seconds that a write waits for another process which holds the file."""

REMEDIES = {
    sqlite3.SQLITE_BUSY: f"another process has held the file for {_PATIENCE:.0f} s; end it, or give each its own file",
    sqlite3.SQLITE_LOCKED: "another connection of this process holds the file; close it",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable, or give another path",
    sqlite3.SQLITE_FULL: "free some space on its disk; what was stored before is intact",
    sqlite3.SQLITE_IOERR: "look at its disk (is it full, or gone?); what was stored before is intact",
    sqlite3.SQLITE_CANTOPEN: "make its folder, and give it to the user who runs this program",
    sqlite3.SQLITE_CORRUPT: "restore it from a backup, or save what is left with: sqlite3 FILE .recover",
    sqlite3.SQLITE_NOTADB: "that file is something else; give another path",
    sqlite3.SQLITE_PERM: "make the file and its folder writable, or give another path",
}
_WAITABLE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteFile:
    """Runs small functions over a ``sqlite3.Connection`` that is opened when it is first needed.

    A commit to the write-ahead log takes some microseconds, a hop to a thread and back a hundred: so work that is
    ``quick`` happens at once, on the caller's thread, and moves to a worker thread only when it would have to wait.
    The work may run a second time and therefore keeps its results to itself until it is done.

    What is in the file is the business of a subclass: ``prepare`` makes its tables, ``error`` its errors.
    """

    remedies: Mapping[int, str] = REMEDIES
    synchronous = "NORMAL"
    """NORMAL: a commit survives the end of this process at once, and a power cut from the next checkpoint on."""

    formats: Formats | None = None
    """How files of an older make are brought up to date; None where there is one make only."""
    read_only = False
    """Whether the file is only looked at: it must be there, nothing is made in it, and every write is refused."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._lock = Lock()

    @property
    def in_memory(self) -> bool:
        """Whether nothing is written to a disk."""
        return self.path == ":memory:"

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Make what is missing in the file."""
        raise TypeError(f"{type(self).__name__} does not say what is in its file")

    def check(self, connection: sqlite3.Connection) -> None:
        """Refuse a file that can't be looked at without changing it."""

    def error(self, what: str, remedy: str) -> Exception:
        """The error that says what happened, and the remedy."""
        raise TypeError(f"{type(self).__name__} does not say what its errors are")

    async def run(self, work: Callable[[sqlite3.Connection], T], *, quick: bool = True) -> T:
        """The result of ``work(connection)``; a transaction that it left open by an error is rolled back."""
        if quick and self._connection is not None and self._is_ours() and self._lock.acquire(blocking=False):
            try:
                return self._attempt(work)
            except sqlite3.Error as error:
                if _code(error) not in _WAITABLE:
                    raise self._explained(error) from error
            finally:
                self._lock.release()
        return await self._hop(work)

    def run_here(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """``run`` for a thread that may wait."""
        with self._lock:
            try:
                connection = self._open()
                connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")
                try:
                    return self._attempt(work)
                finally:
                    connection.execute("PRAGMA busy_timeout = 0")
            except sqlite3.Error as error:
                raise self._explained(error) from error

    def close(self) -> None:
        """Let go of the file; the next use opens it again. What was in ``:memory:`` is gone then."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None and self._process == os.getpid():
                connection.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None and self._process == os.getpid():
            with suppress(sqlite3.Error):
                connection.close()

    async def _hop(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await to_thread.run_sync(self.run_here, work)

    def _is_ours(self) -> bool:
        # A forked child must not touch its parent's connection, not even to close it.
        return self._process == os.getpid()

    def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._open()
        try:
            return work(connection)
        except BaseException:
            if connection.in_transaction:
                # SQLite has rolled back by itself after some errors, a full disk among them.
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._is_ours():
            return self._connection
        self._process = os.getpid()
        if self.read_only:
            self._connection = self._look()
            return self._connection
        if not self.in_memory:
            try:
                self._make_file()
            except OSError as error:
                raise self.error(str(error), self.remedies[sqlite3.SQLITE_CANTOPEN]) from error
        connection = sqlite3.connect(
            self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=128
        )
        notice = None
        try:
            if self.formats is not None:
                notice = self._up_to_date(self.formats, connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self.synchronous}")
            # Folding the log into the file waits for the disk, so it happens each 16 MB and not each 4.
            connection.execute("PRAGMA wal_autocheckpoint = 4000")
            # What is forgotten is overwritten, not only unlinked.
            connection.execute("PRAGMA secure_delete = ON")
            self.prepare(connection)
            connection.execute("PRAGMA busy_timeout = 0")
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        if notice is not None:
            warnings.warn(notice, stacklevel=2)
        return connection

    def _up_to_date(self, formats: Formats, connection: sqlite3.Connection) -> UpgradeNotice | None:
        try:
            return formats.upgrade(connection, self.path)
        except OSError as error:
            raise self.error(
                f"it is of an older format, and no backup of it can be written ({error.strerror or error})",
                "make its folder writable and give it room for a second file of that size; nothing was changed",
            ) from error

    def _look(self) -> sqlite3.Connection:
        # As a URI, so that SQLite itself refuses to write and never makes the file.
        address = f"{Path(self.path).absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(
            address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=128
        )
        try:
            self.check(connection)
            connection.execute("PRAGMA busy_timeout = 0")
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_file(self) -> None:
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)

    def _explained(self, error: sqlite3.Error) -> Exception:
        return self.error(str(error), self.remedies.get(_code(error), "look at the file, or give another path"))


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
