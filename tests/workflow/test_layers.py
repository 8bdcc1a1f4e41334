"""What is wired around the steps: audit, spans, durable steps; and none of it where nobody asked for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from loomlab import START, Agent, InMemoryAuditLog, NoTelemetry, Workflow
from loomlab.security import FileAuditLog

pytestmark = pytest.mark.anyio


async def inc(value: int) -> int:
    return value + 1


async def fail(value: Any) -> Any:
    raise ValueError("bad value")


async def test_each_step_is_audited_when_it_begins_and_when_it_is_done_or_failed() -> None:
    log = InMemoryAuditLog()
    flow = Workflow.chain([inc, fail], name="count", audit_log=log)
    with pytest.raises(ValueError, match="bad value"):
        await flow.run(1, user_id="alice", session_id="s1")
    with pytest.raises(ValueError, match="bad value"):
        await flow.run(1, user_id="bob", session_id="s2")
    entries = await log.query(user_id="alice")
    assert [(one.actor, one.action, one.payload["node"]) for one in entries] == [
        ("workflow", "step_started", "inc"),
        ("workflow", "step_completed", "inc"),
        ("workflow", "step_started", "fail"),
        ("workflow", "step_failed", "fail"),
    ]
    assert {one.session_id for one in entries} == {"s1"}
    assert {one.payload["workflow"] for one in entries} == {"count"}
    assert "bad value" in entries[-1].payload["error"]


async def test_an_audit_log_may_be_a_path(tmp_path: Path) -> None:
    path = tmp_path / "audit" / "steps.jsonl"
    await Workflow.chain([inc], audit_log=path).run(1)
    await Workflow.chain([inc], audit_log=str(path)).run(1)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]
    assert len(await FileAuditLog(path).query(action="step_completed")) == 2


async def test_an_older_audit_log_that_knows_no_users_is_called_without_them() -> None:
    class Old:
        def __init__(self) -> None:
            self.actions: list[str] = []

        async def append(self, *, session_id: str, actor: str, action: str, payload: Any) -> None:
            self.actions.append(action)

        async def query(self, **_: Any) -> list[Any]:
            return []

    old: Any = Old()
    with pytest.warns(DeprecationWarning, match="append"):
        flow = Workflow.chain([inc], audit_log=old)
    await flow.run(1, user_id="alice")
    assert old.actions == ["step_started", "step_completed"]


async def test_a_run_is_a_span_with_a_span_a_step_inside_and_agents_inside_of_those(spans: Any) -> None:
    agent = Agent("hi", model="echo", telemetry=spans)
    flow = Workflow.chain([inc, agent], name="count", telemetry=spans)
    await flow.run(1, user_id="alice", session_id="s1")
    assert [(name, above) for name, _, above in spans.spans] == [
        ("loom.workflow", None),
        ("loom.workflow.step", "loom.workflow"),
        ("loom.workflow.step", "loom.workflow"),
        ("loom.run", "loom.workflow.step"),
        ("loom.memory.recall", "loom.run"),
        ("loom.model.complete", "loom.run"),
        ("loom.memory.remember", "loom.run"),
    ]
    first = spans.named("loom.workflow.step")[0]
    assert first == {
        "step": "inc",
        "user_id": "alice",
        "session_id": "s1",
        "pattern": "workflow",
        "workflow": "count",
    }


async def test_a_workflow_inside_uses_the_layers_around_it_where_it_has_none(spans: Any, journal: Any) -> None:
    log, own = InMemoryAuditLog(), InMemoryAuditLog()
    silent = Workflow.chain([inc], name="silent")
    proud = Workflow.chain([inc], name="proud", audit_log=own)
    flow = Workflow.chain([silent, proud], telemetry=spans, audit_log=log, runtime=journal)
    await flow.run(1, session_id="s1")
    outer = [(one.payload["workflow"], one.payload["node"]) for one in await log.query(action="step_completed")]
    assert outer == [("silent", "inc"), ("chain", "silent"), ("chain", "proud")]
    assert [one.payload["workflow"] for one in await own.query()] == ["proud", "proud"]
    assert len(spans.named("loom.workflow.step")) == 4
    assert list(journal.kept) == [
        ("s1", "step_silent_1/step_inc_1"),
        ("s1", "step_silent_1"),
        ("s1", "step_proud_1/step_inc_1"),
        ("s1", "step_proud_1"),
    ]


async def test_after_a_crash_the_steps_that_were_done_are_not_done_again(journal: Any) -> None:
    done: list[str] = []
    healthy = False

    async def first(value: str) -> str:
        done.append(f"first {value}")
        return value + "1"

    async def second(value: str) -> str:
        if not healthy:
            raise OSError("the machine is gone")
        return value + "2"

    async def loop(value: str) -> str:
        done.append(f"loop {value}")
        return value + "."

    inner = Workflow.chain([first, second], name="inner")
    flow = Workflow(runtime=journal).add_node("loop", loop).add_node("inner", inner).add_edge(START, "loop")
    flow.add_router("loop", len, {2: "loop", 3: "inner"})
    with pytest.raises(OSError):
        await flow.run("x", user_id="alice", session_id="s1")
    healthy = True
    assert (await flow.run("x", user_id="alice", session_id="s1")).output == "x..12"
    assert done == ["loop x", "loop x.", "first x.."]
    assert (await flow.run("x", user_id="bob", session_id="s2")).output == "x..12"
    assert done[3:] == ["loop x", "loop x.", "first x.."], "another conversation is another journal"


async def test_ways_and_branches_of_a_durable_run_are_steps_too(journal: Any) -> None:
    flow = Workflow(runtime=journal).add_node("a", inc).add_node("b", str)
    await flow.add_fan_out(START, ["a", "b"]).run(1, session_id="s1")
    assert sorted(name for _, name in journal.kept) == ["step_a_1", "step_b_1"]


async def test_no_layer_means_no_call_into_one() -> None:
    class Loud(NoTelemetry):
        pass

    class Refusing:
        name = "inproc"

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"{name} was called")

    flow = Workflow.chain([inc], telemetry=NoTelemetry())
    assert (await flow.run(1)).output == 2
    refusing: Any = Refusing()
    with pytest.raises(AssertionError, match="was called"):
        await Workflow.chain([inc], runtime=refusing).run(1)
    assert (await Workflow.chain([inc], telemetry=Loud()).run(1)).output == 2
