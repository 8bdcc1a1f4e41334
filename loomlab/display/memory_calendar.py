"""Instants as places on a line and as words: one axis for every picture of a memory."""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

FRESH = "this session"
"""What an instant of the present notebook session is called: the same for a run and for its replay."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_TICKS = 7
_SECOND_STEPS = (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 6_000, 24_000)
_HOUR, _DAY = 3_600.0, 86_400.0
_FEW, _LONELY = 4, 4.0
"""Of more than so many instants, a first or last one so many times farther off than the rest is wide is left to the
edge."""


def aware(at: datetime) -> datetime:
    """``at`` in UTC; a naive time is taken for UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class Calendar:
    """Times between ``left`` and ``right``, and how they are written.

    How precisely depends on how far apart ``instants`` are. Instants not before ``fresh`` are one place at the right
    end, called ``FRESH``: a display of them says the same whenever it is made.
    """

    def __init__(
        self, instants: Iterable[datetime], *, left: float, right: float, fresh: datetime | None = None
    ) -> None:
        self.left, self.right = left, right
        self._fresh = None if fresh is None else aware(fresh)
        known = sorted({aware(one) for one in instants})
        old = [one for one in known if not self.is_fresh(one)]
        self.has_fresh = len(old) < len(known)
        self._dates = bool(old)
        old = _without_lonely(old) or [datetime(2000, 1, 1, tzinfo=UTC)]
        self._first, self._last = old[0], old[-1]
        self._span = (self._last - self._first).total_seconds()
        wide = right - left
        self._until = right - wide * (0.15 if self.has_fresh else 0.04)
        self._fresh_x = right - wide * 0.11 if self._dates else left + wide * 0.12
        whole_days = all(one.hour == one.minute == one.second == 0 for one in old)
        self._precision = 0 if whole_days or self._span >= 3 * _DAY else 1 if self._span >= 2 * _HOUR else 2
        self._one_year = self._first.year == self._last.year

    def is_fresh(self, at: datetime) -> bool:
        """Whether ``at`` belongs to the present session."""
        return self._fresh is not None and aware(at) >= self._fresh

    def x(self, at: datetime) -> float:
        """Where ``at`` stands; what is far off stands at the edge."""
        if self.is_fresh(at):
            return self._fresh_x
        if not self._span:
            return self.left + (0 if aware(at) <= self._first else self._until - self.left)
        share = (aware(at) - self._first).total_seconds() / self._span
        return self.left + min(1.0, max(0.0, share)) * (self._until - self.left)

    def off_left(self, at: datetime) -> bool:
        """Whether ``at`` lies before everything that is drawn to scale."""
        return not self.is_fresh(at) and aware(at) < self._first

    def date(self, at: datetime) -> str:
        """``9 Apr 2026``; with the time of day (UTC) where the instants lie close together."""
        if self.is_fresh(at):
            return FRESH
        at = aware(at)
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year}{self._clock(at)}"

    def short(self, at: datetime) -> str:
        """The same without the year where all instants are of one year."""
        if self.is_fresh(at):
            return FRESH
        at = aware(at)
        same = self._one_year and at.year == self._first.year
        return f"{at.day} {_MONTHS[at.month - 1]}{self._clock(at)}" if same else self.date(at)

    def ticks(self) -> list[tuple[float, str]]:
        """Places of the axis and their names, at most eight."""
        found = [(self.x(at), name) for at, name in self._ticks()] if self._dates else []
        if self.has_fresh:
            found = [one for one in found if self._fresh_x - one[0] > 40]
            found.append((self._fresh_x, FRESH))
        return found

    def _clock(self, at: datetime) -> str:
        return ("", f" {at:%H:%M}", f" {at:%H:%M:%S}")[self._precision]

    def _ticks(self) -> Iterator[tuple[datetime, str]]:
        if not self._span:
            yield self._first, self.date(self._first)
            return
        step = next((one for one in _SECOND_STEPS if self._span / one <= _MOST_TICKS), None)
        if step is None:
            yield from self._months()
            return
        epoch = self._first.timestamp()
        number = math.ceil(epoch / step)
        while number * step <= self._last.timestamp():
            at = datetime.fromtimestamp(number * step, UTC)
            clock = "" if step >= _DAY else f" {at:%H:%M}" if step >= 60 else f" {at:%H:%M:%S}"
            yield at, f"{at.day} {_MONTHS[at.month - 1]}{clock}" if step >= _DAY else clock.strip()
            number += 1

    def _months(self) -> Iterator[tuple[datetime, str]]:
        first, last = _month(self._first), _month(self._last)
        step = next((one for one in _MONTH_STEPS if (last - first) / one <= _MOST_TICKS), _MONTH_STEPS[-1])
        named = False
        for number in range(math.ceil(first / step) * step, last + 1, step):
            if not 12 <= number < 120_000:
                continue
            at = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
            if at < self._first:
                continue
            year = at.month == 1 or not named
            yield at, str(at.year) if step >= 12 else f"{_MONTHS[at.month - 1]}{f' {at.year}' if year else ''}"
            named = True


def _month(at: datetime) -> int:
    return at.year * 12 + at.month - 1


def _without_lonely(known: list[datetime]) -> list[datetime]:
    """The instants without the few that would press all others into a corner."""
    known = list(known)
    while len(known) > _FEW:
        inner_left = (known[-1] - known[1]).total_seconds()
        inner_right = (known[-2] - known[0]).total_seconds()
        if inner_left and (known[1] - known[0]).total_seconds() > _LONELY * inner_left:
            known.pop(0)
        elif inner_right and (known[-1] - known[-2]).total_seconds() > _LONELY * inner_right:
            known.pop()
        else:
            break
    return known
