"""How long the outermost run that we are in has been going."""

from collections.abc import Callable
from contextvars import ContextVar

from loomlab.core import get_run_context
from loomlab.core.bounded import BoundedDict

_begun: ContextVar[tuple[tuple["RunClock", float], ...]] = ContextVar("loomlab_budget_runs", default=())


class RunClock:
    """Seconds since the start of the outermost run of this context; of several runs at once, each has its own.

    Where nobody told it of a run, it counts from the first question asked within one.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first_asked: BoundedDict[str, float] = BoundedDict(clock, max_items=10_000, idle_s=3600.0, clock=clock)

    def begin(self) -> None:
        """A run begins; one within another does not restart the clock."""
        started = self._started()
        _begun.set((*_begun.get(), (self, self._clock() if started is None else started)))

    def end(self) -> float | None:
        """The run begun last is over. Its seconds where it was the outermost, else None."""
        stack = _begun.get()
        for at in range(len(stack) - 1, -1, -1):
            if stack[at][0] is self:
                _begun.set(stack[:at] + stack[at + 1 :])
                return self._clock() - stack[at][1] if self._started() is None else None
        return None

    def elapsed_s(self) -> float:
        """Seconds since the start."""
        started = self._started()
        if started is None:
            started = self._first_asked.use(get_run_context().run_id)
        return self._clock() - started

    def _started(self) -> float | None:
        return next((started for clock, started in _begun.get() if clock is self), None)
