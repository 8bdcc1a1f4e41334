"""Several things at once: all results, or the first error as it is."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from loomlab.runtime.lanes import on_lanes
from loomlab.runtime.reply import RunStopped

T = TypeVar("T")


async def together(jobs: Sequence[Callable[[], Awaitable[T]]], *, parallel: bool = True) -> list[T]:
    """Do all ``jobs`` at once; their results in the order of the jobs.

    The first error stops the others, waits for their clean-up, and is raised unwrapped. One that the run's turn cap or
    budget stopped lets the others finish first: what they do is paid for already.
    """
    if not parallel or len(jobs) < 2:
        return [await job() for job in jobs]
    jobs = on_lanes(jobs)
    results: dict[int, T] = {}
    errors: list[Exception] = []
    stops: list[Exception] = []

    async def do(slot: int, job: Callable[[], Awaitable[T]]) -> None:
        try:
            results[slot] = await job()
        except RunStopped as stop:
            stops.append(stop)
        except Exception as exc:
            errors.append(exc)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for slot, job in enumerate(jobs):
            group.start_soon(do, slot, job)
    if errors or stops:
        raise (errors or stops)[0]
    return [results[slot] for slot in range(len(jobs))]
