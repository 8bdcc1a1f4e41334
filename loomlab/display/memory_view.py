"""What an inspector of memory shows: one user's blocks, episodes and facts, and where in the two times we stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from loomlab.core.remembered import Episode, Fact, MemoryBlock
from loomlab.display.memory_calendar import Calendar, aware

FactState: TypeAlias = Literal["true", "ended", "later", "corrected"]

MARKS: dict[FactState, tuple[str, str, str]] = {
    "true": ("✓", "true", "ok"),
    "ended": ("◦", "ended", "s"),
    "later": ("…", "not yet", "s"),
    "corrected": ("✕", "corrected", "no"),
}
"""Mark, word and colour class of each state."""


class Belief(NamedTuple):
    """What was believed about one subject and predicate from ``since`` on, until the next one."""

    since: datetime
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class MemoryView:
    """One user's memory at two instants.

    ``facts`` are those known at ``known_at``, each with the end that follows from the others; ``true_at`` picks among
    them. None stands for now, and ``now`` is when that is: it is compared with and never shown. ``episodes`` and
    ``facts`` are in the order in which they came. ``unknown`` facts became known after ``known_at``. ``beliefs`` tell,
    by subject and predicate, how knowledge came. ``span`` are further instants that the axis has to reach, so that it
    stays as it is while the two instants move. Instants not before ``fresh`` are shown as "this session".
    """

    user_id: str | None
    now: datetime
    facts: Sequence[Fact] = ()
    episodes: Sequence[Episode] = ()
    blocks: Sequence[MemoryBlock] = ()
    true_at: datetime | None = None
    known_at: datetime | None = None
    unknown: int = 0
    beliefs: Mapping[tuple[str, str], Sequence[Belief]] = field(default_factory=dict)
    span: Sequence[datetime] = ()
    fresh: datetime | None = None

    @property
    def who(self) -> str:
        """Whose memory it is, in words."""
        return "nobody named" if self.user_id is None else self.user_id or "the user with an empty name"

    def state(self, fact: Fact) -> FactState:
        """What the fact is at ``true_at``."""
        return state_of(fact, self.true_at or self.now)

    def counts(self) -> dict[FactState, int]:
        """How many facts there are of each state."""
        found: dict[FactState, int] = dict.fromkeys(MARKS, 0)
        for fact in self.facts:
            found[self.state(fact)] += 1
        return found

    def conversations(self) -> dict[str, int]:
        """Sessions by id, numbered from one in the order in which they began."""
        return {name: number for number, name in enumerate(dict.fromkeys(one.session_id for one in self.episodes), 1)}

    def calendar(self, facts: Iterable[Fact], *, left: float, right: float) -> Calendar:
        """The axis that these facts and both instants fit on."""
        given = [one for one in (self.true_at, self.known_at) if one is not None]
        return Calendar([*instants_of(facts), *given, *self.span], left=left, right=right, fresh=self.fresh)


def state_of(fact: Fact, at: datetime) -> FactState:
    """A fact with no time at all between its beginning and its end was corrected: it never was true."""
    begins, ends = aware(fact.valid_from), None if fact.valid_until is None else aware(fact.valid_until)
    if ends is not None and ends <= begins:
        return "corrected"
    if begins > aware(at):
        return "later"
    return "ended" if ends is not None and ends <= aware(at) else "true"


def instants_of(facts: Iterable[Fact]) -> list[datetime]:
    """Every instant at which one of the facts begins, ends or became known."""
    found: list[datetime] = []
    for fact in facts:
        found += [fact.valid_from, fact.recorded_at]
        if fact.valid_until is not None:
            found.append(fact.valid_until)
    return found


def lanes_of(facts: Iterable[Fact]) -> dict[tuple[str, str], list[Fact]]:
    """The facts by subject and predicate, each list by the time from which its facts hold."""
    lanes: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        lanes.setdefault((fact.subject, fact.predicate), []).append(fact)
    for lane in lanes.values():
        lane.sort(key=lambda fact: aware(fact.valid_from))
    return lanes
