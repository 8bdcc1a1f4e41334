"""A run while it happens: events come in as fast as they like, the front end hears at most twenty times a second."""

import threading
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from loomlab.core.events import Event
from loomlab.display import GraphTally, RunTrace, snapshot
from loomlab.display.clean import sanitise
from loomlab.graph import Graph, svg_body
from loomlab.notebook.face import Face
from loomlab.notebook.faces import run_face
from loomlab.notebook.screen import Screen

if TYPE_CHECKING:
    from loomlab.notebook.widget import RunWidget

FASTEST_S = 0.05
"""Least time between two updates: twenty a second."""

GRACE_S = 0.3
"""A run that is over sooner is shown once, finished."""

_SHARE, _SLOWEST_S = 4, 1.0
"""Drawing takes at most one part in this many of the time, though it waits no longer than this for it, ..."""

_BYTES_A_SECOND = 512 * 1024
"""... and this much of the connection; servers cut off what sends a megabyte a second."""

_PARTS = ("status", "now", "answer_html", "facts_html", "rows", "note")


class LiveView:
    """Watches runs and shows them: live where the screen can, and at the end as the static face.

    As an observer it only takes events in, from any thread. ``tick`` and ``close`` belong to the thread of the cell.
    ``stop`` is set when a person presses Stop. ``picture`` makes what is shown of the trace.
    """

    wants_chunks = True

    def __init__(
        self,
        screen: Screen,
        *,
        stop: threading.Event | None = None,
        graph: Graph | None = None,
        clock: Callable[[], float] = time.monotonic,
        make_widget: Callable[[Callable[[], None]], "RunWidget"] | None = None,
        picture: Callable[[RunTrace], dict[str, Any]] = snapshot,
    ) -> None:
        self.stop = stop or threading.Event()
        self.trace = RunTrace()
        self.tally = None if graph is None else GraphTally(graph)
        self._screen = screen
        self._clock = clock
        self._make_widget = make_widget or _make_widget
        self._picture = picture
        self._lock = threading.Lock()
        self._began = clock()
        self._next = self._began + GRACE_S
        self._shown = self._lit = -1
        self._widget: RunWidget | None = None
        self._place = ""
        self._live = screen.live and find_spec("anywidget") is not None

    def on_event(self, event: Event) -> None:
        """Take in one event."""
        with self._lock:
            self.trace.feed(event)
            if self.tally is not None:
                self.tally.feed(event)

    @property
    def shows_fault(self) -> bool:
        """Whether what ended the run can be read in the display."""
        with self._lock:
            return bool(self.trace.roots) and self.trace.status in ("error", "cancelled")

    def tick(self) -> None:
        """Draw what is new, if it is time to."""
        now = self._clock()
        if not self._live or now < self._next:
            return
        first = self._widget is None
        try:
            sent = self._draw(now)
        except Exception as exc:  # the display's fault must not become the run's
            self._live = False
            warnings.warn(f"the live display failed ({exc!r}); the run goes on", RuntimeWarning, stacklevel=2)
            return
        spent = 0.0 if first else self._clock() - now  # the first time loads packages
        self._next = now + max(FASTEST_S, min(spent * _SHARE, _SLOWEST_S), sent / _BYTES_A_SECOND)

    def close(self, face: Face | None = None) -> None:
        """Show the finished face (``face``, or the trace's own) in the place of the live one.

        A front end that was heard of gets it in the very same output. One that was not may not know how to replace
        outputs, so it gets a new one.
        """
        with self._lock:
            found = face or (run_face(self.trace, self.tally) if self.trace.roots else None)
        widget, self._widget, self._live = self._widget, None, False
        if widget is None:
            if found is not None:
                self._screen.publish(found)
            return
        if widget.heard:
            self._screen.replace(self._place, found)
        else:
            if found is not None:
                self._screen.publish(found)
            self._screen.replace(self._place, None)
        widget.close()

    def _draw(self, now: float) -> int:
        """Send what changed; how many bytes, roughly."""
        widget = self._widget
        if widget is None:
            widget = self._widget = self._make_widget(self.stop.set)
            self._place = self._screen.open_widget(widget.model_id)
        heard = widget.heard and not widget.can_stop
        with self._lock:
            if self.trace.revision == self._shown and not heard:
                return 0
            self._shown = self.trace.revision
            shot = self._picture(self.trace)
            lights = None
            if self.tally is not None and self.tally.revision != self._lit:
                self._lit, lights = self.tally.revision, self.tally.lights()
        changes: dict[str, Any] = {name: shot[name] for name in _PARTS if shot[name] != getattr(widget, name)}
        if self.tally is not None and lights is not None:
            changes["graph_html"] = sanitise(svg_body(self.tally.graph, lights))
        changes |= {"elapsed_s": now - self._began, "can_stop": widget.heard}
        widget.update(changes)
        return len(to_json(changes))


def _make_widget(on_stop: Callable[[], None]) -> "RunWidget":
    from loomlab.notebook.widget import RunWidget

    return RunWidget(on_stop)
