"""Plan-and-Execute: the plan in every form, each step with what came before it, and plans that are none."""

from typing import Any

import pytest
from pydantic import BaseModel

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import Plan, PlanAndExecute, PlanStep, StepResult
from loomlab.core.messages import Role, Usage

pytestmark = pytest.mark.anyio


@tool
async def weather(city: str) -> str:
    """The weather in a city."""
    return f"rain in {city}"


async def ran(agent: Agent, prompt: str = "task", **options: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    notes, result = [], {}
    async for event in agent.stream(prompt, **options):
        if event.kind == "architecture_event" and event.payload["name"].partition(".")[0] in ("plan", "parse"):
            notes.append(event.payload)
        if event.kind == "completed":
            result = event.payload["result"]
    return notes, result


def planner(model: Any, **options: Any) -> Agent:
    tools = options.pop("tools", None)
    return Agent("Be kind.", model=model, tools=tools, architecture=PlanAndExecute(**options))


async def test_it_plans_once_works_through_and_puts_together() -> None:
    model = ScriptedModel(['{"steps": ["look", "think"]}', "seen", "thought", "the answer"])
    notes, result = await ran(planner(model))
    assert [one["name"].removeprefix("plan.") for one in notes] == [
        *("planner_started", "created"),
        *("step_started", "step_completed") * 2,
        *("synthesizer_started", "completed"),
    ]
    assert result["output"] == "the answer" and result["turns"] == 4 and result["ended"] == "answered"
    second = model.requests[2].messages[-1].content
    assert "seen" in second and "think" in second and "task" in second
    last = model.requests[3].messages[-1].content
    assert "seen" in last and "thought" in last and "task" in last
    assert all("Be kind." in one.messages[0].content for one in model.requests)


@pytest.mark.parametrize(
    "plan",
    [
        '["look", "think"]',
        '```json\n["look", "think"]\n```',
        '[{"description": "look"}, {"step": "think"}]',
        '{"plan": [{"name": "look"}, "think"]}',
        "1. look\n2. think",
        "My plan:\n- look\n- think\nThat is all.",
    ],
)
async def test_a_plan_is_read_in_the_forms_that_models_use(plan: str) -> None:
    notes, result = await ran(planner(ScriptedModel([plan, "a", "b", "done"])))
    assert next(one["steps"] for one in notes if one["name"] == "plan.created") == ["look", "think"]
    assert result["output"] == "done"


@pytest.mark.parametrize(
    ("plan", "readable"), [("I would rather not.", False), ("[]", True), ("", False), ('[{"x": 1}]', False)]
)
async def test_no_plan_ends_the_run_and_says_why(plan: str, readable: bool) -> None:
    notes, result = await ran(planner(ScriptedModel([plan, "never asked"])))
    assert (
        "Planner produced no steps" in result["output"] and result["ended"] == "parse_failure" and result["turns"] == 1
    )
    names = [one["name"] for one in notes]
    assert names[-1] == "plan.empty_plan" and ("parse.failed" in names) is not readable


async def test_a_long_plan_is_cut() -> None:
    model = ScriptedModel(['["a", "b", "c", "d"]', "1", "2", "done"])
    _, result = await ran(planner(model, max_steps=2))
    assert result["turns"] == 4 and "at most 2" in model.requests[0].messages[0].content


async def test_the_planner_sees_the_tools_and_a_step_may_use_them() -> None:
    call = ScriptedTurn(tool_calls=[ToolCall(tool="weather", args={"city": "Oslo"})])
    model = ScriptedModel(['["look"]', call, "it rains", "take a coat"])
    _, result = await ran(planner(model, tools=[weather]))
    assert '"city"' in model.requests[0].messages[0].content and not model.requests[0].tools
    assert [one.content for one in model.requests[2].messages if one.role is Role.TOOL] == ["rain in Oslo"]
    assert result["output"] == "take a coat" and not model.requests[3].tools


async def test_tools_can_be_kept_from_the_executor() -> None:
    model = ScriptedModel(['["look"]', "seen", "done"])
    await ran(planner(model, tools=[weather], executor_tools=False))
    assert not any(one.tools for one in model.requests) and "weather" not in model.requests[0].messages[0].content


async def test_each_role_may_have_a_model_of_its_own() -> None:
    roles = {
        name: ScriptedModel([text])
        for name, text in {"planner": '["a"]', "executor": "x", "synthesizer": "end"}.items()
    }
    agent = planner(ScriptedModel(["unused"]), **{f"{name}_model": model for name, model in roles.items()})
    _notes, result = await ran(agent)
    assert result["output"] == "end" and all(one.remaining == 0 for one in roles.values())


async def test_prompts_can_be_replaced() -> None:
    model = ScriptedModel(['["a"]', "x", "end"])
    await ran(planner(model, planner_prompt="P {max_steps}", executor_prompt="E", synthesizer_prompt="S"))
    assert [one.messages[0].content.split("\n\n")[1] for one in model.requests] == ["P 8", "E", "S"]


async def test_a_typed_answer_is_asked_of_the_synthesizer_only() -> None:
    class City(BaseModel):
        name: str

    model = ScriptedModel(['["a"]', "x", '{"name": "Oslo"}'])
    result = await planner(model).run("task", output_schema=City)
    assert result.parsed == City(name="Oslo")
    told = ["STRUCTURED OUTPUT" in one.messages[0].content for one in model.requests]
    assert told == [False, False, True] and model.requests[2].output_schema is City


async def test_what_there_is_stays_when_a_cap_stops_it() -> None:
    _notes, result = await ran(
        Agent("x", model=ScriptedModel(['["a", "b"]', "first"]), architecture=PlanAndExecute(), max_turns=2)
    )
    assert result["output"] == "first" and result["ended"] == "turn_cap"


async def test_the_plan_and_its_results_are_kept_in_the_session() -> None:
    kept: dict[str, Any] = {}

    class Keeping(PlanAndExecute):
        async def run(self, session: Any, deps: Any, prompt: str) -> Any:
            async for event in super().run(session, deps, prompt):
                yield event
            kept.update(session.metadata)

    await Agent("x", model=ScriptedModel(['["a"]', "x", "end"]), architecture=Keeping()).run("task")
    assert kept["plan"] == Plan([PlanStep("step_1", "a")]) and kept["step_results"] == [StepResult("step_1", "a", "x")]


async def test_costs_are_split_by_role() -> None:
    turns = [ScriptedTurn(text, usage=Usage(input_tokens=1)) for text in ('["a"]', "x", "end")]
    roles = [
        event.payload["role"]
        async for event in planner(ScriptedModel(turns)).stream("task")
        if event.kind == "model_chunk" and "call" in event.payload
    ]
    assert roles == ["planner", "executor", "synthesizer"]


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="max_steps"):
        PlanAndExecute(max_steps=0)
