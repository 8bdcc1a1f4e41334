"""One at a time, for writes that depend on what was there."""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from threading import Lock

from anyio import sleep

_PAUSE = 0.001


class Turns:
    """Lets one task at a time in for each key, whatever event loop or thread it runs on."""

    def __init__(self) -> None:
        self._busy: set[Hashable] = set()
        self._lock = Lock()

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Wait until nobody else holds ``key``, and hold it for the block."""
        while not self._take(key):  # noqa: ASYNC110 - an event would have to be of the loop of whoever waits for it
            await sleep(_PAUSE)
        try:
            yield
        finally:
            self._busy.discard(key)

    def _take(self, key: Hashable) -> bool:
        with self._lock:
            if key in self._busy:
                return False
            self._busy.add(key)
            return True
