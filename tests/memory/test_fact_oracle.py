"""Facts against an oracle that knows nothing of indexes: every order of arrival, every pair of instants."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomlab.core import Fact
from loomlab.memory import RecordFactStore
from loomlab.memory.inmemory_store import InMemoryStore

pytestmark = pytest.mark.filterwarnings("ignore::loomlab.core.IsolationWarning")
T0 = datetime(2024, 1, 1, tzinfo=UTC)
# Few instants: ties and touching ends are where the faults are.
INSTANTS = [T0, T0 + timedelta(days=1), T0 + timedelta(days=2)]
USERS = ("alice", "bob", None)


class SharedStore(InMemoryStore):
    """As if it were used by other processes too: nothing that is known of it is certain."""

    exclusive = False


@dataclass(frozen=True)
class Told:
    """What somebody claimed, in plain words."""

    user: str | None
    predicate: str
    object: str
    since: datetime
    until: datetime | None
    recorded: datetime
    id: str = field(default="")

    def fact(self) -> Fact:
        return Fact(
            id=self.id,
            user_id=self.user,
            subject="she",
            predicate=self.predicate,
            object=self.object,
            valid_from=self.since,
            valid_until=self.until,
            recorded_at=self.recorded,
        )


def holds(told: list[Told], one: Told, at: datetime, known_at: datetime | None) -> bool:
    """Brute force, by definition: begun, not over, and no newer claim of something else has begun since."""
    if one.since > at:
        return False
    if one.until is not None:
        return at < one.until
    mine = (one.since, told.index(one))
    for place, other in enumerate(told):
        if (other.user, other.predicate) != (one.user, one.predicate) or other.object == one.object:
            continue
        if known_at is not None and other.recorded > known_at:
            continue
        if mine < (other.since, place) and other.since <= at:
            return False
    return True


@st.composite
def claims(draw: st.DrawFn) -> list[Told]:
    several = draw(
        st.lists(
            st.tuples(
                st.sampled_from(USERS),
                st.sampled_from(("lives in", "works at")),
                st.sampled_from("ABC"),
                st.sampled_from(INSTANTS),
                st.sampled_from([None, None, None, *INSTANTS[1:]]),
                st.sampled_from(INSTANTS),
            ),
            max_size=9,
        )
    )
    return [Told(*one, id=f"f{place}") for place, one in enumerate(several)]


async def check(store: RecordFactStore, told: list[Told]) -> None:
    for user in USERS:
        own = [one for one in told if one.user == user]
        for at in INSTANTS:
            expected = {one.id for one in own if holds(told, one, at, None)}
            assert {fact.id for fact in await store.query(valid_at=at, limit=99, user_id=user)} == expected
            for predicate in ("lives in", "works at"):
                found = await store.query(subject="she", predicate=predicate, valid_at=at, limit=99, user_id=user)
                there = [one for one in own if one.predicate == predicate and one.id in expected]
                assert {fact.id for fact in found} == {one.id for one in there}
                assert len({one.object for one in there if one.until is None}) <= 1
            recalled = await store.recall_text("she lives works in at A B C", limit=99, valid_at=at, user_id=user)
            assert {fact.object for fact in recalled} == {one.object for one in own if one.id in expected}
            for known_at in INSTANTS:
                known = [one for one in own if one.recorded <= known_at]
                expected = {one.id for one in known if holds(told, one, at, known_at)}
                assert {
                    fact.id for fact in await store.facts_at(true_at=at, known_at=known_at, user_id=user)
                } == expected
    assert [fact.id for fact in await store.all_facts()] == [
        one.id for one in sorted(told, key=lambda one: one.recorded)
    ]


@settings(max_examples=150, deadline=None)
@given(claims(), st.booleans())
def test_what_is_true_and_known_at_every_instant_is_what_the_definition_says(told: list[Told], shared: bool) -> None:
    async def one_by_one() -> None:
        store = RecordFactStore(SharedStore() if shared else InMemoryStore())
        for place, one in enumerate(told):
            await store.append(one.fact())
            if place == len(told) // 2:
                await check(store, told[: place + 1])  # indexes are there from now on, and must follow
        await check(store, told)

    async def at_once() -> None:
        store = RecordFactStore(SharedStore() if shared else InMemoryStore())
        await store.append_many([one.fact() for one in told])
        await check(store, told)

    anyio.run(one_by_one)
    anyio.run(at_once)


@settings(max_examples=100, deadline=None)
@given(claims(), st.sampled_from(INSTANTS), st.sampled_from(USERS), st.booleans())
def test_forgetting_old_news_changes_nothing_that_is_told_of_what_stays(
    told: list[Told], before: datetime, user: str | None, shared: bool
) -> None:
    """What stays ends where it ended: nothing that was over becomes true again, and nobody else loses anything."""

    async def scenario() -> None:
        store = RecordFactStore(SharedStore() if shared else InMemoryStore())
        await store.append_many([one.fact() for one in told])
        kept = [one for one in told if one.user != user or one.recorded >= before]
        assert await store.forget(user_id=user, before=before) == len(told) - len(kept)
        for owner in USERS:
            for at in INSTANTS:
                expected = {one.id for one in kept if one.user == owner and holds(told, one, at, None)}
                assert {one.id for one in await store.query(valid_at=at, limit=99, user_id=owner)} == expected
        assert {one.id for one in await store.all_facts()} == {one.id for one in kept}

    anyio.run(scenario)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
@pytest.mark.anyio
async def test_news_of_different_times_settle_alike_in_every_order(order: tuple[int, ...]) -> None:
    store = RecordFactStore(InMemoryStore())
    for number in order:
        await store.append(Fact(subject="she", predicate="lives in", object="ABA"[number], valid_from=INSTANTS[number]))
    facts = await store.facts_at()
    assert [(one.object, one.valid_from, one.valid_until) for one in facts] == [
        ("A", INSTANTS[0], INSTANTS[1]),
        ("B", INSTANTS[1], INSTANTS[2]),
        ("A", INSTANTS[2], None),
    ]
