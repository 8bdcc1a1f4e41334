"""The runs of this kernel, numbered in the order in which they began: names for them that are the same every time."""

import threading

from loomlab.core.events import Event, EventKind


class SeenRuns:
    """Watches every run of the process. ``%loom show 2`` is the second one."""

    wants_chunks = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outermost: list[str] = []
        self._all: list[str] = []
        self._numbers: dict[str, tuple[int, ...]] = {}
        self._inside: dict[tuple[int, ...], int] = {}

    def on_event(self, event: Event) -> None:
        """Note a run that begins."""
        if event.kind in (EventKind.STARTED, EventKind.WORKFLOW_STARTED) and event.run_id:
            with self._lock:
                self._all.append(event.run_id)
                if event.parent_run_id is None:
                    self._outermost.append(event.run_id)
                    self._numbers[event.run_id] = (len(self._outermost),)
                elif (above := self._numbers.get(event.parent_run_id)) is not None:
                    self._inside[above] = self._inside.get(above, 0) + 1
                    self._numbers[event.run_id] = (*above, self._inside[above])

    @property
    def outermost(self) -> list[str]:
        """Ids of the runs that no other run started, in order."""
        with self._lock:
            return list(self._outermost)

    @property
    def numbers(self) -> dict[str, tuple[int, ...]]:
        """The number of each run by its id; the first run inside of run 2 is 2.1."""
        with self._lock:
            return dict(self._numbers)

    @property
    def every(self) -> list[str]:
        """Ids of all runs, sub-runs too."""
        with self._lock:
            return list(self._all)


class LastResult:
    """Catches the result of the outermost run below it, also of one that was stopped."""

    wants_chunks = False

    def __init__(self) -> None:
        self.result: object = None
        self._run: str | None = None

    def on_event(self, event: Event) -> None:
        """Keep what the first run to begin ends with."""
        if event.kind is EventKind.STARTED and self._run is None:
            self._run = event.run_id
        elif event.run_id == self._run and event.kind is EventKind.COMPLETED:
            self.result = event.part("result")
