"""Team builders: everything an Agent takes, every default of the class behind, and the examples people copy."""

import inspect
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from loomlab import Agent, EchoModel, InMemoryAuditLog, RunResult, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import (
    ActorCritic,
    BlackboardArchitecture,
    MultiAgentDebate,
    Router,
    Supervisor,
    Swarm,
)
from loomlab.core import ConfigError, Event
from loomlab.governance import RetryPolicy
from loomlab.team import AgentOptions, Handoff, RouterRoute, Team, run_architecture

pytestmark = pytest.mark.anyio


def echo(name: str = "") -> Agent:
    return Agent(f"You are {name}.", model=EchoModel(prefix=f"{name}: " if name else ""))


def built(kind: str, **options: Any) -> Agent:
    """A small team of each kind, all of whose workers repeat what they are told."""
    builders: dict[str, Any] = {
        "supervisor": lambda: Team.supervisor({"ana": echo()}, **options),
        "swarm": lambda: Team.swarm({"ana": echo()}, "ana", **options),
        "router": lambda: Team.router([RouterRoute("ana", echo())], fallback_route="ana", **options),
        "debate": lambda: Team.debate([echo(), echo()], **options),
        "actor_critic": lambda: Team.actor_critic(echo(), echo(), max_rounds=1, **options),
        "blackboard": lambda: Team.blackboard({"ana": echo()}, max_rounds=1, **options),
    }
    team: Agent = builders[kind]()
    return team


CLASSES: dict[str, Any] = {
    "supervisor": Supervisor,
    "swarm": Swarm,
    "router": Router,
    "debate": MultiAgentDebate,
    "actor_critic": ActorCritic,
    "blackboard": BlackboardArchitecture,
}


def test_no_option_of_an_agent_is_forgotten() -> None:
    ours = get_type_hints(AgentOptions)
    agent = dict(get_type_hints(Agent.__init__))
    for own in ("instructions", "architecture", "return"):
        agent.pop(own)
    assert ours == agent


@pytest.mark.parametrize("kind", CLASSES)
def test_a_builder_takes_what_its_class_takes_with_the_same_defaults(kind: str) -> None:
    ours = dict(inspect.signature(getattr(Team, kind)).parameters)
    theirs = dict(inspect.signature(CLASSES[kind].__init__).parameters)
    assert set(theirs) - {"self"} == set(ours) - {"instructions", "options"}
    assert all(ours[name].default == one.default for name, one in theirs.items() if name != "self")
    assert ours["instructions"].default == "" and ours["options"].kind is inspect.Parameter.VAR_KEYWORD


@pytest.mark.parametrize("kind", CLASSES)
async def test_what_an_agent_takes_reaches_the_agent(kind: str) -> None:
    class Watch:
        wants_chunks = False

        def __init__(self) -> None:
            self.events: list[Event] = []

        def on_event(self, event: Event) -> None:
            self.events.append(event)

    class Words(BaseModel):
        text: str

    watch, audit = Watch(), InMemoryAuditLog()
    team = built(
        kind,
        instructions="Be kind.",
        model=ScriptedModel(['{"text": "x"}'] * 3),
        name="the team",
        run_log=watch,
        audit_log=audit,
        max_turns=7,
        output_schema=Words,
        retry_policy=RetryPolicy(max_attempts=2),
    )
    assert isinstance(team, Agent) and isinstance(team.architecture, CLASSES[kind])
    assert (team.name, team.instructions, team.max_turns, team.audit_log) == ("the team", "Be kind.", 7, audit)
    result = await team.run("go", user_id="alice")
    assert result.parsed == Words(text="x") and result.agent == "the team"
    assert watch.events[0].payload["agent"] == "the team" and await audit.query(user_id="alice", action="run_started")


@pytest.mark.parametrize("kind", CLASSES)
async def test_each_team_runs_and_streams_like_any_agent(kind: str) -> None:
    team = built(kind, model=ScriptedModel(["done"] * 4))
    result = await team.run("hello")
    events = [event async for event in team.stream("hello")]
    assert isinstance(result, RunResult) and result.ended in ("answered", "parse_failure")
    assert [events[0].kind, events[-1].kind] == ["started", "completed"]
    assert [e.kind for e in events].count("started") == 1 == [e.kind for e in events].count("completed")


def test_a_team_needs_a_model_and_no_misspelt_option() -> None:
    with pytest.raises(ConfigError, match="model"):
        Team.router([RouterRoute("ana", echo())])
    with pytest.raises(TypeError, match="modle"):
        Team.router([RouterRoute("ana", echo())], modle="echo")  # type: ignore[call-arg]


async def test_run_architecture_tries_a_strategy_by_itself() -> None:
    sup = Supervisor(workers={"a": echo("a")})
    call = ToolCall(tool="delegate", args={"worker": "a", "instructions": "the thing"})
    model = ScriptedModel([ScriptedTurn(tool_calls=[call]), "done"])
    result = await run_architecture(sup, "do the thing", model=model, instructions="Lead.", user_id="alice")
    assert result.output == "done" and result.turns == 3 and result.user_id == "alice"
    assert (await run_architecture("react", "hello", model="echo")).output == "Echo: hello"


# ---- the examples -----------------------------------------------------------------------------------


def delegate(worker: str) -> ToolCall:
    return ToolCall(tool="delegate", args={"worker": worker, "instructions": f"do your part, {worker}"})


async def test_example_supervisor() -> None:
    manager = ScriptedModel(
        [
            ScriptedTurn(tool_calls=[delegate("researcher")]),
            ScriptedTurn(tool_calls=[delegate("writer"), delegate("reviewer")]),
            "The report.",
        ]
    )
    team = Team.supervisor(
        workers={"researcher": echo("researcher"), "writer": echo("writer"), "reviewer": echo("reviewer")},
        instructions="manage the pipeline",
        model=manager,
    )
    result = await team.run("report on tea")
    assert result.output == "The report." and result.turns == 6


async def test_example_router() -> None:
    team = Team.router(
        routes=[
            RouterRoute(name="billing", agent=echo("billing"), description="money"),
            RouterRoute(name="tech", agent=echo("tech"), description="machines"),
        ],
        instructions="customer support entry point",
        model=ScriptedModel(["route: tech\nconfidence: 0.9"]),
    )
    assert (await team.run("it is broken")).output == "tech: it is broken"


async def test_example_swarm() -> None:
    class Refund(BaseModel):
        order: int

    triage = Agent(
        "t", model=ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="transfer_to_billing", args={"order": 7})])])
    )
    billing = Handoff(
        echo("billing"), input_type=Refund, input_filter=lambda history, payload: f"order {payload['order']}"
    )
    team = Team.swarm(
        agents={"triage": triage, "billing": billing, "tech": echo("tech")}, entry_agent="triage", model="echo"
    )
    assert (await team.run("money back")).output == "billing: order 7"


async def test_example_actor_critic() -> None:
    team = Team.actor_critic(
        actor=Agent("...", model=ScriptedModel(["draft", "final"])),
        critic=Agent("...", model=ScriptedModel(['{"score": 0.2, "issues": ["thin"]}', '{"score": 0.9}'])),
        max_rounds=3,
        approval_threshold=0.9,
        model="echo",
    )
    assert (await team.run("write")).output == "final"


async def test_example_debate() -> None:
    optimist, skeptic, analyst = (Agent("d", model=ScriptedModel([one] * 3)) for one in ("up", "down", "flat"))
    team = Team.debate(
        debaters=[optimist, skeptic, analyst],
        judge=Agent("j", model=ScriptedModel(["up a bit"])),
        rounds=2,
        convergence_similarity=0.85,
        model="echo",
    )
    result = await team.run("what will tea cost?")
    assert result.output == "up a bit" and result.turns == 10


async def test_example_blackboard() -> None:
    team = Team.blackboard(
        agents={"hypothesis": echo("h"), "evidence": echo("e"), "critic": echo("c")},
        coordinator=Agent(
            "c", model=ScriptedModel(['{"terminate": false, "next_agent": "evidence"}', '{"terminate": true}'])
        ),
        decider=Agent("d", model=ScriptedModel(["settled"])),
        model="echo",
    )
    result = await team.run("who did it?")
    assert result.output == "settled" and result.turns == 4


async def test_a_team_s_own_tools_are_the_manager_s() -> None:
    @tool
    async def clock() -> str:
        """The time."""
        return "noon"

    model = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="clock")]), "it is noon"])
    team = Team.supervisor({"ana": echo("ana")}, model=model, tools=[clock])
    assert (await team.run("time?")).output == "it is noon"
    assert [one.name for one in model.requests[0].tools or ()] == ["clock", "delegate", "forward_message"]
