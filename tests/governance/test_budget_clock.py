"""Caps on time: each run has its own clock, and a long-lived agent is never blocked for good."""

from datetime import timedelta

import anyio
import pytest

from loomlab.core import RunContext, set_run_context
from loomlab.governance import BudgetConfig, StandardBudget
from loomlab.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def one_minute(clock: FakeClock) -> StandardBudget:
    return StandardBudget(BudgetConfig(max_wall_clock=timedelta(minutes=1)), clock=clock)


async def state(budget: StandardBudget, user: str | None = None) -> tuple[str, str | None]:
    status = await budget.allows_step(user_id=user)
    return status.state, status.reason


async def test_the_clock_starts_with_the_run_not_with_the_budget(clock: FakeClock) -> None:
    budget = one_minute(clock)
    for _ in range(3):
        clock.advance(3600)
        budget.begin_run()
        clock.advance(59)
        assert await state(budget) == ("ok", None)
        clock.advance(1)
        assert await state(budget) == ("blocked", "max_wall_clock")
        budget.end_run()


async def test_a_run_within_a_run_does_not_restart_the_clock(clock: FakeClock) -> None:
    budget = one_minute(clock)
    budget.begin_run()
    clock.advance(40)
    budget.begin_run()
    clock.advance(20)
    assert await state(budget) == ("blocked", "max_wall_clock")
    budget.end_run()
    assert await state(budget) == ("blocked", "max_wall_clock")
    budget.end_run()


async def test_runs_at_the_same_time_have_their_own_clocks(clock: FakeClock) -> None:
    budget = one_minute(clock)
    early_began, late_began = anyio.Event(), anyio.Event()
    said: dict[str, str] = {}

    async def early() -> None:
        budget.begin_run(user_id="alice")
        early_began.set()
        await late_began.wait()
        clock.advance(30)
        said["early"] = (await state(budget, "alice"))[0]
        budget.end_run(user_id="alice")

    async def late() -> None:
        await early_began.wait()
        clock.advance(30)
        budget.begin_run(user_id="bob")
        late_began.set()
        await anyio.wait_all_tasks_blocked()
        said["late"] = (await state(budget, "bob"))[0]
        budget.end_run(user_id="bob")

    async with anyio.create_task_group() as group:
        group.start_soon(early)
        group.start_soon(late)
    assert said == {"early": "blocked", "late": "ok"}


async def test_the_clock_of_a_run_holds_in_the_tasks_it_starts(clock: FakeClock) -> None:
    budget = one_minute(clock)
    budget.begin_run()
    clock.advance(60)
    said: list[str] = []

    async def child() -> None:
        said.append((await state(budget))[0])

    async with anyio.create_task_group() as group:
        group.start_soon(child)
    budget.end_run()
    assert said == ["blocked"]


async def test_two_budgets_of_nested_runs_count_apart(clock: FakeClock) -> None:
    outer, inner = one_minute(clock), one_minute(clock)
    outer.begin_run()
    clock.advance(60)
    inner.begin_run()
    assert await state(outer) == ("blocked", "max_wall_clock")
    assert await state(inner) == ("ok", None)
    inner.end_run()
    outer.end_run()


async def test_an_end_without_a_beginning_does_no_harm(clock: FakeClock) -> None:
    budget = one_minute(clock)
    budget.end_run()
    assert await state(budget) == ("ok", None)


async def test_a_run_that_nobody_announced_counts_from_its_first_question(clock: FakeClock) -> None:
    budget = one_minute(clock)
    for run_id in ("run_1", "run_2"):
        async with set_run_context(RunContext(run_id=run_id)):
            assert await state(budget) == ("ok", None)
            clock.advance(60)
            assert await state(budget) == ("blocked", "max_wall_clock")


async def test_a_users_time_is_that_of_all_their_runs_together(clock: FakeClock) -> None:
    budget = StandardBudget(BudgetConfig(per_user_max_wall_clock=timedelta(seconds=60)), clock=clock)
    for _ in range(2):
        budget.begin_run(user_id="alice")
        clock.advance(25)
        budget.end_run(user_id="alice")
        clock.advance(1000)
    budget.begin_run(user_id="alice")
    clock.advance(9)
    assert await state(budget, "alice") == ("ok", None)
    clock.advance(1)
    assert await state(budget, "alice") == ("blocked", "per_user_max_wall_clock")
    budget.end_run(user_id="alice")
    budget.begin_run(user_id="bob")
    clock.advance(59)
    assert await state(budget, "bob") == ("ok", None)
    budget.end_run(user_id="bob")


async def test_no_time_at_all_blocks_at_once(clock: FakeClock) -> None:
    budget = StandardBudget(BudgetConfig(max_wall_clock=timedelta(0)), clock=clock)
    assert await state(budget) == ("blocked", "max_wall_clock")
