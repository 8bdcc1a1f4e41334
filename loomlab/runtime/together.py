"""Several things at once: all results, or the first error as it is."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

T = TypeVar("T")


async def together(jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do all ``jobs`` at once; their results in the order of the jobs.

    The first error stops the others, waits for their clean-up, and is raised unwrapped.
    """
    if len(jobs) == 1:
        return [await jobs[0]()]
    results: dict[int, T] = {}
    errors: list[Exception] = []

    async def do(slot: int, job: Callable[[], Awaitable[T]]) -> None:
        try:
            results[slot] = await job()
        except Exception as exc:
            errors.append(exc)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for slot, job in enumerate(jobs):
            group.start_soon(do, slot, job)
    if errors:
        raise errors[0]
    return [results[slot] for slot in range(len(jobs))]
