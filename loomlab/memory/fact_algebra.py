"""What a new fact does to the ones before it. Pure: facts are never changed, only replaced by copies with an end."""

from bisect import bisect_right
from collections.abc import Container
from datetime import datetime

from loomlab.core.remembered import Fact
from loomlab.memory.instants import instant


def holds_at(fact: Fact, at: datetime) -> bool:
    """True from ``valid_from`` on, and no longer true at ``valid_until``."""
    at = instant(at)
    return instant(fact.valid_from) <= at and (fact.valid_until is None or at < instant(fact.valid_until))


def slot_in(timeline: list[Fact], fact: Fact, bounded: Container[str]) -> list[Fact]:
    """Put ``fact`` into ``timeline`` (one user, subject, predicate; by valid time); what is new or replaced.

    Valid time decides, arrival breaks ties: an open fact ends where the next claim with another object begins, also
    when the older of the two arrives later. Facts that came with an end (their ids are in ``bounded``) keep it.
    """
    start = instant(fact.valid_from)
    at = bisect_right(timeline, start, key=lambda other: instant(other.valid_from))
    if fact.valid_until is None:
        following = next((other for other in timeline[at:] if other.object != fact.object), None)
        if following is not None:
            fact = fact.model_copy(update={"valid_until": following.valid_from})
    changed = [fact]
    for index in range(at - 1, -1, -1):
        earlier = timeline[index]
        if earlier.id in bounded:
            continue
        if earlier.valid_until is not None and instant(earlier.valid_until) <= start:
            break  # everything open before this one ended no later than it did
        if earlier.object != fact.object:
            timeline[index] = earlier.model_copy(update={"valid_until": fact.valid_from})
            changed.append(timeline[index])
    timeline.insert(at, fact)
    return changed
