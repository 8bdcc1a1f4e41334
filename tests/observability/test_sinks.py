"""Telemetry that needs no collector: a list, a file, the console."""

import io
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, tool
from loomlab.core import ToolCall
from loomlab.observability import ConsoleTelemetry, InMemoryTelemetry, JsonlTelemetry
from loomlab.observability.tracing import SpanRecord

KEY = "sk-abcdefghijklmnopqrstuvwxyz012345"


@tool
async def fail(text: str) -> str:
    """Fail."""
    raise ValueError(f"not {text}")


def agent(telemetry: Any) -> Agent:
    call = ToolCall(tool="fail", args={"text": f"secretive {KEY}"})
    model = ScriptedModel([ScriptedTurn(tool_calls=[call]), ScriptedTurn(text="an answer")])
    return Agent("x", model=model, tools=[fail], telemetry=telemetry, name="clerk")


def shape(spans: list[SpanRecord]) -> list[tuple[str, int, str]]:
    return [(one.name, one.depth, one.status) for one in sorted(spans, key=lambda one: one.start_ns)]


TREE = [
    ("loom.run", 0, "ok"),
    ("loom.memory.recall", 1, "ok"),
    ("loom.model.complete", 1, "ok"),
    ("loom.tool", 1, "error"),
    ("loom.model.complete", 1, "ok"),
    ("loom.memory.remember", 1, "ok"),
]


@pytest.mark.anyio
async def test_a_list_keeps_spans_and_measurements_and_no_more_than_it_may() -> None:
    kept = InMemoryTelemetry()
    await agent(kept).run("go", user_id="alice")
    assert shape(list(kept.spans)) == TREE
    assert len({one.trace_id for one in kept.spans}) == 1
    assert {one.attributes["user.id"] for one in kept.spans} == {"alice"}
    assert {"loom.tokens.input", "loom.tool.duration_ms"} <= {one.name for one in kept.metrics}
    few = InMemoryTelemetry(keep=2)
    await agent(few).run("go")
    assert len(few.spans) == 2 and few.spans[-1].name == "loom.run"


@pytest.mark.anyio
async def test_errors_and_cancellation_show_and_two_telemetries_do_not_mix() -> None:
    one, other = InMemoryTelemetry(), InMemoryTelemetry()
    with pytest.raises(KeyError):
        async with one.trace("outer"), other.trace("foreign"), one.trace("inner"):
            raise KeyError(KEY)
    assert shape(list(one.spans)) == [("outer", 0, "error"), ("inner", 1, "error")]
    assert shape(list(other.spans)) == [("foreign", 0, "error")]
    assert KEY not in one.spans[0].error and "KeyError" in one.spans[0].error
    with anyio.move_on_after(0):
        async with one.trace("stopped"):
            await anyio.sleep_forever()
    assert one.spans[-1].status == "cancelled"


def test_a_file_has_a_line_for_each_and_no_word_of_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "new" / "telemetry.jsonl"
    anyio.run(partial(agent(JsonlTelemetry(path)).run, "a private question", user_id="alice"))
    text = path.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert sorted(one["name"] for one in lines if one["kind"] == "span") == sorted(name for name, *_ in TREE)
    assert all(one["end_ns"] >= one["start_ns"] > 0 for one in lines if one["kind"] == "span")
    assert [one for one in lines if one["kind"] == "metric"]
    for said in ("private", "secretive", "an answer", KEY):
        assert said not in text
    full = JsonlTelemetry(tmp_path / "full.jsonl", capture_content=True)
    anyio.run(partial(agent(full).run, "a private question"))
    text = (tmp_path / "full.jsonl").read_text(encoding="utf-8")
    assert "private question" in text and "secretive" in text and KEY not in text


WRITE = """
import sys
from loomlab.observability import JsonlTelemetry
from loomlab.observability.tracing import MetricRecord
sink = JsonlTelemetry(sys.argv[1])
for number in range(200):
    sink.on_metric(MetricRecord("m", number, 0, {"text": "x" * 2000}))
    sink.flush()
"""


def test_processes_may_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "shared.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(path)]) for _ in range(3)]
    assert [one.wait(timeout=50) for one in writers] == [0, 0, 0]
    values = [json.loads(line)["value"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(values) == sorted(list(range(200)) * 3)


@pytest.mark.anyio
async def test_the_console_shows_a_tree_when_a_run_is_over() -> None:
    out = io.StringIO()
    await agent(ConsoleTelemetry(stream=out)).run("a private question")
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("  loom.run clerk ")
    names = [line.removeprefix("✕").split()[0] for line in lines]
    assert names == [name for name, *_ in TREE]
    assert lines[3].startswith("✕   loom.tool fail") and lines[3].endswith("ValueError")
    assert "private" not in out.getvalue() and "secretive" not in out.getvalue()
    full = io.StringIO()
    await agent(ConsoleTelemetry(stream=full, capture_content=True)).run("a private question")
    assert "private question" in full.getvalue() and KEY not in full.getvalue()
