"""Memory in one SQLite file: needs no extra package and no server."""

import os

from loomlab.core.protocols import Embedder, FactStore
from loomlab.memory.consolidating import Consolidates
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.record_memory import RecordMemory
from loomlab.memory.sqlite_facts import SqliteFactStore
from loomlab.memory.sqlite_store import SqliteStore

__all__ = ["SqliteFactStore", "SqliteMemory"]


class SqliteMemory(RecordMemory):
    """Blocks, episodes and facts in the file ``path``, which is made, with its folders, when it is first used.

    ``":memory:"`` is no file. Several processes may use one file. What was written survives the end of the process at
    once (``kill -9`` included), and a power cut up to the last checkpoint. ``embedder`` defaults to ``HashEmbedder()``:
    likeness by words. Files of an older make, without a column for users, are brought up to date; what is in them
    belongs to None. With ``read_only`` the file must be there, and stays as it is.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        embedder: Embedder | None = None,
        with_facts: bool = True,
        fact_store: FactStore | None = None,
        consolidator: Consolidates | None = None,
        read_only: bool = False,
    ) -> None:
        store = SqliteStore(path, read_only=read_only)
        super().__init__(
            store,
            embedder=embedder or HashEmbedder(),
            consolidator=consolidator,
            fact_store=fact_store,
            with_facts=with_facts,
        )
        self._path = store.path

    @property
    def path(self) -> str:
        """The file, or ``:memory:``."""
        return self._path
