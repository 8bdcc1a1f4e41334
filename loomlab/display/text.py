"""Untrusted text made safe to read: no terminal escapes, nothing that hides or reorders; then escaped for HTML."""

import json
import re
import unicodedata
from html import escape as _html_escape
from typing import Any

_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_TERMINAL = re.compile(
    r"""
      (?:\x1b\[|\x9b)[0-?]{0,64}[\ -/]{0,8}[@-~]  # colours, cursor
      # titles, links, device strings: up to their end
    | (?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\|\x9c)
    | \x1b[\ -/]{0,4}[0-~]
    """,
    re.VERBOSE,
)
_HIDDEN = re.compile("[\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufff9-\ufffb\U000e0000-\U000e0fff]+")
_GONE = dict.fromkeys((0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0xFEFF))
_CONTROLS: dict[int, int | str | None] = {
    **{code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),
    **_GONE,
}
_BREAKS = re.compile("\r\n?|[\x85\u2028\u2029]")


def plain(text: object) -> str:
    """``text`` as a terminal or a text file may show it.

    Terminal sequences are taken out, other control characters shown as their pictures (``␀``), and characters that
    reorder or hide text (bidirectional overrides, tag characters) shown as ``⟨U+202E⟩``. Nothing else changes.
    """
    text = text if isinstance(text, str) else str(text)
    if not _ODD.search(text):
        return text
    text = _BREAKS.sub("\n", text)
    text = _TERMINAL.sub("", text)
    return _HIDDEN.sub(_mark, text).translate(_CONTROLS)


def escape(text: object) -> str:
    """``text`` as HTML text or as the value of a quoted attribute: ``plain``, then escaped."""
    return _html_escape(plain(text), quote=True)


def clip(text: str, limit: int) -> str:
    """The first ``limit`` characters, and a visible note of how many more there were."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def preview(text: str, limit: int = 120) -> str:
    """One line of at most ``limit`` characters."""
    line = " ".join(plain(text[: limit * 4]).split())
    return line if len(line) <= limit and len(text) <= limit * 4 else f"{line[: limit - 1].rstrip()}…"


def value_text(value: Any) -> str:
    """JSON-like data as a person reads it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def call_text(tool: str, args: Any, limit: int = 160) -> str:
    """A tool call in one line: ``get_weather(city="Lyon")``."""
    if not isinstance(args, dict):
        return preview(f"{tool}({value_text(args) if args else ''})", limit)
    inside = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False, default=str)}" for key, value in args.items())
    return preview(f"{tool}({inside})", limit)


def width(text: str) -> int:
    """Columns that ``text`` takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """``text`` filled with spaces to ``columns``; ``right`` puts the spaces before it."""
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def _mark(hidden: re.Match[str]) -> str:
    count = len(hidden[0])
    return f"⟨U+{ord(hidden[0][0]):04X}{f'… ×{count}' if count > 1 else ''}⟩"


def fit(text: str, columns: int) -> str:
    """``text`` cut to so many columns of a terminal, with an ellipsis where it was longer."""
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) >= columns:
            break
        kept += character
    return kept.rstrip() + "…"
