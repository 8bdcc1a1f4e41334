"""Several model calls at once, results in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from loomlab.runtime import RunStopped
from loomlab.runtime.together import together as at_once

T = TypeVar("T")


async def together(calls: Sequence[Callable[[], Awaitable[T]]], *, parallel: bool = True) -> list[T]:
    """Await all ``calls``, which start in their order; the first that fails stops the others and is raised itself.

    Where the run's turn cap or budget stops one, the others finish first: what they do is paid for already.
    """
    if not parallel:
        return [await call() for call in calls]
    results: dict[int, T] = {}
    stops: list[RunStopped] = []

    async def one(slot: int) -> None:
        try:
            results[slot] = await calls[slot]()
        except RunStopped as stop:
            stops.append(stop)

    await at_once([partial(one, slot) for slot in range(len(calls))])
    if stops:
        raise stops[0]
    return [results[slot] for slot in range(len(calls))]
