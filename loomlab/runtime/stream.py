"""A run as a stream of events: the producer in a task of its own, so that leaving early is always clean."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio

from loomlab.core.events import Event
from loomlab.runtime.channel import Channel
from loomlab.runtime.tasks import finish, spawn

BUFFER = 128
"""Events that may wait for a slow consumer before the run pauses."""


async def stream_events(produce: Callable[[Channel[Event]], Awaitable[object]]) -> AsyncIterator[Event]:
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
