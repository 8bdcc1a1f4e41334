"""The values: what they promise to callers, and that events survive the trip to text and back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from loomlab import Event, EventKind, RunContext, RunResult, ToolCall, ToolResult, Usage, new_id
from loomlab.core import ModelChunk, deterministic_hash
from loomlab.core.results import BudgetStatus, format_cost

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(kind=st.sampled_from(list(EventKind)), payload=st.dictionaries(st.text(), JSON, max_size=4))
def test_an_event_is_the_same_after_json(kind: EventKind, payload: dict[str, Any]) -> None:
    event = Event(kind, "s", payload=payload, run_id="r", parent_run_id="p")
    assert Event.model_validate_json(event.model_dump_json()) == event


def test_an_event_can_be_a_field_of_a_users_model() -> None:
    class Line(BaseModel):
        event: Event

    line = Line(event=Event.started("s", "hi"))
    assert Line.model_validate_json(line.model_dump_json()).event == line.event


def test_payloads_are_plain_whatever_a_tool_returned() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<odd>"

    event = Event.tool_result("s", ToolResult.success("c", {"x": Odd(), "when": datetime(2026, 1, 1, tzinfo=UTC)}))
    text = json.dumps(event.payload)
    assert "<odd>" in text and "2026-01-01" in text


def test_every_constructor_gives_its_kind() -> None:
    now = datetime.now(UTC)
    result = RunResult(session_id="s", output="o", turns=1, started_at=now, finished_at=now)
    made = [
        Event.started("s", "p"),
        Event.model_chunk("s", ModelChunk(kind="text", text="t")),
        Event.tool_call("s", ToolCall(tool="t")),
        Event.tool_result("s", ToolResult.success("c", 1)),
        Event.budget_warning("s", BudgetStatus.warn_("x")),
        Event.budget_exceeded("s", BudgetStatus.blocked_("x")),
        Event.error("s", ValueError("v")),
        Event.completed("s", result),
        Event.architecture_event("s", "a.b", n=1),
    ]
    assert [one.kind.value for one in made] == [
        "started", "model_chunk", "tool_call", "tool_result", "budget_warning", "budget_exceeded", "error", "completed",
        "architecture_event",
    ]  # fmt: skip
    assert made[-1].payload == {"name": "a.b", "n": 1} and made[6].payload == {"type": "ValueError", "message": "v"}


def test_unknown_cost_is_not_zero_in_sums_and_in_words() -> None:
    known, unknown = Usage(input_tokens=1, cost_usd=0.5), Usage(output_tokens=2, cost_usd=None)
    assert (known + known).cost_usd == 1.0 and (known + unknown).cost_usd is None
    assert (known + unknown).total_tokens == 3


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (0, "$0.00"),
        (None, "unknown"),
        (0.00421, "$0.00421"),
        (0.0000123, "$0.0000123"),
        (12.345, "$12.35"),
        (0.5, "$0.500"),
    ],
)
def test_costs_read_well(cost: float | None, text: str) -> None:
    assert format_cost(cost) == text


def test_contexts_keep_what_is_left_out_and_take_none_as_a_value() -> None:
    context = RunContext(user_id="u", session_id="s", run_id="r", metadata={"a": 1})
    assert context.with_overrides(session_id=None) == RunContext(user_id="u", run_id="r", metadata={"a": 1})
    assert context.get("a") == 1 and context.get("b", 2) == 2


def test_ids_sort_by_time_and_hashes_ignore_order() -> None:
    ids = [new_id("run") for _ in range(50)]
    assert len(set(ids)) == 50 and all(one.startswith("run_") for one in ids)
    assert deterministic_hash({"a": 1, "b": {3, 2}}) == deterministic_hash({"b": {2, 3}, "a": 1})
    assert deterministic_hash(1) != deterministic_hash("1")
    assert (
        ToolCall(tool="t", args={"a": 1, "b": 2}).idempotency_key()
        == ToolCall(tool="t", args={"b": 2, "a": 1}).idempotency_key()
    )


def test_half_a_letter_does_not_stop_an_event_from_becoming_text() -> None:
    event = Event.started("s", "half \ud800 a letter")
    assert Event.model_validate_json(event.model_dump_json()).payload["prompt"].startswith("half ")
