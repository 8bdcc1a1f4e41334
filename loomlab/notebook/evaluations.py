"""The evaluations of this kernel: the last one is remembered, and one that a cell awaits itself is shown live."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from loomlab.core.events import Event
from loomlab.evals import Evaluation, Progress, Status
from loomlab.evals.controls import Controls
from loomlab.notebook.bridge import on_event_loop
from loomlab.notebook.face import Face
from loomlab.notebook.faces import face_of
from loomlab.notebook.screen import Screen
from loomlab.notebook.trial_view import FASTEST_S, TrialView
from loomlab.runtime.tasks import spawn


class SeenEvaluations:
    """Watches every evaluation of the process. ``last`` is the newest, None where there has been none."""

    wants_chunks = False

    def __init__(self, screen: Screen) -> None:
        self.last: Evaluation | None = None
        self._screen = screen
        self._cell: TrialView | None = None
        self._shown: dict[int, TrialView | None] = {}

    def on_event(self, event: Event) -> None:
        """Runs are watched elsewhere."""

    def on_evaluation(self, progress: Progress, controls: Controls) -> None:
        """Take in where an evaluation stands."""
        ev = progress.evaluation
        self.last = ev
        if self._cell is not None:
            self._cell.see(progress, controls)
            return
        if id(ev) not in self._shown:
            self._shown[id(ev)] = self._open()
        view = self._shown[id(ev)]
        if view is not None:
            view.see(progress, controls)
        if ev.status is not Status.RUNNING:
            self._shown.pop(id(ev), None)
            if view is not None:
                view.close(None if ev.status is Status.DONE else _partial(ev))

    @contextmanager
    def shown_by(self, view: TrialView) -> Iterator[None]:
        """What runs in the block is shown by ``view``: the cell itself looks after it."""
        self._cell = view
        try:
            yield
        finally:
            self._cell = None

    def _open(self) -> TrialView | None:
        """A live view, where somebody may be watching and the thread of the cell runs the evaluation itself."""
        here = threading.current_thread() is threading.main_thread() and on_event_loop()
        if not here or not self._screen.live:
            return None
        view = TrialView(self._screen)
        spawn(lambda: _pump(view))
        return view


async def _pump(view: TrialView) -> None:
    """Draw until the evaluation is over, also while no trial ends."""
    while view.evaluation is None or view.evaluation.status is Status.RUNNING:
        await anyio.sleep(FASTEST_S)
        view.tick()


def _partial(evaluation: Evaluation) -> Face | None:
    try:
        return face_of(evaluation) if len(evaluation) else None
    except Exception:  # the table needs packages that may be missing; the error itself is shown all the same
        return None
