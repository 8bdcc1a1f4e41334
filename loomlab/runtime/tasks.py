"""The bridge to the event loop: a task that outlives no one, and whose end can be awaited from anywhere.

A stream's producer must run in a task of its own (a cancel scope may not span a ``yield``), and anyio
has no task without a task group. This is the one file of the room that knows which loop runs.
"""

import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import copy_context
from typing import Any, Protocol, TypeVar

import anyio

T = TypeVar("T")


class Task(Protocol):
    """A running piece of work."""

    def cancel(self) -> None:
        """Ask it to stop."""

    async def ended(self) -> None:
        """Wait until it has stopped and cleaned up; never raises its error."""


class _AsyncioTask:
    def __init__(self, work: Coroutine[Any, Any, None]) -> None:
        import asyncio

        self._asyncio = asyncio
        self._task = asyncio.get_running_loop().create_task(work)

    def cancel(self) -> None:
        self._task.cancel()

    async def ended(self) -> None:
        if not self._task.done():
            await self._asyncio.wait([self._task])


class _TrioTask:
    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        import trio

        self._scope = trio.CancelScope()
        self._ended = trio.Event()

        async def main() -> None:
            try:
                with self._scope:
                    await work()
            finally:
                self._ended.set()

        trio.lowlevel.spawn_system_task(main, context=copy_context())

    def cancel(self) -> None:
        self._scope.cancel()

    async def ended(self) -> None:
        await self._ended.wait()


def spawn(work: Callable[[], Coroutine[Any, Any, None]]) -> Task:
    """Start ``work`` in a task of its own, in a copy of the present context. ``work`` must not raise."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return _TrioTask(work)
    return _AsyncioTask(work())


async def finish(task: Task) -> None:
    """Stop ``task`` and wait for its clean-up, even where the caller itself is being cancelled."""
    task.cancel()
    with anyio.CancelScope(shield=True):
        await task.ended()


async def race(jobs: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
    """Do all ``jobs`` at once on asyncio; the first error stops the others and is raised as it is.

    A task group of anyio does the same for six times the price, which counts where a hundred small steps fan out.
    """
    import asyncio

    create = asyncio.get_running_loop().create_task

    tasks: list[asyncio.Task[T]] = []
    try:
        tasks += [create(job()) for job in jobs]
        done, going = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        if not going:
            return [task.result() for task in tasks]
        errors = (task.exception() for task in tasks if task in done and not task.cancelled())
        raise next(error for error in errors if error is not None)
    finally:
        left = [task for task in tasks if not task.done()]
        for task in left:
            task.cancel()
        if left:
            with anyio.CancelScope(shield=True):
                await asyncio.wait(left)
        for task in tasks:
            if not task.cancelled():
                task.exception()  # seen: the loop need not report it
