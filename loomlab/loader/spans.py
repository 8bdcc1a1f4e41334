"""A text in pieces, as pairs of offsets: as long as the measure allows, cut at the best place, kept parts whole."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Protocol

from loomlab.loader.breaks import Level, after_blank, before_blank, first_word, last_break, last_character

Span = tuple[int, int]
_INDENT = 16
"""The most characters of indentation that a piece keeps before its first word."""


class Measure(Protocol):
    """How long a piece may be."""

    def reach(self, text: str, start: int, end: int) -> int:
        """The furthest end of a piece that begins at ``start``; more than ``start``."""

    def holds(self, text: str, start: int, end: int) -> bool:
        """Whether ``text[start:end]``, which ends within reach, is really short enough."""

    def repeat(self, text: str, start: int, end: int) -> int:
        """The earliest start of what the next piece may repeat; ``end`` for nothing."""


class Characters:
    """Pieces measured in characters."""

    def __init__(self, size: int, overlap: int) -> None:
        self._size, self._overlap = size, overlap

    def reach(self, _text: str, start: int, end: int) -> int:
        """The furthest end of a piece that begins at ``start``."""
        return min(start + self._size, end)

    def holds(self, _text: str, _start: int, _end: int) -> bool:
        """Characters add up: what is within reach fits."""
        return True

    def repeat(self, _text: str, start: int, end: int) -> int:
        """The earliest start of what the next piece may repeat."""
        return max(end - self._overlap, start + 1)


def spans(
    text: str, start: int, end: int, measure: Measure, ranks: tuple[Level, ...], kept: Sequence[Span] = ()
) -> Iterator[Span]:
    """The pieces of ``text[start:end]``, in order; white space around them belongs to none.

    ``kept`` are parts that stay whole if they fit (code fences, tables): sorted, not overlapping.
    """
    opens = [one[0] for one in kept]
    end = before_blank(text, start, end)
    fresh = after_blank(text, start, end)  # the first character that no piece holds yet
    begin = _with_indent(text, start, fresh)
    limit: int | None = None
    while fresh < end:
        reach = limit if limit is not None else measure.reach(text, begin, end)
        if reach <= fresh:  # indentation or repetition left no room
            begin = fresh
            reach = measure.reach(text, begin, end)
        if reach >= end:
            yield begin, end
            return
        cut = last_break(text, ranks, fresh, begin + (reach - begin) // 4, reach)
        inside = _around(kept, opens, cut if cut is not None else reach) if kept else None
        if inside is not None:
            cut = _beside(text, inside, cut, fresh, begin, reach, measure)
        if cut is None:
            if begin < fresh:
                begin, limit = fresh, None
                continue
            cut = last_character(text, begin, reach)
        stop = before_blank(text, fresh, cut)
        if not measure.holds(text, begin, stop) and stop > fresh + 1:
            limit = stop - 1
            continue
        limit = None
        yield begin, stop
        fresh = after_blank(text, cut, end)
        begin = _repeated(text, measure.repeat(text, begin, stop), stop, kept, opens)
        if begin >= stop:
            begin = _with_indent(text, stop, fresh)


def _with_indent(text: str, start: int, fresh: int) -> int:
    line = text.rfind("\n", start, fresh) + 1 or (start if start == 0 else fresh)
    return line if fresh - line <= _INDENT else fresh


def _around(kept: Sequence[Span], opens: Sequence[int], at: int) -> Span | None:
    """The kept part that a cut at ``at`` would go through."""
    number = bisect_right(opens, at) - 1
    return kept[number] if number >= 0 and kept[number][0] < at < kept[number][1] else None


def _beside(
    text: str, inside: Span, cut: int | None, fresh: int, begin: int, reach: int, measure: Measure
) -> int | None:
    """Where to cut instead of inside a kept part. None: only without the repetition, or at any character."""
    first, last = inside
    if last <= reach:
        return last
    fits = measure.reach(text, first, last) >= last
    if first > fresh and (fits or first >= begin + (reach - begin) // 4):
        return first
    if fits and begin < fresh:
        return None
    line = text.rfind("\n", max(fresh, first) + 1, reach + 1)
    return line if line >= 0 else cut


def _repeated(text: str, earliest: int, stop: int, kept: Sequence[Span], opens: Sequence[int]) -> int:
    """The start of the next piece's repetition; ``stop`` for none."""
    if earliest >= stop:
        return stop
    begin = first_word(text, earliest, stop)
    if begin is None:
        return stop
    inside = _around(kept, opens, begin) if kept else None
    return begin if inside is None else min(stop, after_blank(text, inside[1], stop) if inside[1] < stop else stop)
