"""What changed in what was known between two instants: the world moved on, or the past was told anew."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from loomlab.core.remembered import Fact
from loomlab.memory.fact_algebra import claim, holds_at, settle
from loomlab.memory.fact_index import recorded
from loomlab.memory.instants import instant
from loomlab.memory.record import Record


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``before`` is what was believed, ``after`` what is; either may be None.

    ``new``: something nothing was known about. ``change``: the world moved on, and what was believed was right at its
    time. ``correction``: what was believed about a time that was already past turned out to be otherwise. ``ended``: a
    fact came to its end and nothing took its place. ``erased``: this process forgot facts in between.
    """

    kind: Literal["new", "change", "correction", "ended", "erased"]
    before: Fact | None
    after: Fact | None
    sentence: str


def changes(
    claims: Sequence[Record], before: datetime, after: datetime, erasures: Sequence[tuple[datetime, int]] = ()
) -> list[Change]:
    """From what was known at ``before`` to what was known at ``after``, in the order in which it was learned.

    ``claims`` are all of one user; ``erasures`` say when facts of theirs were erased, and how many.
    """
    before, after = instant(before), instant(after)
    if before > after:
        raise ValueError("a diff goes forward in time: give the earlier instant first")
    timelines: dict[tuple[str, str], list[Record]] = {}
    for record in sorted(claims, key=recorded):
        timelines.setdefault((record.group, record.label), []).append(record)
    found: list[tuple[datetime, int, Change]] = []
    for timeline in timelines.values():
        known = sorted((one for one in timeline if recorded(one)[0] <= before), key=_place)
        had = {one.id for one in known}
        for record in timeline:
            if before < recorded(record)[0] <= after:
                change = _arrived(record, known, before)
                insort(known, record, key=_place)
                if change is not None:
                    found.append((*recorded(record), change))
        facts = settle(known)
        for record, fact in zip(known, facts, strict=True):
            end = fact.valid_until
            if end is None or record.id not in had or not before < instant(end) <= after:
                continue
            if not any(holds_at(other, end) for other in facts):  # else what took its place says so
                sentence = f"{_claim(fact)} until {_day(end)}"
                found.append((instant(end), record.seq, Change("ended", fact, None, sentence)))
    for at, count in erasures:
        if before < at <= after:
            sentence = f"{count} {'fact was' if count == 1 else 'facts were'} erased on {_day(at)}"
            found.append((at, 0, Change("erased", None, None, sentence)))
    found.sort(key=lambda entry: entry[:2])
    return [change for _, _, change in found]


def _arrived(record: Record, known: Sequence[Record], before: datetime) -> Change | None:
    fact = claim(record)
    believed = next((one for one in reversed(settle(known)) if holds_at(one, record.at)), None)
    if believed is None:
        return Change("new", None, fact, f"{_claim(fact)} since {_day(record.at)}")
    if believed.object == fact.object:
        return None  # said again
    if record.at > before:
        sentence = f"{_claim(believed)} until {_day(record.at)}, then {fact.object}"
        return Change("change", believed, fact, sentence)
    return Change("correction", believed, fact, f"{_claim(fact)} since {_day(record.at)}, not {believed.object}")


def _place(record: Record) -> tuple[datetime, int]:
    return record.at, record.seq


def _claim(fact: Fact) -> str:
    return f"{fact.subject} {fact.predicate} {fact.object}"


def _day(at: datetime) -> str:
    return f"{instant(at):%Y-%m-%d}"
