"""What the inspector of memory asks a memory for: everything it can tell, whatever kind of memory it is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from loomlab.core.errors import ConfigError, MemoryStoreError
from loomlab.core.messages import utc_now
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Memory
from loomlab.core.remembered import Episode, Fact
from loomlab.display.memory import MemoryExtras
from loomlab.display.memory_audit import Audit
from loomlab.display.memory_calendar import aware
from loomlab.display.memory_live import LANES
from loomlab.display.memory_timeline import chosen_lanes
from loomlab.display.memory_view import Belief, MemoryView, instants_of, lanes_of
from loomlab.memory import LazyMemory
from loomlab.memory.record import Where

_TOLD_LANES, _TOLD_ROWS, _LOOKS, _LOOKS_AT_MANY = 3, 10, 24, 6
_MANY = 2_000
_CANDIDATES = 8
_NEWS, _NEWS_OF_MANY = 16, 4
EVER = datetime(1, 1, 1, tzinfo=UTC)
"""Before anything was known."""

_NAMES = 1_000
_LOOKED_THROUGH = 50_000


@dataclass
class Found:
    """A candidate of a memory that cannot explain itself: it was recalled, or its words fit and it was not."""

    kind: str
    item: Episode | Fact
    rank: int | None
    verdict: str
    score: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def returned(self) -> bool:
        """Whether it was recalled."""
        return self.rank is not None


async def opened(memory: Memory) -> Memory:
    """The memory itself, where it is one that opens at its first use: it knows what it can do."""
    if isinstance(memory, LazyMemory):
        made: Memory = await memory.ready()
        return made
    return memory


async def read_view(memory: Memory, user_id: str | None, *, fresh: datetime | None = None) -> MemoryView:
    """All that is remembered of a user, as known and true now."""
    facts = await facts_known(memory, user_id)
    view = MemoryView(
        user_id=user_id,
        now=utc_now(),
        facts=facts,
        episodes=await _episodes(memory, user_id),
        blocks=await memory.working(user_id=user_id),
        fresh=fresh,
    )
    return replace(view, beliefs=await _beliefs(memory, user_id, facts))


async def at_instants(
    memory: Memory, view: MemoryView, true_at: datetime | None, known_at: datetime | None
) -> MemoryView:
    """The same memory, looked at from two instants. None is now."""
    every = await facts_known(memory, view.user_id)
    facts = every if known_at is None else await facts_known(memory, view.user_id, known_at)
    drawn = chosen_lanes(replace(view, facts=every), LANES)
    span = tuple(instants_of(fact for lane in drawn.values() for fact in lane))
    unknown = len(every) - len(facts)
    return replace(view, true_at=true_at, known_at=known_at, facts=facts, unknown=unknown, span=span)


async def facts_known(memory: Memory, user_id: str | None, known_at: datetime | None = None) -> list[Fact]:
    """The facts known at an instant, each with its end, in the order in which they became known."""
    facts: Sequence[Fact] | None = None
    if callable(ask := getattr(memory, "facts_at", None)):
        with suppress(ConfigError):  # its facts are in a store that does not say what was known when
            facts = await ask(user_id=user_id, known_at=known_at)
    if facts is None:
        every = (await memory.export(user_id=user_id)).facts
        facts = [fact for fact in every if known_at is None or aware(fact.recorded_at) <= aware(known_at)]
    return sorted(facts, key=lambda fact: aware(fact.recorded_at))


async def read_extras(memory: Memory, view: MemoryView) -> MemoryExtras:
    """How healthy the memory is, and what each piece of news changed."""
    audit = await read_health(memory, view)
    notes = [] if audit is not None else [f"{type(memory).__name__} can’t be audited, nor say what changed when."]
    return MemoryExtras(audit=audit, changes=await _news(memory, view), notes=notes)


async def read_health(memory: Memory, view: MemoryView) -> Audit | None:
    """What is rotten, at the instant of knowing that is looked at; None where the memory can't tell."""
    then = {} if view.known_at is None else {"at": view.known_at}
    ask = getattr(memory, "audit", None)
    found: Audit | None = await ask(user_id=view.user_id, **then) if callable(ask) else None
    return found


async def read_changes(memory: Memory, user_id: str | None, before: datetime, after: datetime) -> Sequence[Any] | None:
    """What changed between two instants of knowing, the earlier one first; None where the memory can't tell."""
    if not callable(diff := getattr(memory, "diff", None)):
        return None
    with suppress(ConfigError):
        found: Sequence[Any] = await diff(min(before, after), max(before, after), user_id=user_id)
        return found
    return None


async def _news(memory: Memory, view: MemoryView) -> Sequence[Any] | None:
    """What the newest pieces of news changed, each against what was known before it; the newest first."""
    looks = knowing(view.facts)[-(_NEWS if len(view.facts) <= _MANY else _NEWS_OF_MANY) :]
    found: list[Any] = []
    for before, after in zip([EVER, *looks], looks, strict=False):
        told = await read_changes(memory, view.user_id, before, after)
        if told is None:
            return None
        found = [*told, *found]
    return [one for one in found if one.kind != "new"]


def knowing(facts: Iterable[Fact]) -> list[datetime]:
    """The instants at which something became known, in order."""
    return sorted({aware(fact.recorded_at) for fact in facts})


async def read_explanation(
    memory: Memory, view: MemoryView, query: str, valid_at: datetime | None = None
) -> Sequence[Any]:
    """Every candidate for a question, those that were recalled first."""
    if callable(explain := getattr(memory, "explain", None)):
        explained = await explain(query, user_id=view.user_id, limit=_CANDIDATES, valid_at=valid_at)
        return list(explained.candidates)
    at = valid_at or utc_now()
    facts = await memory.recall_facts(query, limit=_CANDIDATES, valid_at=at, user_id=view.user_id)
    episodes = await memory.recall(query, limit=_CANDIDATES, user_id=view.user_id)
    found = [Found("fact", one, place, "recalled") for place, one in enumerate(facts, 1)]
    found += [Found("episode", one, place, "recalled") for place, one in enumerate(episodes, 1)]
    seen = {one.item.id for one in found}
    wanted = query.lower().split()
    for fact in view.facts:
        said = f"{fact.subject} {fact.predicate} {fact.object}".lower()
        if fact.id not in seen and any(word in said for word in wanted):
            found.append(Found("fact", fact, None, "not recalled, though it holds a word of the question"))
    return found


async def known_users(memory: Memory) -> list[str]:
    """Names of users of whom the store has something new, where it can tell."""
    facts = getattr(memory, "facts", None)
    store = getattr(memory, "store", None) or getattr(facts, "store", None)
    if not callable(scan := getattr(store, "scan", None)):
        return []
    try:
        records = await scan(Where(all_users=True), limit=_NAMES, newest_first=True)
    except (MemoryStoreError, ConfigError):  # a store that is away must not break typing
        return []
    return sorted({record.user_id for record in records if record.user_id is not None})


async def census(memory: Memory) -> list[tuple[str | None, str, int]]:
    """``(user, kind, how many)`` of everybody of whom a memory keeps anything, where it can tell.

    A store that can't count is looked through, the newest records first.
    """
    facts = getattr(memory, "facts", None)
    store = getattr(memory, "store", None) or getattr(facts, "store", None)
    if callable(count := getattr(store, "census", None)):
        counted: list[tuple[str | None, str, int]] = await count()
        return counted
    if not callable(scan := getattr(store, "scan", None)):
        return []
    found = Counter(
        (one.user_id, one.kind) for one in await scan(Where(all_users=True), limit=_LOOKED_THROUGH, newest_first=True)
    )
    return [(user, kind, number) for (user, kind), number in found.items()]


def require_known(view: MemoryView, names: Iterable[str]) -> None:
    """ConfigError with the nearest name where nothing is remembered of a user that nobody has heard of."""
    known = sorted(set(names))
    empty = not (view.facts or view.episodes or view.blocks)
    if empty and view.user_id is not None and known and view.user_id not in known:
        raise ConfigError(f"nothing is remembered of {view.user_id!r}: {did_you_mean(view.user_id, known)}")


async def _episodes(memory: Memory, user_id: str | None) -> list[Episode]:
    if callable(ask := getattr(memory, "episodes", None)):
        found: list[Episode] = await ask(user_id=user_id)
        return found
    return (await memory.export(user_id=user_id)).episodes


async def _beliefs(
    memory: Memory, user_id: str | None, facts: Sequence[Fact]
) -> dict[tuple[str, str], Sequence[Belief]]:
    """How knowledge came about those subjects and predicates of which most was said."""
    if not callable(getattr(memory, "facts_at", None)):
        return {}
    lanes = [(key, lane) for key, lane in lanes_of(facts).items() if len(lane) > 1]
    lanes.sort(key=lambda one: (-len(one[1]), one[0]))
    chosen = dict(lanes[:_TOLD_LANES])
    most = _LOOKS if len(facts) <= _MANY else _LOOKS_AT_MANY
    looks = knowing(fact for lane in chosen.values() for fact in lane[-_TOLD_ROWS:])[-most:]
    told: dict[tuple[str, str], list[Belief]] = {key: [] for key in chosen}
    for at in looks:
        known = lanes_of(await facts_known(memory, user_id, at))
        for key, beliefs in told.items():
            lane = known.get(key, [])
            if lane and (not beliefs or list(beliefs[-1].facts) != lane):
                beliefs.append(Belief(at, lane))
    return {key: beliefs for key, beliefs in told.items() if len(beliefs) > 1}
