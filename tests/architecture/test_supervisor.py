"""Supervisor: two tools more for the manager, through the one gate, and workers whose errors are the team's."""

from typing import Any

import anyio
import pytest

from loomlab import Agent, EchoModel, HookRegistry, InMemoryAuditLog, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import ReAct, SelfRefine, Supervisor
from loomlab.core import ConfigError, PermissionDecision
from loomlab.core.messages import Role

pytestmark = pytest.mark.anyio


def delegate(worker: Any, instructions: str = "work", id: str = "c1") -> ToolCall:
    return ToolCall(id=id, tool="delegate", args={"worker": worker, "instructions": instructions})


def forward(worker: str) -> ToolCall:
    return ToolCall(tool="forward_message", args={"worker": worker})


def boss(*turns: list[ToolCall] | str) -> ScriptedModel:
    return ScriptedModel([ScriptedTurn(one) if isinstance(one, str) else ScriptedTurn(tool_calls=one) for one in turns])


def echo(name: str) -> Agent:
    return Agent(f"You are {name}.", model=EchoModel(prefix=f"{name}: "))


def team(model: Any, *names: str, **options: Any) -> Agent:
    workers = {name: echo(name) for name in names or ("ana", "bob")}
    return Agent("Lead.", model=model, architecture=Supervisor(workers=workers, **options))


async def told(agent: Agent) -> list[str]:
    """What the manager's tools answered."""
    model: Any = agent.model
    return [one.content for one in model.requests[-1].messages if one.role is Role.TOOL]


async def test_the_manager_delegates_and_answers() -> None:
    agent = team(boss([delegate("ana", "count to 3"), delegate("bob", "rest", id="c2")], "all done"))
    names = []
    async for event in agent.stream("go", session_id="s"):
        if event.kind == "architecture_event" and event.payload["name"].startswith("supervisor"):
            names.append(event.payload["name"])
        if event.kind == "completed":
            result = event.payload["result"]
    assert result["output"] == "all done" and result["turns"] == 4 and result["ended"] == "answered"
    assert names == ["supervisor.workers_ready", "supervisor.completed"]
    assert await told(agent) == ["ana: count to 3", "bob: rest"]


async def test_the_manager_is_told_who_there_is_and_its_instructions_stay_its_own() -> None:
    model = boss("ok", "ok")
    agent = Agent("Lead.", model=model, architecture=Supervisor(workers={"ana": Agent("x" * 300, model="echo")}))
    await agent.run("go")
    await agent.run("go")
    first, second = (one.messages[0].content for one in model.requests)
    assert first == second and first.startswith("Lead.\n\n") and f"- ana: {'x' * 200}\n" in first
    assert [one.name for one in model.requests[0].tools or ()] == ["delegate", "forward_message"]


async def test_names_of_tools_and_the_template_can_be_changed() -> None:
    model = boss([ToolCall(tool="ask", args={"worker": "ana", "instructions": "hi"})], "done")
    options = {"delegate_tool_name": "ask", "forward_tool_name": "pass", "instructions_template": "{delegate} {x}"}
    agent = team(model, "ana", **options)
    await agent.run("go")
    assert model.requests[0].messages[0].content == "Lead.\n\nask {x}" and await told(agent) == ["ana: hi"]


async def test_delegations_of_one_turn_run_at_the_same_time() -> None:
    both = anyio.Event()
    waiting = 0

    class Meets(EchoModel):
        async def complete(self, *args: Any, **kwargs: Any) -> Any:
            nonlocal waiting
            waiting += 1
            if waiting == 2:
                both.set()
            with anyio.fail_after(5):
                await both.wait()
            return await super().complete(*args, **kwargs)

    workers = {name: Agent("x", model=Meets()) for name in ("ana", "bob")}
    model = boss([delegate("ana"), delegate("bob", id="c2")], "done")
    assert (await Agent("x", model=model, architecture=Supervisor(workers=workers)).run("go")).output == "done"


async def test_forwarding_gives_the_worker_s_words_and_asks_the_manager_no_more() -> None:
    model = boss([delegate("ana", "exact words")], [forward("ana")], "never said")
    agent = team(model)
    events = [event async for event in agent.stream("go")]
    result = events[-1].payload["result"]
    assert result["output"] == "ana: exact words" and result["turns"] == 3 and model.remaining == 1
    assert not result["interrupted"] and result["ended"] == "answered"
    names = [one.payload.get("name") for one in events]
    assert names.index("supervisor.forwarded") < names.index("supervisor.completed")
    calls = [one.payload["call"]["id"] for one in events if one.kind == "tool_call"]
    assert calls == [one.payload["result"]["call_id"] for one in events if one.kind == "tool_result"]


async def test_forwarding_in_the_turn_of_the_delegation_waits_for_the_reply() -> None:
    model = boss([delegate("ana", "at once"), forward("ana")], "never said")
    result = await team(model).run("go")
    assert result.output == "ana: at once" and model.remaining == 1


async def test_a_wrapper_goes_on_with_what_was_forwarded() -> None:
    inner = Supervisor(workers={"ana": echo("ana")})
    model = boss([delegate("ana", "draft")], [forward("ana")], "too short", "a longer draft", "no issues")
    result = await Agent("x", model=model, architecture=SelfRefine(base=inner)).run("go")
    assert result.output == "a longer draft"


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (delegate("anna"), "ERROR: there is no worker 'anna': did you mean 'ana'?"),
        (delegate({"a": 1}), "ERROR: there is no worker {'a': 1}: valid: ana, bob"),
        (delegate("ana", " "), "ERROR: instructions are missing: say what the worker is to do"),
        (forward("bob"), "ERROR: bob has said nothing yet: delegate to it first"),
        (forward("bobb"), "ERROR: there is no worker 'bobb': did you mean 'bob'?"),
    ],
)
async def test_a_call_that_makes_no_sense_is_explained_to_the_manager(call: ToolCall, answer: str) -> None:
    agent = team(boss([call], "sorry"))
    assert (await agent.run("go")).output == "sorry" and await told(agent) == [answer]


async def test_hooks_permissions_approval_and_audit_see_delegations() -> None:
    class OnlyAna:
        async def check(self, call: ToolCall, *, context: Any, user_id: str | None = None) -> PermissionDecision:
            return PermissionDecision.ask_() if call.args["worker"] == "bob" else PermissionDecision.allow_()

    asked: list[Any] = []

    async def no(call: ToolCall, user: str | None) -> bool:
        asked.append((call.args["worker"], user))
        return False

    hooks, seen, audit = HookRegistry(), [], InMemoryAuditLog()
    hooks.register_pre_tool(lambda call: seen.append(call.args["worker"]))
    agent = Agent(
        "Lead.",
        model=boss([delegate("ana"), delegate("bob", id="c2")], "done"),
        architecture=Supervisor(workers={name: echo(name) for name in ("ana", "bob")}),
        permissions=OnlyAna(),
        hooks=hooks,
        approval_handler=no,
        audit_log=audit,
    )
    result = await agent.run("go", user_id="alice")
    answers = await told(agent)
    assert answers[0] == "ana: work" and answers[1].startswith("DENIED") and result.turns == 3
    assert sorted(seen) == ["ana", "bob"] and asked == [("bob", "alice")]
    assert len(await audit.query(action="tool_call", user_id="alice")) == 2
    assert not await audit.query(user_id=None, action="nothing")


async def test_an_error_of_a_worker_leaves_as_it_is_and_stops_the_others() -> None:
    stopped = anyio.Event()

    class Waits(EchoModel):
        async def complete(self, *args: Any, **kwargs: Any) -> Any:
            try:
                await anyio.sleep_forever()
            finally:
                stopped.set()

    class Breaks(EchoModel):
        async def complete(self, *args: Any, **kwargs: Any) -> Any:
            await anyio.lowlevel.checkpoint()
            raise ZeroDivisionError("by ana")

    workers = {"ana": Agent("x", model=Breaks()), "bob": Agent("x", model=Waits())}
    model = boss([delegate("bob"), delegate("ana", id="c2")], "never said")
    with pytest.raises(ZeroDivisionError, match="by ana"):
        await Agent("x", model=model, architecture=Supervisor(workers=workers)).run("go")
    assert stopped.is_set()


async def test_the_events_of_a_failed_delegation_tell_of_it() -> None:
    class Breaks(EchoModel):
        async def stream(self, *args: Any, **kwargs: Any) -> Any:
            raise ZeroDivisionError("by ana")
            yield

    agent = Agent(
        "x", model=boss([delegate("ana")]), architecture=Supervisor(workers={"ana": Agent("x", model=Breaks())})
    )
    results, last = [], None
    with pytest.raises(ZeroDivisionError):
        async for event in agent.stream("go"):
            last = event.kind
            if event.kind == "tool_result":
                results.append(event.payload["result"]["error"])
    assert results == ["ZeroDivisionError: by ana"] and last == "error"


async def test_an_interrupted_worker_interrupts_the_team() -> None:
    @tool
    async def again() -> str:
        """Again."""
        return ""

    loops = ScriptedModel([ScriptedTurn("so far", tool_calls=[ToolCall(tool="again")])] * 9)
    ana = Agent("x", model=loops, tools=[again], max_turns=2)
    model = boss([delegate("ana")], "never said")
    result = await Agent("x", model=model, architecture=Supervisor(workers={"ana": ana})).run("go")
    assert result.interruption_reason == "specialist:ana:max_turns_exceeded" and result.ended == "turn_cap"
    assert result.output == "so far" and model.remaining == 1 and result.turns == 3


async def test_each_delegation_has_a_session_of_its_own_even_where_call_ids_recur() -> None:
    seen: list[str] = []

    class Notes:
        async def pre_tool(self, call: Any, *, user_id: Any = None) -> PermissionDecision:
            return PermissionDecision.allow_()

        async def post_tool(self, call: Any, result: Any) -> None: ...

        async def on_event(self, event: Any) -> None:
            if event.kind == "started":
                seen.append(event.session_id)

    ana = Agent("x", model=EchoModel(prefix=""), hooks=Notes())
    model = boss([delegate("ana", "one")], [delegate("ana", "two")], "done")
    await Agent("x", model=model, architecture=Supervisor(workers={"ana": ana})).run("go", session_id="s")
    assert seen == ["s__delegate_ana_c1", "s__delegate_ana_c1_2"]


async def test_the_manager_keeps_its_own_tools_and_loop() -> None:
    @tool
    async def clock() -> str:
        """The time."""
        return "noon"

    model = boss([ToolCall(tool="clock"), delegate("ana")], "done")
    sup = Supervisor(workers={"ana": echo("ana")}, base=ReAct(max_turns=1))
    agent = Agent("x", model=model, tools=[clock], architecture=sup)
    result = await agent.run("go")
    assert result.interruption_reason == "max_turns_exceeded" and result.turns == 2
    clash = Agent("x", model=boss("x"), tools=[tool(name="delegate")(clock.fn)], architecture=sup)
    with pytest.raises(ConfigError, match="'delegate'"):
        await clash.run("go")


async def test_workers_come_and_go_between_runs() -> None:
    sup = Supervisor(workers={"ana": echo("ana")})
    bob = echo("bob")
    sup.add_worker("bob", bob)
    assert set(sup.declared_workers()) == {"ana", "bob"} and sup.remove_worker("bob") is bob
    assert sup.remove_worker("bob") is None
    sup.remove_worker("ana")
    model = boss("alone")
    assert (await Agent("x", model=model, architecture=sup).run("go")).output == "alone"
    assert not model.requests[0].tools and model.requests[0].messages[0].content == "x"


def test_bad_teams_are_named() -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        Supervisor(workers={})
    with pytest.raises(ValueError, match="identifier"):
        Supervisor(workers={"data analyst": echo("x")})
    with pytest.raises(ValueError, match="identifier"):
        Supervisor(workers={"ana": echo("x")}).add_worker("2nd", echo("x"))
    with pytest.raises(TypeError, match="'ana'"):
        Supervisor(workers={"ana": "an agent"})
    with pytest.raises(ValueError, match="both tools"):
        Supervisor(workers={"ana": echo("x")}, forward_tool_name="delegate")


def test_its_picture_has_a_box_for_each_worker() -> None:
    shape = Supervisor(workers={"ana": echo("ana"), "bob": echo("bob")}).shape()
    assert [one.id for one in shape.nodes] == ["start", "base", "ana", "bob", "end"]
    assert [one.label for one in shape.edges if one.target == "bob"] == ["delegate: bob"]
