"""Workflows as a person reads them: steps in order, agents inside of their step, several ways side by side."""

import pytest
from golden import assert_golden
from hostile import PAYLOADS
from safe import words, wrong
from workflows import Told, sample_workflow

from loomlab.core import EventKind
from loomlab.display import RunTrace, live_html, run_html, run_text, snapshot
from loomlab.display.run import TEXT_CAP
from loomlab.display.theme import HTML_CAP


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


def test_a_step_that_nothing_told_of_before_and_one_that_never_ended_are_shown_all_the_same() -> None:
    told = Told()
    told.start("go")
    told.end("late", 3, "here")
    told.begin("open", 4)
    told.add(EventKind.ERROR, type="RuntimeError", message="gone")
    text = run_text(RunTrace(told.events))
    assert "late" in text and "→ here" in text and "✕ failed — not finished" in text
