"""Several calls at once, results in order, errors as they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from loomlab.runtime import RunStopped

T = TypeVar("T")


async def together(calls: Sequence[Callable[[], Awaitable[T]]], *, parallel: bool = True) -> list[T]:
    """Await all ``calls``; they start in their order.

    The first that fails stops the others and is raised itself, not in a group. One that the run's turn cap or budget
    stopped lets the others finish first: what they do is paid for already.
    """
    if not parallel or len(calls) < 2:
        return [await call() for call in calls]
    results: dict[int, T] = {}
    failures: list[BaseException] = []
    stops: list[RunStopped] = []

    async def one(slot: int, call: Callable[[], Awaitable[T]]) -> None:
        try:
            results[slot] = await call()
        except RunStopped as stop:
            stops.append(stop)
        except Exception as exc:
            failures.append(exc)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for slot, call in enumerate(calls):
            group.start_soon(one, slot, call)
    if failures or stops:
        raise (failures or stops)[0]
    return [results[slot] for slot in range(len(calls))]
