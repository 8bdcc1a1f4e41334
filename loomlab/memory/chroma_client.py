"""Chroma, opened when it is first needed and used from worker threads; errors in words."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

from anyio import to_thread

from loomlab.core.errors import ConfigError, MemoryStoreError
from loomlab.memory.store_errors import needs, store_error, verb_of

T = TypeVar("T")


class ChromaClient:
    """A client of the caller, one over a folder, or one that keeps everything in this process.

    ``holds`` is what errors say is kept there.
    """

    def __init__(
        self, client: Any = None, *, folder: str | os.PathLike[str] | None = None, holds: str = "memory"
    ) -> None:
        self._holds = holds
        if find_spec("chromadb") is None:
            raise needs("chromadb", "Chroma", "chroma", holds)
        if client is not None and not callable(getattr(client, "get_or_create_collection", None)):
            raise ConfigError(f"{holds} in Chroma {verb_of(holds)} a chromadb client, not {type(client).__name__}")
        if type(client).__name__.startswith("Async"):
            raise ConfigError(
                f"{holds} in Chroma {verb_of(holds)} a client that is not async: it is used from worker threads"
            )
        self.folder = None if folder is None else os.fspath(folder)
        self._client = client
        self._lock = Lock()
        self._own_database: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether the data are this process's own, and not those of a server that others write to as well."""
        return self._client is None or not str(self._client.get_settings().chroma_server_host or "")

    async def run(self, work: Callable[[Any], T]) -> T:
        """The result of ``work(client)``, which runs in a worker thread."""
        return await to_thread.run_sync(self._attempt, work)

    async def aclose(self) -> None:
        """Let go of what was opened here; what was kept in this process is gone then."""
        await to_thread.run_sync(self._close)

    def _attempt(self, work: Callable[[Any], T]) -> T:
        try:
            with self._lock:
                client = self._client = self._client or self._open()
            return work(client)
        except (MemoryStoreError, ConfigError):
            raise
        except BaseException as error:
            # A failure in Chroma's native part is a BaseException, which must not end the program.
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            raise self._explained(error) from error

    def _open(self) -> Any:
        import chromadb
        from chromadb.config import Settings

        def make(**settings: Any) -> Any:
            if self.folder is not None:
                return chromadb.PersistentClient(self.folder, settings=Settings(**settings))
            # All clients without a folder share what is kept in the process: each memory gets a database of its own.
            shared = Settings(is_persistent=False, **settings)
            admin = chromadb.AdminClient(shared)
            name = self._own_database or f"loomlab_{uuid4().hex}"
            if self._own_database is None:
                admin.create_database(name)
                self._own_database = name
            return chromadb.EphemeralClient(settings=Settings(**settings), database=name)

        # Whoever opens a place in this process first decides its settings, so ours are the default ones. Chroma 1.5
        # sends no telemetry whatever they say.
        try:
            return make()
        except ValueError as error:
            if "different settings" not in str(error):
                raise
            return make(anonymized_telemetry=False)

    def _close(self) -> None:
        with self._lock:
            client, name = self._client, self._own_database
            if client is None or name is None:
                return
            import chromadb

            self._client = self._own_database = None
            settings = client.get_settings()
        chromadb.AdminClient(settings).delete_database(name)

    def _explained(self, error: BaseException) -> MemoryStoreError:
        what = str(error) or type(error).__name__
        text = what.lower()
        if "readonly" in text or "read-only" in text or "permission denied" in text:
            remedy = "make the folder and the files in it writable, or give another folder"
        elif "disk is full" in text or "no space" in text or "disk i/o" in text:
            remedy = "free some space on its disk; what was stored before is intact"
        elif "connect" in text or "refused" in text or "timed out" in text:
            remedy = "is the server running, and is the address right? What comes later is stored once it is back"
        elif "dimension" in text:
            remedy = "the collection holds vectors of another embedder: give another collection_name"
        elif "not a database" in text or "malformed" in text:
            remedy = "that folder holds something else, or is damaged: restore a backup, or give another folder"
        elif "expected a name" in text:
            remedy = "give another collection_name"
        elif "does not exist" in text:
            remedy = "the collection was deleted meanwhile: make a new memory"
        else:
            remedy = "look at the folder, or give another one"
        return store_error("Chroma", self.folder or "", what, remedy, self._holds)
