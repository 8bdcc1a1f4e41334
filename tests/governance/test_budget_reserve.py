"""Holding what a call is expected to use: parallel calls cannot overshoot together."""

from typing import Any

import anyio
import pytest

from loomlab.governance import BudgetConfig, StandardBudget

pytestmark = pytest.mark.anyio


async def call(budget: StandardBudget, made: list[str], user: str | None = None, tokens: int = 40) -> None:
    async with budget.reserve(tokens_in=tokens, tokens_out=0, user_id=user) as status:
        if status.blocked:
            return
        await anyio.wait_all_tasks_blocked()
        made.append(str(user))
        await budget.consume(tokens_in=tokens, tokens_out=0, cost_usd=0.0, user_id=user)


async def together(budget: StandardBudget, users: list[str]) -> list[str]:
    made: list[str] = []
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for user in users:
                group.start_soon(call, budget, made, user)
    return made


async def test_of_many_calls_at_once_only_one_goes_beyond_the_cap() -> None:
    budget = StandardBudget(BudgetConfig(max_tokens=100))
    made = await together(budget, ["alice", "bob"] * 10)
    assert len(made) == 3
    total = sum(int(budget.usage_for(user)["tokens_total"] or 0) for user in ("alice", "bob"))
    assert total == 120


async def test_a_users_cap_holds_for_that_user_only() -> None:
    budget = StandardBudget(BudgetConfig(per_user_max_tokens=40))
    assert sorted(await together(budget, ["alice", "alice", "alice", "bob"])) == ["alice", "bob"]


async def test_a_call_that_waits_is_let_through_when_the_one_before_used_less() -> None:
    budget = StandardBudget(BudgetConfig(max_tokens=50))
    order: list[str] = []

    async def modest(name: str) -> None:
        async with budget.reserve(tokens_in=50, tokens_out=0) as status:
            assert not status.blocked
            order.append(f"{name} in")
            await anyio.wait_all_tasks_blocked()
            await budget.consume(tokens_in=1, tokens_out=0, cost_usd=0.0)
            order.append(f"{name} out")

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(modest, "a")
            group.start_soon(modest, "b")
    assert [step.split()[1] for step in order] == ["in", "out", "in", "out"]


async def test_a_blocked_budget_says_so_and_holds_nothing() -> None:
    budget = StandardBudget(BudgetConfig(max_tokens=0))
    async with budget.reserve(tokens_in=5) as status:
        assert (status.state, status.reason) == ("blocked", "max_tokens")


@pytest.mark.parametrize("error", [ValueError, KeyError])
async def test_a_failed_call_gives_back_what_it_held(error: Any) -> None:
    budget = StandardBudget(BudgetConfig(max_tokens=10, max_cost_usd=1.0))
    for _ in range(3):
        with pytest.raises(error):
            async with budget.reserve(tokens_in=10, cost_usd=1.0, user_id="alice"):
                raise error
    with anyio.fail_after(5):
        async with budget.reserve(tokens_in=10, user_id="bob") as status:
            assert status.state == "ok"


async def test_without_an_estimate_as_much_as_the_largest_recent_call_is_held() -> None:
    budget = StandardBudget(BudgetConfig(max_tokens=101))
    await budget.consume(tokens_in=30, tokens_out=10, cost_usd=0.0)
    await budget.consume(tokens_in=1, tokens_out=1, cost_usd=0.0)
    inside, most = 0, 0

    async def one() -> None:
        nonlocal inside, most
        async with budget.reserve() as status:
            assert status.state == "ok"
            inside += 1
            most = max(most, inside)
            await anyio.wait_all_tasks_blocked()
            inside -= 1

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(one)
    # 42 used; 30 and 10 fade by a fiftieth a call: 40 are held for each, and two fit under 101
    assert most == 2


async def test_the_cost_held_counts_too() -> None:
    budget = StandardBudget(BudgetConfig(max_cost_usd=1.0))
    order: list[str] = []

    async def alice() -> None:
        async with budget.reserve(cost_usd=1.0, user_id="alice"):
            await anyio.wait_all_tasks_blocked()
            order.append("alice done")

    async def bob() -> None:
        await anyio.wait_all_tasks_blocked()
        async with budget.reserve(cost_usd=0.1, user_id="bob"):
            order.append("bob in")

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(alice)
            group.start_soon(bob)
    assert order == ["alice done", "bob in"]
