"""The connection to a journal file: quick on the event loop, patient in a worker thread, errors in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Literal, TypeVar

from anyio import CancelScope, to_thread

from loomlab.core.errors import RuntimeJournalError

T = TypeVar("T")

_PATIENCE = 10.0
"""Seconds that a write waits for another process which holds the file."""

_REMEDIES = {
    sqlite3.SQLITE_BUSY: f"another process has held the file for {_PATIENCE:.0f} s; end it, or give each its own file",
    sqlite3.SQLITE_LOCKED: "another connection of this process holds the file; close it",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable, or give another path",
    sqlite3.SQLITE_FULL: "free some space on its disk; what was journaled before is intact",
    sqlite3.SQLITE_IOERR: "look at its disk (is it full, or gone?); what was journaled before is intact",
    sqlite3.SQLITE_CANTOPEN: "make its folder, and give it to the user who runs this program",
    sqlite3.SQLITE_CORRUPT: "restore it from a backup, or begin a new one at another path",
    sqlite3.SQLITE_NOTADB: "that file is something else; give another path",
}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS {table} (
    session_id TEXT NOT NULL, user_key TEXT NOT NULL, epoch INTEGER NOT NULL, step_name TEXT NOT NULL,
    seq INTEGER NOT NULL, value TEXT, created_at REAL NOT NULL,
    PRIMARY KEY (session_id, user_key, epoch, step_name)) WITHOUT ROWID"""
_TABLES = (
    _SCHEMA.format(table="journal_steps"),
    _SCHEMA.format(table="journal_streams"),
    """CREATE TABLE IF NOT EXISTS journal_epochs (
    session_id TEXT NOT NULL, user_key TEXT NOT NULL, epoch INTEGER NOT NULL, digest TEXT NOT NULL,
    origin TEXT NOT NULL, prompt TEXT NOT NULL, done INTEGER NOT NULL, started_at REAL NOT NULL,
    PRIMARY KEY (session_id, user_key, epoch)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS journal_runs (
    run_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, user_key TEXT NOT NULL, epoch INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS journal_leases (
    session_id TEXT NOT NULL, user_key TEXT NOT NULL, owner TEXT NOT NULL, since REAL NOT NULL, expires REAL NOT NULL,
    PRIMARY KEY (session_id, user_key)) WITHOUT ROWID""",
)
VERSION = 1
"""``PRAGMA user_version`` of the file; a later one is refused by this release."""


class JournalFile:
    """Runs small functions over a ``sqlite3.Connection`` that is opened when it is first needed.

    A commit to the write-ahead log takes some microseconds, a hop to a thread and back a hundred: so work happens at
    once and moves to a worker thread only when it would have to wait. With ``sync="full"`` each commit waits for the
    disk, and so always goes to a thread.
    """

    def __init__(self, path: str | os.PathLike[str], sync: Literal["normal", "full"]) -> None:
        self.path = os.fspath(path)
        self.sync = sync
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._lock = Lock()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of ``work(connection)``; a transaction that it left open by an error is rolled back."""
        connection = self._connection
        if (
            connection is not None
            and self.sync == "normal"
            and self._process == os.getpid()
            and self._lock.acquire(blocking=False)
        ):
            try:
                return self._attempt(connection, work)
            except sqlite3.Error as error:
                if _code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise self._explained(error) from error
            finally:
                self._lock.release()
        found: list[T] = []
        with CancelScope(shield=True):  # what was done must be written down, also where the run is being cancelled
            found.append(await to_thread.run_sync(self._patiently, work))
        return found[0]

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

    def _patiently(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                connection = self._open()
                connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")
                try:
                    return self._attempt(connection, work)
                finally:
                    connection.execute("PRAGMA busy_timeout = 0")
            except sqlite3.Error as error:
                raise self._explained(error) from error

    def _attempt(self, connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(connection)
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._process == os.getpid():
            return self._connection
        # A forked child must not touch its parent's connection, not even to close it.
        self._process = os.getpid()
        if self.path != ":memory:":
            self._make_file()
        connection = sqlite3.connect(
            self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self.sync.upper()}")
            # Folding the log into the file waits for the disk, so it happens each 16 MB and not each 4.
            connection.execute("PRAGMA wal_autocheckpoint = 4000")
            connection.execute("PRAGMA secure_delete = ON")
            self._prepare(connection)
            connection.execute("PRAGMA busy_timeout = 0")
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _make_file(self) -> None:
        """The file, for its owner alone: replay needs what was said and returned as it was, secrets included."""
        try:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise self._error(str(error), _REMEDIES[sqlite3.SQLITE_CANTOPEN]) from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise self._error(f"it has the form {version}, and this release knows {VERSION}", "install a newer loomlab")
        if version == VERSION:
            return
        connection.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            connection.execute(table)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")

    def _explained(self, error: sqlite3.Error) -> RuntimeJournalError:
        return self._error(str(error), _REMEDIES.get(_code(error), "look at the file, or give another path"))

    def _error(self, what: str, remedy: str) -> RuntimeJournalError:
        return RuntimeJournalError(f"the journal in SQLite ({self.path}): {what.rstrip('. ')}; {remedy}")


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
