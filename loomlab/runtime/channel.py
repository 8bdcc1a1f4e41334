"""A bounded hand-over from producers to one consumer, cheap enough for every token of a stream."""

from typing import Generic, TypeVar

import anyio

T = TypeVar("T")


class Channel(Generic[T]):
    """At most ``limit`` items wait; producers pause when it is full, the consumer takes all there is.

    A producer that never pauses by itself is taken from in batches, so that a task switch is paid for
    once a batch and not once an item.
    """

    __slots__ = ("_closed", "_error", "_items", "_limit", "_ready", "_space")

    def __init__(self, limit: int = 128) -> None:
        self._items: list[T] = []
        self._limit = limit
        self._ready: anyio.Event | None = None
        self._space: anyio.Event | None = None
        self._closed = False
        self._error: BaseException | None = None

    def offer(self, item: T) -> bool:
        """Put one item in; True when the channel is full now and the caller must await ``space``."""
        self._items.append(item)
        if self._ready is not None:
            self._ready.set()
            self._ready = None
        return len(self._items) >= self._limit

    async def space(self) -> None:
        """Wait until the consumer has caught up."""
        if not self._closed and len(self._items) >= self._limit:
            if self._space is None:  # else others wait already, and one word wakes them all
                self._space = anyio.Event()
            await self._space.wait()

    def close(self, error: BaseException | None = None) -> None:
        """No more items; the consumer gets what is left, then ``error`` where there is one."""
        self._closed = True
        self._error = error
        for event in (self._ready, self._space):
            if event is not None:
                event.set()

    async def take(self) -> list[T]:
        """All waiting items; an empty list when the channel is closed and drained. Raises the producer's error."""
        if not self._items and not self._closed:
            ready = self._ready = anyio.Event()
            if self._space is not None:
                self._space.set()
                self._space = None
            await ready.wait()
        items, self._items = self._items, []
        if not items and self._error is not None:
            raise self._error
        return items
