"""The live face of an evaluation in a front end: state here, ``static/trials.js`` draws it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from loomlab.display.theme import style_sheet
from loomlab.notebook.widget import script


class TrialWidget(anywidget.AnyWidget):
    """Where an evaluation stands. ``on_press`` hears ``pause``, ``go_on`` and ``stop``, on a thread of its own.

    ``heard`` becomes true when the front end has said that it draws, and can reach us while the cell is busy.
    """

    _esm = script("trials.js")
    _css = "\n".join(
        (Path(__file__).parent / "static" / name).read_text(encoding="utf-8") for name in ("run.css", "trials.css")
    )

    theme = traitlets.Unicode(style_sheet()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    done = traitlets.Int(0).tag(sync=True)
    total = traitlets.Int(0).tag(sync=True)
    spent = traitlets.Unicode().tag(sync=True)
    table_html = traitlets.Unicode().tag(sync=True)
    last_html = traitlets.Unicode().tag(sync=True)
    elapsed_s = traitlets.Float(0.0).tag(sync=True)
    remaining_s = traitlets.Float(None, allow_none=True).tag(sync=True)
    state = traitlets.Unicode("running").tag(sync=True)
    can_stop = traitlets.Bool(False).tag(sync=True)

    def __init__(self, on_press: Callable[[str], None]) -> None:
        super().__init__()
        self.heard = False
        self._on_press = on_press
        self.on_msg(self._receive)
        # See RunWidget: what the front end sends in a subshell of its own is answered there.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = lambda data, asked_for: asked_for

    def update(self, state: Mapping[str, Any]) -> None:
        """Show another state, in one message."""
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)

    def close(self) -> None:
        """Let go of both ends of it."""
        self.layout.close()
        super().close()

    def _receive(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        """Runs on a thread of its own while the cell is busy, so it only raises flags."""
        self.heard = True
        kind = content.get("type")
        if kind in ("pause", "go_on", "stop"):
            self._on_press(str(kind))
