"""What ``%loom`` alone and ``%loom help`` show: the settings in force, and what may be typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.display.grid import column, grid
from loomlab.display.table import cell_text
from loomlab.display.text import escape, pad, preview, width
from loomlab.display.theme import face

_VALUE, _MEANING = 160, 240


def defaults_html(values: Mapping[str, Any], meanings: Mapping[str, str] | None = None, *, hint: str = "") -> str:
    """The settings and what each is for. ``hint``: what to type to change one."""
    lines = "".join(
        f'<tr><th scope="row"><code>{escape(preview(name, 80))}</code></th><td>{_value_html(value)}</td>'
        f'<td class="s">{escape(preview((meanings or {}).get(name, ""), _MEANING))}</td></tr>'
        for name, value in values.items()
    )
    head = "".join(column(name) for name in ("setting", "value", "meaning"))
    below = f'<p class="s">Change one with <code>{escape(preview(hint, _MEANING))}</code></p>' if hint else ""
    return face(grid(head, lines) + below)


def defaults_text(values: Mapping[str, Any], meanings: Mapping[str, str] | None = None, *, hint: str = "") -> str:
    """The same as text."""
    lines = [
        (preview(name, 40), _value(value), preview((meanings or {}).get(name, ""), _MEANING))
        for name, value in values.items()
    ]
    text = _columns([("setting", "value", "meaning"), *lines])
    return f"{text}\n\nChange one with {preview(hint, _MEANING)}" if hint else text


def help_html(sections: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """What may be typed: for each section pairs of what to type and what it does."""
    lines = []
    for title, entries in sections.items():
        lines.append(f'<tr><th scope="colgroup" colspan="2"><strong>{escape(preview(title, 80))}</strong></th></tr>')
        for usage, meaning in entries:
            typed = f"<code>{escape(preview(usage, _VALUE))}</code>"
            lines.append(f'<tr><th scope="row">{typed}</th><td>{escape(preview(meaning, _MEANING))}</td></tr>')
    return face(grid(column("type") + column("what it does"), "".join(lines)))


def help_text(sections: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """The same as text."""
    parts = []
    for title, entries in sections.items():
        lines = [(f"  {preview(usage, 80)}", preview(meaning, _MEANING)) for usage, meaning in entries]
        parts.append(f"{preview(title, 80)}\n{_columns(lines)}")
    return "\n\n".join(parts)


def _value(value: Any) -> str:
    return "not set" if value is None else preview(cell_text(value), _VALUE)


def _value_html(value: Any) -> str:
    return '<span class="s">not set</span>' if value is None else f"<strong>{escape(_value(value))}</strong>"


def _columns(lines: Sequence[tuple[str, ...]]) -> str:
    if not lines:
        return ""
    widths = [max(width(line[index]) for line in lines) for index in range(len(lines[0]) - 1)]
    return "\n".join(
        "  ".join([*(pad(cell, size) for cell, size in zip(line, widths, strict=False)), line[-1]]).rstrip()
        for line in lines
    )
