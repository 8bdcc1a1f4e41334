"""Where a claim ends, worked out from the claims around it. Pure: nothing that was claimed is ever changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from loomlab.core.remembered import Fact
from loomlab.memory.instants import instant
from loomlab.memory.record import Record


def holds_at(fact: Fact, at: datetime) -> bool:
    """True from ``valid_from`` on, and no longer true at ``valid_until``."""
    at = instant(at)
    return instant(fact.valid_from) <= at and (fact.valid_until is None or at < instant(fact.valid_until))


def claim(record: Record) -> Fact:
    """The fact as it was claimed."""
    assert isinstance(record.item, Fact)
    return record.item


def settle(claims: Sequence[Record]) -> list[Fact]:
    """The facts of one timeline (one user, subject, predicate; by ``(at, seq)``), each with its end.

    An open claim ends where the next claim with another object begins; one that came with an end keeps it. So valid
    time decides and arrival breaks ties, whichever claim arrives first.
    """
    facts: list[Fact] = []
    end: datetime | None = None
    for index in range(len(claims) - 1, -1, -1):
        fact = claim(claims[index])
        if index + 1 < len(claims) and claim(claims[index + 1]).object != fact.object:
            end = claims[index + 1].at
        if end is not None and fact.valid_until is None:
            fact = fact.model_copy(update={"valid_until": end})
        facts.append(fact)
    facts.reverse()
    return facts


def settle_all(claims: Iterable[Record], *, known_at: datetime | None = None) -> list[Fact]:
    """The facts of one user out of claims in any order, by ``(at, seq)``; ``known_at`` leaves out what came later."""
    timelines: dict[tuple[str, str], list[Record]] = {}
    for record in claims:
        if known_at is None or instant(claim(record).recorded_at) <= instant(known_at):
            timelines.setdefault((record.group, record.label), []).append(record)
    settled: list[tuple[datetime, int, Fact]] = []
    for timeline in timelines.values():
        timeline.sort(key=lambda record: (record.at, record.seq))
        settled += [(record.at, record.seq, fact) for record, fact in zip(timeline, settle(timeline), strict=True)]
    settled.sort(key=lambda entry: entry[:2])
    return [fact for _, _, fact in settled]


def fact_text(fact: Fact) -> str:
    """What a fact is found by."""
    return f"{fact.subject} {fact.predicate} {fact.object}".replace("_", " ")
