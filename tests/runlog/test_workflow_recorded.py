"""Workflows in the log: one tree of runs, each with its step, its sums and why it ended."""

from functools import partial
from typing import Any

import anyio
import pytest

from loomlab import Agent, BudgetConfig, ScriptedModel, ScriptedTurn, StandardBudget, Usage, Workflow
from loomlab.core.results import RunResult
from loomlab.runlog import RunLog, recording

pytest.importorskip("duckdb")


def agent(name: str, *replies: str, **options: Any) -> Agent:
    usage = Usage(input_tokens=10, output_tokens=5, cost_usd=0.5)
    model = ScriptedModel([ScriptedTurn(text=reply, usage=usage) for reply in replies])
    return Agent("hi", model=model, name=name, **options)


def test_a_workflow_is_one_tree_with_its_agents_below_it(log: RunLog) -> None:
    inner = Workflow.chain([agent("bob", "b")], name="inner")
    flow = Workflow.chain([agent("ann", "a"), inner, Workflow.parallel([agent("cleo", "c"), len])], name="outer")
    with recording(log):
        asked = partial(flow.run, user_id="alice", session_id="s1", metadata={"k": 1})
        result = anyio.run(asked, {"ask": "go"})
        anyio.run(partial(flow.run, user_id="bob"), "nothing left to say")
    rows = {row["agent"]: row for row in log.runs(user_id="alice").fillna({"node": ""}).to_dict("records")}
    names = {row["run_id"]: name for name, row in rows.items()}
    tree = {name: (names.get(row["parent_run_id"]), row["node"]) for name, row in rows.items()}
    assert tree == {
        "outer": (None, ""),
        "ann": ("outer", "ann"),
        "inner": ("outer", "inner"),
        "bob": ("inner", "bob"),
        "parallel": ("outer", "parallel"),
        "cleo": ("parallel", "fan_out.cleo"),
    }
    outer = rows["outer"]
    assert outer["run_id"] == result.run_id and outer["status"] == outer["ended"] == "answered"
    assert (outer["architecture"], outer["prompt"], outer["output"]) == ("workflow", '{"ask":"go"}', '["c",1]')
    assert outer["parsed"] == '["c",1]' and outer["metadata"] == '{"k":1}' and outer["session_id"] == "s1"
    assert (outer["turns"], outer["tokens_in"], outer["tokens_out"], outer["cost_usd"]) == (3, 30, 15, 1.5)
    assert (rows["inner"]["turns"], rows["inner"]["cost_usd"], rows["inner"]["output"]) == (1, 0.5, "b")
    assert set(log.runs(user_id="bob")["agent"]) == {"outer", "ann", "inner", "bob", "parallel", "cleo"}


def test_a_workflow_is_read_back_with_the_events_of_everything_in_it(log: RunLog) -> None:
    flow = Workflow.chain([agent("ann", "a"), str.upper], name="outer")
    with recording(log):
        result = anyio.run(partial(flow.run, user_id="alice"), "go")
    record = log.run(result.run_id)
    assert isinstance(record.result, RunResult)
    assert (record.result.output, record.result.architecture, record.result.user_id) == ("A", "workflow", "alice")
    kinds = [event.kind.value for event in record.events]
    assert kinds[0] == "workflow_started" and kinds[-1] == "workflow_completed"
    assert kinds.count("workflow_step_completed") == 2 and "completed" in kinds


def test_how_a_workflow_failed_was_stopped_or_ran_out_is_in_its_row(log: RunLog) -> None:
    spent = StandardBudget(BudgetConfig(max_tokens=12))

    def fail(value: str) -> str:
        raise KeyError(value)

    async def wait(value: str) -> str:
        scopes[0].cancel()
        await anyio.sleep_forever()
        return value

    scopes: list[anyio.CancelScope] = []
    stopped = Workflow.chain([agent("ann", "a"), wait], name="stopped")

    async def stop() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await stopped.run("x")

    with recording(log):
        with pytest.raises(KeyError):
            anyio.run(Workflow.chain([agent("ann", "a"), fail], name="failing").run, "x")
        anyio.run(Workflow.chain([agent("ann", "a"), agent("ben", "b")], name="spent", budget=spent).run, "x")
        anyio.run(stop)
    rows = {row["agent"]: row for row in log.runs(architecture="workflow").to_dict("records")}
    found = {name: (row["status"], row["ended"], row["turns"]) for name, row in rows.items()}
    assert found == {
        "failing": ("error", "error", 1),
        "spent": ("interrupted", "budget", 1),
        "stopped": ("cancelled", "cancelled", 1),
    }
    assert rows["failing"]["error_type"] == "KeyError"
    assert rows["spent"]["interruption_reason"] == "ben:budget:max_tokens"
    assert rows["stopped"]["output"] is None or rows["stopped"]["output"] == ""
