"""What went wrong in systems of this kind, in streams, models, ways to think and costs: on the assembled agent."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import anyio
import anyio.lowlevel
import pytest
from pydantic import BaseModel

from loomlab import (
    Agent,
    BudgetConfig,
    HookRegistry,
    ScriptedModel,
    ScriptedTurn,
    StandardBudget,
    StandardPermissions,
    Workflow,
    tool,
)  # fmt: skip
from loomlab.architecture import ActorCritic, MultiAgentDebate, SelfRefine, Swarm
from loomlab.core import (
    EventKind,
    InvalidRequestError,
    Message,
    ModelChunk,
    ToolCall,
    TransientModelError,
)
from loomlab.governance import RetryPolicy
from loomlab.model import AnthropicModel, OpenAIModel
from loomlab.security import FileAuditLog
from loomlab.team import Team
from loomlab.testing.clock import FakeClock
from loomlab.testing.wire import AnthropicWire, Failure, OpenAIWire, Reply, WireCall

pytestmark = pytest.mark.anyio


def asks(name: str, *texts: str, **args: Any) -> ScriptedModel:
    call = ScriptedTurn(tool_calls=[ToolCall(tool=name, args=args)])
    return ScriptedModel([call, *(ScriptedTurn(text=text) for text in texts or ("done",))])


class Ran:
    """Tools that note that they ran."""

    def __init__(self) -> None:
        self.names: list[str] = []
        names = self.names

        @tool(destructive=True)
        async def wipe(path: str = "x") -> str:
            """Delete a file."""
            names.append("wipe")
            return "gone"

        @tool
        async def look(path: str = "x") -> str:
            """Read a file."""
            names.append("look")
            return "text"

        self.wipe, self.look = wipe, look


# ---- streams ------------------------------------------------------------------------------------------------


class Breaking:
    """Says something, then breaks off."""

    name = "breaking"

    def __init__(self) -> None:
        self.streams = 0

    async def stream(self, messages: Sequence[Message], **_: Any) -> AsyncIterator[ModelChunk]:
        self.streams += 1
        yield ModelChunk(kind="text", text="half an ")
        raise TransientModelError("the connection was lost")


async def test_what_was_said_already_is_not_said_again_when_a_stream_breaks() -> None:
    model = Breaking()
    told: list[Any] = []
    agent = Agent("x", model=model, retry_policy=RetryPolicy(initial_delay_s=0.001))
    with pytest.raises(TransientModelError, match="lost"):  # and not a group of errors
        async for event in agent.stream("go"):
            told += [event.payload["chunk"].get("text")] if event.kind is EventKind.MODEL_CHUNK else []
    assert model.streams == 1 and [text for text in told if text] == ["half an "]


async def test_leaving_a_stream_early_harms_nobody() -> None:
    with anyio.fail_after(5):
        async for _ in Agent("x", model="echo").stream("go"):
            break
        await anyio.lowlevel.checkpoint()


async def test_the_stream_of_a_workflow_may_be_closed_from_another_task() -> None:
    flow = Workflow.chain([lambda value: value, Agent("x", model="echo")])
    stream = flow.stream("go")
    await anext(aiter(stream))
    async with anyio.create_task_group() as group:
        group.start_soon(stream.aclose)  # type: ignore[attr-defined]  # an EventStream
    assert (await flow.run("again")).output


async def test_every_event_that_is_declared_is_sent_and_event_hooks_see_it() -> None:
    ran, seen = Ran(), Counter[EventKind]()
    hooks = HookRegistry()

    @hooks.register_event
    async def see(event: Any) -> None:
        seen[event.kind] += 1

    async def yes(call: ToolCall, user_id: str | None) -> bool:
        return True

    agent = Agent(
        "x", model=asks("wipe", "first", "second"), tools=[ran.wipe], hooks=hooks, approval_handler=yes,
        permissions=StandardPermissions(),
    )  # fmt: skip
    await agent.run("wipe the file", user_id="alice", session_id="a")
    await agent.run("wipe the file", user_id="alice", session_id="b")
    for kind in ("MEMORY_RECALL", "MEMORY_WRITE", "PERMISSION_ASK", "PERMISSION_DECISION", "TOOL_RESULT", "COMPLETED"):
        assert seen[EventKind[kind]], kind


# ---- models -------------------------------------------------------------------------------------------------


async def test_annotations_that_are_texts_are_types_all_the_same_and_arguments_are_coerced() -> None:
    got: list[Any] = []
    scope: dict[str, Any] = {"BaseModel": BaseModel, "Annotated": Annotated, "Literal": Literal, "got": got}
    source = """
from __future__ import annotations
class Item(BaseModel):
    name: str
    count: int = 1
async def order(items: list[Item], limits: dict[str, int], mode: Literal["fast", "slow"], total: float) -> str:
    "Order."
    got.append((items, limits, mode, total))
    return "ok"
"""
    exec(source, scope)
    made = tool(scope["order"])
    schema = made.to_def().input_schema["properties"]
    assert (schema["total"]["type"], schema["items"]["type"], schema["limits"]["type"]) == ("number", "array", "object")
    args = {"items": [{"name": "tea", "count": "2"}], "limits": {"a": "3"}, "mode": "fast", "total": "1.5"}
    await Agent("x", model=asks("order", **args), tools=[made]).run("go")
    ((items, limits, mode, total),) = got
    assert (items[0].count, limits, mode, total) == (2, {"a": 3}, "fast", 1.5)


@pytest.fixture
def openai() -> Iterator[OpenAIWire]:
    with OpenAIWire() as wire:
        yield wire


@pytest.fixture
def anthropic() -> Iterator[AnthropicWire]:
    with AnthropicWire() as wire:
        yield wire


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_a_refused_call_is_one_request(kind: str, openai: OpenAIWire, anthropic: AnthropicWire) -> None:
    wire: Any = openai if kind == "openai" else anthropic
    wire.steps.append(Failure(400, "no"))
    model: Any = (
        OpenAIModel("gpt-4.1-mini", api_key="k", base_url=openai.base_url)
        if kind == "openai"
        else AnthropicModel("claude-opus-4-7", api_key="k", base_url=anthropic.url)
    )
    with pytest.raises(InvalidRequestError, match="no"):
        await Agent("x", model=model, auto_extract=False).run("go")
    await model.aclose()
    assert len(wire.requests) == 1


async def test_calls_of_a_real_model_have_a_price_and_a_cap_on_cost_stops_them(openai: OpenAIWire) -> None:
    openai.steps += [Reply("hi", input_tokens=1_000_000, output_tokens=10)] * 2
    model = OpenAIModel("gpt-4.1-mini", api_key="k", base_url=openai.base_url)
    budget = StandardBudget(BudgetConfig(max_cost_usd=0.1))
    agent = Agent("x", model=model, budget=budget, auto_extract=False)
    first, second = await agent.run("go"), await agent.run("go")
    await model.aclose()
    assert first.cost_usd is not None and first.cost_usd > 0.1
    assert second.interruption_reason == "budget:max_cost_usd" and len(openai.requests) == 1


class Answer(BaseModel):
    text: str


async def test_with_a_schema_and_tools_the_model_may_still_call_tools(anthropic: AnthropicWire) -> None:
    ran = Ran()
    anthropic.steps += [
        Reply(tool_calls=[WireCall("look", {"path": "a"})]),
        Reply(json.dumps({"text": "it says text"})),
    ]
    model = AnthropicModel("claude-opus-4-7", api_key="k", base_url=anthropic.url)
    agent = Agent("x", model=model, tools=[ran.look], output_schema=Answer, auto_extract=False)
    result = await agent.run("go")
    await model.aclose()
    assert ran.names == ["look"] and result.parsed == Answer(text="it says text")
    assert anthropic.requests[0].body.get("tool_choice", {}).get("type") in (None, "auto")


async def test_the_schema_stands_in_the_prompt_only_where_the_model_is_not_held_to_it() -> None:
    prompts: dict[bool, str] = {}
    for native in (False, True):
        model = ScriptedModel([json.dumps({"text": "a"})])
        model.native_schema = native  # type: ignore[attr-defined]  # as adapters have it
        await Agent("x", model=model, output_schema=Answer).run("go")
        prompts[native] = model.requests[0].messages[0].content
    assert "STRUCTURED OUTPUT REQUIRED" in prompts[False] and "STRUCTURED" not in prompts[True]


class Cat(BaseModel):
    name: str
    meows: bool = True


class Dog(BaseModel):
    name: str
    barks: bool


async def test_of_a_union_the_member_that_fits_best_is_taken() -> None:
    model = ScriptedModel([json.dumps({"name": "Rex", "barks": True})])
    result = await Agent("x", model=model, output_schema=Cat | Dog).run("go")
    assert result.parsed == Dog(name="Rex", barks=True)


# ---- ways to think ------------------------------------------------------------------------------------------


async def test_a_grade_of_seven_out_of_ten_is_no_approval() -> None:
    actor = Agent("a", model=ScriptedModel(["draft one", "draft two"]))
    critic = Agent("c", model=ScriptedModel(["7/10, too long", "score: 1.0"]))
    result = await Agent("x", model="echo", architecture=ActorCritic(actor=actor, critic=critic)).run("go")
    assert result.output == "draft two"


async def test_a_critique_that_mentions_the_stop_phrase_does_not_stop() -> None:
    texts = ["draft", "I would not say there are no issues: it is too long", "shorter", "no issues"]
    result = await Agent("x", model=ScriptedModel(texts), architecture=SelfRefine()).run("go")
    assert result.output == "shorter"


async def test_a_debate_counts_answers_and_not_wordings() -> None:
    said = ["The answer is 4.", "It is four, so: 4", "5, I believe"]
    debaters = [Agent("d", model=ScriptedModel([text] * 3), name=f"d{number}") for number, text in enumerate(said)]
    result = await Agent("x", model="echo", architecture=MultiAgentDebate(debaters=debaters, rounds=0)).run("2+2?")
    assert "4" in result.output


async def test_an_agent_of_a_swarm_hands_over_to_others_only_and_the_last_one_answers() -> None:
    first = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="handoff", args={"target": "b", "message": "m"})])])
    agents = {"a": Agent("a", model=first, name="a"), "b": Agent("b", model=ScriptedModel(["the end"]), name="b")}
    way = Swarm(agents=agents, entry_agent="a", pass_full_history=False)
    result = await Agent("x", model="echo", architecture=way).run("go")
    assert result.output == "the end"
    offered = next(one for one in first.requests[0].tools if one.name == "handoff")
    assert "'a'" not in json.dumps(offered.input_schema) and '"a"' not in json.dumps(offered.input_schema)


async def test_a_team_takes_every_option_of_an_agent(tmp_path: Path) -> None:
    asked: list[str] = []

    async def no(call: ToolCall, user_id: str | None) -> bool:
        asked.append(call.tool)
        return False

    ran = Ran()
    team = Team.supervisor(
        workers={"w": Agent("w", model="echo")}, model=asks("wipe", json.dumps({"text": "end"})), tools=[ran.wipe],
        permissions=StandardPermissions(), approval_handler=no, output_schema=Answer,
        retry_policy=RetryPolicy.disabled(), auto_extract=False,
    )  # fmt: skip
    result = await team.run("go")
    assert (asked, ran.names, result.parsed) == (["wipe"], [], Answer(text="end"))


# ---- what it may cost, what was done ------------------------------------------------------------------------


async def test_a_cap_on_time_is_for_each_run_and_an_old_agent_may_still_answer() -> None:
    clock = FakeClock()
    budget = StandardBudget(BudgetConfig(max_wall_clock=timedelta(seconds=5)), clock=clock)
    agent = Agent("x", model="echo", budget=budget)
    for _ in range(3):
        assert not (await agent.run("go", user_id="alice")).interrupted
        clock.advance(3_600)


async def test_an_entry_that_was_taken_out_of_the_audit_log_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    ran = Ran()
    log = FileAuditLog(path, secret="s")
    await Agent("x", model=asks("look"), tools=[ran.look], audit_log=log).run("go", user_id="alice")
    assert (await log.verify()).ok
    lines = await anyio.Path(path).read_bytes()
    kept = lines.splitlines(keepends=True)
    await anyio.Path(path).write_bytes(b"".join(kept[:1] + kept[2:]))
    assert not (await FileAuditLog(path, secret="s").verify()).ok
