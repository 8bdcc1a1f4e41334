"""The buttons of a vote in a front end: state here, ``static/vote.js`` draws them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from loomlab.display.ab import ASK
from loomlab.display.theme import style_sheet
from loomlab.notebook.widget import LiveWidget, script


class VoteWidget(LiveWidget):
    """Four buttons and a line for the reason. ``on_message`` hears ``drawn`` and ``vote`` with choice and reason."""

    _esm = script("vote.js")
    _css = "\n".join(
        (Path(__file__).parent / "static" / name).read_text(encoding="utf-8") for name in ("run.css", "vote.css")
    )

    theme = traitlets.Unicode(style_sheet()).tag(sync=True)
    question = traitlets.Unicode(ASK).tag(sync=True)
    state = traitlets.Unicode("open").tag(sync=True)
    trouble = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_message: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__()
        self._on_message = on_message
        self.on_msg(self._receive)

    def _receive(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        self._on_message(content)
