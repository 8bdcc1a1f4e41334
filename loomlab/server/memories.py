"""The memories of one server by name: those that its settings name, and the files that lie below its root folder."""

from collections.abc import Awaitable, Callable, Container, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from stat import S_ISREG
from threading import Lock, Thread
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.upgrading import backups_of
from loomlab.inspector import Inspector, opened
from loomlab.memory import HashEmbedder, LocalEmbedder, SqliteMemory, default_embedder, resolve_memory
from loomlab.runlog import RunLog
from loomlab.server.memory_files import find_memories

_KEPT = 8


class Memories:
    """Opened when they are first asked for, files for reading only. Everything but ``pool`` is used from its thread."""

    def __init__(self, named: Mapping[str, str], root: Path, log: Callable[[], RunLog | None]) -> None:
        self.pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="loomlab-memory")
        self._named = dict(named)
        self._given = {name: path for name, spec in named.items() if (path := _path_in(spec, root)) is not None}
        self._root = root
        self._log = log
        self._files: dict[str, Path] = dict(self._given)
        self._open: dict[str, Any] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._kept: dict[tuple[str, str | None], tuple[Inspector, Any]] = {}
        self._lock = Lock()
        self._portal: BlockingPortal | None = None

    def names(self) -> dict[str, str]:
        """Every name and the kind of what is behind it; files are looked for anew."""
        given = set(self._given.values())
        found = {name: path for name, path in find_memories(self._root).items() if path not in given}
        self._files = {name: path for name, path in found.items() if name not in self._named} | self._given
        kinds = {name: spec.partition(":")[0] for name, spec in self._named.items()}
        return {**kinds, **dict.fromkeys(self._files, "sqlite")}

    def let_go_of_others(self, names: Container[str]) -> None:
        """Close what is open and has none of these names: a file that is gone takes its room until then."""
        for name in [name for name in self._open if name not in names]:
            self._forget_open(name)
            self._seen.pop(name, None)

    def reading(self, name: str) -> Any:
        """The memory of this name, to ask. Raises ConfigError, with the nearest, for a name that was never given."""
        if name not in self._named and name not in self._files and name not in self.names():
            known = [*self._named, *self._files]
            hint = did_you_mean(name, known) if known else "this server knows none"
            raise ConfigError(f"there is no memory {name!r} here; {hint}")
        path = self._files.get(name)
        if path is not None:
            now = _identity(path, follow=name in self._given)
            if now != self._seen.get(name):
                self._forget_open(name)  # another file has the name now
            if now is None:
                raise ConfigError(f"the memory {name!r} is not there (any more); look again at which there are")
            self._seen[name] = now
        if name not in self._open:
            memory = self._named_memory(name) if path is None else _file_memory(path, read_only=True)
            self._open[name] = self.ask(lambda: opened(memory))
        return self._open[name]

    def inspector(self, name: str, user_id: str | None) -> Inspector:
        """One user's memory as it is now. What was read last is kept as long as the store says that nothing changed."""
        memory = self.reading(name)
        marks = self._marks(memory, user_id)
        found, before = self._kept.pop((name, user_id), (None, None))
        if found is None or marks is None or marks != before:
            found = self._loaded(memory, user_id)
        else:
            found.back_to_now()
        self._kept[name, user_id] = found, marks
        while len(self._kept) > _KEPT:
            self._kept.pop(next(iter(self._kept)))
        return found

    def erasing(self, name: str, user_id: str | None, erase: Callable[[Inspector], Any]) -> Any:
        """What ``erase`` gives for an inspector that may erase; a file is open for writing only meanwhile."""
        memory = self.reading(name)
        path = self._files.get(name)
        if path is None:
            try:
                return erase(self._loaded(memory, user_id))
            finally:
                self._drop(name)
        writable = _file_memory(path, read_only=False)
        try:
            return erase(self._loaded(writable, user_id))
        finally:
            self.ask(writable.aclose)
            self._forget_open(name)

    def backups(self, name: str) -> list[str]:
        """The names of files that keep what a memory was before it was brought up to date; forgetting leaves them."""
        path = self._files.get(name)
        return [] if path is None else [one.name for one in backups_of(path)]

    def ask(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """What ``work`` gives, done where the memories live: their connections belong to one event loop."""
        with self._lock:
            if self._portal is None:
                self._portal = _portal()
        return self._portal.call(work)

    def _marks(self, memory: Any, user_id: str | None) -> Any:
        """What changes whenever somebody writes or erases; None where the store can't tell."""
        version = getattr(getattr(memory, "store", None), "version", None)
        return self.ask(lambda: version(user_id)) if callable(version) else None

    def _loaded(self, memory: Any, user_id: str | None) -> Inspector:
        inspector = Inspector(memory, user_id, ask=self.ask, log=self._log)
        inspector.load()
        return inspector

    def _named_memory(self, name: str) -> Any:
        try:
            return resolve_memory(self._named[name])
        except ConfigError as error:
            raise ConfigError(f"the memory {name!r}, as LoomlabServer.memories names it: {error}") from None

    def _drop(self, name: str) -> None:
        self._kept = {key: found for key, found in self._kept.items() if key[0] != name}

    def _forget_open(self, name: str) -> None:
        self._drop(name)
        memory = self._open.pop(name, None)
        if memory is not None:
            self.ask(memory.aclose)


def _portal() -> BlockingPortal:
    """An event loop in a thread of its own, which keeps no server from ending."""
    ready: Future[BlockingPortal] = Future()

    async def serve() -> None:
        async with BlockingPortal() as portal:
            ready.set_result(portal)
            await portal.sleep_until_stopped()

    Thread(target=lambda: anyio.run(serve), name="loomlab-memories", daemon=True).start()
    return ready.result()


def _path_in(spec: str, root: Path) -> Path | None:
    """The file that a spec means, from the server's root folder."""
    scheme, colon, rest = spec.strip().partition(":")
    return root / Path(rest.strip()).expanduser() if scheme.lower() == "sqlite" and colon and rest.strip() else None


def _identity(path: Path, *, follow: bool) -> tuple[int, int] | None:
    """Which file it is. ``follow``: the settings name it, so it may be a link; one that was found may not."""
    try:
        found = path.stat(follow_symlinks=follow)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if S_ISREG(found.st_mode) else None


def _file_memory(path: Path, *, read_only: bool) -> SqliteMemory:
    return SqliteMemory(path, embedder=_offline_embedder(), read_only=read_only)


def _offline_embedder() -> Any:
    """What an agent's memory in a file is given by default, but never one that asks over the network."""
    found = default_embedder()
    return found if isinstance(found, (LocalEmbedder, HashEmbedder)) else HashEmbedder()
