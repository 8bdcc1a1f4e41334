"""Why something was recalled, and why something else was not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loomlab.core.messages import utc_now
from loomlab.core.remembered import Episode, Fact
from loomlab.memory.episode_index import exchange
from loomlab.memory.fact_algebra import fact_text, holds_at
from loomlab.memory.instants import instant
from loomlab.memory.ranking import Candidate
from loomlab.memory.record import EPISODE, FACT
from loomlab.memory.record_facts import RecordFactStore
from loomlab.memory.searching import Searcher, holding
from loomlab.memory.user_view import UserView
from loomlab.memory.words import words

_SHOWN = 50
"""Candidates of each kind that are shown."""


@dataclass(frozen=True, slots=True)
class Considered:
    """One candidate: its rank and, in ``verdict``, why in one sentence; ``source`` is the episode a fact came from."""

    kind: str
    item: Episode | Fact
    rank: int | None
    score: float
    parts: dict[str, float]
    verdict: str
    source: Episode | None = None

    @property
    def returned(self) -> bool:
        """Whether it was an answer."""
        return self.verdict.startswith("returned")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was considered for a question. ``about`` answers for the fact that was named, if one was."""

    query: str
    user_id: str | None
    limit: int
    valid_at: datetime
    candidates: list[Considered] = field(default_factory=list)
    about: str | None = None

    def format(self) -> str:
        """One line a candidate."""
        asked = f"{self.query!r} for user {self.user_id!r}"
        lines = [f"recall of {asked}: at most {self.limit}, true at {self.valid_at:%Y-%m-%d}"]
        for one in self.candidates:
            what = one.item.format()
            lines.append(f"{one.rank or '-':>3} {one.score:6.3f} {one.kind:7} {what}\n    {one.verdict}")
        return "\n".join([*lines, self.about] if self.about else lines)


async def explain(
    query: str,
    searcher: Searcher,
    facts: Any,
    *,
    user_id: str | None,
    limit: int,
    valid_at: datetime | None,
    fact: str | None,
) -> Explanation:
    """What ``RecordMemory.explain`` says."""
    at = instant(valid_at or utc_now())
    view = await searcher.views.exact(user_id)
    vector = await searcher.vector(query) if query.strip() else None
    considered = await _episodes(query, vector, searcher, view, limit)
    about = None
    if isinstance(facts, RecordFactStore):
        own = facts.searcher
        known = view if own.views is searcher.views else await own.views.exact(user_id)
        if own.embedder is not searcher.embedder:
            vector = await own.vector(query) if query.strip() else None
        told = await _facts(query, vector, own, known, view, limit, at)
        considered += told
        if fact is not None:
            about = _about(fact, told, known, view, at)
    elif fact is not None:
        about = "nothing can be said of single facts: they are kept in a store that is not one of loomlab's"
    return Explanation(query, user_id, limit, at, considered, about)


async def _episodes(
    query: str, vector: Sequence[float] | None, searcher: Searcher, view: UserView, limit: int
) -> list[Considered]:
    if not query.strip():
        found = [Candidate(record) for record in view.episodes.recent(_SHOWN)]
    else:
        found = await searcher.candidates(view, query, vector, kind=EPISODE, limit=max(limit, _SHOWN))
    considered: list[Considered] = []
    # Without an embedder recall keeps to texts that hold the whole question, where there are any.
    whole = searcher.embedder is None and any(one.phrase for one in found)
    for rank, one in enumerate(found[:_SHOWN], 1):
        hit = searcher.hit(view, one)
        why = _why(one, searcher.near)
        if whole and not one.phrase:
            verdict = f"not returned: {why}, and others hold the whole question"
        elif rank > limit:
            verdict = f"not returned: rank {rank}, and at most {limit} were asked for; {why}"
        else:
            verdict = f"returned: rank {rank} of {len(found)}; {why}"
        considered.append(Considered(EPISODE, hit.item, rank, hit.score, hit.parts, verdict))
    if not considered:
        for rank, record in enumerate(view.episodes.recent(limit), 1):
            verdict = f"returned: rank {rank}; nothing fits the question, so the newest are given"
            considered.append(Considered(EPISODE, exchange(record), rank, 0.0, {}, verdict))
    return considered


async def _facts(
    query: str,
    vector: Sequence[float] | None,
    searcher: Searcher,
    view: UserView,
    episodes: UserView,
    limit: int,
    at: datetime,
) -> list[Considered]:
    if not len(view.facts):
        return []
    wide = max(limit, _SHOWN)
    if query.strip():
        fits = holding(view, at)
        found = await searcher.candidates(view, query, vector, kind=FACT, limit=wide, fits=fits)
        everything = await searcher.candidates(view, query, vector, kind=FACT, limit=wide)
    else:
        everything = [Candidate(record) for record in view.facts.newest_first()]
        found = [one for one in everything if holds_at(view.facts.fact(one.record), at)]
    ranked = {one.record.id for one in found}
    considered: list[Considered] = []
    for rank, one in enumerate(found, 1):
        why = _why(one, searcher.near)
        if rank > limit:
            verdict = f"not returned: rank {rank}, and at most {limit} were asked for; {why}"
        else:
            verdict = f"returned: rank {rank} of {len(found)}; {why}"
        considered.append(_fact(searcher, view, episodes, one, rank, verdict))
    for one in everything:
        if one.record.id not in ranked:
            held = view.facts.fact(one.record)
            verdict = f"not returned: {_absence(held, at, view)}"
            considered.append(_fact(searcher, view, episodes, one, None, verdict))
    return considered[: 2 * _SHOWN]


def _fact(
    searcher: Searcher, view: UserView, episodes: UserView, one: Candidate, rank: int | None, verdict: str
) -> Considered:
    hit = searcher.hit(view, one)
    assert isinstance(hit.item, Fact)
    records = (episodes.get(EPISODE, source) for source in hit.item.sources)
    source = next((exchange(record) for record in records if record is not None), None)
    return Considered(FACT, hit.item, rank, hit.score, hit.parts, verdict, source)


def _why(one: Candidate, near: float) -> str:
    said: list[str] = []
    if one.phrase:
        said.append("it holds the whole question")
    elif one.words:
        said.append(f"it holds {one.words:.0%} of the question's words, by weight")
    if one.dense:
        said.append(f"cosine {one.dense:.2f}" + ("" if one.dense >= near else ", which says little"))
    return ", ".join(said) or "nothing in it fits the question"


def _absence(fact: Fact, at: datetime, view: UserView) -> str:
    """Why a fact is not one of those true at ``at``."""
    if holds_at(fact, at):
        return "a newer fact says the same"
    if instant(fact.valid_from) > at:
        return f"it holds only from {instant(fact.valid_from):%Y-%m-%d} on"
    assert fact.valid_until is not None
    after = next(
        (
            other
            for record in view.facts.newest_first(fact.subject, fact.predicate)
            if (other := view.facts.fact(record)).object != fact.object
            and instant(other.valid_from) == instant(fact.valid_until)
        ),
        None,
    )
    if after is None:
        return f"it ended on {fact.valid_until:%Y-%m-%d}"
    if instant(fact.valid_from) >= instant(fact.valid_until):
        return f"it was corrected: {fact_text(after)} from the same time on"
    return f"it ended on {fact.valid_until:%Y-%m-%d}, when {fact_text(after)} began"


def _about(wanted: str, told: list[Considered], view: UserView, episodes: UserView, at: datetime) -> str:
    """One sentence on a fact named by its id or its text."""
    folded = words(wanted)
    for record in view.facts.newest_first():
        fact = view.facts.fact(record)
        if record.id == wanted or (folded and words(fact_text(fact)) == folded):
            break
    else:
        return f"{wanted!r} is not known: no fact of this user has that id or text"
    name = f"{fact_text(fact)!r} ({fact.id})"
    for one in told:
        if one.item.id == fact.id:
            return f"{name} was {one.verdict}"
    number = view.facts.texts.group(fact.id)
    twins = view.facts.texts.members(number) if number is not None else []
    if not holds_at(fact, at) or any(one.item.id in {twin.id for twin in twins} for one in told):
        return f"{name} was not returned: {_absence(fact, at, view)}"
    return f"{name} was not returned: it shares no word with the question"
