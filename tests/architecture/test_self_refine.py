"""Self-Refine: it ends when the review finds nothing, and not before."""

from typing import Any

import pytest
from pydantic import BaseModel

from loomlab import Agent, ScriptedModel
from loomlab.architecture import ReAct, SelfRefine, resolve_architecture
from loomlab.core import ConfigError

pytestmark = pytest.mark.anyio


async def events_of(model: ScriptedModel, **options: Any) -> tuple[list[str], Any]:
    names, result = [], None
    async for event in Agent("x", model=model, architecture=SelfRefine(**options)).stream("task"):
        if event.kind == "architecture_event" and event.payload["name"].startswith("self_refine"):
            names.append(event.payload["name"].removeprefix("self_refine."))
        if event.kind == "completed":
            result = event.payload["result"]
    return names, result


async def test_it_refines_until_the_review_finds_nothing() -> None:
    names, result = await events_of(ScriptedModel(["draft", "too short", "longer draft", "No issues."]))
    assert names == ["round_started", "critique", "refined", "round_started", "critique", "converged"]
    assert result["output"] == "longer draft" and result["turns"] == 4


@pytest.mark.parametrize("review", ["There are no issues with tone, but the date is wrong.", "no issues with A, yet B"])
async def test_a_review_that_only_mentions_the_phrase_goes_on(review: str) -> None:
    names, result = await events_of(ScriptedModel(["draft", review, "better", "no issues"]))
    assert "refined" in names and result["output"] == "better"


@pytest.mark.parametrize("review", ["no issues", "No issues!", "**No issues**", "I looked closely.\n- no issues\n"])
async def test_a_line_that_is_the_phrase_ends_it(review: str) -> None:
    names, result = await events_of(ScriptedModel(["draft", review]))
    assert names[-1] == "converged" and result["output"] == "draft"


async def test_it_ends_after_the_last_round() -> None:
    names, result = await events_of(ScriptedModel(["d0", "bad", "d1", "bad", "d2"]), max_rounds=2)
    assert names[-1] == "max_rounds_reached" and result["output"] == "d2" and result["turns"] == 5


async def test_the_critic_sees_task_and_answer_and_its_prompt_can_be_changed() -> None:
    model = ScriptedModel(["draft", "all good"])
    await events_of(model, critic_prompt="Say {stop_phrase} if fine.", stop_phrase="all good")
    system, user = model.requests[1].messages
    assert system.content == "Say all good if fine." and "task" in user.content and "draft" in user.content


async def test_it_wraps_another_strategy_and_stops_where_that_one_was_stopped() -> None:
    from loomlab import ScriptedTurn, ToolCall, tool

    @tool
    async def loop() -> str:
        """Loop."""
        return ""

    model = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="loop")])] * 3)
    agent = Agent("x", model=model, tools=[loop], architecture=SelfRefine(base=ReAct(max_turns=2)))
    result = await agent.run("go")
    assert result.interruption_reason == "max_turns_exceeded" and result.turns == 2


async def test_typed_answers_survive_refinement() -> None:
    class Shape(BaseModel):
        x: int

    model = ScriptedModel(['{"x": 1}', "x should be 2", '{"x": 2}', "no issues"])
    result = await Agent("x", model=model, architecture="self-refine").run("go", output_schema=Shape)
    assert result.parsed == Shape(x=2)


def test_rounds_are_checked() -> None:
    with pytest.raises(ValueError, match="max_rounds"):
        SelfRefine(max_rounds=0)
    with pytest.raises(ValueError, match="max_turns"):
        ReAct(max_turns=0)


def test_names_resolve_and_options_go_with_names() -> None:
    assert resolve_architecture(None).name == "react" and resolve_architecture("Self_Refine").name == "self-refine"
    own = ReAct()
    assert resolve_architecture(own) is own
    assert resolve_architecture("self-refine", max_rounds=1).max_rounds == 1  # type: ignore[attr-defined]
    for bad in ("tree-of-thought", ReAct, 3):
        with pytest.raises(ConfigError):
            resolve_architecture(bad)
    with pytest.raises(ConfigError, match="rounds"):
        resolve_architecture("self-refine", rounds=1)
    with pytest.raises(ConfigError, match="instance"):
        resolve_architecture(own, max_turns=3)
