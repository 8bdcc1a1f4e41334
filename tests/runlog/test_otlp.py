"""A logged run in a trace viewer: valid ids and times, one tree, nothing that was said unless asked for."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, Workflow, tool
from loomlab.cli import main
from loomlab.core import ToolCall
from loomlab.runlog import RunLog
from loomlab.team import Team


def decoded(request: dict[str, Any]) -> list[Any]:
    """The spans, decoded as a collector does: ids are hexadecimal in OTLP's JSON, base64 in that of protobuf."""
    from base64 import b64encode

    data = json.loads(json.dumps(request))
    for resource in data["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in span:
                        span[key] = b64encode(bytes.fromhex(span[key])).decode()
    message = json_format.ParseDict(data, ExportTraceServiceRequest())
    return [span for resource in message.resource_spans for scope in resource.scope_spans for span in scope.spans]


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def check(spans: list[Any]) -> None:
    by_id = {span.span_id: span for span in spans}
    assert len(by_id) == len(spans) and len({span.trace_id for span in spans}) == 1
    assert sum(not span.parent_span_id for span in spans) == 1
    for span in spans:
        assert len(span.trace_id) == 16 and len(span.span_id) == 8
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
        if span.parent_span_id:
            above = by_id[span.parent_span_id]
            assert above.start_time_unix_nano <= span.start_time_unix_nano
            assert span.end_time_unix_nano <= above.end_time_unix_nano


@tool
async def fail(why: str) -> str:
    """Fail."""
    raise ValueError(f"no: {why}")


async def worked(folder: Path) -> RunLog:
    log = RunLog.open(folder)
    asks = ScriptedModel(
        [ScriptedTurn(tool_calls=[ToolCall(tool="fail", args={"why": "secretive"})]), ScriptedTurn("a")]
    )
    worker = Agent("w", model=asks, tools=[fail], name="worker")
    lead = [ScriptedTurn(tool_calls=[ToolCall(tool="delegate", args={"worker": "worker", "instructions": "look"})])]
    team = Team.supervisor(
        workers={"worker": worker}, model=ScriptedModel([*lead, ScriptedTurn("the answer")]), run_log=log, name="boss"
    )
    await team.run("a private question", user_id="alice", session_id="s1")
    return log


def test_a_team_is_one_tree_with_the_names_of_live_telemetry(tmp_path: Path) -> None:
    log = anyio.run(worked, tmp_path / "log")
    spans = decoded(log.to_otlp())
    check(spans)
    names = [span.name for span in spans]
    assert names[0] == "loom.run" and names.count("loom.run") == 2 and names.count("loom.model.complete") == 4
    root = attributes(spans[0])
    assert root["gen_ai.operation.name"] == "invoke_agent" and root["gen_ai.agent.name"] == "boss"
    assert (root["gen_ai.conversation.id"], root["user_id"], root["user.id"]) == ("s1", "alice", "alice")
    failed = next(span for span in spans if attributes(span).get("tool") == "fail")
    assert failed.status.code == 2 and attributes(failed)["error.type"] == "ValueError"
    inner = next(span for span in spans[1:] if span.name == "loom.run")
    delegate = next(span for span in spans if attributes(span).get("tool") == "delegate")
    assert inner.parent_span_id == delegate.span_id
    assert log.to_otlp() == log.to_otlp()


def test_what_was_said_is_there_only_when_it_is_asked_for(tmp_path: Path) -> None:
    log = anyio.run(worked, tmp_path / "log")
    bare, full = json.dumps(log.to_otlp()), json.dumps(log.to_otlp(content=True))
    for text in ("a private question", "the answer", "secretive"):
        assert text not in bare and text in full


def test_a_workflow_and_a_run_that_failed(tmp_path: Path) -> None:
    class Broken(EchoModel):
        async def complete(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("gone")

    log = RunLog.open(tmp_path / "log")
    flow = Workflow.chain([lambda value: value, Agent("w", model="echo")], name="flow", run_log=log)
    anyio.run(partial(flow.run, "x", user_id="bob"))
    spans = decoded(log.to_otlp())
    check(spans)
    assert [span.name for span in spans][:2] == ["loom.workflow", "loom.workflow.step"]
    assert attributes(spans[0])["gen_ai.operation.name"] == "invoke_workflow"
    with pytest.raises(RuntimeError):
        anyio.run(Agent("b", model=Broken(), run_log=log).run, "x")
    spans = decoded(log.to_otlp())
    check(spans)
    assert spans[0].status.code == 2


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = anyio.run(worked, tmp_path / "log")
    assert main(["runs", "otlp", "last", "--home", str(tmp_path / "log")]) == 0
    assert json.loads(capsys.readouterr().out) == log.to_otlp()
    assert main(["runs", "otlp", "nothing", "--home", str(tmp_path / "log")]) != 0
    assert "no such run 'nothing'" in capsys.readouterr().err
    assert main(["runs", "--home", str(tmp_path / "log")]) == 0
    assert "alice" in capsys.readouterr().out
