"""ReWOO: what the planner is held to, how results find their places, and plans that cannot run."""

import json
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab import Agent, ScriptedModel, StandardPermissions, tool
from loomlab.architecture import ReWOO, ReWOOPlan, ReWOOStep, ReWOOStepResult
from loomlab.architecture.rewoo_draft import draft_for
from loomlab.architecture.rewoo_plan import filled
from loomlab.core.messages import ToolDef

pytestmark = pytest.mark.anyio


@tool
async def search(query: str) -> dict[str, Any]:
    """Find a page."""
    return {"url": f"http://{query}", "hits": [1, 2, 3]}


@tool
async def fetch(url: str) -> str:
    """Read a page."""
    return f"text of {url}"


@tool
async def fail() -> str:
    """Always breaks."""
    raise RuntimeError("no network")


TOOLS = [search, fetch, fail]


def step(id: str, tool: str, **args: Any) -> dict[str, Any]:
    return {"id": id, "tool": tool, "args": args}


async def ran(
    plan: Any, *, agent: dict[str, Any] | None = None, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, Any], Any]:
    model = ScriptedModel([plan if isinstance(plan, str) else json.dumps(plan), "the answer"])
    notes, result = [], {}
    made = Agent("Be kind.", model=model, architecture=ReWOO(**options), **{"tools": TOOLS, **(agent or {})})
    async for event in made.stream("task"):
        if event.kind == "architecture_event" and event.payload["name"].partition(".")[0] in ("rewoo", "parse"):
            notes.append(event.payload)
        if event.kind == "completed":
            result = event.payload["result"]
    return notes, result, model


def outcome(notes: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["step"]: one["error"] or one["output"] for one in notes if one["name"] == "rewoo.step_completed"}


async def test_two_model_calls_whatever_the_tools_and_results_flow_along() -> None:
    plan = [
        step("E1", "search", query="loom"),
        step("E2", "fetch", url="{{E1.url}}"),
        step("E3", "search", query="b {{E2}}"),
    ]
    notes, result, model = await ran(plan)
    assert result["turns"] == 2 and result["output"] == "the answer" and result["ended"] == "answered"
    assert outcome(notes)["E2"] == "text of http://loom"
    assert outcome(notes)["E3"].startswith('{"url": "http://b text of')
    evidence = model.requests[1].messages[-1].content
    assert "text of http://loom" in evidence and "task" in evidence and not model.requests[1].tools


async def test_the_planner_sees_the_tools_and_is_held_to_them() -> None:
    _, _, model = await ran([])
    assert '"query"' in model.requests[0].messages[0].content
    schema = json.dumps(model.requests[0].output_schema.model_json_schema())
    assert '"search"' in schema and '"url"' in schema


async def test_steps_of_a_level_run_together_and_levels_one_after_another() -> None:
    plan = [step("E1", "search", query="a"), step("E2", "search", query="b"), step("E3", "fetch", url="{{E1}}")]
    notes, _, _ = await ran(plan)
    assert [one["steps"] for one in notes if one["name"] == "rewoo.level_started"] == [["E1", "E2"], ["E3"]]


@pytest.mark.parametrize(("parallel", "together"), [(True, 2), (False, 1)])
async def test_a_level_may_be_told_to_take_turns(parallel: bool, together: int) -> None:
    inside, most = 0, 0

    @tool
    async def look() -> str:
        """Look."""
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await anyio.wait_all_tasks_blocked()
        inside -= 1
        return "seen"

    await ran([step("E1", "look"), step("E2", "look")], agent={"tools": [look]}, parallel_levels=parallel)
    assert most == together


async def test_a_failing_step_is_its_own_error_and_the_others_go_on() -> None:
    plan = [step("E1", "fail"), step("E2", "fetch", url="{{E1}}"), step("E3", "search", query="x"), step("E4", "nope")]
    notes, result, model = await ran(plan)
    told = outcome(notes)
    assert "no network" in told["E1"] and told["E2"] == "not run, because E1 failed"
    assert "http://x" in told["E3"] and "nope" in told["E4"]
    assert result["ended"] == "answered" and "FAILED: not run" in model.requests[1].messages[-1].content


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ([step("E1", "fetch", url="{{E7}}")], "refers to E7"),
        ([step("E1", "search", query="x"), step("E2", "fetch", url="{{E1.nope}}")], "no part 'nope'"),
        ([step("E1", "search", query="x"), step("E2", "fetch", url="{{E1.hits[9]}}")], "no part '9'"),
    ],
)
async def test_a_reference_to_nothing_is_an_error_of_that_step(plan: Any, told: str) -> None:
    notes, _, _ = await ran(plan)
    assert told in list(outcome(notes).values())[-1]


@pytest.mark.parametrize(
    ("plan", "note", "said"),
    [
        ([step("E1", "fetch", url="{{E2}}"), step("E2", "fetch", url="{{E1}}")], "rewoo.cyclic_plan", "cyclic"),
        ([step("E1", "fetch", url="{{E1}}")], "rewoo.cyclic_plan", "cyclic"),
        ([], "rewoo.empty_plan", "no steps"),
        ("I can't.", "rewoo.empty_plan", "no steps"),
        ([step("E1", "fail"), step("E1", "fail")], "rewoo.empty_plan", "no steps"),
        ('{"tools": 3}', "rewoo.empty_plan", "no steps"),
    ],
)
async def test_a_plan_that_cannot_run_ends_before_any_tool(plan: Any, note: str, said: str) -> None:
    notes, result, _ = await ran(plan)
    assert notes[-1]["name"] == note and said in result["output"]
    assert result["ended"] == "parse_failure" and result["turns"] == 1 and outcome(notes) == {}


async def test_steps_with_the_same_name_are_told_as_unreadable() -> None:
    notes, _, _ = await ran([step("E1", "fail"), step("E1", "fail")])
    assert "more than one step called E1" in next(one["cause"] for one in notes if one["name"] == "parse.failed")


@pytest.mark.parametrize(
    "plan",
    [
        '```json\n[{"id": "E1", "tool": "search", "args": {"query": "x"}}]\n```',
        '{"steps": [{"tool": "search", "args": {"query": "x"}}]}',
        '{"plan": [{"id": "#E1", "tool": "search", "arguments": {"query": "x"}}]}',
        'I will look: {"id": "E1", "tool": "search", "args": {"query": "x"}}',
    ],
)
async def test_a_plan_is_read_in_the_forms_that_models_use(plan: str) -> None:
    notes, _, _ = await ran(plan)
    assert "http://x" in outcome(notes)["E1"]


async def test_a_denied_step_is_denied_and_if_all_are_the_run_says_so() -> None:
    denied = {"permissions": StandardPermissions(denied_tools=["search"])}
    _notes, result, model = await ran([step("E1", "search", query="x")], agent=denied)
    assert result["ended"] == "denied" and "DENIED" in model.requests[1].messages[-1].content
    _, result, _ = await ran([step("E1", "fail")])
    assert result["ended"] == "tool_error"


async def test_a_long_plan_is_cut() -> None:
    plan = [step(f"E{n}", "search", query="x") for n in range(1, 6)]
    notes, _, _ = await ran(plan, max_steps=2)
    assert list(outcome(notes)) == ["E1", "E2"]


def test_a_step_knows_what_it_waits_for() -> None:
    args = {"a": "{{E2}} and {{ E1.x }}", "b": {"c": ["{{E10}}", 3]}, "d": "{{E2}}"}
    assert ReWOOStep("E11", "t", args).depends_on == ["E1", "E10", "E2"]
    assert ReWOOStep("E1", "t").depends_on == [] and ReWOOStepResult("E1", "t", 3).error is None


def test_a_place_that_is_the_whole_argument_keeps_its_type() -> None:
    outputs = {"E1": {"n": [1, 2]}, "E2": "x"}
    args = {"whole": "{{E1}}", "part": "{{E1.n[1]}}", "inside": "n={{E1.n}} {{E2}}", "deep": [{"k": "{{E2}}"}], "n": 5}
    assert filled(args, outputs) == {
        "whole": {"n": [1, 2]},
        "part": 2,
        "inside": "n=[1, 2] x",
        "deep": [{"k": "x"}],
        "n": 5,
    }


@given(edges=st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_levels_run_everything_once_after_what_it_needs_or_not_at_all(edges: set[tuple[int, int]]) -> None:
    steps = [ReWOOStep(f"E{n}", "t", {"a": [f"{{{{E{b}}}}}" for a, b in sorted(edges) if a == n]}) for n in range(7)]
    levels = ReWOOPlan(steps).levels()
    if levels is None:
        assert edges
        return
    place = {one.id: number for number, level in enumerate(levels) for one in level}
    assert sorted(place) == sorted(one.id for one in steps)
    assert all(place[f"E{b}"] < place[f"E{a}"] for a, b in edges)


def test_every_tool_has_its_own_form_and_references_fit_anywhere() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    draft = draft_for([ToolDef(name="count", description="", input_schema=schema), ToolDef(name="now", description="")])
    assert (
        draft.model_validate({"steps": [{"id": "E1", "tool": "count", "args": {"n": "{{E1}}"}}]}).steps[0].tool
        == "count"
    )
    with pytest.raises(ValueError, match="tool"):
        draft.model_validate({"steps": [{"id": "E1", "tool": "other", "args": {}}]})
    assert "anyOf" in json.dumps(draft.model_json_schema())


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="max_steps"):
        ReWOO(max_steps=0)
