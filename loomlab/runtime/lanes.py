"""Names of durable steps that do not depend on who is quicker: each strand of a run counts for itself.

A run begins on one lane. What runs side by side, inside of a step, or in a run below gets a lane of its own, named
after its place: ``way_1.0/`` is the first of several at once, ``step_research_1/`` the inside of that step. On one lane
things happen one after the other, so that counting them gives the same names each time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast

from loomlab.core.ids import deterministic_hash, new_id
from loomlab.core.steps import STEP

T = TypeVar("T")


class Lane:
    """One strand of a durable run. ``session`` is the session of its journal."""

    __slots__ = ("_counts", "calls", "prefix", "session", "slots")

    def __init__(self, session: Any, prefix: str = "") -> None:
        self.session = session
        self.prefix = prefix
        self.calls = 0
        self.slots = 0
        self._counts: dict[str, int] | None = None

    def model_call(self) -> str:
        """The name of the next model call."""
        self.calls += 1
        self.slots = 0
        return f"{self.prefix}model_call_{self.calls}"

    def tool_calls(self, count: int) -> list[str]:
        """The names of the next tool calls; those of one turn go on counting."""
        first, self.slots = self.slots, self.slots + count
        return [f"{self.prefix}tool_call_{self.calls}_{slot}" for slot in range(first, self.slots)]

    def counted(self, name: str) -> str:
        """``name`` with how often it came on this lane, not put behind the prefix."""
        if self._counts is None:
            self._counts = {}
        times = self._counts[name] = self._counts.get(name, 0) + 1
        return f"{name}_{times}"

    def below(self, name: str) -> Lane:
        """A lane inside of the step or run of that name."""
        return Lane(self.session, f"{self.prefix}{name}/")

    def own_ulid(self) -> str:
        """The ULID of the run on this lane, the same when the run is resumed."""
        first: str = self.session.held.origin.removeprefix("run_") or new_id()
        return first if not self.prefix else f"{first[:10]}{self.key()[:16].upper()}"

    def key(self) -> str:
        """The idempotency key of the step that this lane is the inside of."""
        held = self.session.held
        return deterministic_hash(held.session_id, held.user_key, held.epoch, self.prefix)[:32]


def lane_of(runtime: Any) -> Lane | None:
    """The lane we are on, where its journal is that of ``runtime`` and still open."""
    lane: Lane | None = STEP.get()
    return lane if lane is not None and lane.session.runtime is runtime and lane.session.is_open else None


def on_lanes(jobs: Sequence[Callable[[], Awaitable[T]]]) -> Sequence[Callable[[], Coroutine[Any, Any, T]]]:
    """The jobs, each on a lane of its own named after its place; as they are outside of durable runs."""
    lane: Lane | None = STEP.get()
    if lane is None or not lane.session.is_open:
        return cast("Sequence[Callable[[], Coroutine[Any, Any, T]]]", jobs)
    fork = lane.counted("way")
    return [_placed(job, lane.below(f"{fork}.{slot}")) for slot, job in enumerate(jobs)]


def _placed(job: Callable[[], Awaitable[T]], lane: Lane) -> Callable[[], Coroutine[Any, Any, T]]:
    async def placed() -> T:
        outer = STEP.get()
        STEP.set(lane)
        try:
            return await job()
        finally:
            STEP.set(outer)

    return placed


class PrefixEnd(BaseException):
    """A fork came to the end of what it replays: what the model would be asked next. The fork catches it."""

    def __init__(self, messages: Sequence[Any] = ()) -> None:
        super().__init__("the end of what is replayed")
        self.messages = list(messages)
