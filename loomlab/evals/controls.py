"""The hand on an evaluation while it runs: pause, go on, stop."""

import threading
from time import perf_counter
from typing import Protocol, runtime_checkable

import anyio

from loomlab.core.observers import current_observers
from loomlab.evals.progress import Progress

_LOOK_S = 0.05
"""How often a paused evaluation looks whether it may go on, in seconds."""


class Controls:
    """``evaluate(…, controls=controls)``; to be called from any thread, and looked at between trials.

    Paused: trials under way are finished and no other begins. Stopped: the same, and then ``evaluate`` raises
    CancelledByUser; ``stop(now=True)`` cancels what is under way too. What is done is kept and logged either way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paused_at: float | None = None
        self._paused_s = 0.0
        self._stopped = self._now = False

    def pause(self) -> None:
        """Begin no further trial until ``go_on``."""
        with self._lock:
            if self._paused_at is None and not self._stopped:
                self._paused_at = perf_counter()

    def go_on(self) -> None:
        """End a pause."""
        with self._lock:
            if self._paused_at is not None:
                self._paused_s += perf_counter() - self._paused_at
                self._paused_at = None

    def stop(self, *, now: bool = False) -> None:
        """Begin no further trial, for good. ``now``: do not wait for those under way, whose answers are lost."""
        self.go_on()
        self._stopped = True
        self._now = self._now or now

    @property
    def paused(self) -> bool:
        """Whether it waits for ``go_on``."""
        return self._paused_at is not None

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stopped

    @property
    def paused_s(self) -> float:
        """Seconds that were spent waiting so far."""
        with self._lock:
            return self._paused_s + (0.0 if self._paused_at is None else perf_counter() - self._paused_at)

    async def may_go_on(self) -> bool:
        """Wait while paused; False once stopped."""
        while self.paused:  # noqa: ASYNC110  (whoever ends the pause is on a thread with no event loop)
            await anyio.sleep(_LOOK_S)
        return not self._stopped

    async def cancel_when_told(self, scope: anyio.CancelScope) -> None:
        """Cancel ``scope`` as soon as it is to stop now."""
        while not self._now:  # noqa: ASYNC110  (the same)
            await anyio.sleep(_LOOK_S)
        scope.cancel()


@runtime_checkable
class EvaluationWatcher(Protocol):
    """An observer that watches evaluations too, as the notebook does."""

    def on_evaluation(self, progress: Progress, controls: Controls) -> None:
        """Called as ``on_progress`` is, and once more when the evaluation is over, however it ended."""


def ambient_watchers() -> list[EvaluationWatcher]:
    """Who watches evaluations here."""
    return [one for one in current_observers() if isinstance(one, EvaluationWatcher)]
