"""What was believed, and since when: true-at from left to right, known-at from top to bottom, as static SVG.

A row is everything that was believed about one subject and predicate from one piece of news to the next.
"""

from collections.abc import Sequence
from datetime import datetime

from loomlab.display import memory_shapes as shapes
from loomlab.display.memory_calendar import Calendar, aware
from loomlab.display.memory_shapes import BAR, RIGHT
from loomlab.display.memory_view import Belief, MemoryView, state_of
from loomlab.display.text import clip, preview

_TOP, _ROW = 22, 22


def plane_svg(view: MemoryView, beliefs: Sequence[Belief], calendar: Calendar, *, rows: int = 10) -> str:
    """The picture of the ``rows`` newest beliefs. The row that was believed at ``known_at`` is marked by an arrow.

    ``calendar`` is the axis, of the width of these pictures.
    """
    shown = list(beliefs)[-rows:]
    if not shown:
        return ""
    held = _held(view, beliefs)
    parts, y = [], _TOP
    for belief in shown:
        mark = "▸ " if belief is held else ""
        parts.append(shapes.words_at(0, y + 12, f"{mark}known {calendar.date(belief.since)}", quiet=belief is not held))
        parts.append(_row(view, calendar, belief, y))
        y += _ROW
    bottom = y
    body = shapes.axis(calendar, _TOP - 4, bottom) + "".join(parts)
    if view.true_at is not None:
        x = calendar.x(view.true_at)
        anchor = "end" if x > RIGHT - 50 else "middle"
        body += shapes.upright(x, _TOP - 6, bottom, accent=True)
        body += shapes.words_at(x, bottom + 13, f"true at {calendar.date(view.true_at)}", quiet=True, anchor=anchor)
    return shapes.picture(
        body, bottom + (18 if view.true_at is not None else 4), clip(plane_words(view, shown, calendar), 900)
    )


def plane_words(view: MemoryView, beliefs: Sequence[Belief], calendar: Calendar) -> str:
    """What the picture shows, in words."""
    said = []
    for belief in beliefs:
        facts = [fact for fact in belief.facts if state_of(fact, view.now) != "corrected"]
        claims = ", ".join(
            f"{preview(fact.object, 60)} from {calendar.date(fact.valid_from)}"
            + ("" if fact.valid_until is None else f" until {calendar.date(fact.valid_until)}")
            for fact in facts
        )
        said.append(f"known {calendar.date(belief.since)}: {claims or 'nothing'}")
    return f"What was believed and since when. {'; '.join(said)}"


def _row(view: MemoryView, calendar: Calendar, belief: Belief, y: int) -> str:
    parts = []
    at, dot = view.true_at or view.now, calendar.x(belief.since)
    for fact in belief.facts:
        state = state_of(fact, at)
        if state == "corrected":
            continue  # in this row it has no time at all; the rows above show what was believed
        left = calendar.x(fact.valid_from)
        right = float(RIGHT) if fact.valid_until is None else max(calendar.x(fact.valid_until), left + 2)
        parts.append(shapes.bar_at(left, y, right - left - 1, state))
        said = preview(fact.object, 60)
        x = shapes.beside(left + 8, dot, said)
        if words := shapes.fitted(said, right - x - 6):
            parts.append(shapes.words_at(x, y + 12, words, quiet=state != "true"))
    parts.append(shapes.dot_at(dot, y + BAR / 2))
    return "".join(parts)


def _held(view: MemoryView, beliefs: Sequence[Belief]) -> Belief | None:
    known: datetime = aware(view.known_at or view.now)
    return next((one for one in reversed(beliefs) if aware(one.since) <= known), None)
