import re
import sys
import tracemalloc
from typing import Any

import pytest

from loomlab.core import Event, EventKind, ModelChunk, ToolCall, ToolResult
from loomlab.core.payloads import ModelCallInfo
from loomlab.display import RunTrace, run_html, run_text, snapshot
from loomlab.display.nodes import ModelStep, RunNode, ToolStep
from loomlab.testing.events import sample_run


def steps(trace: RunTrace, kind: type) -> list[Any]:
    return [step for run in trace.state.runs.values() for step in run.steps.values() if isinstance(step, kind)]


def event(kind: EventKind, run: str = "run_A", parent: str | None = None, **parts: Any) -> Event:
    return Event(kind, "session_A", run_id=run, parent_run_id=parent, parts=parts)


def finish(turn: int, run: str = "run_A", parent: str | None = None, **more: Any) -> Event:
    info = ModelCallInfo(turn=turn, model="m", **{"input_tokens": 10, "output_tokens": 5, "latency_ms": 7.0, **more})
    role = more.get("role", "agent")
    return event(EventKind.MODEL_CHUNK, run, parent, chunk=ModelChunk(kind="finish"), role=role, turn=turn, call=info)


def text(piece: str, turn: int = 1, role: str = "agent", run: str = "run_A") -> Event:
    return event(EventKind.MODEL_CHUNK, run, chunk=ModelChunk(kind="text", text=piece), role=role, turn=turn)


def test_a_finished_run():
    trace = RunTrace(sample_run(user_id="alice", memory=True))
    run = trace.roots[0]
    assert (trace.status, trace.answer) == ("answered", "Light rain and 12 °C: take a jacket.")
    assert (run.agent, run.architecture, run.model, run.user) == ("agent", "react", "scripted", "alice")
    assert (trace.totals.turns, trace.totals.tokens_in, trace.totals.tokens_out) == (2, 300, 40)
    assert trace.totals.cost_usd == pytest.approx(0.0024)
    assert trace.totals.duration_ms == pytest.approx(885.5)
    assert trace.now == "answered"


def test_the_same_from_the_objects_of_a_run_and_from_what_a_log_kept_of_them():
    events = sample_run(user_id="alice", memory=True, denied=True, failing=True, nested=True)
    read = [Event.model_validate_json(one.model_dump_json()) for one in events]
    assert run_html(RunTrace(events)) == run_html(RunTrace(read))
    assert run_text(RunTrace(events)) == run_text(RunTrace(read))
    assert snapshot(RunTrace(events)) == snapshot(RunTrace(read))


def test_a_recorded_run_and_its_replay_look_the_same():
    first = sample_run(run_id="run_1", session_id="s_1", user_id="alice", nested=True, memory=True)
    again = sample_run(run_id="run_2", session_id="s_2", user_id="alice", nested=True, memory=True, cached=True)
    assert run_html(RunTrace(first)) == run_html(RunTrace(again))
    assert run_text(RunTrace(first)) == run_text(RunTrace(again))


def test_no_id_and_no_clock_time_is_shown():
    html = run_html(RunTrace(sample_run(user_id="alice", memory=True, denied=True, failing=True, nested=True)))
    for part in ("SAMPLE", "tcall_", "ep_", "fact_", "2026", "12:00"):
        assert part not in html


def test_steps_that_end_in_another_order_look_the_same():
    def run(order: list[int]) -> RunTrace:
        calls = [ToolCall(id=f"c{n}", tool="t", args={"n": n}) for n in range(3)]
        begun = [event(EventKind.TOOL_CALL, call=calls[n], turn=1, slot=n, offset_ms=1.0) for n in order]
        ended = [
            event(
                EventKind.TOOL_RESULT, result=ToolResult.success(f"c{n}", n, duration_ms=2.0), tool="t", turn=1, slot=n
            )
            for n in reversed(order)
        ]
        return RunTrace([event(EventKind.STARTED, prompt="p"), *begun, *ended])

    assert run_html(run([0, 1, 2])) == run_html(run([2, 0, 1]))
    assert run_text(run([0, 1, 2])) == run_text(run([1, 2, 0]))


def test_permission_that_was_asked_stands_in_the_line_of_its_tool():
    call = ToolCall(id="c", tool="book", args={"people": 2})
    events = [
        event(EventKind.TOOL_CALL, call=call, turn=1, slot=0, offset_ms=1.0),
        event(EventKind.PERMISSION_ASK, call=call, reason="destructive"),
        event(EventKind.PERMISSION_DECISION, call_id="c", tool="book", decision="allow", by="approval"),
        event(EventKind.TOOL_RESULT, result=ToolResult.success("c", "booked", duration_ms=2.0), tool="book"),
    ]
    assert "! waiting for permission book(people=2) — destructive" in run_text(RunTrace(events[:2]))
    assert "book(people=2) → booked ✓ allowed when asked" in run_text(RunTrace(events))
    refused = ToolResult.denied_("c", "nobody said yes")
    said = {"call_id": "c", "tool": "book", "decision": "deny", "by": "approval"}
    trace = RunTrace(
        [*events[:2], event(EventKind.PERMISSION_DECISION, **said), event(EventKind.TOOL_RESULT, result=refused)]
    )
    assert "✕ denied book(people=2) — nobody said yes (by approval)" in run_text(trace)
    alone = RunTrace([event(EventKind.PERMISSION_ASK, call=call, reason="destructive")])
    assert "asked  may book(people=2) run? destructive ! no answer yet" in run_text(alone)


def test_a_strategy_s_note_does_not_repeat_what_the_model_has_just_said():
    trace = RunTrace(
        [
            text("Too short.", role="critic"),
            finish(1, role="critic"),
            event(EventKind.ARCHITECTURE_EVENT, name="self_refine.critique", round=1, critique="Too short."),
            event(EventKind.ARCHITECTURE_EVENT, name="plan.created", steps=["a", "b"], note="new"),
        ]
    )
    assert run_text(trace).count("Too short.") == 1
    assert re.search(r"critique +round 1\b", run_text(trace))
    assert 'created        steps ["a", "b"] · note new' in run_text(trace)


def test_tools_that_ran_were_denied_or_failed():
    trace = RunTrace(sample_run(denied=True, failing=True))
    assert [step.state for step in steps(trace, ToolStep)] == ["ok", "denied", "failed"]
    assert [step.why for step in steps(trace, ToolStep)] == ["", "destructive", "ConnectionError: no route to host"]
    assert (trace.counts.tool_calls, trace.counts.denied, trace.counts.failed) == (3, 1, 1)


def test_a_sub_run_stands_below_the_run_that_started_it_and_counts_in_it():
    trace = RunTrace(sample_run(nested=True, ending="running", tools=0))
    assert len(trace.roots) == 1
    trace = RunTrace(sample_run(nested=True))
    subs = steps(trace, RunNode)
    assert [sub.agent for sub in subs] == ["expert"]
    assert subs[0].parent is trace.roots[0]
    assert trace.totals.tokens_in == 400


def test_a_run_under_way_counts_the_calls_of_its_sub_runs_at_once():
    trace = RunTrace(
        [
            event(EventKind.STARTED, prompt="p"),
            event(EventKind.STARTED, "run_B", "run_A", prompt="q", agent="helper"),
            finish(1, "run_B", "run_A", cost_usd=0.5),
            finish(1, cost_usd=None),
        ]
    )
    assert trace.roots[0].tokens_in == 20
    assert trace.totals.cost_usd is None
    assert trace.status == "running"


def test_an_unknown_price_makes_the_total_unknown():
    trace = RunTrace(sample_run(cost_usd=None))
    assert trace.totals.cost_usd is None
    assert "unknown cost" in run_text(trace)


def test_several_runs_side_by_side():
    events = [sample_run(run_id=f"run_{n}", session_id=f"s{n}", answer=f"answer {n}") for n in range(3)]
    mixed = [one for group in zip(*events, strict=True) for one in group]
    trace = RunTrace(mixed)
    assert [root.answer for root in trace.roots] == ["answer 0", "answer 1", "answer 2"]
    assert trace.answer == "answer 2"
    assert trace.totals.turns == 6
    assert trace.totals.duration_ms == pytest.approx(884.0)


@pytest.mark.parametrize(
    ("ending", "status", "now"),
    [
        ("error", "error", "failed"),
        ("max_turns", "interrupted", "interrupted: the cap on turns was reached"),
        ("budget", "interrupted", "interrupted: the budget is spent: max_tokens"),
        ("cancelled", "cancelled", "stopped"),
        ("running", "running", 'react · turn 1 · calling get_weather(city="Lyon", days=1)'),
    ],
)
def test_how_a_run_can_end(ending: Any, status: str, now: str):
    trace = RunTrace(sample_run(ending=ending))
    assert (trace.status, trace.now) == (status, now)


def test_what_was_under_way_when_a_run_ended_is_not_finished():
    trace = RunTrace([*sample_run(ending="running"), event(EventKind.ERROR, "run_SAMPLE0001", type="X", message="y")])
    assert steps(trace, ToolStep)[-1].state == "failed"
    assert "! not finished get_weather" in run_text(trace)


def test_an_error_after_which_the_run_went_on_is_a_remark():
    events = sample_run()
    remark = event(EventKind.ERROR, "run_SAMPLE0001", type="MemoryStoreError", message="disk full")
    trace = RunTrace([*events[:-1], remark, events[-1]])
    assert trace.status == "answered"
    assert "! MemoryStoreError: disk full" in run_text(trace)


def test_now_says_what_is_happening():
    trace = RunTrace([event(EventKind.STARTED, prompt="p", architecture="react")])
    assert trace.now == "react · working"
    trace.feed(
        event(EventKind.ARCHITECTURE_EVENT, name="model.started", role="agent", turn=1, model="m", offset_ms=0.0)
    )
    assert trace.now == "react · turn 1 · thinking"
    retry = {"name": "model.retrying", "attempt": 2, "delay_s": 1.5, "error": "busy"}
    trace.feed(event(EventKind.ARCHITECTURE_EVENT, **retry))
    assert trace.now == "react · turn 1 · waiting for attempt 2 in 1.5 s — busy"
    trace.feed(text("hel"))
    assert trace.now == "react · turn 1 · writing"
    call = ToolCall(id="c", tool="book", args={})
    trace.feed(finish(1))
    trace.feed(event(EventKind.TOOL_CALL, call=call, turn=1, slot=0, offset_ms=1.0))
    trace.feed(event(EventKind.PERMISSION_ASK, call=call, reason="destructive"))
    assert trace.now == "react · turn 1 · waiting for permission to call book()"
    trace.feed(event(EventKind.PERMISSION_DECISION, call_id="c", tool="book", decision="allow", by="approval"))
    assert trace.now == "react · turn 1 · calling book()"
    trace.feed(event(EventKind.STARTED, "run_B", "run_A", prompt="q", agent="helper"))
    assert trace.now == "react → helper · working"
    assert RunTrace().now == "starting"


def test_the_answer_grows_with_the_text_of_who_answers():
    trace = RunTrace([event(EventKind.STARTED, prompt="p"), text("Hel"), text("lo")])
    assert trace.answer == "Hello"
    trace.feed(finish(1))
    trace.feed(text("too short", turn=2, role="critic"))
    assert trace.answer == "Hello"
    trace.feed(text("Better", turn=3, role="refiner"))
    assert trace.answer == "Better"


def test_what_is_said_beside_tool_calls_is_not_the_answer_of_a_run_that_failed():
    trace = RunTrace(sample_run(ending="error"))
    assert trace.answer == ""


def test_typed_output():
    events = sample_run(answer='{"celsius": 12}')
    typed = events[-1].part("result").model_copy(update={"parsed": {"celsius": 12}})
    trace = RunTrace([*events[:-1], event(EventKind.COMPLETED, "run_SAMPLE0001", result=typed)])
    assert trace.parsed == {"celsius": 12}


def test_hand_made_events_without_run_ids_belong_to_their_session():
    trace = RunTrace([Event.started("s", "hi"), Event.error("s", ValueError("no"))])
    assert len(trace.roots) == 1
    assert trace.status == "error"


def test_a_sub_run_whose_parent_was_not_seen_is_shown_as_a_run():
    trace = RunTrace(sample_run(parent_run_id="run_never_seen"))
    assert len(trace.roots) == 1


@pytest.mark.parametrize("kind", list(EventKind))
@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"call": "text", "result": [1], "status": 3, "chunk": "x", "facts": {"a": 1}, "name": 5, "offset_ms": "soon"},
        {"call": None, "result": None, "status": None, "chunk": None, "prompt": None, "user_id": 7, "agent": {"x": []}},
        {
            "call": {"tool": None, "args": "x", "messages": [3, {"role": 1, "tool_calls": [None]}]},
            "chunk": {"kind": "finish"},
        },
        {
            "result": {"call_id": 3, "ok": True, "output": float("inf"), "turns": float("inf"), "parsed": {1: 2}},
            "turn": None,
        },
    ],
)
def test_odd_payloads_never_raise(kind: EventKind, odd: dict[str, Any]):
    trace = RunTrace([Event(kind, "s", payload=odd), Event(kind, "s", payload=odd, run_id="r", parent_run_id="s")])
    run_html(trace)
    run_text(trace)
    snapshot(trace)
    assert trace.now


def test_a_tool_may_return_anything():
    holds_itself: list[Any] = []
    holds_itself.append(holds_itself)
    for output in (b"\xff\x00", "half \ud83d", {"deep": [holds_itself]}, {"x": float("nan")}, object(), {("a", 1): 2}):
        call = event(EventKind.TOOL_CALL, call=ToolCall(id="c", tool="t"), turn=1, slot=0, offset_ms=0.0)
        result = event(EventKind.TOOL_RESULT, result=ToolResult.success("c", output), tool="t", turn=1, slot=0)
        trace = RunTrace([call, result])
        run_html(trace).encode()
        assert steps(trace, ToolStep)[0].state == "ok"


def long_run(turns: int) -> list[Event]:
    events = [event(EventKind.STARTED, prompt="p", architecture="react")]
    for turn in range(1, turns + 1):
        call = ToolCall(id=f"c{turn}", tool="look", args={"turn": turn})
        at = {"offset_ms": float(turn)}
        events += [
            event(EventKind.ARCHITECTURE_EVENT, name="model.started", role="agent", turn=turn, model="m", **at),
            finish(turn, **at),
            event(EventKind.TOOL_CALL, call=call, turn=turn, slot=0, **at),
            event(
                EventKind.TOOL_RESULT, result=ToolResult.success(call.id, "y" * 2_000), tool="look", turn=turn, slot=0
            ),
        ]
    return events


def test_a_very_long_run_keeps_its_ends_and_exact_counts():
    trace = RunTrace(long_run(3_000))
    kept = list(trace.roots[0].steps.values())
    assert len(kept) == 2_000
    assert trace.counts.dropped == trace.roots[0].dropped == 4_000
    assert (trace.counts.model_calls, trace.counts.tool_calls) == (3_000, 3_000)
    assert trace.totals.tokens_in == 30_000
    assert kept[0].key == "s2"
    assert isinstance(kept[-1], ToolStep)
    assert kept[-1].call == "look(turn=3000)"
    assert "… 5,940 steps …" in run_text(trace)


def test_memory_stays_bounded_however_long_it_goes_on():
    tracemalloc.start()
    try:
        trace = RunTrace(long_run(1_000))
        trace.feed(text("word " * 100_000))
        before = tracemalloc.get_traced_memory()[0]
        for number in range(5_000):
            trace.feed(text("word " * 20))
            trace.feed(event(EventKind.ARCHITECTURE_EVENT, name="x.y", note="z" * 1_000, number=number))
        assert tracemalloc.get_traced_memory()[0] - before < 3_000_000
    finally:
        tracemalloc.stop()
    assert "more characters)" in trace.answer
    assert len(trace.answer) < 50_000


def test_finished_sub_runs_are_let_go_too():
    trace = RunTrace([event(EventKind.STARTED, prompt="p")])
    for number in range(3_000):
        run = f"run_{number}"
        trace.feed(event(EventKind.STARTED, run, "run_A", prompt="q", agent="helper"))
        trace.feed(event(EventKind.COMPLETED, run, "run_A", result={"output": "x", "turns": 0}))
    assert len(trace.state.runs) < 2_100
    assert trace.counts.dropped > 900


def test_a_streamed_piece_costs_few_steps_of_work():
    """Counted in Python calls, not in seconds: ten thousand pieces must not slow a kernel down."""
    trace = RunTrace([event(EventKind.STARTED, prompt="p"), text("x")])
    pieces = [text("word ") for _ in range(200)]
    calls = 0

    def count(frame: Any, what: str, arg: Any) -> None:
        nonlocal calls
        calls += what == "call"

    sys.setprofile(count)
    try:
        for piece in pieces:
            trace.feed(piece)
    finally:
        sys.setprofile(None)
    assert calls / len(pieces) < 25
    assert isinstance(trace.roots[0].draft, ModelStep)
