"""One output for several live runs: their widgets beside each other, and in the end one static face in their place."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from loomlab.notebook.face import Face
from loomlab.notebook.live import LiveView
from loomlab.notebook.screen import Screen

if TYPE_CHECKING:
    from loomlab.notebook.widget import RunWidget

_NARROWEST = "200px"


class ColumnScreen(Screen):
    """Where one of several runs is drawn: its widget goes on the board, and what it would publish is the board's to."""

    def __init__(self, live: bool) -> None:
        super().__init__()
        self._alive = live

    @property
    def live(self) -> bool:
        """Whether somebody may be watching."""
        return self._alive

    def publish(self, face: Face) -> None:
        """Left to the board."""

    def open_widget(self, model_id: str) -> str:
        """Left to the board."""
        return model_id

    def replace(self, name: str, face: Face | None) -> None:
        """Left to the board."""


class Board:
    """The runs of one cell. ``tick`` and ``close`` belong to the thread of the cell."""

    def __init__(self, screen: Screen, *, shown: bool = True) -> None:
        self.views: Sequence[LiveView] = ()
        self._screen = screen
        self._shown = shown
        self._widgets: list[RunWidget] = []
        self._box: Any = None
        self._place = ""

    def column(self) -> Screen:
        """Where the next run is drawn."""
        return ColumnScreen(self._shown and self._screen.live)

    def make(self, on_stop: Callable[[], None], title: str = "") -> "RunWidget":
        """The widget of a column, under its ``title``."""
        from ipywidgets import Layout

        from loomlab.notebook.widget import RunWidget

        widget = RunWidget(on_stop)
        widget.narrow, widget.title = True, title
        widget.layout = Layout(flex=f"1 1 {_NARROWEST}", min_width=f"min({_NARROWEST},100%)")
        self._widgets.append(widget)
        return widget

    def tick(self) -> None:
        """Draw what is new in every column."""
        for view in self.views:
            view.tick()
        if not self._widgets:
            return
        if self._box is None:
            from ipywidgets import Box, Layout

            layout = Layout(display="flex", flex_flow="row wrap", align_items="flex-start", grid_gap="14px 22px")
            self._box = Box(children=self._widgets, layout=layout)
            self._place = self._screen.open_widget(self._box.model_id)
        elif len(self._box.children) < len(self._widgets):
            self._box.children = list(self._widgets)

    def close(self, face: Face) -> str:
        """Show the finished face in the place of the live ones, as a single run does; its name, for replacing it."""
        box, self._box = self._box, None
        place = ""
        if box is None:
            if self._shown:
                place = self._screen.publish_named(face)
        elif any(widget.heard for widget in self._widgets):
            place = self._place
            self._screen.replace(place, face)
        else:
            place = self._screen.publish_named(face)
            self._screen.replace(self._place, None)
        for view in self.views:
            view.close()
        if box is not None:
            box.layout.close()
            box.close()
        return place
