"""The vote over two answers on the screen: buttons where a front end can, and the face that the notebook keeps."""

from collections.abc import Mapping
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import LoomError
from loomlab.evals.votes import Vote
from loomlab.notebook.pairing import Pairing
from loomlab.notebook.screen import Screen

if TYPE_CHECKING:
    from loomlab.notebook.vote_widget import VoteWidget

_REASON = 2_000


class Ballot:
    """One vote, by button, by key, or by ``%loom vote``. ``place`` names the output that shows both answers."""

    def __init__(self, pairing: Pairing, screen: Screen, place: str) -> None:
        self.pairing = pairing
        self._screen = screen
        self._place = place
        self._live_place = ""
        self._lock = RLock()
        self._widget: VoteWidget | None = None

    def open(self) -> None:
        """Show the buttons, where somebody may be watching."""
        if self._place and self._screen.live and find_spec("anywidget") is not None:
            from loomlab.notebook.vote_widget import VoteWidget

            self._widget = VoteWidget(self._answer)
            self._live_place = self._screen.open_widget(self._widget.model_id)

    def cast(self, choice: str, reason: str = "") -> Vote:
        """Cast the vote; the answers then say who they are from."""
        with self._lock:
            vote = self.pairing.cast(choice, reason)
            if self._place:
                self._screen.replace(self._place, self.pairing.face)
            self.close()
            return vote

    def close(self) -> None:
        """Take the buttons away."""
        widget, self._widget = self._widget, None
        if widget is not None:
            widget.update({"state": "closed"})
            self._drawn()
            widget.close()

    def _drawn(self) -> None:
        """The buttons stand under the answers: their own output is not needed any more."""
        place, self._live_place = self._live_place, ""
        if place:
            self._screen.replace(place, None)

    def _answer(self, content: Mapping[str, Any]) -> None:
        kind = content.get("type")
        with self._lock:
            if kind == "drawn":
                self._drawn()
            elif kind == "vote" and self._widget is not None:
                widget = self._widget
                try:
                    self.cast(str(content.get("choice")), str(content.get("reason") or "")[:_REASON])
                except (LoomError, OSError) as exc:  # a person pressed a button: they see what came of it
                    widget.update({"trouble": str(exc)})
