"""The connection to a journal file: whose it is, what is in it, and when a commit counts as written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Literal, TypeVar

from anyio import CancelScope

from loomlab.core.errors import RuntimeJournalError
from loomlab.memory.sqlite_file import REMEDIES, SqliteFile
from loomlab.memory.sqlite_upgrade import Formats

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS {table} (
    session_id TEXT NOT NULL, user_key TEXT NOT NULL, epoch INTEGER NOT NULL, step_name TEXT NOT NULL,
    seq INTEGER NOT NULL, value TEXT, created_at REAL NOT NULL,
    PRIMARY KEY (session_id, user_key, epoch, step_name)) WITHOUT ROWID"""
_EPOCHS = """CREATE TABLE IF NOT EXISTS journal_epochs (
    session_id TEXT NOT NULL, user_key TEXT NOT NULL, epoch INTEGER NOT NULL, digest TEXT NOT NULL,
    origin TEXT NOT NULL, prompt TEXT NOT NULL, done INTEGER NOT NULL, started_at REAL NOT NULL,
    PRIMARY KEY (session_id, user_key, epoch)) WITHOUT ROWID"""
_TABLES = (
    _SCHEMA.format(table="journal_steps"),
    _SCHEMA.format(table="journal_streams"),
    _EPOCHS,
    """CREATE TABLE IF NOT EXISTS journal_runs (
    run_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, user_key TEXT NOT NULL, epoch INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS journal_leases (
    session_id TEXT NOT NULL, user_key TEXT NOT NULL, owner TEXT NOT NULL, since REAL NOT NULL, expires REAL NOT NULL,
    PRIMARY KEY (session_id, user_key)) WITHOUT ROWID""",
)
VERSION = 2
"""``PRAGMA user_version`` of the file; a later one is refused by this release. 1: epochs did not keep their prompts."""


def _to_2(connection: sqlite3.Connection) -> None:
    """Epochs with a prompt. Files of format 1 may have it already; where they do not, the prompt is not known."""
    columns = [one[1] for one in connection.execute("PRAGMA table_info(journal_epochs)")]
    if "prompt" in columns:
        return
    connection.execute("ALTER TABLE journal_epochs RENAME TO journal_epochs_1")
    connection.execute(_EPOCHS)
    connection.execute(
        "INSERT INTO journal_epochs (session_id, user_key, epoch, digest, origin, prompt, done, started_at) "
        "SELECT session_id, user_key, epoch, digest, origin, '', done, started_at FROM journal_epochs_1"
    )
    connection.execute("DROP TABLE journal_epochs_1")


def _version(connection: sqlite3.Connection) -> int | None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return version or None


def _mark(connection: sqlite3.Connection, version: int) -> None:
    connection.execute(f"PRAGMA user_version = {int(version)}")


FORMATS = Formats("the journal in SQLite", of=_version, steps={2: _to_2}, mark=_mark)
"""Of journal files."""


class JournalFile(SqliteFile):
    """A file with the tables of a journal. With ``sync="full"`` each commit waits for the disk: none is quick then."""

    formats = FORMATS
    remedies = REMEDIES | {
        sqlite3.SQLITE_FULL: "free some space on its disk; what was journaled before is intact",
        sqlite3.SQLITE_IOERR: "look at its disk (is it full, or gone?); what was journaled before is intact",
        sqlite3.SQLITE_CORRUPT: "restore it from a backup, or begin a new one at another path",
    }

    def __init__(self, path: str | os.PathLike[str], sync: Literal["normal", "full"]) -> None:
        super().__init__(path)
        self.sync = sync
        self.synchronous = sync.upper()

    async def run(self, work: Callable[[sqlite3.Connection], T], *, quick: bool = True) -> T:
        """The result of ``work(connection)``; a transaction that it left open by an error is rolled back."""
        return await super().run(work, quick=quick and self.sync == "normal")

    async def _hop(self, work: Callable[[sqlite3.Connection], T]) -> T:
        found: list[T] = []
        with CancelScope(shield=True):  # what was done must be written down, also where the run is being cancelled
            found.append(await super()._hop(work))
        return found[0]

    def _make_file(self) -> None:
        """The file, for its owner alone: replay needs what was said and returned as it was, secrets included."""
        super()._make_file()
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables. Raises RuntimeJournalError for a file of a later release."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise self.error(f"it has the form {version}, and this release knows {VERSION}", "install a newer loomlab")
        if version == VERSION:
            return
        connection.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            connection.execute(table)
        _mark(connection, VERSION)
        connection.execute("COMMIT")

    def error(self, what: str, remedy: str) -> RuntimeJournalError:
        """A ``RuntimeJournalError`` that names the file."""
        return RuntimeJournalError(f"the journal in SQLite ({self.path}): {what.rstrip('. ')}; {remedy}")
