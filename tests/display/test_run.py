import re
from html.parser import HTMLParser
from typing import Any

import pytest
from golden import assert_golden
from safe import words, wrong

from loomlab.core import Event, EventKind, ToolCall, ToolResult
from loomlab.display import RunTrace, run_html, run_text
from loomlab.display.run import TEXT_CAP
from loomlab.display.theme import HTML_CAP
from loomlab.testing.events import sample_run

STORIES: dict[str, dict[str, Any]] = {
    "answered": {},
    "everything": {
        "user_id": "alice",
        "memory": True,
        "denied": True,
        "failing": True,
        "nested": True,
        "tools": 2,
        "agent": "manager",
        "architecture": "supervisor",
        "answer": "Take a **coat**.\n\n- [map](https://a.example/m)\n- ![sky](http://a.example/s)",
    },
    "error": {"ending": "error"},
    "max_turns": {"ending": "max_turns"},
    "budget": {"ending": "budget"},
    "cancelled": {"ending": "cancelled", "denied": True},
    "running": {"ending": "running"},
    "unknown_price": {"cost_usd": None},
    "no_tools": {"tools": 0, "answer": ""},
}


@pytest.mark.parametrize("story", STORIES)
def test_the_faces_of_a_run_are_the_ones_we_looked_at(story: str):
    events = sample_run(**STORIES[story])
    assert_golden(f"run_{story}.html", run_html(RunTrace(events)))
    assert_golden(f"run_{story}.txt", run_text(RunTrace(events)) + "\n")


def test_the_faces_of_several_runs_are_the_ones_we_looked_at():
    endings: tuple[Any, ...] = ("answered", "error", "max_turns")
    runs = [
        sample_run(run_id=f"run_{n}", session_id=f"s{n}", prompt=f"question {n}", ending=ending, user_id="alice")
        for n, ending in enumerate(endings)
    ]
    trace = RunTrace(one for events in runs for one in events)
    assert_golden("runs.html", run_html(trace))
    assert_golden("runs.txt", run_text(trace) + "\n")


def test_the_same_events_give_the_same_bytes():
    events = sample_run(**STORIES["everything"])
    assert run_html(RunTrace(events)) == run_html(RunTrace(events))


def test_the_answer_comes_first_then_the_facts_then_the_trace_folded():
    html = run_html(RunTrace(sample_run(user_id="alice")))
    order = [html.index(part) for part in ("take a jacket", 'class="facts"', "<details>", "<table", "Messages sent")]
    assert order == sorted(order)
    said = words(html)
    assert "✓ answered · react · scripted · 2 turns · 300 in · 40 out · $0.00240 · 884 ms · user alice" in said


@pytest.mark.parametrize("story", ["error", "max_turns", "budget", "cancelled"])
def test_a_run_that_did_not_answer_says_what_why_and_the_remedy_and_opens_its_trace(story: str):
    html = run_html(RunTrace(sample_run(**STORIES[story])))
    assert "<details open" in html
    text = run_text(RunTrace(sample_run(**STORIES[story])))
    expected = {
        "error": ["The run failed.", "RateLimitError (openai): the provider asks to slow down", "Wait 2 s", "✕ failed"],
        "max_turns": [
            "The run ended before it was done.",
            "The cap on turns was reached.",
            "Raise max_turns",
            "! interrupted",
        ],
        "budget": [
            "The run ended before it was done.",
            "The budget is spent: max_tokens.",
            "Raise the budget",
            "! interrupted",
        ],
        "cancelled": ["The run was stopped.", "Run it again", "✕ stopped"],
    }[story]
    for face in (words(html), text):
        order = [face.index(part) for part in expected]
        assert order == sorted(order)


def test_state_is_never_told_by_colour_alone():
    for story in STORIES.values():
        for css, mark in (("ok", "✓"), ("no", "✕"), ("hm", "!")):
            for inside in re.findall(rf'class="{css}">([^<]*)<', run_html(RunTrace(sample_run(**story)))):
                assert mark in inside


class Structure(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.inside: list[str] = []
        self.summaries = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "th" and "scope" not in given:
            self.problems.append("th without scope")
        if tag == "svg" and not (given.get("role") == "img" and given.get("aria-label")):
            self.problems.append("picture without a text twin")
        if tag == "details":
            self.inside.append("details")
        if tag == "summary":
            self.summaries += 1


def test_tables_pictures_and_folds_can_be_read_aloud():
    html = run_html(RunTrace(sample_run(**STORIES["everything"])))
    structure = Structure(html)
    assert structure.problems == []
    assert structure.summaries == len(structure.inside) > 3
    assert 'aria-label="from 85.5 ms' in html or 'aria-label="from ' in html
    assert "aria-live" not in html


def test_a_title_stands_above():
    assert words(run_html(RunTrace(sample_run()), title="My <run>")).startswith("My <run>")
    assert run_text(RunTrace(sample_run()), title="My\nrun").startswith("My run\n\n")


def test_an_empty_trace_and_an_empty_answer_say_so():
    assert "No run has begun yet." in run_html(RunTrace())
    assert run_text(RunTrace()) == "No run has begun yet."
    assert "(an empty answer)" in run_html(RunTrace(sample_run(answer="", tools=0)))


def test_typed_output_is_shown_as_data():
    events = sample_run(answer='{"celsius": 12}')
    typed = events[-1].part("result").model_copy(update={"parsed": {"celsius": 12, "note": "**no** <b>markup</b>"}})
    last = Event(EventKind.COMPLETED, "s", parts={"result": typed}, run_id=events[0].run_id)
    html = run_html(RunTrace([*events[:-1], last]))
    assert "&lt;b&gt;markup" in html
    assert '"celsius": 12' in words(html)
    assert '"celsius": 12' in run_text(RunTrace([*events[:-1], last]))


def stretched(turns: int, output: str, answer: str = "done") -> RunTrace:
    run: dict[str, Any] = {"run_id": "run_L"}
    trace = RunTrace(sample_run(run_id="run_L", tools=0, answer=answer)[:1])
    for turn in range(turns):
        call = ToolCall(id=f"c{turn}", tool="look", args={"turn": turn, "text": output})
        result = ToolResult.success(call.id, output, duration_ms=3.0)
        trace.feed(
            Event(
                EventKind.TOOL_CALL, "s", parts={"call": call, "turn": 1, "slot": turn, "offset_ms": turn * 3.0}, **run
            )
        )
        trace.feed(
            Event(EventKind.TOOL_RESULT, "s", parts={"result": result, "tool": "look", "turn": 1, "slot": turn}, **run)
        )
    trace.feed(sample_run(run_id="run_L", tools=0, answer=answer)[-1])
    return trace


@pytest.mark.parametrize(
    ("turns", "output", "answer"),
    [
        (3, "short", "done"),
        (5, "x" * 30_000, "done"),
        (60, "long " * 400, "done"),
        (300, "<b>&" * 50, "done"),
        (3_000, "y", "done"),
        (40, "漢字" * 500, "é" * 30_000),
        (0, "", "<" * 60_000),
        (200, "&\"'<>" * 100, "&\"'<>" * 20_000),
    ],
)
def test_an_output_keeps_within_its_size_and_names_what_it_left_out(turns: int, output: str, answer: str):
    trace = stretched(turns, output, answer)
    html, text = run_html(trace), run_text(trace)
    assert len(html.encode()) <= HTML_CAP
    assert len(text.encode()) <= TEXT_CAP
    assert len(html.encode()) + len(text.encode()) <= 64 * 1024
    assert wrong(html) == []
    whole = turns <= 5 and len(output) < 100 and len(answer) < 10_000
    assert ("Not shown, to keep this output under 64 KB" in html or "more characters)" in html) is not whole


def test_folds_go_first_then_details_then_rows():
    few = run_html(stretched(12, "x" * 5_000))
    assert "Not shown, to keep this output under 64 KB: raw events" in few
    assert "steps" not in few.split("Not shown")[1]
    many = run_html(stretched(1_000, "x" * 200))
    assert re.search(r"raw events, JSON, long arguments and results, [\d,]+ of 1,000 steps", many)
    assert "look(turn=0" in words(many)
    assert "look(turn=999" in words(many)
    assert re.search(r"… 9\d\d steps …", many)


def test_the_messages_sent_are_shown_once_each():
    html = run_html(RunTrace(sample_run()))
    assert html.count("You are helpful.") == 1
    assert "turn 2 · after 2 sent before" in words(html)
