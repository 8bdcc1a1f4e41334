"""Runs side by side: what is the same stands together, and the first step at which they part is found."""

from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.core import ConfigError
from loomlab.runlog import RunLog, TraceSpan, align, recording, spans, steps_of
from loomlab.testing.events import sample_run

pytest.importorskip("duckdb")


def shown(alignment: Any) -> list[tuple[str, ...]]:
    return [
        (row.differs, *("–" if one is None else f"{one.kind} {one.name}" for one in row.cells))
        for row in alignment.rows
    ]


def test_runs_that_did_the_same_never_part_whatever_their_ids_and_times() -> None:
    first, second = sample_run(tools=2, memory=True), sample_run(tools=2, run_id="run_other", session_id="other")
    alignment = align([first, second])
    assert alignment.divergence is None
    assert alignment.names == ("1", "2")
    assert shown(alignment)[0] == ("", "run task", "run task")
    assert shown(alignment)[-1] == ("", "run answer", "run answer")


def test_the_first_difference_is_found_and_what_follows_still_stands_side_by_side() -> None:
    alignment = align({"a": sample_run(tools=2), "b": sample_run(failing=True, answer="Go home.")})
    assert shown(alignment) == [
        ("", "run task", "run task"),
        ("said", "model agent", "model agent"),
        ("", "tool get_weather", "tool get_weather"),
        ("missing", "tool get_weather", "–"),
        ("missing", "–", "tool search"),
        ("said", "model agent", "model agent"),
        ("said", "run answer", "run answer"),
    ]
    assert alignment.divergence == 1


def test_another_question_parts_runs_at_once() -> None:
    alignment = align([sample_run(), sample_run(prompt="And in Oslo?")])
    assert alignment.divergence == 0 and alignment.rows[0].differs == "given"


def span(*steps: tuple[str, str, str], status: str = "answered", said: str = "done") -> TraceSpan:
    run = TraceSpan("run", "agent", "r", said=said, status=status, given="go")
    run.children = [TraceSpan("tool", name, "r", given=given, said=out, status="ok") for name, given, out in steps]
    return run


@pytest.mark.parametrize(
    ("other", "differs", "at"),
    [
        (span(("look", "x", "1"), ("read", "y", "2")), None, None),
        (span(("look", "z", "1"), ("read", "y", "2")), "given", 1),
        (span(("look", "x", "1"), ("read", "y", "3")), "said", 2),
        (span(("look", "x", "1")), "missing", 2),
        (span(("look", "x", "1"), ("read", "y", "2"), ("read", "y", "2")), "missing", 3),
        (span(("look", "x", "1"), ("read", "y", "2"), said="else"), "said", 3),
        (span(("look", "x", "1"), ("read", "y", "2"), status="turn_cap"), "status", 3),
    ],
)
def test_each_kind_of_difference_is_told(other: TraceSpan, differs: str | None, at: int | None) -> None:
    alignment = align([span(("look", "x", "1"), ("read", "y", "2")), other])
    assert alignment.divergence == at
    assert (None if at is None else alignment.rows[at].differs) == differs


def test_three_runs_stand_in_one_table_each_step_in_its_own_column() -> None:
    runs = [span(("a", "", ""), ("c", "", "")), span(("a", "", ""), ("b", "", ""), ("c", "", "")), span(("c", "", ""))]
    alignment = align(dict(zip("xyz", runs, strict=True)))
    assert shown(alignment) == [
        ("", "run task", "run task", "run task"),
        ("missing", "tool a", "tool a", "–"),
        ("missing", "–", "tool b", "–"),
        ("", "tool c", "tool c", "tool c"),
        ("", "run answer", "run answer", "run answer"),
    ]


TOOLS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.sampled_from("12")), max_size=8)


@given(runs=st.lists(TOOLS, min_size=2, max_size=4))
def test_every_step_of_every_run_is_there_once_and_in_its_order(runs: list[Any]) -> None:
    traces = [span(*steps) for steps in runs]
    alignment = align(traces)
    for place, trace in enumerate(traces):
        column = [row.cells[place] for row in alignment.rows]
        assert [one for one in column if one is not None] == steps_of(trace)
    for row in alignment.rows:
        there = [one for one in row.cells if one is not None]
        assert there and len({one.place for one in there}) == 1
        assert bool(row.differs) == (len({one.content for one in there}) > 1 or len(there) < len(row.cells))


def test_fewer_than_two_runs_or_one_without_events_are_refused() -> None:
    with pytest.raises(ConfigError, match="at least two runs, not 1"):
        align([sample_run()])
    with pytest.raises(ConfigError, match="run b has no events"):
        align({"a": sample_run(), "b": []})


@tool
def look(what: str) -> str:
    """Look."""
    return f"{what} is there"


def test_the_log_aligns_runs_of_one_user(log: RunLog) -> None:
    def run(what: str, user: str) -> None:
        turns = [
            ScriptedTurn(text="", tool_calls=[ToolCall(tool="look", args={"what": what})]),
            ScriptedTurn(text="ok"),
        ]
        agent = Agent("hi", model=ScriptedModel(turns), tools=[look])
        anyio.run(lambda: agent.run("go", user_id=user))

    with recording(log):
        for what, user in (("sea", "alice"), ("sea", "alice"), ("sky", "alice"), ("sea", "bob")):
            run(what, user)
    assert log.align(-1, -2, user_id="alice").divergence == 2
    assert log.align(-2, -3, user_id="alice").divergence is None
    alignment = log.align(-1, -2, -3, user_id="alice")
    assert [row.differs for row in alignment.rows] == ["", "", "given", "", ""]
    with pytest.raises(ConfigError):
        log.align(-1, -2, user_id="bob")
    assert [one.kind for one in steps_of(spans(log.run("last").events)[0])] == ["run", "model", "tool", "model", "run"]
