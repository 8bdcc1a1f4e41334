"""Consolidation in the background: what is new becomes facts every so often."""

import inspect
import logging
import math
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import anyio
from anyio.abc import TaskGroup

from loomlab.memory.consolidator import TALLY

_LOG = logging.getLogger(__name__)


class ConsolidationWorker:
    """Calls ``memory.consolidate()`` every ``interval_seconds``, inside ``async with`` or by ``run_forever``.

    Args:
        memory: one that was given a consolidator.
        interval_seconds: from the end of one turn to the begin of the next; not positive is a ValueError.
        on_consolidated: given the number of facts that a turn added, after each turn that added some.
        on_error: given the exception of a turn that failed; the next turn comes all the same. Without it failures are
            logged as warnings. Both callbacks may be async.
    """

    def __init__(
        self,
        memory: Any,
        *,
        interval_seconds: float = 60.0,
        on_consolidated: Callable[[int], Any] | None = None,
        on_error: Callable[[Exception], Any] | None = None,
    ) -> None:
        if not interval_seconds > 0 or math.isinf(interval_seconds):
            raise ValueError(f"interval_seconds must be a positive number of seconds, not {interval_seconds}")
        self._memory = memory
        self._interval = interval_seconds
        self._on_consolidated = on_consolidated
        self._on_error = on_error
        self._iterations = 0
        self._total = 0
        self._tallied = False
        self._tasks: TaskGroup | None = None

    @property
    def iterations(self) -> int:
        """Turns so far, failed ones included."""
        return self._iterations

    @property
    def total_extracted(self) -> int:
        """Facts added so far."""
        return self._total

    async def run_once(self) -> int:
        """One turn: the number of facts that it added. An error goes to ``on_error``, and counts as none."""
        self._iterations += 1
        tally: list[int] = []
        token = TALLY.set(tally)
        try:
            before = await self._count()
            await self._memory.consolidate()
        except Exception as exc:
            if self._on_error is None:
                _LOG.warning("consolidation failed, and is tried again: %s", exc)
            else:
                await _told(self._on_error, exc)
            return 0
        finally:
            TALLY.reset(token)
        self._tallied = self._tallied or bool(tally)
        added = sum(tally) if self._tallied else max(0, await self._count() - before)
        self._total += added
        if added and self._on_consolidated is not None:
            await _told(self._on_consolidated, added)
        return added

    async def run_forever(self) -> None:
        """Turn after turn, until cancelled."""
        while True:
            await self.run_once()
            await anyio.sleep(self._interval)

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise RuntimeError("this worker is at work already")
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self.run_forever)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        tasks, self._tasks = self._tasks, None
        if tasks is None:
            return None
        tasks.cancel_scope.cancel()
        return await tasks.__aexit__(kind, exc, trace)

    async def _count(self) -> int:
        """Facts in the store: a consolidator of another make keeps no tally, and what it added shows there."""
        facts = getattr(self._memory, "facts", None)
        return 0 if self._tallied or facts is None else len(await facts.all_facts())


async def _told(callback: Callable[[Any], Any], what: Any) -> None:
    outcome = callback(what)
    if inspect.isawaitable(outcome):
        await outcome
