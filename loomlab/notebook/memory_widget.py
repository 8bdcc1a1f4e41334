"""The live inspector of a memory in a front end: state here, ``static/memory.js`` draws it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from loomlab.display.theme import style_sheet
from loomlab.notebook.widget import LiveWidget, script


class MemoryWidget(LiveWidget):
    """What is known of one user's memory, piece by piece. ``answer`` says what a message of the front end changes."""

    _esm = script("memory.js")
    _css = Path(__file__).parent / "static" / "memory.css"

    theme = traitlets.Unicode(style_sheet()).tag(sync=True)
    parts: "traitlets.Dict[str, str]" = traitlets.Dict().tag(sync=True)
    titles: "traitlets.Dict[str, str]" = traitlets.Dict().tag(sync=True)
    sentence = traitlets.Unicode().tag(sync=True)
    true_stops: traitlets.List[str] = traitlets.List().tag(sync=True)
    true_xs: traitlets.List[float] = traitlets.List().tag(sync=True)
    known_stops: traitlets.List[str] = traitlets.List().tag(sync=True)
    true_index = traitlets.Int(0).tag(sync=True)
    known_index = traitlets.Int(0).tag(sync=True)
    talks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    compared = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    ready = traitlets.Unicode().tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)

    def __init__(self, answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        super().__init__()
        self._answers = answer
        self.on_msg(self._receive)

    def _receive(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        self.update(self._answers(content))
