"""Agents and workflows inside of workflows: users, costs, budgets, memory, interruptions, the tree of runs."""

from typing import Any

import anyio
import pytest

from loomlab import (
    Agent,
    BudgetConfig,
    EventKind,
    InMemoryMemory,
    ScriptedModel,
    ScriptedTurn,
    StandardBudget,
    ToolCall,
    Usage,
    Workflow,
    get_run_context,
    tool,
)
from loomlab.core import EndReason, observing

pytestmark = pytest.mark.anyio


def priced(text: str = "done", tokens: int = 100, cost: float | None = 0.5) -> ScriptedTurn:
    return ScriptedTurn(text=text, usage=Usage(input_tokens=tokens, output_tokens=tokens // 2, cost_usd=cost))


async def test_what_agents_use_adds_up_step_by_step_and_in_all(listening: Any) -> None:
    agents = [Agent("hi", model=listening(), name=name) for name in ("ann", "ben", "cleo")]

    async def twice(text: str) -> str:
        return (await agents[2].run((await agents[2].run(text)).output)).output

    both = Workflow.parallel([agents[1], agents[1], str], merge=" ".join, name="both")
    flow = Workflow.chain([agents[0], both, twice])
    result = await flow.run("go", user_id="alice")
    assert [(one.node, one.turns, one.total_tokens) for one in result.steps] == [
        ("ann", 1, 15),
        ("both", 2, 30),
        ("twice", 2, 30),
    ]
    assert (result.turns, result.tokens_in, result.tokens_out) == (5, 50, 25)
    assert result.cost_usd == pytest.approx(0.05) and result.cost == "$0.0500"
    assert [one.cost_usd for one in result.steps] == pytest.approx([0.01, 0.02, 0.02])


async def test_a_price_that_is_not_known_makes_the_sum_unknown() -> None:
    flow = Workflow.chain(
        [Agent("a", model=ScriptedModel([priced()])), Agent("b", model=ScriptedModel([priced(cost=None)]))]
    )
    result = await flow.run("go")
    assert result.cost_usd is None and result.cost == "unknown"
    assert [one.cost_usd for one in result.steps] == [0.5, None]


async def test_runs_of_two_users_at_once_keep_their_costs_and_their_people_apart(listening: Any) -> None:
    seen: list[tuple[str | None, str]] = []

    @tool
    def who() -> str:
        """Who asks."""
        return str(get_run_context().user_id)

    async def look(text: str) -> str:
        await anyio.lowlevel.checkpoint()
        seen.append((get_run_context().user_id, text))
        return text

    agent = Agent("hi", model=listening(), tools=[who])
    flow = Workflow.chain([agent, look, agent])
    results: dict[str, Any] = {}

    async def go(user: str) -> None:
        results[user] = await flow.run(f"{user} asks", user_id=user)

    async with anyio.create_task_group() as group:
        for user in ("alice", "bob"):
            group.start_soon(go, user)
    assert sorted(seen) == [("alice", "re alice asks"), ("bob", "re bob asks")]
    for user, result in results.items():
        assert (result.user_id, result.turns, result.cost_usd) == (user, 2, pytest.approx(0.02))
        assert result.output == f"re re {user} asks"
    assert results["alice"].run_id != results["bob"].run_id


async def test_a_budget_caps_all_agents_together_and_stops_the_path() -> None:
    after: list[str] = []
    model = ScriptedModel([priced("one"), priced("two"), priced("three")])
    agents = [Agent("hi", model=model, name=name) for name in ("ann", "ben", "cleo")]
    budget = StandardBudget(BudgetConfig(max_tokens=250))
    flow = Workflow.chain([*agents, after.append], budget=budget)
    result = await flow.run("go", user_id="alice")
    assert result.interrupted and result.ended is EndReason.BUDGET
    assert result.interruption_reason == "cleo:budget:max_tokens"
    assert result.visited == ["ann", "ben", "cleo"] and after == []
    assert (await flow.run("go", user_id="bob")).visited[0] == "ann"


async def test_an_agent_that_reaches_its_cap_on_turns_stops_the_path_and_what_it_had_is_the_output() -> None:
    @tool
    def look() -> str:
        """Look."""
        return "nothing"

    turns = [ScriptedTurn(text="hm", tool_calls=[ToolCall(tool="look")])] * 2
    agent = Agent("hi", model=ScriptedModel(turns), tools=[look], max_turns=2, name="ann")
    inner = Workflow.chain([agent, str.upper], name="inner")
    for flow, reason in (
        (Workflow.chain([inner, str]), "inner:ann:max_turns_exceeded"),
        (Workflow.chain([Workflow.parallel([str, inner]), str]), "parallel:fan_out:inner:ann:max_turns_exceeded"),
    ):
        agent.model._turns.extend(turns)  # type: ignore[attr-defined]  # the same two turns for each
        result = await flow.run("go")
        assert result.interruption_reason == reason
        assert (result.ended, result.output) == (EndReason.TURN_CAP, "hm")


async def test_a_function_that_runs_an_agent_decides_by_itself_what_an_interruption_means() -> None:
    agent = Agent("hi", model=ScriptedModel([priced()]), budget=StandardBudget(BudgetConfig(max_tokens=1)))
    await agent.run("spend it")

    async def ask(text: str) -> str:
        return (await agent.run(text)).interruption_reason or "fine"

    result = await Workflow.chain([ask]).run("go")
    assert (result.output, result.interrupted) == ("budget:max_tokens", False)


async def test_a_memory_is_lent_to_agents_that_have_none_and_only_for_the_run(listening: Any) -> None:
    lent, own = InMemoryMemory(), InMemoryMemory()
    bare, owner = Agent("hi", model=listening(), name="bare"), Agent("hi", model=listening(), memory=own, name="owner")
    inner = Workflow.chain([bare], name="inner")
    flow = Workflow.chain([bare, owner, inner], memory=lent)
    await flow.run("the secret word is plum", user_id="alice", session_id="s1")
    await flow.run("another word", user_id="bob", session_id="s2")
    said = [one.input for one in await lent.recall("word", user_id="alice", limit=9)]
    assert sorted(said) == ["re re the secret word is plum", "the secret word is plum"]
    assert [one.input for one in await own.recall("plum", user_id="alice")] == ["re the secret word is plum"]
    assert "plum" not in str([one.input for one in await lent.recall("word", user_id="bob", limit=9)])
    await bare.run("outside", user_id="alice")
    assert "outside" not in str(await lent.recall("outside", user_id="alice", limit=9))
    assert [one.input for one in await bare.memory.recall("outside", user_id="alice")] == ["outside"]


async def test_an_error_of_an_agent_inside_is_raised_as_it_is() -> None:
    class Cut(Exception):
        pass

    class Broken:
        name = "broken"

        async def stream(self, messages: Any, **options: Any) -> Any:
            raise Cut("the wire is cut")
            yield

    agent = Agent("hi", model=Broken())
    for flow in (
        Workflow.chain([agent]),
        Workflow.chain([Workflow.chain([agent])]),
        Workflow.parallel([agent, str]),
        Workflow.chain([Workflow.parallel([str, agent])]),
    ):
        with pytest.raises(Cut, match="the wire is cut"):
            await flow.run("x")


async def test_the_runs_inside_name_the_run_above_them_and_their_step(watcher: Any) -> None:
    agent = Agent("hi", model="echo", name="ann")

    async def ask(text: str) -> str:
        return (await agent.run(text)).output

    inner = Workflow.chain([agent], name="inner")
    flow = Workflow.chain([ask, inner, Workflow.parallel([agent, str])], name="outer")
    with observing(watcher):
        result = await flow.run("x", user_id="alice")
    starts = [one for one in watcher.events if one.kind in (EventKind.STARTED, EventKind.WORKFLOW_STARTED)]
    names = {one.run_id: one.payload.get("agent") or one.payload["workflow"] for one in starts}
    tree = [(names[one.run_id], names.get(one.parent_run_id), one.payload.get("node")) for one in starts]
    assert tree == [
        ("outer", None, None),
        ("ann", "outer", "ask"),
        ("inner", "outer", "inner"),
        ("ann", "inner", "ann"),
        ("parallel", "outer", "parallel"),
        ("ann", "parallel", "fan_out.ann"),
    ]
    assert starts[0].run_id == result.run_id
    assert {one.payload["user_id"] for one in starts} == {"alice"}


async def test_a_workflow_inside_of_an_agents_tool_is_below_the_agents_run(watcher: Any) -> None:
    flow = Workflow.chain([Agent("hi", model="echo", name="ann")], name="helper", description="Helps.")
    script = [ScriptedTurn(tool_calls=[ToolCall(tool="helper", args={"input": "please"})]), priced("ok")]
    boss = Agent("boss", model=ScriptedModel(script), tools=[flow.as_tool()], name="boss")
    with observing(watcher):
        result = await boss.run("go", user_id="alice", session_id="s1", metadata={"k": 1})
    starts = [one for one in watcher.events if one.kind in (EventKind.STARTED, EventKind.WORKFLOW_STARTED)]
    started = {one.payload.get("agent") or one.payload["workflow"]: one for one in starts}
    assert started["helper"].parent_run_id == result.run_id
    assert started["ann"].parent_run_id == started["helper"].run_id
    assert {one.session_id for one in started.values()} == {"s1"}
    assert started["ann"].payload["user_id"] == "alice" and started["ann"].payload["metadata"] == {"k": 1}
    assert result.turns == 3 and result.tokens_in > 100
