"""What changed between two instants of knowing: the world moved on, or the past was told anew."""

from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import Fact
from loomlab.memory import InMemoryMemory

pytestmark = pytest.mark.anyio
T0 = datetime(2024, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return T0 + timedelta(days=number)


def fact(object_: str, since: int, recorded: int, *, user: str = "alice", until: int | None = None) -> Fact:
    return Fact(
        user_id=user,
        subject="she",
        predicate="lives in",
        object=object_,
        valid_from=day(since),
        valid_until=None if until is None else day(until),
        recorded_at=day(recorded),
    )


async def told(*facts: Fact, before: int = 10, after: int = 20) -> list[tuple[str, str | None, str | None]]:
    memory = InMemoryMemory()
    await memory.facts.append_many(facts)
    await memory.facts.append(fact("Rome", 15, 15, user="bob"))
    changes = await memory.diff(day(before), day(after), user_id="alice")
    return [(one.kind, one.before and one.before.object, one.after and one.after.object) for one in changes]


async def test_news_of_a_time_after_the_first_instant_is_a_change_of_the_world() -> None:
    assert await told(fact("Paris", 0, 0), fact("Lyon", 12, 15)) == [("change", "Paris", "Lyon")]


async def test_news_of_a_time_that_was_past_already_is_a_correction() -> None:
    assert await told(fact("Paris", 0, 0), fact("Lyon", 5, 15)) == [("correction", "Paris", "Lyon")]
    assert await told(fact("Paris", 0, 0), fact("Lyon", 0, 15)) == [("correction", "Paris", "Lyon")]


async def test_what_nothing_was_known_about_is_new() -> None:
    assert await told(fact("Lyon", 12, 15)) == [("new", None, "Lyon")]
    assert await told(fact("Paris", 8, 8), fact("Rome", 2, 15)) == [("new", None, "Rome")]  # what was before


async def test_saying_it_again_changes_nothing() -> None:
    assert await told(fact("Paris", 0, 0), fact("Paris", 12, 15)) == []


async def test_what_was_known_before_or_learned_later_is_no_part_of_it() -> None:
    assert await told(fact("Paris", 0, 0), fact("Lyon", 3, 4), fact("Oslo", 21, 25)) == []


async def test_a_fact_that_comes_to_its_end_has_ended() -> None:
    assert await told(fact("Paris", 0, 0, until=12)) == [("ended", "Paris", None)]
    assert await told(fact("Paris", 0, 0, until=9)) == []


async def test_changes_come_in_the_order_in_which_they_were_learned() -> None:
    changes = await told(fact("Paris", 0, 0), fact("Oslo", 14, 18), fact("Lyon", 12, 15))
    assert changes == [("change", "Paris", "Lyon"), ("change", "Lyon", "Oslo")]


async def test_an_erasure_in_between_is_named() -> None:
    memory = InMemoryMemory()
    start = datetime.now(UTC)
    await memory.facts.append(fact("Paris", 0, 0))
    await memory.facts.append(fact("Oslo", 0, 0, user="bob"))
    await memory.forget(user_id="alice")
    end = datetime.now(UTC) + timedelta(seconds=1)
    changes = await memory.diff(start, end, user_id="alice")
    assert [(one.kind, one.before, one.after) for one in changes] == [("erased", None, None)]
    assert "1 fact" in changes[0].sentence
    assert await memory.diff(start, end, user_id="bob") == []


async def test_each_says_itself_in_a_sentence() -> None:
    memory = InMemoryMemory()
    await memory.facts.append_many([fact("Paris", 0, 0), fact("Lyon", 12, 15)])
    (change,) = await memory.diff(day(10), day(20), user_id="alice")
    assert change.sentence == "she lives in Paris until 2024-01-13, then Lyon"
    (correction,) = await memory.diff(day(13), day(20), user_id="alice")
    assert correction.sentence == "she lives in Lyon since 2024-01-13, not Paris"


async def test_time_runs_forward() -> None:
    with pytest.raises(ValueError, match="earlier instant first"):
        await InMemoryMemory().diff(day(2), day(1), user_id="alice")
