"""A destructive tool behind every way that leads to one: the gate stands before each, and answers are one user's."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, InMemoryAuditLog, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, tool
from loomlab.core import Event, PermissionDecision, RunContext
from loomlab.core.messages import ToolDef, ToolResult
from loomlab.memory import InMemoryMemory
from loomlab.runtime import OfferedTool, Run
from loomlab.security import Approval, ask_approval
from loomlab.team import Team
from loomlab.tools import InProcessToolHost
from loomlab.workflow import Workflow

pytestmark = pytest.mark.anyio

CALL = {"to": "Carol", "amount": 5}
Go = Callable[[str], Any]


def payer(ran: list[Any]) -> Any:
    @tool(destructive=True)
    async def pay(to: str, amount: int) -> str:
        """Send money."""
        ran.append((to, amount))
        return f"paid {amount}"

    return pay


def scripted(*calls: tuple[str, dict[str, Any]], runs: int = 6) -> ScriptedModel:
    turns = [ScriptedTurn(tool_calls=[ToolCall(tool=name, args=dict(args))]) for name, args in calls]
    return ScriptedModel([*turns, ScriptedTurn(text="done")] * runs)


def spender(ran: list[Any], options: dict[str, Any]) -> Agent:
    return Agent("Spend.", model=scripted(("pay", CALL)), tools=[payer(ran)], name="spender", **options)


def ran_for(agent: Any) -> Go:
    return lambda user: agent.run("go", user_id=user)


def own(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    return ran_for(spender(ran, options))


def extra(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    agent = Agent("x", model=scripted(("pay", CALL)), **options)
    return lambda user: agent.run("go", user_id=user, extra_tools=[payer(ran)])


def added(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    agent = Agent("x", model=scripted(("pay", CALL)), **options)
    agent.add_tool(payer(ran))
    return ran_for(agent)


def in_a_tool(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    inner = spender(ran, options).as_tool(name="helper")
    return ran_for(Agent("x", model=scripted(("helper", {"input": "go"})), tools=[inner]))


def in_a_workflow(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    return ran_for(Workflow.chain([spender(ran, options)], name="flow"))


def in_a_workflow_as_tool(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    flow = Workflow.chain([spender(ran, options)], name="flow", description="Flows.").as_tool()
    return ran_for(Agent("x", model=scripted(("flow", {"input": "go"})), tools=[flow]))


def worker(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    model = scripted(("delegate", {"worker": "w", "instructions": "go"}))
    return ran_for(Team.supervisor({"w": spender(ran, options)}, model=model))


def after_a_handoff(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    # A handoff ends its sender's part: there is no second turn.
    turn = ScriptedTurn(tool_calls=[ToolCall(tool="handoff", args={"target": "second", "message": "go"})])
    first = Agent("First.", model=ScriptedModel([turn] * 6), name="first")
    return ran_for(Team.swarm({"first": first, "second": spender(ran, options)}, "first", model="echo"))


def of_a_skill(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    folder = tmp / "bank"
    folder.mkdir()
    head = "tools:\n  pay:\n    script: pay.sh\n    destructive: true\n    args: {to: string, amount: integer}\n"
    (folder / "SKILL.md").write_text(f"---\nname: bank\ndescription: Banks.\n{head}\n---\n# How\n", encoding="utf-8")
    (folder / "pay.sh").write_text(f'echo "$1 $2" >> "{tmp}/ran.txt"\n', encoding="utf-8")
    agent = Agent(
        "x", model=scripted(("load_skill", {"name": "bank"}), ("bank__pay", CALL)), skills=[folder], **options
    )

    async def go(user: str) -> Any:
        result = await agent.run("go", user_id=user)
        ran[:] = read_ran(tmp / "ran.txt")
        return result

    return go


def read_ran(path: Path) -> list[Any]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [(to, int(amount)) for to, amount in map(str.split, lines)]


def offered(ran: list[Any], options: dict[str, Any], tmp: Path) -> Go:
    async def pay(run: Run, call: ToolCall) -> ToolResult:
        ran.append((call.args["to"], call.args["amount"]))
        return ToolResult.success(call.id, "paid")

    schema = payer([]).to_def().input_schema
    definition = ToolDef(name="pay", description="Pay.", destructive=True, input_schema=schema)

    class Offering:
        name = "offering"

        async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
            with deps.offering(OfferedTool(definition, pay)):
                await deps.act(session, [ToolCall(tool="pay", args=dict(CALL))])
            yield deps.note(session, "offering.done")

        def declared_workers(self) -> dict[str, Any]:
            return {}

    return ran_for(Agent("x", model=ScriptedModel(), architecture=Offering(), **options))


ALONE = (own, extra, added, of_a_skill, offered)
BELOW = (in_a_tool, in_a_workflow, in_a_workflow_as_tool, worker, after_a_handoff)
DOORS = {one.__name__: one for one in (*ALONE, *BELOW)}


async def nobody(call: ToolCall, user: str | None) -> bool:
    raise ConnectionError("the pager is down")


async def asleep(call: ToolCall, user: str | None) -> bool:
    await anyio.sleep_forever()
    return True


class Sleepy:
    timeout_s = 0.05

    async def __call__(self, call: ToolCall, user: str | None) -> bool:
        await anyio.sleep_forever()
        return True


class Breaks:
    async def check(self, call: ToolCall, *, context: Any, user_id: str | None = None) -> PermissionDecision:
        raise OSError("the policy server is down")


REFUSALS: dict[str, dict[str, Any]] = {
    "on the list of denied tools": {"permissions": StandardPermissions(denied_tools=["pay", "bank__pay"])},
    "not on the list of allowed tools": {"permissions": StandardPermissions(allowed_tools=["load_skill"])},
    "nobody to ask": {"permissions": StandardPermissions()},
    "a handler that raises": {"permissions": StandardPermissions(), "approval_handler": nobody},
    "a handler that takes too long": {"permissions": StandardPermissions(), "approval_handler": Sleepy()},
    "a handler that is not sure": {"permissions": StandardPermissions(), "approval_handler": lambda call, user: "y"},
    "a policy that raises": {"permissions": Breaks()},
}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("door", DOORS)
async def test_what_is_refused_does_not_run_by_any_way(door: str, refusal: str, tmp_path: Path) -> None:
    ran: list[Any] = []
    log = InMemoryAuditLog(secret="k")
    go = DOORS[door](ran, {**REFUSALS[refusal], "audit_log": log}, tmp_path)
    for user in ("alice", "bob"):
        await go(user)
    assert ran == []
    refused = [one for one in await log.query(action="tool_result") if one.payload["denied"]]
    assert {one.user_id for one in refused if one.payload["tool"].endswith("pay")} == {"alice", "bob"}


@pytest.mark.parametrize("door", DOORS)
async def test_the_yes_to_alice_is_no_yes_to_bob(door: str, tmp_path: Path) -> None:
    ran: list[Any] = []
    asked: list[Any] = []

    async def handler(call: ToolCall, user: str | None) -> Approval:
        asked.append((user, call.args))
        return Approval(allow=user == "alice", remember="always" if user == "alice" else None, by="ann")

    go = DOORS[door](ran, {"permissions": StandardPermissions(), "approval_handler": handler}, tmp_path)
    for user in ("alice", "alice", "bob", "bob", "alice"):
        await go(user)
    assert ran == [("Carol", 5)] * 3
    assert [user for user, _ in asked] == ["alice", "bob", "bob"]
    assert all(args == CALL for _, args in asked)


@pytest.mark.parametrize("door", DOORS)
async def test_arguments_that_a_person_changed_are_held_against_the_schema(door: str, tmp_path: Path) -> None:
    ran: list[Any] = []
    changed: list[dict[str, Any]] = [
        {"to": "Dan", "amount": 1},
        {"to": "Dan", "amount": "all of it"},
        {"to": "Dan", "amount": 1, "from": "Bob"},
        {"amount": 1},
    ]

    async def handler(call: ToolCall, user: str | None) -> Approval:
        return Approval(allow=True, args=changed.pop(0))

    go = DOORS[door](ran, {"permissions": StandardPermissions(), "approval_handler": handler}, tmp_path)
    for _ in range(4):
        await go("alice")
    assert ran == [("Dan", 1)] and not changed


@pytest.mark.parametrize(("name", "args", "make"), [
    ("helper", {"input": "go"}, in_a_tool),
    ("flow", {"input": "go"}, in_a_workflow_as_tool),
])  # fmt: skip
async def test_an_agent_or_a_workflow_is_a_tool_that_can_be_refused_itself(
    name: str, args: dict[str, Any], make: Any, tmp_path: Path
) -> None:
    ran: list[Any] = []
    inner = (
        spender(ran, {}).as_tool(name=name)
        if name == "helper"
        else Workflow.chain([spender(ran, {})], name="flow").as_tool()
    )
    for refused in (True, False):
        policy = StandardPermissions(denied_tools=[name] if refused else [])
        await Agent("x", model=scripted((name, args)), tools=[inner], permissions=policy).run("go", user_id="alice")
        assert bool(ran) is not refused


@pytest.mark.parametrize("kind", ["delegate", "handoff"])
async def test_a_team_that_may_not_pass_work_on_does_not(kind: str) -> None:
    ran: list[Any] = []
    policy = StandardPermissions(denied_tools=[kind])
    if kind == "delegate":
        model = scripted(("delegate", {"worker": "w", "instructions": "go"}))
        team = Team.supervisor({"w": spender(ran, {})}, model=model, permissions=policy)
    else:
        model = scripted(("handoff", {"target": "second", "message": "go"}))
        first = Agent("First.", model=model, name="first", permissions=policy)
        team = Team.swarm({"first": first, "second": spender(ran, {})}, "first", model="echo")
    await team.run("go", user_id="alice")
    assert ran == []


async def test_a_run_that_no_agent_built_has_the_same_gate() -> None:
    ran: list[Any] = []

    async def only_alice(call: ToolCall, user: str | None) -> bool:
        return user == "alice"

    for user, allowed in (("alice", True), ("bob", False)):
        make = partial(Run, model=ScriptedModel(), memory=InMemoryMemory(), tools=InProcessToolHost([payer(ran)]))
        run = make(
            permissions=StandardPermissions(), approval_handler=only_alice, context=RunContext(user, "s", "run_1", {})
        )
        session: Any = type("Session", (), {"turns": 0, "id": "s"})()
        (result,) = await run.act(session, [ToolCall(tool="pay", args=dict(CALL), destructive=False)])
        assert result.ok is allowed and result.denied is not allowed
    assert ran == [("Carol", 5)]


async def test_a_model_cannot_talk_a_destructive_tool_harmless() -> None:
    ran: list[Any] = []
    call = ToolCall(
        tool="pay", args=dict(CALL), destructive=False, tool_def=ToolDef(name="pay", description="harmless")
    )
    model = ScriptedModel([ScriptedTurn(tool_calls=[call]), ScriptedTurn(text="done")])
    await Agent("x", model=model, tools=[payer(ran)], permissions=StandardPermissions()).run("go", user_id="alice")
    assert ran == []


async def test_an_answer_of_one_agent_is_none_for_another_with_the_same_handler() -> None:
    ran: list[Any] = []
    asked: list[Any] = []

    async def handler(call: ToolCall, user: str | None) -> Approval:
        asked.append(user)
        return Approval(allow=True, remember="always")

    for _ in range(2):
        await spender(ran, {"permissions": StandardPermissions(), "approval_handler": handler}).run(
            "x", user_id="alice"
        )
    assert asked == ["alice", "alice"]


async def test_many_users_at_once_each_get_their_own_answer() -> None:
    ran: list[Any] = []

    async def handler(call: ToolCall, user: str | None) -> Approval:
        await anyio.lowlevel.checkpoint()
        return Approval(allow=int(str(user)) % 2 == 0, remember="always")

    @tool(destructive=True)
    async def pay(to: str) -> str:
        """Pay."""
        from loomlab import get_run_context

        ran.append(get_run_context().user_id)
        return "paid"

    class Calls:
        name = "calls"

        async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
            await deps.act(session, [ToolCall(tool="pay", args={"to": "x"})])
            yield deps.note(session, "calls.done")

        def declared_workers(self) -> dict[str, Any]:
            return {}

    agent = Agent("x", model=ScriptedModel(), tools=[pay], architecture=Calls(), permissions=StandardPermissions(),
                  approval_handler=handler)  # fmt: skip
    async with anyio.create_task_group() as group:
        for user in range(40):
            for _ in range(2):
                group.start_soon(partial(agent.run, "go", user_id=str(user)))
    assert sorted(map(int, ran)) == sorted([*range(0, 40, 2)] * 2)


async def test_a_handler_is_stopped_when_its_time_is_over() -> None:
    with anyio.fail_after(5):
        assert (await ask_approval(asleep, ToolCall(tool="pay"), "alice", timeout_s=0.02)).deny
