"""The connection to a memory file."""

import os
import sqlite3

from loomlab.core.errors import MemoryStoreError
from loomlab.memory.sqlite_file import SqliteFile
from loomlab.memory.sqlite_formats import FORMATS
from loomlab.memory.sqlite_schema import check, prepare
from loomlab.memory.store_errors import store_error


class SqliteConnection(SqliteFile):
    """A file with the tables of a memory."""

    formats = FORMATS

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        super().__init__(path)
        self.read_only = read_only

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables that are missing."""
        prepare(connection)

    def check(self, connection: sqlite3.Connection) -> None:
        """Refuse a file of another format: it would have to be brought up to date first."""
        check(connection)

    def error(self, what: str, remedy: str) -> MemoryStoreError:
        """A ``MemoryStoreError`` that names the file."""
        return store_error("SQLite", self.path, what, remedy)

    def _is_ours(self) -> bool:
        # What is in memory only has no file to open again; a forked child goes on with its copy.
        return self.in_memory or super()._is_ours()
