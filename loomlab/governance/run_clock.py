"""How long the outermost run that we are in has been going."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from loomlab.core import get_run_context
from loomlab.core.bounded import BoundedDict


@dataclass(frozen=True, slots=True)
class Begun:
    """The outermost run of a context: on which clock, since when, and for whose account."""

    clock: "RunClock"
    at: float
    account: Any
    outermost: bool


_begun: ContextVar[tuple[Begun, ...]] = ContextVar("loomlab_budget_runs", default=())


class RunClock:
    """When the outermost run of this context began; of several runs at once, each has its own beginning.

    Where nobody told it of a run, it counts from the first question asked within one.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first_asked: BoundedDict[str, float] = BoundedDict(clock, max_items=10_000, idle_s=3600.0, clock=clock)

    def begin(self, account: Any = None) -> Begun:
        """A run begins; one within another does not restart the clock."""
        outer = self._running()
        made = Begun(self, self._clock() if outer is None else outer.at, account, outer is None)
        _begun.set((*_begun.get(), made))
        return made

    def end(self) -> Begun | None:
        """The run begun last is over, and which that was."""
        stack = _begun.get()
        for at in range(len(stack) - 1, -1, -1):
            if stack[at].clock is self:
                _begun.set(stack[:at] + stack[at + 1 :])
                return stack[at]
        return None

    def started(self) -> float:
        """When the outermost run of this context began."""
        running = self._running()
        return self._first_asked.use(get_run_context().run_id) if running is None else running.at

    def _running(self) -> Begun | None:
        return next((one for one in _begun.get() if one.clock is self), None)
