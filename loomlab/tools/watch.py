"""Whoever wants to know when a tool host changes."""

import weakref
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

import anyio

from loomlab.core import ToolEvent


class Watchers:
    """The open subscriptions of one host. A subscription that nobody holds any more is forgotten."""

    def __init__(self) -> None:
        self._open: weakref.WeakSet[_Subscription] = weakref.WeakSet()

    def subscribe(self) -> AsyncIterator[ToolEvent]:
        """Every event from now on."""
        subscription = _Subscription()
        self._open.add(subscription)
        return subscription

    def tell(self, event: ToolEvent) -> None:
        """Hand ``event`` to every subscription."""
        for subscription in list(self._open):
            subscription.put(event)


class _Subscription:
    def __init__(self) -> None:
        self._waiting: deque[ToolEvent] = deque()
        self._arrived: anyio.Event | None = None

    def put(self, event: ToolEvent) -> None:
        self._waiting.append(event)
        if self._arrived is None:
            return
        try:
            anyio.get_current_task()
        except RuntimeError:  # no event loop here: a plain tool that registers another, from its worker thread
            with suppress(RuntimeError):
                from anyio import from_thread  # loads thread pools, which most programs never need here

                from_thread.run_sync(self._arrived.set)
        else:
            self._arrived.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ToolEvent:
        while not self._waiting:
            self._arrived = anyio.Event()
            await self._arrived.wait()
        return self._waiting.popleft()
