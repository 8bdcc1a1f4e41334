"""Where outputs go: a notebook's front end, a terminal, or a script's standard output."""

import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from loomlab.notebook.face import Face

WIDGET = "application/vnd.jupyter.widget-view+json"


class Screen:
    """The outputs of the present cell. ``shell`` is IPython's, None outside of it."""

    def __init__(self, shell: Any = None) -> None:
        self._shell = shell

    @property
    def live(self) -> bool:
        """Whether a person may be watching a front end that can draw widgets.

        Programs that execute notebooks (nbclient, nbval) say that nobody can be asked for input; a terminal has no
        kernel. What they store is the static face alone.
        """
        kernel = getattr(self._shell, "kernel", None)
        if kernel is None:
            return False
        request = kernel.get_parent() or {}
        return bool(request.get("content", {}).get("allow_stdin"))

    @property
    def is_terminal(self) -> bool:
        """Whether there is no front end but a terminal, or a script's standard input."""
        return getattr(self._shell, "kernel", None) is None

    @property
    def input_line(self) -> Callable[[str], str] | None:
        """Asks at the front end's input line, which works while a cell is busy; None where nobody can be asked."""
        return self._shell.kernel.raw_input if self.live else None

    def publish(self, face: Face) -> None:
        """Add an output."""
        if self._shell is None:
            sys.stdout.write(f"{face.text}\n")
        else:
            self._shell.display_pub.publish(data=face.bundle, metadata={})

    def publish_named(self, face: Face) -> str:
        """Add an output; its name, for replacing it. Empty outside of IPython: what was printed stays."""
        if self._shell is None:
            self.publish(face)
            return ""
        name = uuid4().hex
        self._publish(face.bundle, name, update=False)
        return name

    def open_widget(self, model_id: str) -> str:
        """Add an output that is a widget; its name, for replacing it.

        It has no text of its own: programs that compare outputs skip the widget's type, and find the static face only.
        """
        name = uuid4().hex
        view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
        self._publish({WIDGET: view}, name, update=False)
        return name

    def replace(self, name: str, face: Face | None) -> None:
        """Put a face, or nothing, where a widget was."""
        self._publish({} if face is None else face.bundle, name, update=True)

    def _publish(self, data: dict[str, Any], name: str, *, update: bool) -> None:
        self._shell.display_pub.publish(data=data, metadata={}, transient={"display_id": name}, update=update)
