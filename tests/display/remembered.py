"""Memories for these tests: one with a move and a correction, one as large as it gets, one with a text everywhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from loomlab.core import Episode, Fact, MemoryBlock, MemoryExport, MemoryProfile
from loomlab.display.clean import sanitise
from loomlab.display.memory import MemoryExtras, memory_html
from loomlab.display.memory_erased import Plan, export_html, plan_html, receipt_html
from loomlab.display.memory_live import compared_html, live_parts
from loomlab.display.memory_search import explanation_html
from loomlab.display.memory_values import audited_html, erased_html, explained_html, profile_html
from loomlab.display.memory_values import export_html as exported_html
from loomlab.display.memory_view import Belief, MemoryView


@dataclass
class Change:
    kind: str
    before: Fact | None
    after: Fact | None


@dataclass
class Finding:
    kind: str
    sentence: str
    severity: str


@dataclass
class Audit:
    findings: list[Finding] = field(default_factory=list)
    dead_fact_share: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        return {one.kind: 1 for one in self.findings}


@dataclass
class Considered:
    kind: str
    item: Any
    rank: int | None
    returned: bool
    verdict: str
    score: float = 0.5
    parts: dict[str, float] = field(default_factory=dict)


@dataclass
class Explanation:
    query: str
    candidates: list[Considered]
    about: str | None = None


@dataclass
class Receipt:
    user_id: str | None
    erased: dict[str, int]
    may_remain: list[str]
    session_id: str | None = None
    before: datetime | None = None


def day(month: int, number: int, year: int = 2026) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


NOW = day(9, 10)


def claim(
    predicate: str, object_: str, since: datetime, learned: datetime, until: datetime | None = None, **more: Any
) -> Fact:
    values = {"user_id": "alice", "subject": "alice", "predicate": predicate, "object": object_, **more}
    return Fact(id=f"fact_{object_}", valid_from=since, recorded_at=learned, valid_until=until, **values)


PARIS = claim("lives_in", "Paris", day(1, 1), day(1, 3), day(3, 1), sources=["ep_1"])
LYON = claim("lives_in", "Lyon", day(3, 1), day(4, 9), sources=["ep_3"])
PYTHON = claim("prefers", "Python", day(1, 3), day(1, 3), sources=["ep_1"], confidence=0.9)
ACME = claim("works_at", "Acme", day(2, 1), day(2, 4), day(2, 1), sources=["ep_2"])
LABS = claim("works_at", "Acme Labs", day(2, 1), day(7, 2), sources=["ep_4"])


def said(number: int, month: int, date: int, asked: str, answered: str = "Noted.") -> Episode:
    at = day(month, date)
    return Episode(
        id=f"ep_{number}", session_id=f"sess_{number}", user_id="alice", occurred_at=at, input=asked, output=answered
    )


def alice(**more: Any) -> MemoryView:
    """Alice moved from Paris to Lyon, and never worked at Acme but at Acme Labs."""
    values: dict[str, Any] = {
        "user_id": "alice",
        "now": NOW,
        "facts": [PARIS, PYTHON, ACME, LYON, LABS],
        "episodes": [
            said(1, 1, 3, "Hi, I'm Alice, I live in Paris and I like Python."),
            said(2, 2, 4, "I work at Acme."),
            said(3, 4, 9, "I moved to Lyon in March."),
            said(4, 7, 2, "It is Acme Labs, not Acme."),
        ],
        "blocks": [MemoryBlock(name="persona", content="Short answers.", updated_at=day(1, 1))],
        "beliefs": {
            ("alice", "lives_in"): [
                Belief(day(1, 3), [PARIS.model_copy(update={"valid_until": None})]),
                Belief(day(4, 9), [PARIS, LYON]),
            ]
        },
    }
    return MemoryView(**{**values, **more})


def extras(**more: Any) -> MemoryExtras:
    values: dict[str, Any] = {
        "audit": Audit([Finding("secret", "an API key stands in conversation 2", "high")], 0.4),
        "changes": [Change("correction", ACME, LABS), Change("change", PARIS, LYON)],
    }
    return MemoryExtras(**{**values, **more})


def crowd(facts: int, talks: int = 300) -> MemoryView:
    """A memory of many facts about many things."""
    start = day(1, 1, 2020)
    made = [
        Fact(
            id=f"fact_{number}",
            user_id="alice",
            subject=f"person {number % 97}",
            predicate=f"relation_{number % 41}",
            object=f"thing {number} " * 6,
            valid_from=start + timedelta(hours=number * 5),
            recorded_at=start + timedelta(hours=number * 5 + 3),
            valid_until=start + timedelta(hours=number * 5 + 900) if number % 3 else None,
            sources=[f"ep_{number % talks}"],
        )
        for number in range(facts)
    ]
    episodes = [
        Episode(
            id=f"ep_{number}",
            session_id=f"sess_{number // 3}",
            user_id="alice",
            occurred_at=start + timedelta(hours=number),
            input=f"question {number} " * 40,
            output="answer " * 200,
        )
        for number in range(talks)
    ]
    return MemoryView("alice", NOW, made, episodes)


def memory_faces(text: str) -> Iterator[tuple[str, str]]:
    """Every face of a memory with ``text`` wherever a user or a model can put it."""
    near = text[:20_000]
    about = {"user_id": near, "subject": near, "predicate": near}
    first = Fact(id=f"a{near[:9]}", object=near, valid_from=day(1, 1), recorded_at=day(1, 2), sources=["e"], **about)
    facts = [
        first,
        first.model_copy(update={"id": "b", "valid_until": day(1, 1)}),
        first.model_copy(update={"id": "c", "valid_until": day(2, 1)}),
        first.model_copy(update={"id": "d", "valid_from": day(12, 1), "subject": "x"}),
    ]
    episode = Episode(id="e", session_id=near, user_id=near, occurred_at=day(1, 2), input=near, output=near)
    block = MemoryBlock(name=near, content=near, updated_at=day(1, 2))
    beliefs = {(near, near): [Belief(day(1, 2), facts[:1]), Belief(day(2, 2), facts[:3])]}
    view = MemoryView(near, NOW, facts, [episode], [block], beliefs=beliefs, true_at=day(1, 5), known_at=day(3, 1))
    audit = Audit([Finding(near, near, near)], 0.5)
    changes = [Change(kind, facts[0], facts[1]) for kind in ("new", "change", "correction", "ended", near)]
    candidates = [
        Considered(near, item, rank, rank is not None, near, parts={near: 0.5, "words": 0.1})
        for item, rank in ((facts[0], 1), (episode, None), (block, 2), (near, None))
    ]
    more = MemoryExtras(audit=audit, changes=changes, query=near, candidates=candidates, notes=[near])
    yield "memory", memory_html(view, more)
    yield "memory of nobody", memory_html(MemoryView(near, NOW))
    parts = live_parts(view, more)
    parts["compared"] = compared_html(view, changes)
    parts["answer"] = sanitise(explanation_html(near, candidates, notes=[near]))
    plan = Plan(near, near, {near: 2, "episodes": 1}, [near])
    parts["plan"] = sanitise(plan_html(plan) + export_html(plan))
    receipt = Receipt(near, {near: 3, "facts": 1}, [near, near])
    parts["receipt"] = sanitise(receipt_html(receipt))
    for name, html in parts.items():
        yield f"memory live {name}", html
    yield "memory receipt", erased_html(receipt)
    yield "memory audit", audited_html(audit)
    yield "memory explanation", explained_html(Explanation(near, candidates, near))
    yield "memory profile", profile_html(MemoryProfile(user_id=near, fact_count=4, sample_facts=facts))
    yield "memory export", exported_html(MemoryExport(user_id=near, episodes=[episode], facts=facts))
