"""The inspector on the screen: live where a front end can, and the static face that the notebook keeps.

The static face is an output of its own, so the saved notebook has it whatever happens to the widget. The widget takes
that output's place on the screen as soon as it is drawn, and leaves nothing of itself in the notebook.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError, LoomError
from loomlab.display.clean import sanitise
from loomlab.display.memory_erased import export_html, plan_html, receipt_html
from loomlab.display.memory_live import Stop, compared_html, known_stops, live_parts, sentence, titles, true_stops
from loomlab.display.memory_search import explanation_html
from loomlab.display.notice import error_body
from loomlab.display.text import escape, preview
from loomlab.inspector import EVER, Inspector
from loomlab.notebook.face import Face
from loomlab.notebook.screen import Screen

if TYPE_CHECKING:
    from loomlab.notebook.memory_widget import MemoryWidget

_TALKS = 50


class MemoryDesk:
    """An inspector, and what a person does with it. At the end of a cell it is shown."""

    def __init__(self, inspector: Inspector, screen: Screen) -> None:
        self.inspector = inspector
        self._screen = screen
        self._lock = RLock()
        self._widget: MemoryWidget | None = None
        self._place = self._live_place = ""
        self._true: list[Stop] = []
        self._known: list[Stop] = []

    @property
    def face(self) -> Face:
        """What a saved notebook shows."""
        return Face(*self.inspector.faces)

    def __repr__(self) -> str:
        return self.face.text

    def _ipython_display_(self) -> None:
        self.show()

    def show(self) -> None:
        """Put it on the screen."""
        self._place = self._screen.publish_named(self.face)
        if self._screen.live and find_spec("anywidget") is not None:
            from loomlab.notebook.memory_widget import MemoryWidget

            widget = MemoryWidget(self.answer)
            widget.update(self.state())
            self._widget = widget
            self._live_place = self._screen.open_widget(widget.model_id)

    def close(self) -> None:
        """Let go of the widget; the static face stays."""
        widget, self._widget = self._widget, None
        if widget is not None:
            widget.close()

    def state(self) -> dict[str, Any]:
        """Everything that the front end draws."""
        with self._lock:
            one = self.inspector
            self._true, self._known = true_stops(one.base), known_stops(one.base)
            talks = list(one.base.conversations().items())[-_TALKS:]
            extras = one.extras
            asked = extras.candidates is not None
            return {
                "parts": live_parts(one.view, extras),
                "titles": titles(one.view, extras),
                "sentence": sentence(one.view),
                "true_stops": [stop.name for stop in self._true],
                "true_xs": [round(stop.x, 1) for stop in self._true],
                "known_stops": [stop.name for stop in self._known],
                "true_index": _index(self._true, one.view.true_at),
                "known_index": _index(self._known, one.view.known_at),
                "talks": [[str(number), f"conversation {number}"] for _, number in reversed(talks)],
                "answer": _explained(one) if asked else "",
            }

    def answer(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What changes on the screen for a message of the front end. Whatever goes wrong is shown there."""
        acts: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "drawn": self._drawn,
            "look": self._look,
            "search": self._search,
            "compare": self._compare,
            "plan": self._plan,
            "forget": self._forget,
            "scrub": self._scrub,
            "export_plan": self._plan_export,
            "export": self._export,
        }
        with self._lock:
            act = acts.get(str(content.get("type")))
            try:
                changes = act(content) if act is not None else {}
            except Exception as exc:  # a person pressed a button: they see what came of it, and the kernel goes on
                what = "" if isinstance(exc, LoomError) else f"{type(exc).__name__}: "
                changes = {"notice": sanitise(error_body("That did not work.", f"{what}{exc}")), "ready": ""}
            changes = {"notice": "", "ready": "", **changes}
            return {**changes, "answered": _whole(content.get("seq"))}

    def _drawn(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The live face stands in the static one's place: its own output is not needed any more."""
        if self._live_place:
            self._screen.replace(self._live_place, None)
            self._live_place = ""
        return {}

    def _look(self, content: Mapping[str, Any]) -> dict[str, Any]:
        one = self.inspector
        one.look(self._at(self._true, content.get("true")), self._at(self._known, content.get("known")))
        return {
            "parts": live_parts(one.view, one.extras),
            "titles": titles(one.view, one.extras),
            "sentence": sentence(one.view),
            "true_index": _index(self._true, one.view.true_at),
            "known_index": _index(self._known, one.view.known_at),
        }

    def _search(self, content: Mapping[str, Any]) -> dict[str, Any]:
        query = str(content.get("query", ""))[:2_000]
        if not query.strip():
            return {"answer": '<p class="s">Type a question, as it would be asked of the memory.</p>'}
        self.inspector.search(query)
        return {"answer": _explained(self.inspector)}

    def _compare(self, content: Mapping[str, Any]) -> dict[str, Any]:
        one = self.inspector
        before = self._at(self._known, content.get("before")) or one.base.now
        after = self._at(self._known, content.get("after")) or one.base.now
        if content.get("before") == -1:
            before = EVER
        return {"compared": compared_html(one.base, one.compare(before, after))}

    def _plan(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What would be erased: everything, conversation ``talk``, or what is older than the stop ``before``."""
        session, before = None, None
        if content.get("talk") is not None:
            numbers = {str(number): name for name, number in self.inspector.base.conversations().items()}
            session = numbers[str(content["talk"])]
        if content.get("before") is not None:
            before = self._at(self._known, content["before"])
            if before is None:
                raise ConfigError("choose an instant before which to erase")
        plan = self.inspector.plan_forget(session_id=session, before=before)
        return {"notice": sanitise(plan_html(plan)), "ready": "forget" if plan.total else ""}

    def _forget(self, content: Mapping[str, Any]) -> dict[str, Any]:
        receipt = self.inspector.forget()
        self._save()
        rows = any(one.startswith("the run log") for one in receipt.may_remain)
        notice = sanitise(receipt_html(receipt))
        # What was erased must not stay on the screen either.
        return {**self.state(), "notice": notice, "ready": "scrub" if rows else "", "answer": "", "compared": ""}

    def _scrub(self, content: Mapping[str, Any]) -> dict[str, Any]:
        rows = self.inspector.scrub()
        said = f"✓ the user’s words are out of {rows:,} rows of the run log; their figures stay."
        return {"notice": f"<p><strong>{escape(said)}</strong></p>", "ready": ""}

    def _plan_export(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return {"notice": sanitise(export_html(self.inspector.plan_export())), "ready": "export"}

    def _export(self, content: Mapping[str, Any]) -> dict[str, Any]:
        path = self.inspector.export()
        return {"notice": f"<p><strong>✓ written to {escape(preview(str(path), 200))}</strong></p>", "ready": ""}

    def _save(self) -> None:
        """Have the notebook keep what is true now: what was erased must not stay in its outputs."""
        if self._place:
            self._screen.replace(self._place, self.face)

    @staticmethod
    def _at(stops: list[Stop], index: Any) -> datetime | None:
        place = _whole(index)
        return stops[place].at if 0 <= place < len(stops) else None


def _explained(inspector: Inspector) -> str:
    extras = inspector.extras
    notes = ["A recall goes by all that is known now."] if inspector.view.known_at is not None else []
    return sanitise(explanation_html(extras.query, extras.candidates or (), notes=notes))


def _index(stops: list[Stop], at: datetime | None) -> int:
    """The stop that stands for an instant: the last one not after it."""
    if at is None:
        return len(stops) - 1
    return max((place for place, stop in enumerate(stops) if stop.at is not None and stop.at <= at), default=0)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else -1
