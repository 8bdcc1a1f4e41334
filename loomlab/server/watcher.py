"""One watcher for all clients: it looks at the sizes and times of the log's files, and only while somebody listens."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from tornado.ioloop import IOLoop
from tornado.queues import Queue

from loomlab.server.shapes import Changed

EVERY_MS = 500
"""Between two looks; so there are at most two messages a second, however fast the log grows."""

Sizes: TypeAlias = frozenset[tuple[str, int, int]]


class Watcher:
    """Tells its listeners when the log has grown.

    ``ask`` gives what to tell; it is called once for all of them. Belongs to one event loop.
    """

    def __init__(self, folder: Path, ask: Callable[[], Awaitable[Changed]]) -> None:
        self._folder, self._ask = folder, ask
        self._listeners: set[Queue[Changed | None]] = set()
        self._next: object | None = None
        self._seen: Sizes | None = None
        self._told: Changed | None = None
        self._looking = False

    @property
    def running(self) -> bool:
        """Whether it looks at files at all."""
        return self._next is not None or self._looking

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def join(self) -> "Queue[Changed | None]":
        """Listen. The state now comes first. None is for whoever waits, to be woken."""
        queue: Queue[Changed | None] = Queue(maxsize=1)
        self._listeners.add(queue)
        if not self.running:
            self._seen = self._told = None
            self._wait(0)
        elif self._told is not None:
            put(queue, self._told)
        return queue

    def leave(self, queue: "Queue[Changed | None]") -> None:
        """Listen no more. The last one stops the watcher."""
        self._listeners.discard(queue)
        if not self._listeners and self._next is not None:
            IOLoop.current().remove_timeout(self._next)
            self._next = None

    def _wait(self, milliseconds: float) -> None:
        self._next = IOLoop.current().call_later(milliseconds / 1000, self._look)

    async def _look(self) -> None:
        """Take a look, tell all listeners if anything has changed, and only then wait for the next look."""
        self._next, self._looking = None, True
        try:
            await self._tell()
        finally:
            self._looking = False
            if self._listeners:
                self._wait(EVERY_MS)

    async def _tell(self) -> None:
        sizes = await IOLoop.current().run_in_executor(None, sizes_of, self._folder)
        if sizes == self._seen or not self._listeners:
            return
        try:
            told = await self._ask()
        except Exception:  # a log that can't be read just now is asked again at the next look; routes say why
            return
        self._seen, self._told = sizes, told
        for queue in self._listeners:
            put(queue, told)


def put(queue: "Queue[Changed | None]", told: Changed | None) -> None:
    """Have this be the next that comes out: whoever is slow gets the newest state only."""
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(told)


def sizes_of(folder: Path) -> Sizes:
    """The files of a run log that grow or are replaced: how long they are, and when they changed. Nothing is read.

    Words that are taken out of a log leave each file as long as it was.
    """
    found = set()
    for place in (folder, folder / "segments"):
        try:
            with os.scandir(place) as files:
                for file in files:
                    if file.name.endswith((".jsonl", ".json")):
                        now = file.stat()
                        found.add((file.name, now.st_size, now.st_mtime_ns))
        except OSError:  # not there yet, or a file that has just gone
            continue
    return frozenset(found)
