"""Many facts as one strip: how many are true at each time, where there are too many to draw each of them."""

from bisect import bisect_right
from collections.abc import Sequence

from loomlab.core.remembered import Fact
from loomlab.display import format as fmt
from loomlab.display import memory_shapes as shapes
from loomlab.display.memory_calendar import Calendar

HIGH = 30
_BINS = 75


def crowd_strip(facts: Sequence[Fact], calendar: Calendar, y: float) -> tuple[str, str]:
    """The strip, ``HIGH`` high from ``y`` on, with a column for each short stretch of the axis; and what it says."""
    counts = counted(facts, calendar)
    most = max(counts, default=0)
    said = f"≤ {fmt.count(most)} at once"
    wide = (calendar.right - calendar.left) / _BINS
    parts = [shapes.words_at(0, y + 12, "all facts"), shapes.words_at(0, y + 26, said, quiet=True)]
    for place, count in enumerate(counts):
        if count:
            x, high = calendar.left + place * wide, count / most * HIGH
            parts.append(shapes.column_at(x, y + HIGH - high, wide - 0.6, high))
    return "".join(parts), said


def counted(facts: Sequence[Fact], calendar: Calendar) -> list[int]:
    """How many facts are true at the middle of each stretch."""
    begins: list[float] = []
    ends: list[float] = []
    for fact in facts:
        if fact.valid_until is None or fact.valid_until > fact.valid_from:  # else it was corrected
            begins.append(calendar.x(fact.valid_from))
            if fact.valid_until is not None:
                ends.append(calendar.x(fact.valid_until))
    begins.sort()
    ends.sort()
    wide = (calendar.right - calendar.left) / _BINS
    middles = [calendar.left + (place + 0.5) * wide for place in range(_BINS)]
    return [bisect_right(begins, x) - bisect_right(ends, x) for x in middles]
