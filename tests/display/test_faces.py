"""The small faces: notices, settings, help, results, bundles, pages."""

import re
from typing import Any

import pytest
from golden import assert_golden
from inline_snapshot import snapshot
from safe import words, wrong

from loomlab.core import ConfigError, Event, RunResult, ToolResult
from loomlab.core import errors as core_errors
from loomlab.display import (
    RunTrace,
    defaults_html,
    defaults_text,
    empty_html,
    empty_text,
    error_html,
    error_text,
    help_html,
    help_text,
    mimebundle,
    page,
    result_html,
    result_text,
    run_html,
    run_text,
    style,
)
from loomlab.display.remedy import error_remedy, reason_remedy, reason_text
from loomlab.testing.events import sample_run

VALUES = {"model": "local", "user": "alice", "arch": None, "budget": 0.05}
MEANINGS = {"model": "what answers", "user": "whose memory is used", "arch": "how it thinks"}
HELP = {"Cells": [("%%loom", "ask")], "Lines": [("%loom runs", "the newest runs"), ("%loom cost", "what they cost")]}


def result(**more: Any) -> RunResult:
    made: RunResult = sample_run(user_id="alice")[-1].part("result")
    return made.model_copy(update=more)


def test_an_error_says_what_why_and_the_remedy():
    assert error_text("There is no model 'opnai'.", "Did you mean 'openai'?", "Type %loom help") == snapshot("""\
✕ There is no model 'opnai'.
  Did you mean 'openai'?
  Type %loom help\
""")
    assert words(error_html("What.", "Why.", "Remedy.")) == "✕ What. Why. Remedy."
    assert error_text("Only this.") == "✕ Only this."


def test_where_there_is_nothing_it_says_what_to_type():
    assert empty_text("No runs yet.", "%%loom") == "No runs yet. Type %%loom"
    assert words(empty_html("No runs yet.", "%%loom")) == "No runs yet. Type %%loom"


def test_the_settings_in_force():
    assert defaults_text(VALUES, MEANINGS, hint="%loom model=echo") == snapshot("""\
setting  value    meaning
model    local    what answers
user     alice    whose memory is used
arch     not set  how it thinks
budget   0.0500

Change one with %loom model=echo\
""")
    html = defaults_html(VALUES, MEANINGS, hint="%loom model=echo")
    assert "arch not set how it thinks" in words(html)
    assert wrong(html) == []


def test_what_may_be_typed():
    assert help_text(HELP) == snapshot("""\
Cells
  %%loom  ask

Lines
  %loom runs  the newest runs
  %loom cost  what they cost\
""")
    assert "<code>%loom cost</code>" in help_html(HELP)


def test_a_result_without_its_trace():
    assert result_text(result()) == snapshot("""\
Light rain and 12 °C: take a jacket.

✓ answered · react · scripted · 2 turns · 300 in · 40 out · $0.00240 · 884 ms · user alice\
""")
    html = result_html(result(output="**bold**"))
    assert "<strong>bold</strong>" in html
    assert "✓ answered · react" in words(html)
    assert "SAMPLE" not in html
    assert "2026" not in html


def test_a_result_that_was_interrupted_typed_or_empty():
    stopped = result(output="", interrupted=True, interruption_reason="max_turns_exceeded")
    assert result_text(stopped).startswith("! The run ended before it was done.\n  The cap on turns was reached.")
    cancelled = result(interrupted=True, interruption_reason="cancelled")
    assert "✕ stopped" in words(result_html(cancelled))
    assert '"celsius": 12' in words(result_html(result(parsed={"celsius": 12})))
    assert '"celsius": 12' in result_text(result(parsed={"celsius": 12}))
    assert "(an empty answer)" in result_text(result(output=""))
    assert "unknown cost" in result_text(result(cost_usd=None))


def test_bundles_for_what_we_know_and_none_for_the_rest():
    events = sample_run()
    trace = RunTrace(events)
    assert mimebundle(trace) == {"text/html": run_html(trace), "text/plain": run_text(trace)}
    assert mimebundle(events) == mimebundle(trace)
    assert mimebundle(result()) == {"text/html": result_html(result()), "text/plain": result_text(result())}
    denied, failed = mimebundle(ToolResult.denied_("c", "no <b>")), mimebundle(ToolResult.error_("c", "broke"))
    assert denied is not None
    assert failed is not None
    assert "✕ denied" in denied["text/plain"]
    assert "no &lt;b&gt;" in denied["text/html"]
    assert "✕ failed  broke" in failed["text/plain"]
    error = mimebundle(ConfigError("no such setting"))
    assert error is not None
    assert "no such setting" in error["text/plain"]
    for other in (None, 3, "text", [], [1], {"a": 1}, object(), ValueError("x"), Event):
        assert mimebundle(other) is None


def test_a_page_is_one_file_that_may_load_nothing():
    html = page("Report <1>", run_html(RunTrace(sample_run())) + "<script>1</script><p onclick=x id=y>after</p>")
    assert "default-src &#x27;none&#x27;" in html
    assert html.startswith("<!doctype html>")
    assert html.count("<style>") == 1
    assert "<title>Report &lt;1&gt;</title>" in html
    assert "<p>after</p>" in html
    assert wrong(html, page=True) == []
    assert_golden("page.html", html)


def test_the_style_sheet_is_small_scoped_and_loads_nothing():
    css = style().removeprefix("<style>").removesuffix("</style>")
    assert len(style().encode()) < 6 * 1024
    assert "url(" not in css
    assert "@import" not in css
    assert "<" not in css
    flat = re.sub(r"@media[^{]*\{|@keyframes[^}]*\}\}", "", css)
    while "(" in flat:
        flat = re.sub(r"\([^()]*\)", "", flat)
    for selectors in re.findall(r"([^{}]+)\{", flat):
        for one in selectors.split(","):
            assert ".loom" in one, one
    for part in (
        "prefers-color-scheme:dark",
        "prefers-reduced-motion",
        "focus-visible",
        "--jp-",
        "--vscode-",
        "tabular-nums",
    ):
        assert part in css


def test_every_error_of_ours_has_its_own_remedy():
    kinds = [
        kind.__name__
        for kind in vars(core_errors).values()
        if isinstance(kind, type) and issubclass(kind, core_errors.LoomError) and kind is not core_errors.LoomError
    ]
    assert len(kinds) > 15
    general = error_remedy("SomethingElse")
    assert [kind for kind in kinds if error_remedy(kind) == general] == []
    assert error_remedy("X", retryable=True) == "Run it again; it may pass."
    assert error_remedy("RateLimitError", retry_after=2.0).startswith("Wait 2 s")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("max_turns_exceeded", "the cap on turns was reached"),
        ("budget:max_cost_usd", "the budget is spent: max_cost_usd"),
        ("specialist:billing:max_turns_exceeded", "specialist billing: the cap on turns was reached"),
        ("actor:round_2:budget:max_tokens", "actor round_2: the budget is spent: max_tokens"),
        ("something new", "something new"),
        ("", "it stopped before an answer"),
    ],
)
def test_reasons_are_said_in_words(reason: str, said: str):
    assert reason_text(reason) == said
    assert isinstance(reason_remedy(reason), str)
