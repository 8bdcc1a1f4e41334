"""A hundred runs at once, for two users, against every cap: nobody gets more than one call beyond it."""

import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomlab import Agent, ScriptedModel, ScriptedTurn
from loomlab.core import Message, ModelChunk, ToolCall, Usage, get_run_context
from loomlab.governance import BudgetConfig, StandardBudget
from loomlab.team import Team
from loomlab.testing.clock import FakeClock

pytestmark = pytest.mark.anyio

USAGE = Usage(input_tokens=10, output_tokens=10, cost_usd=0.25)


class Costly:
    """Every call uses the same, after a while in which others get their turn."""

    name = "costly"

    def __init__(self, usage: Usage = USAGE, clock: FakeClock | None = None) -> None:
        self.usage, self.clock = usage, clock
        self.calls: Counter[str | None] = Counter()
        self.at_once = self.most_at_once = 0

    async def complete(self, messages: Sequence[Message], **_: Any) -> tuple[str, list[ToolCall], Usage, str]:
        self.calls[get_run_context().user_id] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for _turn in range(5):
                await anyio.lowlevel.checkpoint()
            if self.clock is not None:
                self.clock.advance(1)
        finally:
            self.at_once -= 1
        return "yes", [], self.usage, "stop"

    async def stream(self, messages: Sequence[Message], **options: Any) -> AsyncIterator[ModelChunk]:
        text, _, usage, reason = await self.complete(messages)
        yield ModelChunk(kind="text", text=text)
        yield ModelChunk(kind="finish", finish_reason=reason, usage=usage)


async def hundred(agent: Agent, *, streamed: bool = False) -> list[Any]:
    results: list[Any] = []

    async def one(user: str) -> None:
        if streamed:
            events = [event async for event in agent.stream("go", user_id=user)]
            results.append(events[-1].part("result"))
        else:
            results.append(await agent.run("go", user_id=user))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(one, "alice" if number % 2 else "bob")
    return results


CAPS: dict[str, tuple[Any, int]] = {
    "max_tokens": (100, 5),
    "max_input_tokens": (45, 5),
    "max_output_tokens": (41, 5),
    "max_cost_usd": (1.25, 5),
    "per_user_max_tokens": (100, 10),
    "per_user_max_input_tokens": (45, 10),
    "per_user_max_output_tokens": (41, 10),
    "per_user_max_cost_usd": (1.25, 10),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("field", CAPS)
async def test_every_cap_holds_to_the_call(field: str, streamed: bool) -> None:
    cap, allowed = CAPS[field]
    budget, model = StandardBudget(BudgetConfig(**{field: cap})), Costly()
    results = await hundred(Agent("x", model=model, budget=budget), streamed=streamed)
    assert sum(model.calls.values()) == allowed
    if field.startswith("per_user"):
        assert model.calls == {"alice": 5, "bob": 5}
    stopped = [one.interruption_reason for one in results if one.interrupted]
    assert len(stopped) == 100 - allowed and set(stopped) == {f"budget:{field}"}


async def test_many_calls_run_at_once_while_there_is_room_for_them() -> None:
    model = Costly()
    await hundred(Agent("x", model=model, budget=StandardBudget(BudgetConfig(max_tokens=100_000))))
    assert sum(model.calls.values()) == 100 and model.most_at_once > 50


async def test_the_wall_clock_of_a_run_stops_that_run_and_a_users_counts_all_their_runs_at_once() -> None:
    clock = FakeClock()
    budget = StandardBudget(BudgetConfig(per_user_max_wall_clock=timedelta(seconds=30)), clock=clock)
    model = Costly(clock=clock)

    async def runs(user: str, count: int) -> list[Any]:
        done: list[Any] = []
        agent = Agent("x", model=model, budget=budget, architecture="self-refine")

        async def one() -> None:
            done.append(await agent.run("go", user_id=user))

        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(one)
        return done

    # Ten runs at once, the clock goes on by a second a call: after three seconds thirty have been used.
    done = await runs("alice", 10)
    assert {one.interruption_reason for one in done} == {"budget:per_user_max_wall_clock"}
    assert 10 <= model.calls["alice"] <= 13
    assert (await budget.allows_step(user_id="alice")).blocked
    assert not (await budget.allows_step(user_id="bob")).blocked

    short = StandardBudget(BudgetConfig(max_wall_clock=timedelta(seconds=2)), clock=clock)
    alone = await Agent("x", model=Costly(clock=clock), budget=short, architecture="self-refine").run("go")
    assert alone.interruption_reason == "budget:max_wall_clock"
    again = await Agent("x", model=Costly(clock=clock), budget=short).run("go")
    assert not again.interrupted


async def test_after_one_call_of_unknown_price_a_cap_on_cost_lets_nobody_through() -> None:
    model = Costly(Usage(input_tokens=1, output_tokens=1, cost_usd=None))
    results = await hundred(Agent("x", model=model, budget=StandardBudget(BudgetConfig(max_cost_usd=5.0))))
    assert sum(model.calls.values()) == 1
    assert {one.interruption_reason for one in results if one.interrupted} == {"budget:max_cost_usd: price unknown"}


async def test_a_users_unknown_price_stops_that_user_only() -> None:
    budget = StandardBudget(BudgetConfig(per_user_max_cost_usd=5.0))
    unknown = Agent("x", model=Costly(Usage(cost_usd=None)), budget=budget)
    await unknown.run("go", user_id="alice")
    assert (await unknown.run("go", user_id="alice")).interrupted
    assert not (await Agent("x", model=Costly(), budget=budget).run("go", user_id="bob")).interrupted


async def test_the_agents_of_a_team_spend_from_the_budget_above_all_at_once() -> None:
    model, budget = Costly(), StandardBudget(BudgetConfig(max_tokens=100))

    def lead() -> Agent:
        delegate = ToolCall(tool="delegate", args={"worker": "w", "instructions": "go"})
        turns = [ScriptedTurn(tool_calls=[delegate, delegate.model_copy(update={"id": "second"})]), ScriptedTurn("end")]
        return Team.supervisor(workers={"w": Agent("w", model=model)}, model=ScriptedModel(turns), budget=budget)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(partial(lead().run, "go", user_id="alice"))
    assert sum(model.calls.values()) == 5


async def test_a_cancelled_call_gives_back_what_it_held_and_one_that_waited_leaves_no_trace() -> None:
    budget, model = StandardBudget(BudgetConfig(max_tokens=100)), Costly()
    hanging = Agent("x", model=Hanging(), budget=budget)
    agent = Agent("x", model=model, budget=budget)
    async with anyio.create_task_group() as group:
        for _ in range(50):  # the first hangs, and the others wait to learn what a call uses
            group.start_soon(partial(hanging.run, "go", user_id="alice"))
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    results = await hundred(agent)
    assert sum(model.calls.values()) == 5 and sum(not one.interrupted for one in results) == 5


class Hanging(Costly):
    """Never answers."""

    async def complete(self, messages: Sequence[Message], **_: Any) -> tuple[str, list[ToolCall], Usage, str]:
        await anyio.sleep_forever()
        raise AssertionError


async def test_a_model_that_runs_an_agent_on_the_same_budget_does_not_wait_for_itself() -> None:
    budget, inner = StandardBudget(BudgetConfig(max_tokens=30)), Costly()

    class Delegating(Costly):
        async def complete(self, messages: Sequence[Message], **_: Any) -> tuple[str, list[ToolCall], Usage, str]:
            await Agent("inner", model=inner, budget=budget).run("go")
            return await super().complete(messages)

    with anyio.fail_after(5):
        await Agent("x", model=Delegating(), budget=budget).run("go", user_id="alice")
    assert sum(inner.calls.values()) == 1


async def test_two_runs_with_two_budgets_in_opposite_order_never_wait_for_each_other() -> None:
    first, second = (StandardBudget(BudgetConfig(max_tokens=40)) for _ in range(2))
    model = Costly()

    def nested(outer: StandardBudget, inner: StandardBudget) -> Agent:
        delegate = ToolCall(tool="delegate", args={"worker": "w", "instructions": "go"})
        turns = [ScriptedTurn(tool_calls=[delegate]), ScriptedTurn("end")]
        worker = Agent("w", model=model, budget=inner)
        return Team.supervisor(workers={"w": worker}, model=ScriptedModel(turns), budget=outer)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for number in range(40):
                pair = (first, second) if number % 2 else (second, first)
                group.start_soon(partial(nested(*pair).run, "go"))
    assert sum(model.calls.values()) == 2


def test_one_budget_holds_for_the_event_loops_of_many_threads() -> None:
    budget, model = StandardBudget(BudgetConfig(max_tokens=1_000)), Costly()
    agent = Agent("x", model=model, budget=budget)

    async def some(user: str) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(25):
                group.start_soon(partial(agent.run, "go", user_id=user))

    threads = [threading.Thread(target=anyio.run, args=(some, f"user{number % 2}")) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)
    assert not any(one.is_alive() for one in threads)
    assert sum(int(budget.usage_for(f"user{number}")["tokens_total"] or 0) for number in range(2)) == 1_000


async def test_on_trio_too() -> None:
    assert await anyio.to_thread.run_sync(lambda: anyio.run(_on_trio, backend="trio")) == 5


async def _on_trio() -> int:
    budget, made = StandardBudget(BudgetConfig(max_tokens=100)), 0

    async def one() -> None:
        nonlocal made
        async with budget.reserve(user_id="alice") as status:
            if not status.blocked:
                made += 1
                await anyio.sleep(0.001)
                await budget.consume(tokens_in=20, tokens_out=0, cost_usd=0.0, user_id="alice")

    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(one)
    return made


STEP = st.tuples(st.sampled_from(["begin", "end", "cancel"]), st.sampled_from(["alice", "bob"]), st.integers(0, 40))


@given(
    st.lists(STEP, max_size=40),
    st.one_of(st.none(), st.integers(0, 120)),
    st.one_of(st.none(), st.integers(0, 80)),
)
@settings(max_examples=60)
async def test_with_true_estimates_it_does_what_the_reference_does(
    steps: list[tuple[str, str, int]], cap: int | None, user_cap: int | None
) -> None:
    """The reference: lists and sums. A call may begin when used and held together are below both caps."""
    budget = StandardBudget(BudgetConfig(max_tokens=cap, per_user_max_tokens=user_cap))
    used: list[tuple[str, int]] = []
    held: list[tuple[str, int, anyio.Event]] = []
    waiting: list[tuple[str, int]] = []
    began: list[tuple[str, int]] = []
    blocked: list[tuple[str, int]] = []

    def total(what: Sequence[tuple[Any, ...]], user: str | None = None) -> int:
        return sum(one[1] for one in what if user is None or one[0] == user)

    def reached(user: str, *what: Sequence[tuple[Any, ...]]) -> bool:
        mine = sum(total(one, user) for one in what)
        everybody = sum(total(one) for one in what)
        return (cap is not None and everybody >= cap) or (user_cap is not None and mine >= user_cap)

    ways: dict[anyio.Event, bool] = {}

    async def call(user: str, size: int) -> None:
        async with budget.reserve(tokens_in=size, tokens_out=0, cost_usd=0.0, user_id=user) as status:
            if status.blocked:
                blocked.append((user, size))
                return
            gate = anyio.Event()
            held.append((user, size, gate))
            began.append((user, size))
            await gate.wait()
            if ways[gate]:
                used.append((user, size))
                await budget.consume(tokens_in=size, tokens_out=0, cost_usd=0.0, user_id=user)

    async with anyio.create_task_group() as group:
        for what, user, size in steps:
            if what == "begin":
                expected = blocked if reached(user, used) else None if reached(user, used, held) else began
                before = {id(blocked): len(blocked), id(began): len(began)}
                group.start_soon(call, user, size)
                await anyio.wait_all_tasks_blocked()
                if expected is None:
                    waiting.append((user, size))
                assert len(blocked) - before[id(blocked)] == (expected is blocked)
                assert len(began) - before[id(began)] == (expected is began)
            elif held:
                gone = held.pop(0)
                ways[gone[2]] = what == "end"
                gone[2].set()
                await anyio.wait_all_tasks_blocked()
                # Whoever still waits has no room.
                answered = Counter(began) + Counter(blocked)
                left = Counter(waiting)
                for user_, size_ in waiting:
                    if answered[user_, size_] > 0 and not reached(user_, used, held):
                        left[user_, size_] -= 1
                for one in (+left).elements():
                    assert reached(one[0], used, held) or answered[one] > 0
        while held:
            for _, _, gate in held:
                ways[gate] = True
                gate.set()
            held.clear()
            await anyio.wait_all_tasks_blocked()
    largest = max((size for _, size in used), default=0)
    if cap is not None:
        assert total(used) < cap + max(largest, 1) or total(used) == 0
    if user_cap is not None:
        for user in ("alice", "bob"):
            assert total(used, user) < user_cap + max(largest, 1) or total(used, user) == 0
