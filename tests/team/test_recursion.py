"""Any strategy inside any other: who pays, who may, who sees, and what stops."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from loomlab import (
    Agent,
    BudgetConfig,
    EchoModel,
    Event,
    InMemoryAuditLog,
    ScriptedModel,
    ScriptedTurn,
    StandardBudget,
    ToolCall,
    Usage,
    Workflow,
    get_run_context,
    tool,
)
from loomlab.architecture import PlanAndExecute, ReAct, Reflexion, Router, RouterRoute, Supervisor, Swarm
from loomlab.core import PermissionDecision, observing
from loomlab.team import Team

pytestmark = pytest.mark.anyio

PRICED = Usage(input_tokens=10, output_tokens=1, cost_usd=0.25)


def turn(said: str = "", *calls: ToolCall) -> ScriptedTurn:
    return ScriptedTurn(said, tool_calls=list(calls), usage=PRICED)


def delegate(worker: str, instructions: str = "work") -> ToolCall:
    return ToolCall(tool="delegate", args={"worker": worker, "instructions": instructions})


def forward(worker: str) -> ToolCall:
    return ToolCall(tool="forward_message", args={"worker": worker})


class Watch:
    """Everything that happened, whoever did it."""

    wants_chunks = False

    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: str) -> list[Event]:
        return [one for one in self.events if one.kind == kind]


def three_levels(leaf: Agent) -> Agent:
    middle = Team.supervisor(
        {"leaf": leaf}, model=ScriptedModel([turn("", delegate("leaf")), turn("middle")]), name="m"
    )
    return Team.supervisor(
        {"middle": middle}, model=ScriptedModel([turn("", delegate("middle")), turn("top")]), name="t"
    )


async def test_a_supervisor_of_supervisors_adds_up_and_shows_every_level() -> None:
    leaf = Agent("x", model=ScriptedModel([turn("leaf")]), name="leaf")
    watch = Watch()
    with observing(watch):
        result = await three_levels(leaf).run("go", user_id="alice", session_id="s", metadata={"tag": 1})
    assert result.output == "top" and result.turns == 5
    assert (result.tokens_in, result.tokens_out, result.cost_usd) == (50, 5, 1.25)
    started = watch.of("started")
    assert [one.payload["agent"] for one in started] == ["t", "m", "leaf"]
    assert [one.parent_run_id for one in started] == [None, started[0].run_id, started[1].run_id]
    assert {one.payload["user_id"] for one in started} == {"alice"}
    assert all(one.payload["metadata"] == {"tag": 1} for one in started)
    sessions = [one.session_id for one in started]
    assert sessions[1].startswith("s__delegate_middle_") and sessions[2].startswith(f"{sessions[1]}__delegate_leaf_")
    parts = {one.run_id: one.payload["result"] for one in watch.of("completed")}
    assert [parts[one.run_id]["tokens_in"] for one in started] == [50, 30, 10]
    calls = [one.payload["call"] for one in watch.of("model_chunk") if "call" in one.payload]
    assert sum(one["cost_usd"] for one in calls) == result.cost_usd and len(calls) == result.turns


async def test_the_stream_of_a_team_holds_the_events_of_all_levels_and_one_start_and_end() -> None:
    leaf = Agent("x", model=ScriptedModel([turn("leaf")]))
    events = [event async for event in three_levels(leaf).stream("go")]
    kinds = [one.kind for one in events]
    assert kinds.count("started") == 1 == kinds.count("completed") and kinds[-1] == "completed"
    assert len({one.run_id for one in events}) == 3
    calls = [one.payload["call"]["id"] for one in events if one.kind == "tool_call"]
    assert sorted(calls) == sorted(one.payload["result"]["call_id"] for one in events if one.kind == "tool_result")


async def test_reflexion_of_a_supervisor_lets_the_team_try_again() -> None:
    model = ScriptedModel(
        [
            *(turn("", delegate("ana", "first")), turn("bad"), "score: 0.1", "Ask ana for more."),
            *(turn("", delegate("ana", "second")), turn("good"), "score: 0.9"),
        ]
    )
    ana = Agent("x", model=ScriptedModel([turn("a1"), turn("a2")]))
    team = Reflexion(base=Supervisor(workers={"ana": ana}), max_attempts=3, threshold=0.85)
    watch = Watch()
    with observing(watch):
        result = await Agent("Lead.", model=model, architecture=team).run("go", session_id="s")
    assert result.output == "good" and result.turns == 9 and result.ended == "answered"
    sessions = [one.session_id for one in watch.of("started")][1:]
    assert len(set(sessions)) == 2
    asked = ["\n".join(message.content for message in one.messages) for one in model.requests if one.tools]
    assert all(one.count("You lead a team of workers:") == 1 for one in asked)
    assert ["Ask ana for more." in one for one in asked] == [False, False, True, True]


async def test_a_router_of_planners() -> None:
    planner = ScriptedModel(['["look", "tell"]', "seen", "told", "the answer"])
    routes = [
        RouterRoute("plan", Agent("x", model=planner, architecture=PlanAndExecute())),
        RouterRoute("chat", Agent("x", model="echo")),
    ]
    result = await Agent("x", model=ScriptedModel(["plan"]), architecture=Router(routes=routes)).run("go")
    assert result.output == "the answer" and result.turns == 5


def calling(name: str) -> ScriptedModel:
    return ScriptedModel([turn("", ToolCall(tool=name)), turn("done")] * 5)


def teams(leaf: Agent) -> dict[str, Agent]:
    """The leaf two levels down, in teams of several kinds."""
    swarm = Agent("x", model="echo", architecture=Swarm(agents={"leaf": leaf}, entry_agent="leaf"))
    pair = Team.actor_critic(leaf, Agent("x", model=EchoModel(prefix="score: 1.0 ")), model="echo")
    return {
        "supervisor": three_levels(leaf),
        "router of a swarm": Team.router([RouterRoute("s", swarm)], model=ScriptedModel(["s"] * 5)),
        "debate of pairs": Team.debate([pair, pair], model="echo"),
        "blackboard of a swarm": Team.blackboard({"s": swarm}, max_rounds=1, model="echo"),
    }


@pytest.mark.parametrize("kind", list(teams(Agent("x", model="echo"))))
async def test_a_tool_denied_to_a_worker_never_runs_however_deep_it_works(kind: str) -> None:
    ran: list[str] = []

    @tool
    async def wipe() -> str:
        """Wipe."""
        ran.append("wiped")
        return ""

    class Never:
        async def check(self, call: Any, *, context: Any, user_id: str | None = None) -> PermissionDecision:
            return PermissionDecision.deny_("no")

    audit, watch = InMemoryAuditLog(), Watch()
    leaf = Agent("x", model=calling("wipe"), tools=[wipe], permissions=Never(), audit_log=audit)
    with observing(watch):
        await teams(leaf)[kind].run("go", user_id="alice")
    assert not ran and len(await audit.query(action="tool_result", user_id="alice")) > 0
    denied = [one for one in watch.of("tool_result") if one.payload["tool"] == "wipe"]
    assert denied and all(one.payload["result"]["denied"] for one in denied)


@pytest.mark.parametrize("kind", list(teams(Agent("x", model="echo"))))
async def test_parts_add_up_to_the_whole(kind: str) -> None:
    watch = Watch()
    with observing(watch):
        result = await teams(Agent("x", model=ScriptedModel([turn("ok")] * 9)))[kind].run("go")
    calls = [one.payload["call"] for one in watch.of("model_chunk") if "call" in one.payload]
    assert len(calls) == result.turns
    assert sum(one["input_tokens"] for one in calls) == result.tokens_in > 0
    assert sum(one["output_tokens"] for one in calls) == result.tokens_out
    assert sum(one["cost_usd"] for one in calls) == pytest.approx(result.cost_usd)


@pytest.mark.parametrize("kind", list(teams(Agent("x", model="echo"))))
async def test_the_team_s_budget_stops_a_worker_and_the_reason_comes_up(kind: str) -> None:
    @tool
    async def noop() -> str:
        """Nothing."""
        return ""

    leaf = Agent("x", model=ScriptedModel([turn("", ToolCall(tool="noop"))] * 50), tools=[noop])
    team = teams(leaf)[kind]
    capped = Agent(
        "x",
        model=team.model,
        architecture=team.architecture,
        budget=StandardBudget(BudgetConfig(max_tokens=60)),
    )
    result = await capped.run("go", user_id="alice")
    assert result.interrupted and "budget:" in (result.interruption_reason or "") and result.ended == "budget"


async def test_users_at_the_same_time_never_mix() -> None:
    seen: dict[str, set[Any]] = {}

    class Thinks(EchoModel):
        async def complete(self, messages: Any, **kwargs: Any) -> Any:
            await anyio.lowlevel.checkpoint()
            context = get_run_context()
            text = "\n".join(one.content for one in messages)
            seen.setdefault(context.user_id or "", set()).update(
                name for name in ("alice", "bob", "carol") if f"I am {name}" in text
            )
            return await super().complete(messages, **kwargs)

    def worker() -> Agent:
        return Agent("x", model=Thinks())

    swarm = Agent("x", model=Thinks(), architecture=Swarm(agents={"a": worker()}, entry_agent="a"))
    pair = Team.actor_critic(swarm, worker(), model=Thinks(), max_rounds=2)
    board = Team.blackboard({"pair": pair, "one": worker()}, decider=worker(), max_rounds=3, model=Thinks())
    team = Team.router([RouterRoute("board", board)], fallback_route="board", model=Thinks())

    async def one(user: str) -> None:
        for _ in range(2):
            result = await team.run(f"I am {user}", user_id=user, session_id="shared")
            assert user in result.output

    async with anyio.create_task_group() as group:
        for user in ("alice", "bob", "carol"):
            group.start_soon(one, user)
    assert seen == {user: {user} for user in ("alice", "bob", "carol")}


async def test_cancelling_leaves_nothing_running() -> None:
    running: list[str] = []
    begun = anyio.Event()

    class Waits(EchoModel):
        async def stream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            running.append("leaf")
            if len(running) == 2:
                begun.set()
            try:
                await anyio.sleep_forever()
                yield
            finally:
                running.pop()

    leaves = {name: Agent("x", model=Waits()) for name in ("ana", "bob")}
    inner = Team.supervisor(leaves, model=ScriptedModel([turn("", delegate("ana"), delegate("bob"))]))
    outer = Team.supervisor({"inner": inner}, model=ScriptedModel([turn("", delegate("inner"))]))

    async def consume() -> None:
        async for _ in outer.stream("go"):
            pass

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(consume)
            await begun.wait()
            group.cancel_scope.cancel()
    assert not running


async def test_an_error_three_levels_down_arrives_unwrapped() -> None:
    model = ScriptedModel([ScriptedTurn(error=ZeroDivisionError("deep"))])
    with pytest.raises(ZeroDivisionError, match="deep"):
        await three_levels(Agent("x", model=model)).run("go")
    with pytest.raises(ZeroDivisionError, match="deep"):
        async for _ in three_levels(
            Agent("x", model=ScriptedModel([ScriptedTurn(error=ZeroDivisionError("deep"))]))
        ).stream("go"):
            pass


async def test_a_turn_cap_deep_down_is_the_reason_at_the_top() -> None:
    @tool
    async def noop() -> str:
        """Nothing."""
        return ""

    leaf = Agent("x", model=calling("noop"), tools=[noop], architecture=ReAct(max_turns=1))
    result = await three_levels(leaf).run("go")
    assert result.interruption_reason == "specialist:middle:specialist:leaf:max_turns_exceeded"
    assert result.ended == "turn_cap"


async def test_a_workflow_may_be_a_worker() -> None:
    async def shout(text: str) -> str:
        return f"{text.upper()}!"

    flow = Workflow.chain([Agent("x", model=EchoModel(prefix="")), shout])
    model = ScriptedModel([turn("", delegate("flow", "hello")), turn("", forward("flow"))])
    result = await Team.supervisor({"flow": flow}, model=model).run("go", user_id="alice")
    assert result.output == "HELLO!" and result.turns == 3
