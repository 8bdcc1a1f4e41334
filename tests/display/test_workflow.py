"""Workflows as a person reads them: steps in order, agents inside of their step, several ways side by side."""

from typing import Any

import pytest
from golden import assert_golden
from hostile import PAYLOADS
from safe import words, wrong
from workflows import Told, sample_workflow

from loomlab.core import EndReason, Event, EventKind, RunResult, Usage
from loomlab.display import RunTrace, live_html, mimebundle, result_text, run_html, run_text, snapshot
from loomlab.display.run import TEXT_CAP
from loomlab.display.theme import HTML_CAP
from loomlab.display.workflow_result import workflow_html, workflow_text
from loomlab.testing.events import sample_run
from loomlab.workflow import StepTaken, WorkflowResult


@pytest.mark.parametrize("ending", ["answered", "error", "budget", "running"])
def test_the_faces_of_a_workflow_are_the_ones_we_looked_at(ending: str) -> None:
    trace = RunTrace(sample_workflow(ending=ending))
    assert_golden(f"workflow_{ending}.html", run_html(trace))
    assert_golden(f"workflow_{ending}.txt", run_text(trace) + "\n")


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_what_a_workflow_says_of_itself_never_runs(text: str) -> None:
    for ending in ("answered", "error", "budget", "running"):
        trace = RunTrace(sample_workflow(ending=ending, text=text))
        shot = snapshot(trace)
        live = "".join(f"<table><tr>{row['html']}</tr></table>" for row in shot["rows"])
        for html in (run_html(trace), live_html(trace), live):
            assert wrong(html) == []


def test_an_agent_alone_in_its_step_has_no_line_of_its_own_and_one_of_several_has() -> None:
    text = run_text(RunTrace(sample_workflow()))
    lines = [line.split("  ")[0] for line in text.splitlines()]
    assert "draft" in lines and "writer" not in lines
    assert any(line.startswith("  polish") and "editor" in line for line in text.splitlines())


def test_ways_beside_each_other_are_shown_in_the_order_of_the_ways() -> None:
    text = run_text(RunTrace(sample_workflow()))
    assert text.index("on the left") < text.index("on the right")


def test_the_line_of_now_names_the_step() -> None:
    trace = RunTrace(sample_workflow(ending="running"))
    assert trace.now == "workflow · step check"
    assert "check · visit 2" in words(live_html(trace))


def test_a_workflow_of_thousands_of_steps_stays_small() -> None:
    told = Told()
    told.start("go")
    for number in range(5_000):
        told.step(f"step {number}", number, 1, "x" * 300, visit=number + 1)
    told.finish("done", 5_000)
    trace = RunTrace(told.events)
    assert len(run_html(trace).encode()) <= HTML_CAP and len(run_text(trace).encode()) <= TEXT_CAP
    assert trace.counts.steps == 5_000


def result(**more: Any) -> WorkflowResult:
    usage = Usage(input_tokens=40, output_tokens=12, cost_usd=0.0004)
    steps = [
        StepTaken("draft", 1, "Dear Bob, thank you.", 1, usage, 400.0),
        StepTaken("check", 1, {"good": False}),
        StepTaken("check", 2, ["yes", 1.5]),
    ]
    given = {"output": "Dear **Bob**", "steps": steps, "workflow": "letters", "usage": usage, "turns": 1, **more}
    return WorkflowResult(visited=[one.node for one in steps], user_id="alice", duration_ms=412.0, **given)


STOPPED: dict[str, Any] = {
    "interrupted": True,
    "interruption_reason": "draft:budget:max_tokens",
    "ended": EndReason.BUDGET,
}
RESULTS: dict[str, dict[str, Any]] = {
    "text": {},
    "data": {"output": {"to": "Bob", "lines": ["thanks"]}},
    "stopped": {"interrupted": True, "interruption_reason": "draft:budget:max_tokens", "ended": EndReason.BUDGET},
    "functions": {"turns": 0, "usage": Usage(), "steps": [StepTaken("inc", 1, 2)], "output": 2},
}


@pytest.mark.parametrize("name", RESULTS)
def test_the_faces_of_a_result_are_the_ones_we_looked_at(name: str) -> None:
    assert_golden(f"workflow_result_{name}.html", workflow_html(result(**RESULTS[name])))
    assert_golden(f"workflow_result_{name}.txt", workflow_text(result(**RESULTS[name])) + "\n")


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_what_a_result_holds_never_runs(text: str) -> None:
    evil = result(
        output=text,
        workflow=text,
        steps=[StepTaken(text, 2, {text: [text]})],
        interrupted=True,
        interruption_reason=text,
    )
    for shown in (evil, result(output={text: text})):
        bundle = mimebundle(shown)
        assert bundle is not None and wrong(bundle["text/html"]) == []


def test_a_result_of_anything_at_all_is_shown_and_stays_small() -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    many = [StepTaken(f"step {number}", 1, "x" * 5_000) for number in range(500)]
    for one in (result(output=Hostile()), result(output="y" * 200_000, steps=many), result(output=None, steps=[])):
        assert len(workflow_html(one).encode()) <= HTML_CAP and workflow_text(one)


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (EndReason.PARSE_FAILURE, "! unreadable reply"),
        (EndReason.FORCED_ANSWER, "! forced answer"),
        (EndReason.TOOL_ERROR, "! tools failed"),
        (EndReason.DENIED, "! tools denied"),
        (EndReason.STOPPED, "! stopped early"),
        (EndReason.ANSWERED, "✓ answered"),
    ],
)
def test_an_answer_that_was_not_reached_as_meant_says_so(ended: EndReason, said: str) -> None:
    assert said in workflow_text(result(ended=ended))
    events = sample_run()
    plain: RunResult = events[-1].part("result")
    changed = plain.model_copy(update={"ended": ended})
    assert said in result_text(changed)
    last = Event(EventKind.COMPLETED, changed.session_id, parts={"result": changed}, run_id=changed.run_id)
    assert said in run_text(RunTrace([*events[:-1], last]))


def test_a_step_that_nothing_told_of_before_and_one_that_never_ended_are_shown_all_the_same() -> None:
    told = Told()
    told.start("go")
    told.end("late", 3, "here")
    told.begin("open", 4)
    told.add(EventKind.ERROR, type="RuntimeError", message="gone")
    text = run_text(RunTrace(told.events))
    assert "late" in text and "→ here" in text and "✕ failed — not finished" in text
