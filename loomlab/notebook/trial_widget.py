"""The live face of an evaluation in a front end: state here, ``static/trials.js`` draws it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from loomlab.display.theme import style_sheet
from loomlab.notebook.widget import LiveWidget, script


class TrialWidget(LiveWidget):
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
        self.answer_in_its_own_subshell()

    def _receive(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        """Runs on a thread of its own while the cell is busy, so it only raises flags."""
        self.heard = True
        kind = content.get("type")
        if kind in ("pause", "go_on", "stop"):
            self._on_press(str(kind))
