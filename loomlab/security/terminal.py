"""Approval at a terminal: the call is shown, one letter answers."""

import json
import sys
from collections.abc import Callable
from typing import Any

import anyio.to_thread

from loomlab.core import ToolCall
from loomlab.core.redact import redact, redact_data
from loomlab.security.approval import Approval
from loomlab.security.plain import plain_text
from loomlab.security.schema_check import schema_problems

_ASK = "[y] yes, once  [s] always in this session  [a] always for this user  [e] edit  [n] no (or Enter) > "
_LONG = 4000


def terminal_approval(
    *,
    timeout_s: float | None = 300.0,
    read: Callable[[str], str] | None = None,
    write: Callable[[str], Any] | None = None,
) -> Any:
    """An approval handler that asks at the terminal: ``Agent(…, approval_handler=terminal_approval())``.

    Yes once, always for this tool in this session, always for this tool and user, edit the arguments (as JSON, held
    against the tool's schema), no. Anything else, an end of input, no terminal at all and no answer within
    ``timeout_s`` seconds are a no. ``read`` and ``write`` stand in for the keyboard and the screen. Control characters
    in what a model wrote are shown, not sent to the terminal.
    """
    return _Terminal(timeout_s, read, write)


class _Terminal:
    def __init__(
        self, timeout_s: float | None, read: Callable[[str], str] | None, write: Callable[[str], Any] | None
    ) -> None:
        self.timeout_s = timeout_s
        self._read = read
        self._write = write or _to_screen
        self._turn: anyio.Lock | None = None

    async def __call__(self, call: ToolCall, user_id: str | None, reason: str | None = None) -> Approval:
        """Ask; one question at a time."""
        if self._read is None and not (sys.stdin is not None and sys.stdin.isatty()):
            return Approval(allow=False, reason="it needs a person's approval, and no terminal is there to ask at")
        self._turn = self._turn or anyio.Lock()
        async with self._turn:
            return await anyio.to_thread.run_sync(self._ask, call, user_id, reason, abandon_on_cancel=True)

    def _ask(self, call: ToolCall, user_id: str | None, reason: str | None) -> Approval:
        read = self._read or input
        who = f" for {plain_text(redact(user_id))}" if user_id else ""
        self._write(f"\nMay the agent use {plain_text(call.tool)}{who}?  {plain_text(redact(reason or ''))}".rstrip())
        self._write(shown_args(redact_data(call.args)))
        try:
            letter = read(_ASK).strip().lower()[:1]
            if letter == "e":
                return self._edited(call, read)
        except (EOFError, OSError):
            letter = ""
        said = {
            "y": Approval(allow=True, by="terminal"),
            "s": Approval(allow=True, remember="session", by="terminal"),
            "a": Approval(allow=True, remember="always", by="terminal"),
        }
        return said.get(letter, Approval(allow=False, by="terminal"))

    def _edited(self, call: ToolCall, read: Callable[[str], str]) -> Approval:
        for _ in range(3):
            try:
                args = json.loads(read("the arguments, as JSON > "))
            except ValueError as exc:
                self._write(f"that is no JSON: {exc}")
                continue
            schema = call.tool_def.input_schema if call.tool_def is not None else {}
            problems = schema_problems(args, schema) if isinstance(args, dict) else ["the arguments are a JSON object"]
            if not problems:
                return Approval(allow=True, args=args, by="terminal")
            self._write("; ".join(map(plain_text, problems)))
        return Approval(allow=False, reason="a person did not find arguments that fit", by="terminal")


def _to_screen(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def shown_args(args: dict[str, Any]) -> str:
    """Arguments, one a line, as text that no terminal takes for commands."""
    lines = [f"  {plain_text(name)} = {plain_text(_value(value))}" for name, value in args.items()]
    text = "\n".join(lines) or "  (no arguments)"
    return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text) - _LONG:,} more characters)"


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
