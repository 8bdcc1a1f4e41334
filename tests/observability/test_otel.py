"""Telemetry through OpenTelemetry, on the assembled agent."""

import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from loomlab import Agent, BudgetConfig, ScriptedModel, ScriptedTurn, StandardBudget, Workflow, tool
from loomlab.core import Message, ModelChunk, ToolCall, Usage
from loomlab.core.errors import TransientModelError
from loomlab.observability import OTelTelemetry
from loomlab.observability.instruments import USERS
from loomlab.team import Team

pytestmark = pytest.mark.anyio
KEY = "sk-abcdefghijklmnopqrstuvwxyz012345"


class Answering:
    """Answers with ``text``, in pieces when streamed."""

    name = "gpt-4.1-mini"

    def __init__(self, text: str = "a quiet answer", usage: Usage | None = None) -> None:
        self.text = text
        self.usage = usage or Usage(input_tokens=7, output_tokens=3, cost_usd=0.5)

    async def complete(self, messages: Sequence[Message], **_: Any) -> tuple[str, list[ToolCall], Usage, str]:
        await anyio.lowlevel.checkpoint()
        return self.text, [], self.usage, "stop"

    async def stream(self, messages: Sequence[Message], **_: Any) -> AsyncIterator[ModelChunk]:
        for word in self.text.split():
            await anyio.lowlevel.checkpoint()
            yield ModelChunk(kind="text", text=f"{word} ")
        yield ModelChunk(kind="finish", finish_reason="stop", usage=self.usage)


class Probe:
    def __init__(self, **options: Any) -> None:
        self._spans, self._metrics = InMemorySpanExporter(), InMemoryMetricReader()
        tracer = TracerProvider()
        tracer.add_span_processor(SimpleSpanProcessor(self._spans))
        self.telemetry = OTelTelemetry(
            tracer_provider=tracer, meter_provider=MeterProvider(metric_readers=[self._metrics]), **options
        )

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._spans.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [one for one in self.spans if one.name == name]

    def tree(self) -> list[str]:
        """Each span as its path of names, in the order they began."""
        by_id = {one.context.span_id: one for one in self.spans if one.context is not None}

        def path(one: ReadableSpan) -> str:
            above = "" if one.parent is None else path(by_id[one.parent.span_id]) + "/"
            return above + one.name.removeprefix("loom.")

        return [path(one) for one in sorted(self.spans, key=lambda one: one.start_time or 0)]

    def metrics(self) -> dict[str, Any]:
        data = self._metrics.get_metrics_data()
        scopes = [scope for one in data.resource_metrics for scope in one.scope_metrics] if data else []
        return {metric.name: metric for scope in scopes for metric in scope.metrics}


@pytest.fixture
def probe() -> Probe:
    return Probe()


def asks(name: str, **args: Any) -> ScriptedModel:
    return ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool=name, args=args)]), ScriptedTurn(text="done")])


@tool
async def echo(text: str) -> str:
    """Say it again."""
    return text


@tool
async def fail(text: str) -> str:
    """Fail."""
    raise ValueError(f"cannot take {text} with {KEY}")


async def test_a_run_is_one_tree_with_the_names_of_the_genai_conventions(probe: Probe) -> None:
    agent = Agent("x", model=Answering(), telemetry=probe.telemetry, name="clerk")
    await agent.run("hello", user_id="alice", session_id="s1")
    assert probe.tree() == ["run", "run/memory.recall", "run/model.complete", "run/memory.remember"]
    (run,), (model,) = probe.named("loom.run"), probe.named("loom.model.complete")
    for span in probe.spans:
        assert span.attributes is not None
        assert (span.attributes["user_id"], span.attributes["user.id"]) == ("alice", "alice")
        assert span.attributes["gen_ai.conversation.id"] == "s1" and None not in span.attributes.values()
    assert run.attributes is not None and model.attributes is not None
    assert run.attributes["gen_ai.operation.name"] == "invoke_agent" and run.attributes["gen_ai.agent.name"] == "clerk"
    assert (run.attributes["tokens_in"], run.attributes["ended"]) == (7, "answered")
    assert model.kind is SpanKind.CLIENT
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4.1-mini",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.response.finish_reasons": ("stop",),
        "cost_usd": 0.5,
        "role": "agent",
    }
    assert {key: model.attributes.get(key) for key in expected} == expected


async def test_a_tool_its_failure_and_its_refusal(probe: Probe) -> None:
    agent = Agent("x", model=asks("fail", text="this"), tools=[fail], telemetry=probe.telemetry)
    await agent.run("go", user_id="alice")
    (span,) = probe.named("loom.tool")
    assert span.attributes is not None and span.status.status_code is StatusCode.ERROR
    assert span.attributes["gen_ai.operation.name"] == "execute_tool"
    assert (span.attributes["gen_ai.tool.name"], span.attributes["error.type"]) == ("fail", "ValueError")
    assert probe.named("loom.run")[0].status.status_code is StatusCode.UNSET

    refusing = Agent("x", model=asks("echo", text="this"), tools=[echo], telemetry=probe.telemetry)

    @refusing.before_tool
    async def no(call: ToolCall) -> Any:
        from loomlab import PermissionDecision

        return PermissionDecision.deny_("no")

    await refusing.run("go")
    refused = probe.named("loom.tool")[-1]
    assert refused.attributes is not None and refused.attributes["denied"] is True
    assert refused.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize("capture", [False, True])
async def test_what_was_said_is_sent_only_when_asked_for_and_secrets_never(capture: bool) -> None:
    probe = Probe(capture_content=capture)
    model = asks("fail", text=f"private {KEY}")
    agent = Agent(f"hidden instructions {KEY}", model=model, tools=[fail], telemetry=probe.telemetry)
    await agent.run(f"a private question {KEY}", user_id="alice")
    sent = json.dumps([[span.name, dict(span.attributes or {}), span.status.description] for span in probe.spans])
    sent += json.dumps([dict(event.attributes or {}) for span in probe.spans for event in span.events])
    assert KEY not in sent
    for text in ("private question", "hidden instructions", "private [REDACTED]"):
        assert (text in sent) == capture
    if capture:
        said = probe.named("loom.model.complete")[-1].attributes
        assert said is not None
        messages = json.loads(str(said["gen_ai.input.messages"]))
        assert [one["role"] for one in messages] == ["system", "user", "assistant", "tool"]
        assert messages[2]["parts"][0]["type"] == "tool_call"
        assert messages[3]["parts"][0]["type"] == "tool_call_response"


async def test_an_error_is_recorded_with_secrets_masked_and_the_status_is_error(probe: Probe) -> None:
    class Broken(Answering):
        async def complete(self, messages: Sequence[Message], **_: Any) -> Any:
            raise TransientModelError(f"no connection with {KEY}")

    with pytest.raises(TransientModelError):
        await Agent("x", model=Broken(), telemetry=probe.telemetry).run("go")
    for name in ("loom.model.complete", "loom.run"):
        (span,) = probe.named(name)
        assert span.status.status_code is StatusCode.ERROR
        (event,) = span.events
        assert event.attributes is not None
        assert event.attributes["exception.type"] == "loomlab.core.errors.TransientModelError"
        assert event.attributes["exception.message"] == "no connection with [REDACTED]"
        assert KEY not in str(event.attributes["exception.stacktrace"])
    point = probe.metrics()["gen_ai.client.operation.duration"].data.data_points[0]
    assert point.attributes["error.type"] == "TransientModelError"


async def test_a_stream_has_a_first_chunk_and_one_that_is_left_ends_all_its_spans(probe: Probe) -> None:
    agent = Agent("x", model=Answering("one two three four"), telemetry=probe.telemetry)
    async for _ in agent.stream("go"):
        pass
    (model,) = probe.named("loom.model.stream")
    assert model.attributes is not None and model.attributes["gen_ai.request.stream"] is True
    assert float(str(model.attributes["gen_ai.response.time_to_first_chunk"])) >= 0
    before = len(probe.spans)
    stream = agent.stream("go")
    async for event in stream:
        if event.kind == "model_chunk":
            break
    await stream.aclose()  # type: ignore[attr-defined]  # an EventStream
    left = probe.spans[before:]
    assert {one.name for one in left} >= {"loom.model.stream", "loom.run"}
    assert all(one.end_time for one in left)
    assert [one.attributes["cancelled"] for one in left if one.name == "loom.run" and one.attributes] == [True]
    assert get_current_span().get_span_context().is_valid is False


async def test_a_cancelled_run_ends_its_spans(probe: Probe) -> None:
    class Hanging(Answering):
        async def complete(self, messages: Sequence[Message], **_: Any) -> Any:
            await anyio.sleep_forever()

    agent = Agent("x", model=Hanging(), telemetry=probe.telemetry)
    async with anyio.create_task_group() as group:
        group.start_soon(agent.run, "go")
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert [one.name for one in probe.spans] == ["loom.memory.recall", "loom.model.complete", "loom.run"]
    assert all(one.status.status_code is StatusCode.UNSET for one in probe.spans)


async def test_workers_without_telemetry_of_their_own_are_inside_the_span_of_the_tool_that_called_them(
    probe: Probe,
) -> None:
    worker = Agent("w", model=asks("echo", text="hi"), tools=[echo], name="worker")
    lead = asks("delegate", worker="worker", instructions="look")
    await Team.supervisor(workers={"worker": worker}, model=lead, telemetry=probe.telemetry).run("go", user_id="alice")
    tree = probe.tree()
    assert "run/tool/run/tool" in tree and tree.count("run/tool/run/model.complete") == 2
    assert all((one.attributes or {})["user_id"] == "alice" for one in probe.spans)


async def test_a_workflow_has_its_steps_and_the_agents_in_them(probe: Probe) -> None:
    flow = Workflow.chain([lambda value: value, Agent("w", model=Answering())], name="flow", telemetry=probe.telemetry)
    await flow.run("x", user_id="bob")
    assert "workflow/workflow.step/run/model.complete" in probe.tree()
    (span,) = probe.named("loom.workflow")
    assert span.attributes is not None and span.attributes["gen_ai.operation.name"] == "invoke_workflow"


async def test_two_users_at_once_have_trees_of_their_own(probe: Probe) -> None:
    agent = Agent("x", model=Answering(), telemetry=probe.telemetry)
    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(partial(agent.run, "go", user_id="alice" if number % 2 else "bob"))
    traces: dict[int, set[Any]] = {}
    for span in probe.spans:
        assert span.context is not None and span.attributes is not None
        traces.setdefault(span.context.trace_id, set()).add(span.attributes["user_id"])
    assert len(traces) == 20 and all(len(users) == 1 for users in traces.values())


async def test_a_budget_that_stops_a_worker_is_no_fault(probe: Probe) -> None:
    worker = Agent("w", model=Answering(), name="worker")
    lead = asks("delegate", worker="worker", instructions="look")
    budget = StandardBudget(BudgetConfig(max_tokens=0, max_output_tokens=0))
    team = Team.supervisor(workers={"worker": worker}, model=lead, telemetry=probe.telemetry, budget=budget)
    assert (await team.run("go")).interrupted
    assert {one.status.status_code for one in probe.spans} == {StatusCode.UNSET}
    assert probe.metrics()["loom.budget.exceeded"].data.data_points[0].value == 1


async def test_names_tell_histograms_from_counters(probe: Probe) -> None:
    telemetry = probe.telemetry
    for name in ("a_ms", "b_seconds", "c_bytes", "d.count"):
        await telemetry.emit_metric(name, 2.0, who="me", nothing=None)
    found = probe.metrics()
    assert {name: (type(one.data).__name__, one.unit) for name, one in found.items()} == {
        "a_ms": ("Histogram", "ms"),
        "b_seconds": ("Histogram", "s"),
        "c_bytes": ("Histogram", "By"),
        "d.count": ("Sum", ""),
    }
    assert dict(found["a_ms"].data.data_points[0].attributes) == {"who": "me"}


async def test_the_metrics_of_a_run_add_up(probe: Probe) -> None:
    agent = Agent("x", model=Answering(), telemetry=probe.telemetry)
    for user in ("alice", "alice", "bob"):
        await agent.run("go", user_id=user)
    found = probe.metrics()
    by_user = {point.attributes["user_id"]: point.value for point in found["loom.tokens.input"].data.data_points}
    assert by_user == {"alice": 14, "bob": 7}
    usage = {
        one.attributes["gen_ai.token.type"]: one.sum for one in found["gen_ai.client.token.usage"].data.data_points
    }
    assert usage == {"input": 21, "output": 9}
    assert {"loom.cost.usd", "loom.session.duration_ms", "gen_ai.client.operation.duration"} <= set(found)


async def test_a_flood_of_users_makes_no_flood_of_series(probe: Probe) -> None:
    for number in range(USERS + 500):
        await probe.telemetry.emit_metric("loom.tokens.input", 1, user_id=f"user{number}")
    points = probe.metrics()["loom.tokens.input"].data.data_points
    assert len(points) == USERS + 1 and sum(point.value for point in points) == USERS + 500


async def test_values_of_any_kind_can_be_attributes(probe: Probe) -> None:
    given = {"text": "t", "list": ["a", "b"], "mixed": [1, "a"], "dict": {"a": 1}, "none": None, "half": "\ud83d"}
    async with probe.telemetry.trace("loom.own", **given) as span:
        span.attributes["later"] = 3
    (made,) = probe.named("loom.own")
    assert dict(made.attributes or {}) == {
        "text": "t", "list": ("a", "b"), "mixed": '[1,"a"]', "dict": '{"a":1}', "half": "?", "later": 3,
    }  # fmt: skip


async def test_a_tool_may_open_spans_of_its_own_inside(probe: Probe) -> None:
    from opentelemetry import trace

    seen: list[int] = []

    @tool
    def sync(text: str) -> str:
        """Runs in a thread."""
        seen.append(trace.get_current_span().get_span_context().span_id)
        return text

    await Agent("x", model=asks("sync", text="a"), tools=[sync], telemetry=probe.telemetry).run("go")
    assert [one.context.span_id for one in probe.named("loom.tool") if one.context] == seen


def test_a_collector_receives_it_over_http(collector: Any) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    tracer = TracerProvider()
    tracer.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{collector.address}/v1/traces")))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{collector.address}/v1/metrics"))
    meter = MeterProvider(metric_readers=[reader])
    telemetry = OTelTelemetry(tracer_provider=tracer, meter_provider=meter)
    agent = Agent("x", model=asks("echo", text="hi"), tools=[echo], telemetry=telemetry)
    anyio.run(partial(agent.run, "go", user_id="alice"))
    tracer.shutdown()
    meter.shutdown()
    names = sorted(span.name for span in collector.spans)
    assert names == [
        "loom.memory.recall", "loom.memory.remember", "loom.model.complete", "loom.model.complete", "loom.run",
        "loom.tool",
    ]  # fmt: skip
    ids = {span.span_id for span in collector.spans}
    assert len({span.trace_id for span in collector.spans}) == 1
    assert sum(span.parent_span_id not in ids for span in collector.spans) == 1
    assert {"loom.tokens.input", "gen_ai.client.token.usage"} <= {one.name for one in collector.metrics}
