"""Certified values in the run view: source and age as they were when the tool returned."""

from typing import Any

from loomlab.core import Event, EventKind, ToolCall, ToolResult
from loomlab.display import RunTrace, run_html, run_text


def events(certified: list[dict[str, Any]], *, rejected: bool = False) -> list[Event]:
    call = ToolCall(id="c1", tool="price", args={"item": "tea"})
    why = "the value from 'prices' is stale: it is 5 h old"
    result = ToolResult.error_("c1", why) if rejected else ToolResult.success("c1", 12.5)
    made = [
        Event(EventKind.STARTED, "s", run_id="r", payload={"prompt": "?", "agent": "a", "architecture": "react"}),
        Event(EventKind.TOOL_CALL, "s", run_id="r", parts={"call": call, "turn": 1, "slot": 0}),
    ]
    if rejected:
        note = {"name": "value.rejected", "call_id": "c1", "tool": "price", "why": why, **certified[0]}
        made.append(Event(EventKind.ARCHITECTURE_EVENT, "s", run_id="r", payload=note))
    parts = {"result": result, "tool": "price", "turn": 1, "slot": 0, "certified": certified}
    return [*made, Event(EventKind.TOOL_RESULT, "s", run_id="r", parts=parts)]


ONE = {"source": "prices", "age_s": 600.0, "fetched_at": "2026-01-01T00:00:00+00:00"}


def test_source_and_age_stand_in_the_line_of_the_tool() -> None:
    assert 'price(item="tea") · prices, 10 min 00 s old → 12.5' in run_text(RunTrace(events([ONE])))


def test_of_several_the_first_shows_and_the_others_are_folded_with_what_they_were_made_from() -> None:
    html = run_html(RunTrace(events([ONE, {**ONE, "source": "<b>crm</b>", "made_from": ["erp", "web"]}])))
    assert "prices, 10 min 00 s old and 1 more" in html
    assert "&lt;b&gt;crm&lt;/b&gt;, 10 min 00 s old, made from erp, web" in html and "<b>crm" not in html


def test_a_rejected_value_is_one_line_that_says_so() -> None:
    text = run_text(RunTrace(events([{**ONE, "age_s": 18_000.0}], rejected=True)))
    assert '✕ not used price(item="tea") · prices, 5 h 00 min old — the val' in text
    assert text.count("prices, 5 h") == 1


def test_odd_payloads_show_something() -> None:
    for odd in ([{}], ["x"], [{"source": 3, "age_s": "old"}]):
        assert "age unknown" in run_text(RunTrace(events(odd)))  # type: ignore[arg-type]  # that is the point
