"""A person's yes or no to one tool call. Anything but a clear yes is a no."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, Literal

import anyio
from pydantic import ConfigDict

from loomlab.core import ToolCall, get_run_context
from loomlab.core.value import Value
from loomlab.security.callables import call_user_code, takes_keyword

_MOST = 10_000
NOBODY = "it needs a person's approval, and there is nobody to ask: set approval_handler="


class Approval(Value):
    """A person's answer. A handler may return one instead of True or False.

    ``args`` run the tool with other arguments than the model's. ``remember`` answers this user's later calls of the
    same tool too: in this session (``"session"``), or as long as the agent lives (``"always"``, for a named user only;
    for the anonymous one it means the session). An answer with ``args`` is not remembered. ``by`` says who or what
    answered.
    """

    model_config = ConfigDict(frozen=True)

    allow: bool
    args: dict[str, Any] | None = None
    remember: Literal["session", "always"] | None = None
    reason: str | None = None
    by: str | None = None

    @property
    def deny(self) -> bool:
        """The call may not run."""
        return not self.allow


async def ask_approval(
    handler: Any, call: ToolCall, user_id: str | None, timeout_s: float | None = None, *, reason: str | None = None
) -> Approval:
    """Ask ``handler(call, user_id)``; True, False and ``Approval`` are answers.

    No handler, one that raises, one that takes longer than ``timeout_s`` seconds (default: the handler's own
    ``timeout_s``, where it has one), and anything else that it answers, deny. A handler that takes ``reason=`` is told
    why it is asked.
    """
    if handler is None:
        return Approval(allow=False, reason=NOBODY)
    if timeout_s is None:
        timeout_s = getattr(handler, "timeout_s", None)
    keywords = {"reason": reason} if takes_keyword(handler, "reason") else {}
    try:
        with anyio.move_on_after(timeout_s) as scope:
            answer = await call_user_code(handler, call, user_id, **keywords)
    except Exception as exc:  # whatever a handler raises must not let the call through
        return Approval(allow=False, reason=f"asking for approval failed: {type(exc).__name__}: {exc}")
    if scope.cancelled_caught:
        return Approval(allow=False, reason=f"nobody approved it within {timeout_s:g} s")
    if isinstance(answer, Approval):
        return answer if answer.reason else answer.model_copy(update={"reason": _words(answer)})
    if answer is True:
        return Approval(allow=True, reason="approved")
    if answer is False or answer is None:
        return Approval(allow=False, reason="a person refused it")
    return Approval(allow=False, reason=f"the approval handler answered {answer!r}, which is not True")


def _words(answer: Approval) -> str:
    if answer.deny:
        return "a person refused it"
    return "approved, with arguments changed by a person" if answer.args is not None else "approved"


class Approvals:
    """What people said that holds for later calls too. Each answer is for one user, one tool and one agent.

    At most ``max_items`` are kept, the ones used longest ago go first: then a person is asked again.
    """

    def __init__(self, *, max_items: int = _MOST) -> None:
        self._answers: OrderedDict[tuple[str | None, str, str | None], Approval] = OrderedDict()
        self._max_items = max_items
        self._lock = threading.Lock()

    def find(self, call: ToolCall, user_id: str | None) -> Approval | None:
        """The answer that holds for this call of this user, None where a person has to be asked."""
        session = get_run_context().session_id
        with self._lock:
            for key in ((user_id, call.tool, session), (user_id, call.tool, None)):
                found = self._answers.get(key)
                if found is not None and (key[2] or user_id is not None):
                    self._answers.move_to_end(key)
                    return found
        return None

    def keep(self, call: ToolCall, user_id: str | None, answer: Approval) -> None:
        """Keep an answer that asks to be remembered."""
        if answer.remember is None or answer.args is not None:
            return
        session = get_run_context().session_id
        lasting = answer.remember == "always" and user_id is not None
        if not lasting and session is None:
            return
        held = "always" if lasting else "in this session"
        reason = f"{'allowed' if answer.allow else 'refused'} {held} by a person"
        with self._lock:
            key = (user_id, call.tool, None if lasting else session)
            self._answers[key] = answer.model_copy(update={"reason": reason})
            self._answers.move_to_end(key)
            while len(self._answers) > self._max_items:
                self._answers.popitem(last=False)

    def forget(self, user_id: str | None = None, *, tool: str | None = None) -> int:
        """Ask again from now on: for one user, or for one tool of theirs; how many answers went."""
        with self._lock:
            gone = [key for key in self._answers if key[0] == user_id and tool in (None, key[1])]
            for key in gone:
                del self._answers[key]
        return len(gone)


class Remembering:
    """An approval handler that keeps the answers that are to hold for later, in ``approvals``."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler
        self.approvals = Approvals()

    async def __call__(self, call: ToolCall, user_id: str | None, reason: str | None = None) -> Approval:
        """The answer that holds already, else the handler's."""
        found = self.approvals.find(call, user_id)
        if found is not None:
            return found
        answer = await ask_approval(self.handler, call, user_id, reason=reason)
        self.approvals.keep(call, user_id, answer)
        return answer


def remembering(handler: Any) -> Any:
    """``handler`` with a memory of its own; None for none."""
    return None if handler is None else Remembering(handler)
