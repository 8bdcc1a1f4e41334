"""A passage where it stands: in its source, between what comes before and after it."""

from collections.abc import Sequence
from typing import Any

from loomlab.core.redact import redact
from loomlab.display.search import excerpt, marked
from loomlab.display.text import clip, escape, plain, preview
from loomlab.display.theme import fitting
from loomlab.loader import Passage

ROWS = 20
_LONGEST = 20_000
_CHANGED = "the file has changed since it was read: this is what it said then"


def citations_html(passages: Sequence[Passage], query: str = "") -> str:
    """Each passage as a fold that opens on its source, with the passage set off from what is around it."""
    return fitting(_body(passages, query, most, room) for most, room in ((ROWS, 2_000), (ROWS, 600), (5, 200)))


def citations_text(passages: Sequence[Passage], query: str = "") -> str:
    """The same as text."""
    lines = []
    for number, one in enumerate(passages[:ROWS], 1):
        changed = f" ({_CHANGED})" if one.changed else ""
        lines += [
            f"[{number}] {_reference(one)}{changed}",
            f"    {preview(excerpt(redact(one.text[:_LONGEST]), query), 110)}",
        ]
    return "\n".join([*lines, *_left(passages, ROWS)])


def _body(passages: Sequence[Passage], query: str, most: int, room: int) -> str:
    parts: list[str] = []
    for number, one in enumerate(passages[:most], 1):
        warned = f'<p class="note">{escape(_CHANGED)}</p>' if one.changed else ""
        before, after = _tail(redact(one.before[-_LONGEST:]), room), clip(redact(one.after[:_LONGEST]), room)
        text = clip(redact(one.text[:_LONGEST]), room)
        around = (
            f'<pre><span class="s">{escape(before)}</span>'
            f'<span class="u">▶ </span>{marked(text, query)}<span class="u"> ◀</span>'
            f'<span class="s">{escape(after)}</span></pre>'
        )
        summary = f"[{number}] <strong>{escape(_reference(one))}</strong> · {marked(_short(one, query), query)}"
        parts.append(f"<details><summary>{summary}</summary>{warned}{around}</details>")
    return "".join([*parts, *(f'<p class="s">{escape(line)}</p>' for line in _left(passages, most))])


def _reference(one: Passage) -> str:
    return preview(redact(one.reference), 120)


def _short(one: Passage, query: str) -> str:
    return excerpt(redact(one.text[:_LONGEST]), query, 90)


def _tail(text: str, room: int) -> str:
    text = plain(text)
    return text if len(text) <= room else f"…{text[-room:]}"


def _left(passages: Sequence[Any], most: int) -> list[str]:
    return [f"… and {len(passages) - most} more"] if len(passages) > most else []
