"""Runs side by side, and a run as a tree of spans: what a person sees of them."""

from html.parser import HTMLParser
from typing import Any

import pytest
from golden import assert_golden
from hostile import PAYLOADS
from safe import words, wrong
from workflows import sample_workflow

from loomlab.display import mimebundle
from loomlab.display.run import TEXT_CAP
from loomlab.display.spans import trace_html, trace_text
from loomlab.display.theme import HTML_CAP
from loomlab.display.trajectory import alignment_html, alignment_text
from loomlab.runlog import TraceSpan, align, spans
from loomlab.testing.events import sample_run

STORIES: dict[str, list[Any]] = {
    "same": [sample_run(tools=2), sample_run(tools=2, run_id="run_2")],
    "parted": [sample_run(tools=2), sample_run(failing=True, answer="Go home.")],
    "three": [sample_run(tools=2), sample_run(ending="max_turns"), sample_run(tools=2, nested=True, denied=True)],
    "failed": [sample_run(), sample_run(ending="error")],
    "workflows": [sample_workflow(), sample_workflow(ending="error")],
}


@pytest.mark.parametrize("story", STORIES)
def test_the_faces_of_an_alignment_are_the_ones_we_looked_at(story: str) -> None:
    alignment = align(STORIES[story])
    assert_golden(f"alignment_{story}.html", alignment_html(alignment))
    assert_golden(f"alignment_{story}.txt", alignment_text(alignment) + "\n")


@pytest.mark.parametrize("story", ["everything", "workflow"])
def test_the_faces_of_a_trace_are_the_ones_we_looked_at(story: str) -> None:
    events = (
        sample_workflow() if story == "workflow" else sample_run(nested=True, denied=True, failing=True, memory=True)
    )
    assert_golden(f"trace_{story}.html", trace_html(spans(events)[0]))
    assert_golden(f"trace_{story}.txt", trace_text(spans(events)[0]) + "\n")


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_what_runs_say_never_runs_here(text: str) -> None:
    one = sample_run(hostile=text, tools=1, nested=True, denied=True, failing=True, memory=True)
    other = sample_run(tools=2)
    for runs in ({text: one, "other": other}, {"other": other, text: one}):
        bundle = mimebundle(align(runs))
        assert bundle is not None and wrong(bundle["text/html"]) == []
    for events in (one, sample_workflow(text=text), sample_workflow(text=text, ending="error")):
        bundle = mimebundle(spans(events)[0])
        assert bundle is not None and wrong(bundle["text/html"]) == []


def test_the_first_difference_is_named_and_marked_once() -> None:
    html = alignment_html(align(STORIES["parted"]))
    assert "The runs part at step 2, model: another reply." in words(html)
    assert words(html).count("first difference") == 1
    assert "<strong>search</strong>" in html, "what differs stands out"


class _Cells(HTMLParser):
    """How many cells each row of a table has."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append(0)
        elif tag in ("td", "th"):
            self.rows[-1] += 1


@pytest.mark.parametrize("story", STORIES)
def test_every_row_has_a_cell_for_every_run(story: str) -> None:
    alignment = align(STORIES[story])
    cells = _Cells()
    cells.feed(alignment_html(alignment))
    head = 8
    assert set(cells.rows) <= {head, 2 + len(alignment.names)}


def many(number: int, change: int) -> TraceSpan:
    run = TraceSpan("run", "agent", "r", said="done", status="answered")
    said = ["changed" if at == change else "x" * 500 for at in range(number)]
    run.children = [TraceSpan("tool", "look", "r", given="q" * 300, said=one, status="ok") for one in said]
    return run


def test_long_runs_stay_small_and_the_first_difference_stays_in_sight() -> None:
    alignment = align([many(3_000, -1), many(3_000, 2_500)])
    html, text = alignment_html(alignment), alignment_text(alignment)
    assert len(html.encode()) <= HTML_CAP and len(text.encode()) <= TEXT_CAP
    assert "first difference" in html and "◀" in text and "2,499 steps, the same in all runs" in text
    apart = align([many(400, -1), TraceSpan("run", "agent", "r", said="else", status="answered")])
    assert len(alignment_html(apart).encode()) <= HTML_CAP and "more rows not shown" in alignment_text(apart)
    assert len(trace_html(many(3_000, 1)).encode()) <= HTML_CAP and "more spans not shown" in trace_text(many(3_000, 1))


def test_a_difference_far_into_a_long_text_is_shown() -> None:
    common = "word " * 200
    one, two = (TraceSpan("run", "agent", "r", said=f"{common}{end}", status="answered") for end in ("left", "right"))
    text = alignment_text(align([one, two]))
    assert "left" in text and "right" in text
    assert "<strong>right</strong>" in alignment_html(align([one, two]))
