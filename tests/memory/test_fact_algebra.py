"""One claim at a time: what is true at an instant does not depend on the order in which facts arrive."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from loomlab.core import Fact
from loomlab.memory.fact_algebra import holds_at, settle_all
from loomlab.memory.record import FACT, Record

T0 = datetime(2024, 1, 1, tzinfo=UTC)
INSTANTS = [T0 + timedelta(days=day) for day in range(3)]


def claim(place: str, since: datetime, until: datetime | None = None) -> Fact:
    return Fact(subject="she", predicate="lives in", object=place, valid_from=since, valid_until=until)


def settled(arrivals: list[Fact]) -> list[Fact]:
    return settle_all(
        [
            Record(FACT, None, fact.id, fact.valid_from, seq, fact, fact.subject, fact.predicate)
            for seq, fact in enumerate(arrivals)
        ]
    )


def true_at(timeline: list[Fact], at: datetime) -> set[str]:
    return {fact.object for fact in timeline if holds_at(fact, at)}


claims = st.lists(st.builds(claim, st.sampled_from("ABC"), st.sampled_from(INSTANTS)), max_size=6)


@given(claims)
def test_at_every_instant_the_newest_claim_that_has_begun_holds_and_no_other(arrivals: list[Fact]) -> None:
    timeline = settled(arrivals)
    for at in INSTANTS:
        begun = [(fact.valid_from, place, fact.object) for place, fact in enumerate(arrivals) if fact.valid_from <= at]
        assert true_at(timeline, at) == ({max(begun)[2]} if begun else set())


def test_claims_of_different_times_settle_alike_in_every_order_of_arrival() -> None:
    facts = [claim(place, at) for place, at in zip("ABA", INSTANTS, strict=True)]
    ends = {
        tuple((fact.object, fact.valid_from, fact.valid_until) for fact in settled(list(p)))
        for p in permutations(facts)
    }
    assert ends == {(("A", INSTANTS[0], INSTANTS[1]), ("B", INSTANTS[1], INSTANTS[2]), ("A", INSTANTS[2], None))}


def test_a_fact_that_came_with_an_end_keeps_it() -> None:
    visit = claim("A", INSTANTS[0], INSTANTS[2])
    timeline = settled([visit, claim("B", INSTANTS[1])])
    assert timeline[0].valid_until == INSTANTS[2]


def test_a_visit_in_between_ends_the_open_claim_before_it() -> None:
    timeline = settled([claim("A", INSTANTS[0]), claim("B", INSTANTS[1], INSTANTS[2])])
    assert timeline[0].valid_until == INSTANTS[1]


def test_the_same_claim_again_leaves_the_first_untouched() -> None:
    timeline = settled([claim("A", INSTANTS[0]), claim("A", INSTANTS[1])])
    assert [fact.valid_until for fact in timeline] == [None, None]


def test_facts_given_by_the_caller_are_not_changed() -> None:
    first = claim("A", INSTANTS[0])
    settled([first, claim("B", INSTANTS[1])])
    assert first.valid_until is None


def test_a_claim_is_true_from_its_first_instant_until_just_before_its_end() -> None:
    visit = claim("A", INSTANTS[0], INSTANTS[1])
    assert holds_at(visit, INSTANTS[0])
    assert not holds_at(visit, INSTANTS[1])


def test_times_without_a_zone_count_as_utc() -> None:
    assert holds_at(claim("A", datetime(2024, 1, 1), None), INSTANTS[0])
