"""A run as a stream of events: the producer in a task of its own, so that leaving early is always clean."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

import anyio

from loomlab.core.events import Event
from loomlab.runtime.channel import Channel
from loomlab.runtime.tasks import finish, spawn

BUFFER = 128
"""Events that may wait for a slow consumer before the run pauses."""


async def stream_events(produce: Callable[[Channel[Event]], Awaitable[object]]) -> AsyncGenerator[Event, None]:
    """Events of ``produce`` as they come. Its error is raised as it is, after the events before it.

    Closing the iterator, or dropping it, cancels the producer and waits for its clean-up.
    """
    channel: Channel[Event] = Channel(BUFFER)

    async def work() -> None:
        error: BaseException | None = None
        try:
            await produce(channel)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as exc:
            error = exc
        finally:
            channel.close(error)

    task = spawn(work)
    try:
        while events := await channel.take():
            for event in events:
                yield event
    finally:
        await finish(task)


class EventStream(AsyncIterator[Event]):
    """The events of one run; ``source`` is the agent or workflow that runs, for those who draw it."""

    def __init__(self, source: Any, produce: Callable[[Channel[Event]], Awaitable[object]]) -> None:
        self.source = source
        self._events = stream_events(produce)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events

    async def __anext__(self) -> Event:
        return await self._events.__anext__()

    async def aclose(self) -> None:
        """Cancel the run and wait for its clean-up."""
        await self._events.aclose()
