"""A run as a tree of spans: where each is, when it was, what it used, and that the parts make the whole."""

from typing import Any

import anyio
import pytest

from loomlab import Agent, Event, EventKind, ScriptedModel, ScriptedTurn, ToolCall, Usage, Workflow
from loomlab.core import ConfigError
from loomlab.runlog import RunLog, TraceSpan, recording, spans
from loomlab.testing.events import sample_run

pytest.importorskip("duckdb")


def lines(span: TraceSpan) -> list[str]:
    return [f"{'  ' * depth}{one.kind} {one.name} {one.status}" for depth, one in span.walk()]


def test_a_run_holds_its_model_calls_tools_and_the_runs_inside_of_its_tools() -> None:
    (run,) = spans(sample_run(nested=True, denied=True, failing=True, memory=True))
    assert lines(run) == [
        "run agent answered",
        "  memory recall ok",
        "  model agent ok",
        "  tool get_weather ok",
        "  tool delete_file denied",
        "  tool search failed",
        "  tool ask_expert ok",
        "    run expert answered",
        "      model agent ok",
        "  model agent ok",
        "  memory remember ok",
    ]
    calls = [one for _, one in run.walk() if one.kind == "model"]
    assert sum(one.tokens_in for one in calls) == run.tokens_in
    assert sum(one.tokens_out for one in calls) == run.tokens_out
    assert sum(one.cost_usd or 0 for one in calls) == pytest.approx(run.cost_usd)
    assert all(one.start_ms is not None and one.start_ms >= 0 for _, one in run.walk())


def test_what_went_in_and_came_out_is_there_as_text() -> None:
    (run,) = spans(sample_run(denied=True))
    by_name = {one.name: one for _, one in run.walk()}
    assert run.given.startswith("What should I wear") and run.said.startswith("Light rain")
    assert by_name["get_weather"].given == '{"city":"Lyon","days":1}'
    assert by_name["delete_file"].said == "destructive"
    first = next(one for _, one in run.walk() if one.kind == "model")
    assert first.calls == ["get_weather", "delete_file"] and first.by == "scripted"


@pytest.mark.parametrize(("ending", "status"), [("error", "error"), ("max_turns", "turn_cap"), ("running", "open")])
def test_a_run_that_did_not_answer_says_why(ending: Any, status: str) -> None:
    (run,) = spans(sample_run(ending=ending))
    assert run.status == status
    if ending == "error":
        assert "RateLimitError" in run.said and run.tokens_in > 0
    if ending == "running":
        assert run.duration_ms is None


def test_a_price_that_is_not_known_stays_unknown() -> None:
    (run,) = spans(sample_run(cost_usd=None))
    assert run.cost_usd is None


def test_events_without_a_beginning_or_with_odd_payloads_do_no_harm() -> None:
    odd = [
        Event(EventKind.TOOL_RESULT, "s", None, {"result": {"call_id": "x"}}, run_id="r"),
        Event(EventKind.MODEL_CHUNK, "s", None, {}, run_id="r"),
        Event(EventKind.COMPLETED, "s", None, {"result": None}, run_id="r"),
        Event(EventKind.WORKFLOW_STEP_COMPLETED, "s", None, {}, run_id="r"),
        Event(EventKind.ERROR, "s", None, {}, run_id="q", parent_run_id="r"),
    ]
    (run,) = spans(odd)
    assert [one.kind for _, one in run.walk()] == ["run", "model", "run"]
    assert spans([]) == []


def test_the_log_gives_the_tree_of_a_workflow_with_sums_that_add_up(log: RunLog) -> None:
    used = Usage(input_tokens=10, output_tokens=5, cost_usd=0.5)
    helper = Agent("hi", model=ScriptedModel([ScriptedTurn(text="h", usage=used)] * 4), name="helper")
    turns = [ScriptedTurn(tool_calls=[ToolCall(tool="helper", args={"input": "x"})], usage=used)]
    boss = Agent(
        "hi", model=ScriptedModel([*turns, ScriptedTurn(text="b", usage=used)]), name="boss", tools=[helper.as_tool()]
    )
    flow = Workflow.chain([boss, Workflow.parallel([helper, len], name="both")], name="outer")
    with recording(log):
        result = anyio.run(lambda: flow.run("go", user_id="alice"))
        anyio.run(lambda: Workflow.chain([helper], name="other").run("go", user_id="bob"))
    trace = log.trace(result.run_id)
    assert [line for line in lines(trace) if "memory" not in line] == [
        "run outer answered",
        "  step boss ok",
        "    run boss answered",
        "      model agent ok",
        "      tool helper ok",
        "        run helper answered",
        "          model agent ok",
        "      model agent ok",
        "  step both ok",
        "    run both answered",
        "      step fan_out ok",
        "        step helper ok",
        "          run helper answered",
        "            model agent ok",
        "        step len ok",
    ]
    calls = [one for _, one in trace.walk() if one.kind == "model"]
    assert (trace.tokens_in, trace.tokens_out, trace.cost_usd) == (40, 20, 2.0)
    assert sum(one.tokens_in for one in calls) == 40 and sum(one.cost_usd or 0 for one in calls) == 2.0
    steps = {one.name: one.tokens_in for one in trace.children}
    assert steps == {"boss": 30, "both": 10}
    frame = trace.frame()
    assert list(frame["depth"][:3]) == [0, 1, 2] and list(frame["kind"][:3]) == ["run", "step", "run"]
    assert log.trace("last").name == "other"
    with pytest.raises(ConfigError):
        log.trace(result.run_id, user_id="bob")
