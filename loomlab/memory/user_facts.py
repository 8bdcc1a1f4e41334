"""One user's facts behind indexes: by id, by subject and predicate, by word, by vector."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import mul

from loomlab.core.remembered import Fact
from loomlab.memory.fact_algebra import slot_in
from loomlab.memory.instants import instant
from loomlab.memory.words import keywords


class UserFacts:
    """The facts of one user; ``facts`` maps ids to facts in order of arrival."""

    def __init__(self) -> None:
        self.facts: dict[str, Fact] = {}
        self._places: dict[str, int] = {}
        self._arrived = 0
        self._timelines: dict[tuple[str, str], list[Fact]] = {}
        self._bounded: set[str] = set()  # ids of facts that came with an end
        self._vectors: dict[str, list[float]] = {}
        self._words: dict[str, set[str]] = {}  # word -> ids; filled when first asked, as many stores never are
        self._unread: list[str] = []
        self._latest: datetime | None = None
        self._in_order = True  # arrival order is also the order of recording

    def add(self, fact: Fact, vector: list[float] | None) -> None:
        """Put a fact into every index, ending what it supersedes; one with the same id is replaced."""
        if fact.id in self.facts:
            self.erase([fact.id])
        self._arrived += 1
        self._places[fact.id] = self._arrived
        recorded = instant(fact.recorded_at)
        if self._latest is not None and recorded < self._latest:
            self._in_order = False
        else:
            self._latest = recorded
        if fact.valid_until is not None:
            self._bounded.add(fact.id)
        timeline = self._timelines.setdefault((fact.subject, fact.predicate), [])
        for changed in slot_in(timeline, fact, self._bounded):
            self.facts[changed.id] = changed
        if vector is not None:
            self._vectors[fact.id] = vector
        else:
            self._unread.append(fact.id)

    def recorded(self, fact_id: str) -> tuple[datetime, int]:
        """When a fact was recorded; arrival breaks ties, so no two are equal."""
        return instant(self.facts[fact_id].recorded_at), self._places[fact_id]

    def newest_first(self, subject: str | None, predicate: str | None) -> Iterable[Fact]:
        """The facts, newest recorded first; only those of one timeline where subject and predicate are both known."""
        if subject is not None and predicate is not None:
            timeline = self._timelines.get((subject, predicate), [])
            return sorted(timeline, key=lambda fact: self.recorded(fact.id), reverse=True)
        if self._in_order:
            return reversed(self.facts.values())
        return [self.facts[fact_id] for fact_id in sorted(self.facts, key=self.recorded, reverse=True)]

    def shared_words(self, query: str) -> dict[str, float]:
        """For each fact that shares a word with ``query``: how many."""
        for fact_id in self._unread:
            if fact_id in self.facts:
                for word in keywords(fact_text(self.facts[fact_id])):
                    self._words.setdefault(word, set()).add(fact_id)
        self._unread.clear()
        scores: dict[str, float] = {}
        for word in keywords(query):
            for fact_id in self._words.get(word, ()):
                scores[fact_id] = scores.get(fact_id, 0.0) + 1.0
        return scores

    def cosines(self, wanted: Sequence[float]) -> dict[str, float]:
        """Cosine of each fact with a vector."""
        length = _length(wanted)
        return {
            fact_id: sum(map(mul, wanted, vector)) / ((length * _length(vector)) or 1.0)
            for fact_id, vector in self._vectors.items()
        }

    def erase(self, fact_ids: Iterable[str]) -> None:
        """Drop facts from every index."""
        for fact_id in fact_ids:
            fact = self.facts.pop(fact_id)
            del self._places[fact_id]
            self._bounded.discard(fact_id)
            self._vectors.pop(fact_id, None)
            key = (fact.subject, fact.predicate)
            self._timelines[key] = [other for other in self._timelines[key] if other.id != fact_id]
            if not self._timelines[key]:
                del self._timelines[key]
            for word in keywords(fact_text(fact)):
                self._words.get(word, set()).discard(fact_id)


def fact_text(fact: Fact) -> str:
    """What a fact is found by."""
    return f"{fact.subject} {fact.predicate} {fact.object}".replace("_", " ")


def _length(vector: Sequence[float]) -> float:
    return float(sum(map(mul, vector, vector)) ** 0.5)
