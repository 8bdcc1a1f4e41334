"""The question to a person in a front end: state here, ``static/approval.js`` draws it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from loomlab.display.theme import style_sheet
from loomlab.notebook.widget import LiveWidget, script


class ApprovalWidget(LiveWidget):
    """One question. ``heard`` becomes true when the front end has said that it shows it and can reach us."""

    _esm = script("approval.js")
    _css = Path(__file__).parent / "static" / "approval.css"

    theme = traitlets.Unicode(style_sheet()).tag(sync=True)
    body_html = traitlets.Unicode().tag(sync=True)
    args = traitlets.Unicode().tag(sync=True)
    lasting = traitlets.Unicode().tag(sync=True)
    seconds = traitlets.Float(0.0).tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)

    def __init__(self, on_answer: Callable[[str, Any], str], **state: Any) -> None:
        super().__init__(**state)
        self.heard = False
        self._on_answer = on_answer
        self.on_msg(self._receive)
        self.answer_in_its_own_subshell()

    def _receive(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        self.heard = True
        if content.get("type") == "answer":
            problem = self._on_answer(str(content.get("choice")), content.get("args"))
            if problem:
                self.problem = problem
                self.answered += 1
