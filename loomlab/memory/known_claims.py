"""What is known of a user already, so that a new claim meets it: the same claim, the same name, another value."""

from collections.abc import Sequence

from loomlab.core.protocols import FactStore
from loomlab.core.remembered import Fact
from loomlab.memory.claims import Claim
from loomlab.memory.instants import instant
from loomlab.memory.support import SELF
from loomlab.memory.words import words

_ALL = 2**31
_NAMES = 40
"""Names of claims that a model is reminded of."""

_SEVERAL = """
allergic_to attends collects dislikes dreams_of enjoys fears friend_of has has_allergy has_brother has_cat has_child
has_colleague has_daughter has_dog has_friend has_hobby has_kid has_pet has_sibling has_sister has_skill has_son
hates interested_in knows likes likes_to loves loves_to needs owns plans plans_to plays prefers reads speaks studied
studies takes uses visited wants wants_to worked_at worked_for works_with
"""
SEVERAL = frozenset(_SEVERAL.split())
"""Predicates of which several values may be true at once."""


def folded(text: str) -> str:
    """What two spellings of the same thing have in common: "Lives in" and "lives_in"."""
    return " ".join(words(text.replace("_", " ")))


def _subject(text: str) -> str:
    name = folded(text).removeprefix("the ")
    return "user" if name in SELF else name


class KnownClaims:
    """The claims of one user, by subject and predicate as ``folded`` has them."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._facts = [fact for fact in facts if fact.valid_until is None]
        self.subjects = frozenset(fact.subject for fact in facts)
        self._subjects = {_subject(fact.subject): fact.subject for fact in reversed(facts)}
        self._predicates = {
            (_subject(fact.subject), folded(fact.predicate)): fact.predicate for fact in reversed(facts)
        }

    @classmethod
    async def of(cls, store: FactStore, user_id: str | None) -> "KnownClaims":
        """What ``store`` holds of a user now, newest recorded first."""
        return cls(await store.query(user_id=user_id, limit=_ALL))

    def names(self) -> list[str]:
        """``subject predicate`` of what is known, without the values, in the order of the alphabet."""
        newest = list(dict.fromkeys(f"{fact.subject} {fact.predicate}" for fact in self._facts))[:_NAMES]
        return sorted(newest)

    def spelled(self, claim: Claim) -> Claim:
        """The claim under the names that are in use for its subject and predicate."""
        subject, predicate = _subject(claim.subject), folded(claim.predicate)
        return Claim(
            self._subjects.get(subject, "user" if subject == "user" else claim.subject),
            self._predicates.get((subject, predicate), claim.predicate),
            claim.object,
            claim.confidence,
            claim.valid_from,
        )

    def weigh(self, facts: Sequence[Fact]) -> tuple[list[Fact], list[Fact]]:
        """What is new of ``facts``, and the known facts that they make stronger: the same, with a source more."""
        new: list[Fact] = []
        stronger: dict[str, Fact] = {}
        for fact in facts:
            twin = self._twin(fact, [*stronger.values(), *self._facts, *new])
            if twin is None:
                new.append(self._beside(fact, [*self._facts, *new]))
            elif not set(fact.sources) <= set(twin.sources):
                stronger[twin.id] = _corroborated(twin, fact)
        return new, list(stronger.values())

    def _twin(self, fact: Fact, among: Sequence[Fact]) -> Fact | None:
        """An open claim of the same that held already when this one begins to."""
        key = (_subject(fact.subject), folded(fact.object))
        predicate = folded(fact.predicate)
        for other in among:
            if (_subject(other.subject), folded(other.object)) != key:
                continue
            theirs = folded(other.predicate)
            if theirs in (predicate, f"{predicate} {key[1]}") and instant(other.valid_from) <= instant(fact.valid_from):
                return other
        return None

    def _beside(self, fact: Fact, among: Sequence[Fact]) -> Fact:
        """The fact itself; under a name of its own where another value of the same predicate goes on being true."""
        if fact.predicate.casefold() not in SEVERAL:
            return fact
        key = (fact.subject, fact.predicate)
        if all((other.subject, other.predicate) != key or other.object == fact.object for other in among):
            return fact
        return fact.model_copy(update={"predicate": f"{fact.predicate}_{'_'.join(words(fact.object))}"})


def _corroborated(known: Fact, again: Fact) -> Fact:
    """The known fact with one more source: as sure as two independent witnesses make it."""
    sure = 1 - (1 - known.confidence) * (1 - again.confidence)
    sources = [*known.sources, *(one for one in again.sources if one not in known.sources)]
    return known.model_copy(update={"confidence": round(sure, 4), "sources": sources})
