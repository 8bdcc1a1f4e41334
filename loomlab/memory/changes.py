"""What changed in what was known between two instants: the world moved on, or the past was told anew."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from loomlab.core.remembered import Fact
from loomlab.memory.fact_algebra import holds_at
from loomlab.memory.instants import instant

Kind = Literal["new", "change", "correction", "ended", "erased"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``before`` is what was believed, ``after`` what is; either may be None.

    ``new``: something nothing was known about. ``change``: the world moved on, and what was believed was right at its
    time. ``correction``: what was believed about a time that was already past turned out to be otherwise. ``ended``: a
    fact came to its end and nothing took its place. ``erased``: something was forgotten in between.
    """

    kind: Kind
    before: Fact | None
    after: Fact | None
    sentence: str


class KnewFacts(Protocol):
    """What can be asked for two states of knowledge."""

    async def facts_at(
        self, *, user_id: str | None = None, true_at: datetime | None = None, known_at: datetime | None = None
    ) -> list[Fact]:
        """What was known when about when."""


async def changes(memory: KnewFacts, before: datetime, after: datetime, *, user_id: str | None = None) -> list[Change]:
    """The changes from what was known at ``before`` to what was known at ``after``, in the order they were recorded."""
    if instant(before) > instant(after):
        raise ValueError("a diff goes forward in time: give the earlier instant first")
    old = await memory.facts_at(user_id=user_id, known_at=before)
    new = await memory.facts_at(user_id=user_id, known_at=after)
    known = {fact.id for fact in old}
    found: list[tuple[datetime, Change]] = []
    for fact in new:
        change = _ran_out(fact, new, before, after) if fact.id in known else _arrived(fact, old, before)
        if change is not None:
            found.append((instant(fact.recorded_at), change))
    found.sort(key=lambda entry: entry[0])
    return [change for _, change in found]


def _arrived(fact: Fact, old: list[Fact], before: datetime) -> Change | None:
    timeline = [one for one in old if (one.subject, one.predicate) == (fact.subject, fact.predicate)]
    believed = next((one for one in reversed(timeline) if holds_at(one, fact.valid_from)), None)
    if believed is None:
        return Change("new", None, fact, f"{_claim(fact)} since {_day(fact.valid_from)}")
    if believed.object == fact.object:
        return None  # said again
    if instant(fact.valid_from) > instant(before):
        return Change("change", believed, fact, f"{_claim(believed)} until {_day(fact.valid_from)}, then {fact.object}")
    return Change("correction", believed, fact, f"{_claim(fact)} since {_day(fact.valid_from)}, not {believed.object}")


def _ran_out(fact: Fact, new: list[Fact], before: datetime, after: datetime) -> Change | None:
    end = fact.valid_until
    if end is None or not instant(before) < instant(end) <= instant(after):
        return None
    if any((one.subject, one.predicate) == (fact.subject, fact.predicate) and holds_at(one, end) for one in new):
        return None  # what took its place says so
    return Change("ended", fact, None, f"{_claim(fact)} until {_day(end)}")


def _claim(fact: Fact) -> str:
    return f"{fact.subject} {fact.predicate} {fact.object}"


def _day(at: datetime) -> str:
    return f"{instant(at):%Y-%m-%d}"
