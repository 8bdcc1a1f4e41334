"""What is wrong with what is remembered: an audit's findings, each with a sentence a person can act on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from loomlab.core.messages import utc_now
from loomlab.core.redact import MASK, redact
from loomlab.core.remembered import Episode, Fact, MemoryBlock
from loomlab.memory.claim_secrets import holds_secret
from loomlab.memory.claims import Claim
from loomlab.memory.evidence import evidence_of, without_recalled
from loomlab.memory.fact_algebra import fact_text, holds_at
from loomlab.memory.instants import instant
from loomlab.memory.known_claims import SEVERAL, folded
from loomlab.memory.support import why_not
from loomlab.memory.words import words

STALE_AFTER = timedelta(days=365)
"""An open claim that nobody has said again for so long may be true no more."""
_REMEDY = "erase it and change the secret"
_LOOPS = 3
"""An answer given so often in the same words is an echo."""

FindingKind = Literal["duplicate", "contradiction", "stale", "secret", "recall_loop", "unsupported"]
Severity = Literal["high", "medium", "low"]
_ORDER = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, where, how bad, and a sentence."""

    kind: FindingKind
    sentence: str
    severity: Severity
    fact_ids: tuple[str, ...] = ()
    episode_ids: tuple[str, ...] = ()
    block_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoryAudit:
    """What was looked at and what was found, worst first. ``dead_facts`` are those that are true no more."""

    user_id: str | None
    at: datetime
    episodes: int
    facts: int
    blocks: int
    dead_facts: int
    findings: list[Finding] = field(default_factory=list)

    @property
    def dead_fact_share(self) -> float:
        """From 0.0 (every fact is true now, or there is none) to 1.0."""
        return self.dead_facts / self.facts if self.facts else 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind that there is."""
        return dict(Counter(finding.kind for finding in self.findings))

    def format(self) -> str:
        """A line of figures, then a line a finding."""
        head = (
            f"memory of user {self.user_id!r}: {self.episodes} episodes, {self.facts} facts "
            f"({self.dead_fact_share:.0%} true no more), {self.blocks} blocks, {len(self.findings)} findings"
        )
        return "\n".join([head, *(f"{one.severity:6} {one.kind}: {one.sentence}" for one in self.findings)])


class Auditable(Protocol):
    """What an audit reads."""

    async def facts_at(
        self, *, user_id: str | None = None, true_at: datetime | None = None, known_at: datetime | None = None
    ) -> list[Fact]:
        """All facts."""

    async def episodes(
        self, *, user_id: str | None = None, session_id: str | None = None, limit: int | None = None
    ) -> list[Episode]:
        """All episodes."""

    async def working(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        """All blocks."""


async def audit(memory: Auditable, *, user_id: str | None = None, at: datetime | None = None) -> MemoryAudit:
    """What is rotten in a user's memory; with ``at``, what was rotten then, as far as was known then."""
    known_at, at = at, instant(at or utc_now())
    facts = await memory.facts_at(user_id=user_id, known_at=known_at)
    episodes = await memory.episodes(user_id=user_id)
    if known_at is not None:
        episodes = [one for one in episodes if instant(one.occurred_at) <= at]
    blocks = await memory.working(user_id=user_id)
    said = {one.id: one for one in episodes}
    findings = [
        *_secrets(facts, episodes, blocks),
        *_contradictions(facts, at),
        *_loops(facts, episodes, said),
        *_unsupported(facts, said),
        *_duplicates(facts, at),
        *_stale(facts, at),
    ]
    findings.sort(key=lambda one: _ORDER[one.severity])
    dead = sum(one.valid_until is not None and instant(one.valid_until) <= at for one in facts)
    return MemoryAudit(user_id, at, len(episodes), len(facts), len(blocks), dead, findings)


def _duplicates(facts: Sequence[Fact], at: datetime) -> Iterable[Finding]:
    same: dict[str, list[Fact]] = {}
    for fact in facts:
        if holds_at(fact, at):
            same.setdefault(_folded(fact), []).append(fact)
    for twins in same.values():
        if len(twins) > 1:
            text = f"{_quoted(twins[0])} is remembered {len(twins)} times; keep the first, with the sources of all"
            yield Finding("duplicate", text, "low", _ids(twins))


def _contradictions(facts: Sequence[Fact], at: datetime) -> Iterable[Finding]:
    """Claims on one thing that hold at once and differ: spelled apart, or given with ends that overlap."""
    things: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        if holds_at(fact, at) and folded(fact.predicate).replace(" ", "_") not in SEVERAL:
            things.setdefault((folded(fact.subject), folded(fact.predicate)), []).append(fact)
    for claims in things.values():
        objects = {folded(fact.object) or fact.object: fact for fact in claims}
        if len(objects) > 1:
            told = " and ".join(_quoted(fact) for fact in objects.values())
            yield Finding("contradiction", f"{told} cannot both be true; end the older one", "high", _ids(claims))


def _stale(facts: Sequence[Fact], at: datetime) -> Iterable[Finding]:
    newest: dict[str, datetime] = {}
    for fact in facts:
        heard = max(instant(fact.recorded_at), instant(fact.valid_from))
        newest[_folded(fact)] = max(heard, newest.get(_folded(fact), heard))
    for fact in facts:
        heard = newest[_folded(fact)]
        if fact.valid_until is None and holds_at(fact, at) and at - heard > STALE_AFTER:
            yield Finding("stale", f"{_quoted(fact)} was last heard on {heard:%Y-%m-%d}; ask again", "low", (fact.id,))


def _secrets(facts: Sequence[Fact], episodes: Sequence[Episode], blocks: Sequence[MemoryBlock]) -> Iterable[Finding]:
    # A finding never repeats the secret it is about.
    for fact in facts:
        if holds_secret(Claim(fact.subject, fact.predicate, fact.object)):
            text = f"a fact on {redact(fact.subject)!r} holds a secret; {_REMEDY}"
            yield Finding("secret", text, "high", (fact.id,))
    for episode in episodes:
        if any(_secret(one) for one in (episode.input, episode.output)):
            text = f"an episode of {episode.occurred_at:%Y-%m-%d} holds a secret; {_REMEDY}"
            yield Finding("secret", text, "high", (), (episode.id,))
    for block in blocks:
        if _secret(block.content):
            text = f"the block {block.name!r} holds a secret, which goes into every prompt; {_REMEDY}"
            yield Finding("secret", text, "high", (), (), (block.name,))


def _loops(facts: Sequence[Fact], episodes: Sequence[Episode], said: dict[str, Episode]) -> Iterable[Finding]:
    """Memory that fed on itself: claims read out of answers or recalled text, answers that come again and again."""
    known: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda one: instant(one.recorded_at)):
        first = known.setdefault(_folded(fact), fact)
        sources = [said[source] for source in fact.sources if source in said]
        if not sources or any(_told(fact, one) for one in sources):
            continue
        if any(_shown(fact, one.input) for one in sources) or (
            first is not fact and any(_echoes(fact, one.output) for one in sources)
        ):
            text = f"{_quoted(fact)} was read out of what memory itself had shown, not said again; erase it"
            yield Finding("recall_loop", text, "high", (fact.id,), tuple(one.id for one in sources))
    answers: dict[str, list[Episode]] = {}
    for episode in episodes:
        if episode.output.strip():
            answers.setdefault(" ".join(words(episode.output)), []).append(episode)
    for same in answers.values():
        questions = {" ".join(words(one.input)) for one in same}
        if len(questions) >= _LOOPS and len(words(same[0].output)) >= _LOOPS:
            text = f"the same answer was given to {len(questions)} different questions; check that it is not an echo"
            yield Finding("recall_loop", text, "medium", (), tuple(one.id for one in same))


def _unsupported(facts: Sequence[Fact], said: dict[str, Episode]) -> Iterable[Finding]:
    for fact in facts:
        if not fact.sources:
            continue  # told by the program, which knows where it had it from
        sources = [said[source] for source in fact.sources if source in said]
        if not sources:
            yield Finding("unsupported", f"what {_quoted(fact)} came from is gone", "low", (fact.id,))
        elif not any(_told(fact, one) for one in sources) and not any(_shown(fact, one.input) for one in sources):
            text = f"{_quoted(fact)} is not in what the user said; it may be made up"
            yield Finding("unsupported", text, "medium", (fact.id,), tuple(one.id for one in sources))


def _told(fact: Fact, episode: Episode) -> bool:
    claim = Claim(fact.subject, fact.predicate, fact.object)
    evidence = evidence_of(episode.input)
    return bool(evidence) and why_not(claim, evidence, (fact.subject,)) is None


def _shown(fact: Fact, text: str) -> bool:
    """Whether a text holds the fact in the form in which memory shows what it recalled, and nowhere else."""
    plain = without_recalled(text)
    return plain != text and _echoes(fact, text) and not _echoes(fact, plain)


def _echoes(fact: Fact, text: str) -> bool:
    wanted, there = words(fact.object), frozenset(words(text))
    return bool(wanted) and there.issuperset(wanted)


def _secret(text: str) -> bool:
    return MASK not in text and redact(text) != text


def _folded(fact: Fact) -> str:
    return folded(fact_text(fact))


def _quoted(fact: Fact) -> str:
    return repr(redact(fact_text(fact)))


def _ids(facts: Iterable[Fact]) -> tuple[str, ...]:
    return tuple(fact.id for fact in facts)
