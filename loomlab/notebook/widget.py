"""The live face of a run in a front end: state here, ``static/run.js`` draws it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from loomlab.display.theme import style_sheet
from loomlab.display.tracetable import HEAD

_STATIC = Path(__file__).parent / "static"


def script(name: str) -> str:
    """A front-end module with the functions that all of ours share in front of it."""
    return "\n".join((_STATIC / file).read_text(encoding="utf-8") for file in ("morph.js", name))


class LiveWidget(anywidget.AnyWidget):
    """What the live faces of ours share: state that changes in one message, and an end that leaves nothing behind."""

    def update(self, state: Mapping[str, Any]) -> None:
        """Show another state, in one message."""
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)

    def close(self) -> None:
        """Let go of both ends of it: nothing of a finished run stays in the kernel, or goes into the saved notebook."""
        self.layout.close()
        super().close()

    def answer_in_its_own_subshell(self) -> None:
        """Hear the front end while the cell is busy.

        Kernels with subshells send replies on a comm to the shell that last wrote on it: here the one that is busy with
        the run. The front end has asked for a subshell of its own; what it sends goes there.
        """
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = lambda data, asked_for: asked_for


class RunWidget(LiveWidget):
    """What is known of a running run, part by part; only parts that changed travel.

    ``heard`` becomes true when the front end has said that it draws, and can reach us while the cell is busy.
    """

    _esm = script("run.js")
    _css = _STATIC / "run.css"

    theme = traitlets.Unicode(style_sheet(graphs=True)).tag(sync=True)
    columns = traitlets.Unicode(HEAD).tag(sync=True)
    status = traitlets.Unicode("running").tag(sync=True)
    now = traitlets.Unicode("starting").tag(sync=True)
    answer_html = traitlets.Unicode().tag(sync=True)
    facts_html = traitlets.Unicode().tag(sync=True)
    graph_html = traitlets.Unicode().tag(sync=True)
    narrow = traitlets.Bool(False).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    elapsed_s = traitlets.Float(0.0).tag(sync=True)
    can_stop = traitlets.Bool(False).tag(sync=True)

    def __init__(self, on_stop: Callable[[], None]) -> None:
        super().__init__()
        self.heard = False
        self._on_stop = on_stop
        self.on_msg(self._receive)
        self.answer_in_its_own_subshell()

    def _receive(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        """Runs on a thread of its own while the cell is busy, so it only raises flags."""
        self.heard = True
        if content.get("type") == "stop":
            self._on_stop()
