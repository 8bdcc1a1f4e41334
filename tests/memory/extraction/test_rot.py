"""No secrets, no invented dates, no twins."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from saying import DAY, Saying, claim, said

pytestmark = pytest.mark.anyio


KEYS = ["sk-abcdefghijklmnopqrstuvwx", "AKIA" + "ABCDEFGHIJKLMNOP", "password: hunter22"]


@pytest.mark.parametrize("secret", KEYS)
async def test_a_secret_never_reaches_the_model_nor_the_memory(secret: str) -> None:
    value = secret.rpartition(" ")[2]
    talk = Saying([claim("user", "note", value), claim("user", "has_key", "[REDACTED]"), claim("user", "likes", "tea")])
    added = await talk.hear(said(f"I like tea. My key is {secret}"))
    assert [one.object for one in added] == ["tea"]
    assert value not in talk.asked[0]
    assert not any(value in repr(one) for one in talk.refused)


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("My wifi password is swordfish", claim("user", "wifi_password", "swordfish")),
        ("My pin is 4711", claim("user", "pin_code", "4711")),
        ("I pay with 4111 1111 1111 1111", claim("user", "pays_with", "4111 1111 1111 1111")),
    ],
)
async def test_what_is_called_a_secret_is_one(text: str, one: dict[str, Any]) -> None:
    talk = Saying([one])
    assert await talk.hear(said(text)) == []
    assert talk.reasons == ["it holds a secret"]
    assert one["object"] not in repr(talk.refused)


@pytest.mark.parametrize(
    ("text", "given", "begins"),
    [
        ("I moved to Lyon in March", "2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("I moved to Lyon in March", "2026-03", datetime(2026, 3, 1, tzinfo=UTC)),
        ("I live in Lyon since 2019", "2019", datetime(2019, 1, 1, tzinfo=UTC)),
        ("I moved to Lyon yesterday", "2026-04-30T08:00:00+02:00", datetime(2026, 4, 30, 6, tzinfo=UTC)),
        ("I moved to Lyon five years ago", "2021-05-01", datetime(2021, 5, 1, tzinfo=UTC)),
        ("I live in Lyon", "2019-01-01", DAY),
        ("I moved to Lyon in March", "2026-07-01", DAY),
        ("I moved to Lyon in March", "1987-03-01", DAY),
        ("I moved to Lyon in March", "recently", DAY),
        ("I moved to Lyon in March", "0001-03-01", DAY),
        ("I moved to Lyon in March", None, DAY),
        ("I may live in Lyon", "2026-05-20", DAY),
    ],
)
async def test_a_fact_holds_since_the_date_in_the_text_else_since_it_was_said(
    text: str, given: str | None, begins: datetime
) -> None:
    (fact,) = await Saying([claim("user", "lives_in", "Lyon", valid_from=given)]).hear(said(text))
    assert fact.valid_from == begins


async def test_episodes_are_read_in_the_order_in_which_they_happened() -> None:
    talk = Saying([claim("user", "lives_in", "Paris")], [claim("user", "lives_in", "Lyon")])
    await talk.hear(said("I live in Lyon", at=DAY + timedelta(days=9)), said("I live in Paris"))
    assert await talk.known(valid_at=DAY + timedelta(days=10)) == [("user", "lives_in", "Lyon")]
    assert await talk.known(valid_at=DAY + timedelta(days=1)) == [("user", "lives_in", "Paris")]


async def test_what_was_left_is_not_what_holds() -> None:
    talk = Saying([claim("user", "lives_in", "Lyon"), claim("user", "lives_in", "Paris")])
    await talk.hear(said("I moved from Paris to Lyon."))
    assert await talk.known(valid_at=DAY + timedelta(days=1)) == [("user", "lives_in", "Lyon")]


async def test_what_is_known_gets_a_source_and_not_a_twin() -> None:
    talk = Saying(
        [claim("user", "lives_in", "Lyon", confidence=0.8)],
        [claim("I", "Lives in", "lyon", confidence=0.5), claim("user", "lives_in", "Lyon", confidence=0.5)],
    )
    first, second = said("I live in Lyon"), said("As I said, I live in Lyon", at=DAY + timedelta(days=2))
    (fact,) = await talk.hear(first)
    assert await talk.hear(second) == []
    (known,) = await talk.store.query(user_id="alice")
    assert known.id == fact.id
    assert known.sources == [first.id, second.id]
    assert known.confidence == 0.9
    assert known.valid_from == DAY
    assert known.recorded_at == fact.recorded_at


async def test_the_same_episode_twice_changes_nothing() -> None:
    answer = [claim("user", "lives_in", "Lyon", confidence=0.8)]
    talk = Saying(answer, answer)
    episode = said("I live in Lyon")
    await talk.hear(episode)
    before = await talk.store.query(user_id="alice")
    assert await talk.hear(episode) == []
    assert await talk.store.query(user_id="alice") == before


async def test_the_other_user_of_the_same_name_is_another_user() -> None:
    answer = [claim("user", "name", "Alex Kim")]
    talk = Saying(answer, answer)
    await talk.hear(said("I'm Alex Kim", user="alex-1"))
    assert len(await talk.hear(said("I'm Alex Kim", user="alex-2"))) == 1
    assert [len(await talk.known(user)) for user in ("alex-1", "alex-2", None)] == [1, 1, 0]
    assert "user name" not in talk.asked[1]


async def test_a_return_to_an_old_value_is_a_new_claim() -> None:
    places = ["Paris", "Lyon", "Paris"]
    talk = Saying(*[[claim("user", "lives_in", one)] for one in places])
    for number, place in enumerate(places):
        await talk.hear(said(f"I live in {place} now", at=DAY + timedelta(days=number)))
    assert [known[2] for known in await talk.known()] == places


async def test_news_from_before_what_is_known_is_a_claim_of_its_own() -> None:
    talk = Saying([claim("user", "lives_in", "Lyon")], [claim("user", "lives_in", "Lyon", valid_from="2019-01-01")])
    await talk.hear(said("I live in Lyon"))
    (earlier,) = await talk.hear(said("I live in Lyon since 2019", at=DAY + timedelta(days=1)))
    assert earlier.valid_from.year == 2019


async def test_one_name_is_used_for_one_thing() -> None:
    talk = Saying([claim("user", "lives_in", "Paris")], [claim("The User", "Lives In", "Lyon")])
    await talk.hear(said("I live in Paris"))
    await talk.hear(said("I live in Lyon", at=DAY + timedelta(days=1)))
    assert "user lives_in" in talk.asked[1]
    assert "Paris" not in talk.asked[1]
    assert await talk.known(valid_at=DAY + timedelta(days=2)) == [("user", "lives_in", "Lyon")]


async def test_what_one_may_have_several_of_does_not_end_the_others() -> None:
    talk = Saying(
        [claim("user", "likes", "tea"), claim("user", "likes", "jazz")],
        [claim("user", "likes", "Green apples")],
        [claim("user", "likes", "jazz")],
    )
    await talk.hear(said("I like tea and jazz"))
    await talk.hear(said("I like Green apples", at=DAY + timedelta(days=1)))
    assert await talk.hear(said("I still like jazz", at=DAY + timedelta(days=2))) == []
    assert await talk.known(valid_at=DAY + timedelta(days=3)) == [
        ("user", "likes", "tea"),
        ("user", "likes_jazz", "jazz"),
        ("user", "likes_green_apples", "Green apples"),
    ]
