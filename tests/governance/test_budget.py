"""Caps on tokens and cost: for everybody, for each user, near and reached."""

from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomlab.core import ConfigError
from loomlab.governance import BudgetConfig, NoBudget, StandardBudget
from loomlab.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


def budget(**caps: Any) -> StandardBudget:
    return StandardBudget(BudgetConfig(**caps), clock=FakeClock())


async def spend(
    made: StandardBudget, tokens_in: int = 0, tokens_out: int = 0, cost: float | None = 0.0, user: str | None = None
) -> None:
    await made.consume(tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost, user_id=user)


async def state(made: StandardBudget, user: str | None = None) -> tuple[str, str | None]:
    status = await made.allows_step(user_id=user)
    return status.state, status.reason


async def test_no_budget_and_a_budget_without_caps_never_block() -> None:
    for made in (NoBudget(), StandardBudget()):
        await made.consume(tokens_in=10**9, tokens_out=10**9, cost_usd=None, user_id="alice")
        assert (await made.allows_step(user_id="alice")).state == "ok"


@pytest.mark.parametrize(
    ("cap", "limit", "below", "rest"),
    [
        ("max_tokens", 100, {"tokens_in": 40, "tokens_out": 30}, {"tokens_out": 30}),
        ("max_input_tokens", 100, {"tokens_in": 70, "tokens_out": 900}, {"tokens_in": 30}),
        ("max_output_tokens", 100, {"tokens_out": 70, "tokens_in": 900}, {"tokens_out": 30}),
        ("max_cost_usd", 0.5, {"cost": 0.25, "tokens_in": 900}, {"cost": 0.25}),
    ],
)
@pytest.mark.parametrize("prefix", ["", "per_user_"])
async def test_a_cap_blocks_when_it_is_reached_and_names_itself(
    prefix: str, cap: str, limit: float, below: Any, rest: Any
) -> None:
    made = budget(**{prefix + cap: limit})
    await spend(made, **below, user="alice")
    assert await state(made, "alice") == ("ok", None)
    await spend(made, **rest, user="alice")
    assert await state(made, "alice") == ("blocked", prefix + cap)
    assert await state(made, "bob") == (("ok", None) if prefix else ("blocked", cap))


async def test_a_cap_of_nothing_blocks_at_once() -> None:
    assert await state(budget(max_tokens=0)) == ("blocked", "max_tokens")
    assert await state(budget(per_user_max_cost_usd=0.0)) == ("blocked", "per_user_max_cost_usd")


@pytest.mark.parametrize("prefix", ["", "per_user_"])
async def test_a_warning_comes_from_the_soft_share_on(prefix: str) -> None:
    made = budget(**{prefix + "max_tokens": 100}, soft_warning_at=0.5)
    await spend(made, 49, user="alice")
    assert await state(made, "alice") == ("ok", None)
    await spend(made, 1, user="alice")
    assert await state(made, "alice") == ("warn", prefix + "max_tokens")


async def test_a_warning_about_cost_comes_at_four_fifths() -> None:
    made = budget(max_cost_usd=1.0)
    await spend(made, cost=0.8)
    assert await state(made) == ("warn", "max_cost_usd")


async def test_everybodys_cap_is_named_before_the_users_and_a_block_before_a_warning() -> None:
    made = budget(max_tokens=100, per_user_max_tokens=100)
    await spend(made, 90, user="alice")
    assert await state(made, "alice") == ("warn", "max_tokens")
    await spend(made, 10, user="alice")
    assert await state(made, "alice") == ("blocked", "max_tokens")
    other = budget(max_tokens=100, per_user_max_tokens=85)
    await spend(other, 90, user="alice")
    assert await state(other, "alice") == ("blocked", "per_user_max_tokens")
    assert await state(other, "bob") == ("warn", "max_tokens")


@pytest.mark.parametrize("prefix", ["", "per_user_"])
async def test_an_unknown_price_blocks_where_cost_is_capped(prefix: str) -> None:
    made = budget(**{prefix + "max_cost_usd": 5.0})
    await spend(made, 10, cost=None, user="alice")
    assert await state(made, "alice") == ("blocked", f"{prefix}max_cost_usd: price unknown")
    assert (await state(made, "bob"))[0] == ("ok" if prefix else "blocked")
    assert made.usage_for("alice")["cost_usd"] is None


async def test_an_unknown_price_does_not_matter_where_only_tokens_are_capped() -> None:
    made = budget(max_tokens=100)
    await spend(made, 10, cost=None)
    assert await state(made) == ("ok", None)


async def test_usage_is_told_for_each_user_apart_and_asking_counts_nobody_in() -> None:
    made = budget()
    await spend(made, 3, 4, 0.5, "alice")
    await spend(made, 1, 0, 0.25, "alice")
    await spend(made, 7, 0, 0.0, None)
    assert made.usage_for("alice") == {"tokens_in": 4, "tokens_out": 4, "tokens_total": 8, "cost_usd": 0.75}
    assert made.usage_for("bob") == {"tokens_in": 0, "tokens_out": 0, "tokens_total": 0, "cost_usd": 0.0}
    assert made.usage_for(None)["tokens_total"] == 7


async def test_an_idle_user_starts_again_and_a_busy_one_does_not() -> None:
    clock = FakeClock()
    made = StandardBudget(BudgetConfig(per_user_max_tokens=10), user_idle_ttl_seconds=100, clock=clock)
    await spend(made, 10, user="alice")
    await spend(made, 10, user="bob")
    clock.advance(60)
    assert await state(made, "bob") == ("blocked", "per_user_max_tokens")
    clock.advance(60)
    assert await state(made, "alice") == ("ok", None)
    assert await state(made, "bob") == ("blocked", "per_user_max_tokens")


async def test_only_so_many_users_are_counted_the_longest_idle_goes_first() -> None:
    made = StandardBudget(BudgetConfig(), max_users=2, clock=FakeClock())
    for user in ("alice", "bob", "alice", "carol"):
        await spend(made, 1, user=user)
    assert [made.usage_for(user)["tokens_total"] for user in ("alice", "bob", "carol")] == [2, 0, 1]


async def test_parallel_spending_is_counted_whole() -> None:
    made = budget()
    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(spend, made, 1, 2, 0.5, f"user{number % 2}")
            group.start_soon(anyio.to_thread.run_sync, anyio.run, spend, made, 1, 2, 0.5, f"user{number % 2}")
    assert made.usage_for("user0") == {"tokens_in": 50, "tokens_out": 100, "tokens_total": 150, "cost_usd": 25.0}
    assert made.usage_for("user1") == made.usage_for("user0")


@settings(max_examples=50)
@given(
    calls=st.lists(st.tuples(st.sampled_from(["alice", "bob", None]), st.integers(0, 50), st.integers(0, 50))),
    cap=st.integers(0, 300),
    user_cap=st.integers(0, 200),
)
def test_a_blocked_budget_is_one_whose_cap_is_reached_and_no_other(
    calls: list[tuple[str | None, int, int]], cap: int, user_cap: int
) -> None:
    made = budget(max_tokens=cap, per_user_max_tokens=user_cap)

    async def run() -> None:
        used: dict[str | None, int] = {}
        for user, tokens_in, tokens_out in calls:
            await spend(made, tokens_in, tokens_out, user=user)
            used[user] = used.get(user, 0) + tokens_in + tokens_out
            for one in ("alice", "bob", None):
                said = await state(made, one)
                if sum(used.values()) >= cap:
                    assert said == ("blocked", "max_tokens")
                elif used.get(one, 0) >= user_cap:
                    assert said == ("blocked", "per_user_max_tokens")
                else:
                    assert said[0] != "blocked"

    anyio.run(run)


@pytest.mark.parametrize(
    "caps",
    [
        {"max_tokens": -1},
        {"max_cost_usd": "5"},
        {"max_tokens": True},
        {"max_cost_usd": float("nan")},
        {"max_wall_clock": 5},
        {"max_wall_clock": timedelta(seconds=-1)},
        {"soft_warning_at": 0},
        {"soft_warning_at": 1.5},
    ],
)
async def test_senseless_caps_are_refused_by_name(caps: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(caps))):
        BudgetConfig(**caps)
