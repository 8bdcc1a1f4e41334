"""Approval in the cell: a question with buttons under the run, and a no wherever nobody can answer it."""

import json
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import anyio

from loomlab.core.messages import ToolCall
from loomlab.display import face
from loomlab.display.approval import (
    answered_html,
    answered_text,
    approval_body,
    approval_text,
    args_json,
    said_of,
)
from loomlab.display.clean import sanitise
from loomlab.notebook.face import Face
from loomlab.notebook.screen import Screen
from loomlab.security import Approval, terminal_approval
from loomlab.security.schema_check import schema_problems

if TYPE_CHECKING:
    from loomlab.notebook.approval_widget import ApprovalWidget

BY = "notebook"
HEADLESS = "it needs a person's approval, and nobody watches this notebook: it runs without a front end"
_LOOK_S = 0.05
_HEAR_S = 8.0
"""A front end that was not heard of for so long can't reach a busy kernel: it is asked by its input line instead."""

_ALLOWED: dict[str, Any] = {"once": None, "session": "session", "always": "always"}


def notebook_approval(*, timeout_s: float | None = 300.0) -> "NotebookApproval":
    """An approval handler that asks in the cell: ``Agent(…, approval_handler=notebook_approval())``.

    The question stands under the running cell: allow once, always for this tool in this session, always for this user,
    edit the arguments, deny; by mouse or by the keys Y, S, A, E, N. Edited arguments are held against the tool's schema
    before they are taken. In a terminal it asks there. Without a front end, when the cell is stopped, and without an
    answer within ``timeout_s`` seconds, the answer is no.
    """
    return NotebookApproval(timeout_s=timeout_s)


class NotebookApproval:
    """What ``notebook_approval`` makes. ``screen`` and ``make_widget`` stand in for the front end."""

    def __init__(
        self,
        *,
        timeout_s: float | None = 300.0,
        screen: Callable[[], Screen] | None = None,
        make_widget: Callable[..., "ApprovalWidget"] | None = None,
    ) -> None:
        self.timeout_s = timeout_s
        self._screen = screen or _here
        self._make_widget = make_widget or _make_widget

    async def __call__(self, call: ToolCall, user_id: str | None, reason: str | None = None) -> Approval:
        """A person's answer to one call."""
        screen = self._screen()
        if not screen.live:
            if screen.is_terminal:
                answer: Approval = await terminal_approval(timeout_s=None)(call, user_id, reason)
                return answer
            return Approval(allow=False, reason=HEADLESS)
        if find_spec("anywidget") is None:
            return await self._by_input(screen, call, user_id, reason)
        question = Question(call, user_id)
        parts: dict[str, Any] = {"user_id": user_id, "reason": reason, "destructive": call.is_destructive()}
        widget = self._make_widget(
            question.take,
            body_html=sanitise(approval_body(call.tool, call.args, **parts)),
            args=args_json(call.args),
            lasting=user_id or "",
            seconds=self.timeout_s or 0.0,
        )
        place = screen.open_widget(widget.model_id)
        asked = time.monotonic()
        try:
            while question.answer is None:
                await anyio.sleep(_LOOK_S)
                if not widget.heard and time.monotonic() - asked > _HEAR_S:
                    question.answer = await self._by_input(screen, call, user_id, reason)
        finally:
            answer = question.close() or Approval(allow=False, reason="nobody answered", by=BY)
            screen.replace(place, _answered(call, answer))
            widget.close()
        return answer

    async def _by_input(self, screen: Screen, call: ToolCall, user_id: str | None, reason: str | None) -> Approval:
        read = screen.input_line
        if read is None:
            return Approval(allow=False, reason=HEADLESS)
        asked = terminal_approval(timeout_s=None, read=read, write=_to_output)
        answer: Approval = await asked(call, user_id, reason)
        return answer.model_copy(update={"by": BY})


class Question:
    """One question and its one answer: the first that is taken stands. Answers come from any thread."""

    def __init__(self, call: ToolCall, user_id: str | None) -> None:
        self.answer: Approval | None = None
        self._call = call
        self._user_id = user_id
        self._lock = threading.Lock()
        self._closed = False

    def take(self, choice: str, text: Any) -> str:
        """Take an answer; what is wrong with it, in words, empty where it stands."""
        answer, problem = self._read(choice, text)
        with self._lock:
            if not self._closed and self.answer is None:
                self.answer = answer
        return problem

    def close(self) -> Approval | None:
        """Take none any more; the answer that came."""
        with self._lock:
            self._closed = True
            return self.answer

    def _read(self, choice: str, text: Any) -> tuple[Approval | None, str]:
        if choice == "deny":
            return Approval(allow=False, reason="a person refused it", by=BY), ""
        if choice in _ALLOWED:
            remember = _ALLOWED[choice]
            if remember == "always" and self._user_id is None:
                remember = "session"
            return Approval(allow=True, remember=remember, by=BY), ""
        if choice != "edit" or not isinstance(text, str):
            return None, "that is no answer to this question"
        try:
            args = json.loads(text)
        except (ValueError, RecursionError) as exc:
            return None, f"That is no JSON: {exc}."
        if not isinstance(args, dict):
            return None, "The arguments are a JSON object, as in {…}."
        schema = self._call.tool_def.input_schema if self._call.tool_def is not None else {}
        problems = schema_problems(args, schema)
        if problems:
            return None, f"These arguments do not fit: {'; '.join(problems)}."
        return Approval(allow=True, args=None if args == self._call.args else args, by=BY), ""


def question_face(call: ToolCall, user_id: str | None, reason: str | None) -> Face:
    """The question as it would be stored."""
    parts: dict[str, Any] = {"user_id": user_id, "reason": reason, "destructive": call.is_destructive()}
    return Face(face(approval_body(call.tool, call.args, **parts)), approval_text(call.tool, call.args, **parts))


def _answered(call: ToolCall, answer: Approval) -> Face:
    said = said_of(answer.allow, answer.remember, answer.args is not None)
    args = call.args if answer.args is None else answer.args
    reason = answer.reason if not answer.allow and answer.reason != "a person refused it" else None
    return Face(
        answered_html(call.tool, args, said, allow=answer.allow, reason=reason),
        answered_text(call.tool, args, said, allow=answer.allow, reason=reason),
    )


def _to_output(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _here() -> Screen:
    from IPython import get_ipython

    return Screen(get_ipython())


def _make_widget(on_answer: Callable[[str, Any], str], **state: Any) -> "ApprovalWidget":
    from loomlab.notebook.approval_widget import ApprovalWidget

    return ApprovalWidget(on_answer, **state)
