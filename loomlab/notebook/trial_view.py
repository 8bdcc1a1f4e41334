"""An evaluation while it runs: results come in from any thread, the front end hears at most ten times a second."""

import threading
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from loomlab.display.trials import LastTrial, RunningArm, trials_shot
from loomlab.evals import Evaluation, Progress, Trial
from loomlab.evals.controls import Controls
from loomlab.notebook.face import Face
from loomlab.notebook.live import GRACE_S
from loomlab.notebook.screen import Screen

if TYPE_CHECKING:
    from loomlab.notebook.trial_widget import TrialWidget

FASTEST_S = 0.1
"""Least time between two updates."""


class TrialView:
    """Shows an evaluation. ``see`` takes progress in, from any thread; ``tick`` and ``close`` belong to the cell's."""

    def __init__(self, screen: Screen, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.controls: Controls | None = None
        self.evaluation: Evaluation | None = None
        self._screen = screen
        self._clock = clock
        self._lock = threading.Lock()
        self._arms: dict[str, RunningArm] = {}
        self._progress: Progress | None = None
        self._last: Trial | None = None
        self._next = clock() + GRACE_S
        self._shown: tuple[Any, ...] = ()
        self._widget: TrialWidget | None = None
        self._place = ""
        self._live = screen.live and find_spec("anywidget") is not None

    def see(self, progress: Progress, controls: Controls) -> None:
        """Take in where it stands."""
        with self._lock:
            ev = progress.evaluation
            if self.evaluation is not ev:
                self.evaluation, self.controls = ev, controls
                planned = len(ev.dataset) * ev.epochs
                self._arms = {arm: RunningArm(arm, planned) for arm in ev.arms}
                for trial in ev.trials:
                    if trial is not progress.last:
                        self._count(trial)
            self._progress = progress
            if progress.last is not None:
                self._last = progress.last
                self._count(progress.last)

    def tick(self) -> None:
        """Draw what is new, if it is time to."""
        now = self._clock()
        if not self._live or now < self._next or self._progress is None:
            return
        self._next = now + FASTEST_S
        try:
            self._draw()
        except Exception as exc:  # the display's fault must not become the evaluation's
            self._live = False
            warnings.warn(f"the live display failed ({exc!r}); the evaluation goes on", RuntimeWarning, stacklevel=2)

    def close(self, face: Face | None) -> None:
        """Show ``face`` in the place of the live one, or nothing."""
        widget, self._widget, self._live = self._widget, None, False
        if widget is None:
            if face is not None:
                self._screen.publish(face)
            return
        if widget.heard:
            self._screen.replace(self._place, face)
        else:
            if face is not None:
                self._screen.publish(face)
            self._screen.replace(self._place, None)
        widget.close()

    def press(self, what: str) -> None:
        """A person pressed a button: the first Stop lets what is under way be finished, the second does not wait."""
        controls = self.controls
        if controls is None:
            return
        if what == "pause":
            controls.pause()
        elif what == "go_on":
            controls.go_on()
        else:
            controls.stop(now=controls.stopped)

    def _count(self, trial: Trial) -> None:
        arm, ev = self._arms[trial.arm], self.evaluation
        score = None if ev is None else trial.score(ev.scorers[0])
        arm.done += 1
        if score is not None:
            arm.scored += 1
            arm.total += score
        known = trial.tokens_in is not None and trial.tokens_out is not None
        arm.tokens = arm.tokens + trial.tokens_in + trial.tokens_out if arm.tokens is not None and known else None  # type: ignore[operator]  # both are known there
        arm.cost_usd = None if arm.cost_usd is None or trial.cost_usd is None else arm.cost_usd + trial.cost_usd
        arm.latency_ms += trial.latency_ms or 0.0

    def _draw(self) -> None:
        widget = self._widget
        if widget is None:
            from loomlab.notebook.trial_widget import TrialWidget

            widget = self._widget = TrialWidget(self.press)
            self._place = self._screen.open_widget(widget.model_id)
        with self._lock:
            progress, controls = self._progress, self.controls
            if progress is None or controls is None:
                return
            state = "stopping" if controls.stopped else "paused" if controls.paused else "running"
            shown = (progress.done, state, widget.heard)
            if shown == self._shown:
                return
            self._shown = shown
            shot = trials_shot(
                list(self._arms.values()),
                self._said(),
                done=progress.done,
                total=progress.total,
                cost_usd=progress.cost_usd,
                failed=progress.failed,
                title=f"evaluation of {', '.join(self._arms)} on {progress.evaluation.dataset.name}",
            )
        left = progress.remaining_s
        times = {"elapsed_s": progress.elapsed_s, "remaining_s": left}
        widget.update({**shot, **times, "state": state, "can_stop": widget.heard})

    def _said(self) -> LastTrial | None:
        trial, ev = self._last, self.evaluation
        if trial is None or ev is None:
            return None
        scorer = ev.scorers[0]
        said = trial.output if trial.score(scorer) is not None else trial.detail(scorer)
        return LastTrial(
            trial.arm, trial.case_id, str(ev.dataset[trial.case_id].input), said or "", trial.score(scorer)
        )
