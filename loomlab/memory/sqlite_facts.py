"""Facts in one SQLite file."""

import os

from loomlab.core.protocols import Embedder
from loomlab.memory.record_facts import RecordFactStore
from loomlab.memory.sqlite_store import SqliteStore


class SqliteFactStore(RecordFactStore):
    """Facts in the table ``facts`` of the file ``path``, which may also be the file of a ``SqliteMemory``."""

    def __init__(self, path: str | os.PathLike[str], *, embedder: Embedder | None = None) -> None:
        store = SqliteStore(path)
        super().__init__(store, embedder=embedder)
        self._path = store.path

    @property
    def path(self) -> str:
        """The file, or ``:memory:``."""
        return self._path
