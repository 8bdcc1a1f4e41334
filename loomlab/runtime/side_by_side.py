"""Many small jobs at once, cheaply: all results, or the first error as it is, at most so many at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from loomlab.runtime.lanes import on_lanes
from loomlab.runtime.tasks import race
from loomlab.runtime.together import together

T = TypeVar("T")


async def side_by_side(jobs: Sequence[Callable[[], Coroutine[Any, Any, T]]], *, limit: int | None = None) -> list[T]:
    """Do all ``jobs`` at once, or at most ``limit`` at a time; their results in the order of the jobs.

    The first error stops the others, waits for their clean-up, and is raised unwrapped.
    """
    jobs = on_lanes(jobs)
    if limit is not None and limit < len(jobs):
        return await _limited(jobs, limit)
    return await _all(jobs)


async def _all(jobs: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
    if len(jobs) == 1:
        return [await jobs[0]()]
    trio = sys.modules.get("trio")
    return await (together(jobs) if trio is not None and trio.lowlevel.in_trio_run() else race(jobs))


async def _limited(jobs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int) -> list[T]:
    results: dict[int, T] = {}
    left: Iterator[tuple[int, Callable[[], Coroutine[Any, Any, T]]]] = iter(enumerate(jobs))

    async def work() -> None:
        for slot, job in left:
            results[slot] = await job()

    await _all([work] * limit)
    return [results[slot] for slot in range(len(jobs))]
