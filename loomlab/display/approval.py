"""A question to a person, whether a tool may be used, and the line that remains when it was answered."""

import json
from collections.abc import Mapping
from typing import Any

from loomlab.core.redact import redact, redact_data
from loomlab.display.grid import column, grid
from loomlab.display.text import call_text, clip, escape, plain, preview
from loomlab.display.theme import face

_VALUE, _ARGS = 2_000, 30

_SAID = {
    ("allow", None): "allowed once",
    ("allow", "session"): "allowed in this session",
    ("allow", "always"): "allowed from now on",
}


def approval_body(
    tool: str,
    args: Mapping[str, Any],
    *,
    user_id: str | None = None,
    reason: str | None = None,
    destructive: bool = False,
) -> str:
    """The question as a part of another face: who wants to use what, with which arguments, and why it is asked."""
    who = f" for <strong>{escape(preview(redact(user_id), 80))}</strong>" if user_id else ""
    mark = '<span class="no">changes things</span> · ' if destructive else ""
    why = f'<p class="s">{mark}{escape(preview(redact(reason), 300))}</p>' if reason else ""
    rows = "".join(
        f'<tr><th scope="row">{escape(preview(str(name), 60))}</th>'
        f"<td><code>{escape(clip(_text(value), _VALUE))}</code></td></tr>"
        for name, value in list(redact_data(dict(args)).items())[:_ARGS]
    )
    more = f'<p class="s">{len(args) - _ARGS} more arguments not shown</p>' if len(args) > _ARGS else ""
    table = grid(f"{column('argument')}{column('value')}", rows) if rows else '<p class="s">It takes no arguments.</p>'
    return (
        f'<p><strong class="hm">?</strong> May the agent use <code>{escape(preview(tool, 80))}</code>{who}?</p>'
        f"{why}{table}{more}"
    )


def approval_text(
    tool: str,
    args: Mapping[str, Any],
    *,
    user_id: str | None = None,
    reason: str | None = None,
    destructive: bool = False,
) -> str:
    """The same as text."""
    who = f" for {preview(redact(user_id), 80)}" if user_id else ""
    why = " · ".join(filter(None, ["changes things" if destructive else "", preview(redact(reason or ""), 300)]))
    lines = [
        f"  {preview(str(name), 60)} = {plain(clip(_text(value), _VALUE))}"
        for name, value in redact_data(dict(args)).items()
    ]
    return "\n".join([f"? May the agent use {preview(tool, 80)}{who}?", *([f"  {why}"] if why else []), *lines[:_ARGS]])


def answered_html(tool: str, args: Mapping[str, Any], said: str, *, allow: bool, reason: str | None = None) -> str:
    """What a person answered, as a whole output of one line."""
    css, mark = ("ok", "✓") if allow else ("no", "✕")
    why = f' <span class="s">— {escape(preview(redact(reason), 200))}</span>' if reason else ""
    call = escape(call_text(tool, redact_data(dict(args))))
    return face(f'<p class="facts"><strong class="{css}">{mark} {escape(said)}</strong> <code>{call}</code>{why}</p>')


def answered_text(tool: str, args: Mapping[str, Any], said: str, *, allow: bool, reason: str | None = None) -> str:
    """The same as text."""
    why = f" — {preview(redact(reason), 200)}" if reason else ""
    return f"{'✓' if allow else '✕'} {said} {call_text(tool, redact_data(dict(args)))}{why}"


def said_of(allow: bool, remember: str | None, edited: bool) -> str:
    """An answer in words."""
    if not allow:
        return "denied"
    return "allowed once, with changed arguments" if edited else _SAID["allow", remember]


def args_json(args: Mapping[str, Any]) -> str:
    """Arguments as a person edits them."""
    return json.dumps(dict(args), ensure_ascii=False, indent=2, default=str)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
