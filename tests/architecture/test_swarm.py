"""Swarm: who has the task, what is passed on, and how a circle ends."""

from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.architecture import Handoff, Swarm
from loomlab.core import PermissionDecision
from loomlab.core.messages import Role

pytestmark = pytest.mark.anyio


def to(target: str, message: str = "", said: str = "", tool: str = "handoff") -> ScriptedTurn:
    return ScriptedTurn(said, tool_calls=[ToolCall(tool=tool, args={"target": target, "message": message})])


def scripted(**scripts: list[Any]) -> tuple[dict[str, ScriptedModel], dict[str, Agent]]:
    models = {name: ScriptedModel(script) for name, script in scripts.items()}
    return models, {name: Agent(f"I am {name}", model=model) for name, model in models.items()}


async def run(agents: dict[str, Any], entry: str, **options: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    team = Agent("x", model="echo", architecture=Swarm(agents=agents, entry_agent=entry, **options))
    notes = []
    async for event in team.stream("I want my money back", session_id="s"):
        if event.kind == "architecture_event" and event.payload["name"].startswith("swarm"):
            notes.append(event.payload)
        if event.kind == "completed":
            result = event.payload["result"]
    return notes, result


def names(notes: list[dict[str, Any]]) -> list[str]:
    return [one["name"].removeprefix("swarm.") for one in notes]


def asked(model: ScriptedModel) -> str:
    return next(one.content for one in reversed(model.requests[0].messages) if one.role is Role.USER)


def told(model: ScriptedModel) -> list[str]:
    return [one.content for one in model.requests[-1].messages if one.role is Role.TOOL]


async def test_the_task_is_passed_on_and_the_last_one_answers() -> None:
    models, agents = scripted(triage=[to("billing", "order 7", "One moment."), "never said"], billing=["Refunded."])
    notes, result = await run(agents, "triage")
    assert result["output"] == "Refunded." and result["turns"] == 2 and result["ended"] == "answered"
    assert names(notes) == ["started", "active", "handoff", "active", "completed"]
    assert notes[2] == {
        "name": "swarm.handoff",
        "source": "triage",
        "target": "billing",
        "payload": {"message": "order 7"},
    }
    assert models["triage"].remaining == 1
    prompt = asked(models["billing"])
    assert "user: I want my money back" in prompt and "triage: One moment." in prompt and "order 7" in prompt
    offered = models["triage"].requests[0].tools or ()
    assert [one.name for one in offered] == ["handoff"] and "- billing: I am billing" in offered[0].description


@pytest.mark.parametrize(
    ("turn", "prompt"),
    [
        (to("b", "order 7", "One moment."), "One moment.\n\norder 7"),
        (to("b", "", "One moment."), "One moment."),
        (to("b"), "I want my money back"),
    ],
)
async def test_only_the_last_words_may_be_passed_on_and_never_nothing(turn: ScriptedTurn, prompt: str) -> None:
    models, agents = scripted(a=[turn], b=["done"])
    await run(agents, "a", pass_full_history=False)
    assert asked(models["b"]) == prompt


class Refund(BaseModel):
    order: int
    reason: str = "none"


def transfer(name: str, **args: Any) -> ScriptedTurn:
    return ScriptedTurn(tool_calls=[ToolCall(tool=f"transfer_to_{name}", args=args)])


async def test_typed_handoffs_are_checked_and_explained_to_the_model() -> None:
    models, agents = scripted(
        triage=[transfer("refunds", order="seven"), transfer("refunds", order=7)], refunds=["done"], tech=[]
    )
    peers = {**agents, "refunds": Handoff(agents["refunds"], input_type=Refund, description="money back")}
    notes, result = await run(peers, "triage")
    assert result["output"] == "done" and "the input does not fit: order:" in told(models["triage"])[0]
    tools = {one.name: one for one in models["triage"].requests[0].tools or ()}
    assert set(tools) == {"transfer_to_refunds", "transfer_to_tech"}
    assert "order" in tools["transfer_to_refunds"].input_schema["properties"]
    assert "money back" in tools["transfer_to_refunds"].description
    assert notes[2]["payload"] == {"order": 7, "reason": "none"} and '"order": 7' in asked(models["refunds"])


async def test_an_input_filter_makes_the_next_prompt() -> None:
    seen: list[Any] = []

    def only_order(history: list[str], payload: dict[str, Any]) -> str:
        seen.append(history)
        return f"order {payload['order']}"

    models, agents = scripted(triage=[transfer("refunds", order=7)], refunds=["done"])
    peers = {**agents, "refunds": Handoff(agents["refunds"], input_type=Refund, input_filter=only_order)}
    await run(peers, "triage")
    assert asked(models["refunds"]) == "order 7" and seen[0][0] == "user: I want my money back"


@pytest.mark.parametrize(
    ("target", "answer"),
    [("a", "you are a: answer yourself"), ("bb", "there is no agent 'bb': did you mean 'b'?"), ("", "no agent ''")],
)
async def test_a_handoff_to_oneself_or_to_nobody_is_explained_to_the_model(target: str, answer: str) -> None:
    models, agents = scripted(a=[to(target), "I did it myself"], b=[])
    notes, result = await run(agents, "a")
    assert result["output"] == "I did it myself" and answer in told(models["a"])[0] and "handoff" not in names(notes)


async def test_of_two_handoffs_in_one_turn_the_first_counts() -> None:
    both = ScriptedTurn(tool_calls=[*to("b").tool_calls, *to("c").tool_calls])
    _, agents = scripted(a=[both], b=["b it is"], c=["never"])
    _, result = await run(agents, "a")
    assert result["output"] == "b it is"


async def test_a_circle_is_refused_and_the_one_who_has_the_task_answers() -> None:
    models, agents = scripted(a=[to("b"), to("b"), "a answers"], b=[to("a"), "never"])
    notes, result = await run(agents, "a")
    assert result["output"] == "a answers" and result["ended"] == "forced_answer" and not result["interrupted"]
    assert "circle (a → b → a → b)" in told(models["a"])[-1] and models["b"].remaining == 1
    assert names(notes).count("handoff") == 2 and "cycle_detected" in names(notes)


async def test_one_who_insists_on_the_circle_is_stopped() -> None:
    _, agents = scripted(a=[to("b")] * 9, b=[to("a")] * 9)
    notes, result = await run(agents, "a")
    assert result["interruption_reason"] == "swarm:a:cycle_detected" and result["ended"] == "stopped"
    assert "a → b → a" in result["output"] and result["turns"] == 4
    assert names(notes)[-3:] == ["cycle_detected", "peer_interrupted", "completed"]


async def test_no_more_handoffs_than_allowed() -> None:
    _, agents = scripted(a=[to("b")], b=[to("c"), "b answers"], c=["never"])
    notes, result = await run(agents, "a", max_handoffs=1)
    assert result["output"] == "b answers" and result["ended"] == "forced_answer" and "max_handoffs" in names(notes)
    _, agents = scripted(a=[to("b")] * 9, b=[to("a")] * 9)
    notes, result = await run(agents, "a", max_handoffs=5, detect_cycles=False)
    assert names(notes).count("handoff") == 5 and result["interruption_reason"] == "swarm:b:max_handoffs"
    _, agents = scripted(a=["alone"], b=[])
    assert (await run(agents, "a", max_handoffs=0))[1]["output"] == "alone"


async def test_a_denied_handoff_does_not_happen() -> None:
    class Never:
        async def check(self, call: Any, *, context: Any, user_id: str | None = None) -> PermissionDecision:
            return PermissionDecision.deny_("not today")

    model = ScriptedModel([to("b"), "then I stay"])
    _, agents = scripted(b=["never"])
    _, result = await run({"a": Agent("x", model=model, permissions=Never()), **agents}, "a")
    assert result["output"] == "then I stay" and told(model) == ["DENIED: not today"]


async def test_users_at_the_same_time_never_mix() -> None:
    class Slow(EchoModel):
        async def complete(self, *args: Any, **kwargs: Any) -> Any:
            await anyio.lowlevel.checkpoint()
            return await super().complete(*args, **kwargs)

    class Hands(Slow):
        async def complete(self, messages: Any, **kwargs: Any) -> Any:
            _, _, usage, _ = await super().complete(messages, **kwargs)
            said = messages[-1].content
            return "", to("b", said).tool_calls, usage, "tool_use"

    agents = {"a": Agent("x", model=Hands()), "b": Agent("x", model=Slow(prefix=""))}
    team = Agent("x", model="echo", architecture=Swarm(agents=agents, entry_agent="a", pass_full_history=False))
    outputs: dict[str, str] = {}

    async def one(user: str) -> None:
        outputs[user] = (await team.run(f"I am {user}", user_id=user, session_id="s")).output

    async with anyio.create_task_group() as group:
        for user in ("alice", "bob", "carol"):
            group.start_soon(one, user)
    assert outputs == {user: f"I am {user}" for user in ("alice", "bob", "carol")}


async def test_a_name_that_is_no_identifier_becomes_a_tool_name_that_providers_take() -> None:
    models, agents = scripted(a=[transfer("Tech_Support_", order=1)], b=["fixed"])
    await run({"a": agents["a"], "Tech/Support!": Handoff(agents["b"], input_type=Refund)}, "a")
    assert models["b"].requests
    peer = Handoff(agents["b"], tool_name="escalate")
    assert peer.tool_name == "escalate" and Handoff(agents["b"]).input_type is None


def test_bad_settings_are_named() -> None:
    one = Agent("x", model="echo")
    for problem, options in {
        "at least one": {"agents": {}, "entry_agent": "a"},
        "did you mean 'triage'": {"agents": {"triage": one}, "entry_agent": "triag"},
        "max_handoffs": {"agents": {"a": one}, "entry_agent": "a", "max_handoffs": -1},
        "one tool name": {"agents": {"a b": one, "a-b": one}, "entry_agent": "a b"},
    }.items():
        with pytest.raises(ValueError, match=problem):
            Swarm(**options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'a'"):
        Swarm(agents={"a": Handoff("nobody")}, entry_agent="a")


def test_its_picture_shows_who_may_hand_over_to_whom() -> None:
    _, agents = scripted(a=[], b=[])
    shape = Swarm(agents=agents, entry_agent="b").shape()
    edges = {(one.source, one.target) for one in shape.edges}
    assert {("start", "b"), ("a", "b"), ("b", "a"), ("a", "end")} <= edges and ("start", "a") not in edges
    assert set(Swarm(agents=agents, entry_agent="b").declared_workers()) == {"a", "b"}
