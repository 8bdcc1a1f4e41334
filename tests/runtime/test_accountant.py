"""The accountant: every call is counted once, for its user and role, and failures are told and retried as agreed."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from loomlab import Agent, BudgetConfig, EchoModel, Event, ScriptedModel, ScriptedTurn, StandardBudget, Usage, tool
from loomlab.core import ModelChunk, RateLimitError, ToolCall, TransientModelError, observing
from loomlab.core.errors import AuthenticationError
from loomlab.governance import RetryPolicy

pytestmark = pytest.mark.anyio

QUICK = RetryPolicy(initial_delay_s=0.0, jitter=0.0)


class Watch:
    wants_chunks = False

    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def calls(self) -> list[dict[str, Any]]:
        return [one.payload["call"] for one in self.events if one.kind == "model_chunk" and "call" in one.payload]


class Flaky:
    """Fails ``failures`` times, then answers; counts how often it was asked."""

    name = "flaky"

    def __init__(self, *failures: Exception, chunks_before: int = 0) -> None:
        self.failures = list(failures)
        self.asked = 0
        self.chunks_before = chunks_before

    async def complete(self, messages: Any, **_: Any) -> Any:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return "fine", [], Usage(input_tokens=2, output_tokens=1), "stop"

    async def stream(self, messages: Any, **_: Any) -> AsyncIterator[ModelChunk]:
        self.asked += 1
        if self.failures:
            for _i in range(self.chunks_before):
                yield ModelChunk(kind="text", text="half ")
            raise self.failures.pop(0)
        yield ModelChunk(kind="text", text="fine")
        yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=2, output_tokens=1))


def turns(*texts: str, cost: float | None = 0.5) -> ScriptedModel:
    usage = Usage(input_tokens=10, output_tokens=5, cost_usd=cost)
    return ScriptedModel([ScriptedTurn(text=text, usage=usage) for text in texts])


async def test_the_sum_of_the_calls_is_the_total_whatever_the_role() -> None:
    watch = Watch()
    with observing(watch):
        result = await Agent("x", model=turns("one", "bad", "two", "no issues"), architecture="self-refine").run("go")
    calls = watch.calls()
    assert [one["role"] for one in calls] == ["agent", "critic", "refiner", "critic"]
    assert [one["turn"] for one in calls] == [1, 2, 3, 4]
    assert result.tokens_in == sum(one["input_tokens"] for one in calls) == 40
    assert result.tokens_out == 20 and result.cost_usd == 2.0 and result.turns == 4


async def test_an_unknown_price_makes_the_total_unknown_and_not_zero() -> None:
    result = await Agent("x", model=turns("hi", cost=None)).run("go")
    assert result.cost_usd is None and result.cost == "unknown" and result.tokens_in == 10


async def test_per_user_caps_see_critics_too_and_leave_other_users_alone() -> None:
    budget = StandardBudget(BudgetConfig(per_user_max_tokens=20))
    agent = Agent(
        "x", model=turns("one", "bad", "two", "no issues", "for bob"), architecture="self-refine", budget=budget
    )
    mine = await agent.run("go", user_id="alice")
    assert mine.interrupted and mine.interruption_reason == "budget:per_user_max_tokens"
    assert budget.usage_for("alice")["tokens_total"] == 30
    again = await agent.run("go", user_id="alice")
    assert again.interrupted and again.turns == 0
    bobs = Agent("x", model=turns("for bob"), budget=budget)
    theirs = await bobs.run("go", user_id="bob")
    assert theirs.output == "for bob" and not theirs.interrupted


async def test_budget_exceeded_comes_before_completed_in_the_stream() -> None:
    budget = StandardBudget(BudgetConfig(max_tokens=1))
    agent = Agent("x", model=turns("one", "two"), budget=budget)
    await agent.run("first")
    kinds = [event.kind.value async for event in agent.stream("second")]
    assert kinds.index("budget_exceeded") < kinds.index("completed") == len(kinds) - 1


async def test_a_soft_warning_is_told_once() -> None:
    budget = StandardBudget(BudgetConfig(max_tokens=100, soft_warning_at=0.1))
    watch = Watch()
    with observing(watch):
        await Agent("x", model=turns("a", "b", "c", "no issues"), architecture="self-refine", budget=budget).run("go")
    assert [one.kind.value for one in watch.events].count("budget_warning") == 1


@pytest.mark.parametrize("streaming", [False, True])
async def test_transient_errors_are_retried_as_the_policy_says_and_told(streaming: bool) -> None:
    model, watch = Flaky(TransientModelError("blip"), RateLimitError("slow", retry_after=0.0)), Watch()
    watch.wants_chunks = streaming
    with observing(watch):
        result = await Agent("x", model=model, retry_policy=QUICK).run("go")
    assert result.output == "fine" and model.asked == 3 and result.turns == 1
    assert watch.calls()[0]["attempts"] == 3
    assert [one.payload["error"] for one in watch.events if one.payload.get("name") == "model.retrying"] == [
        "blip",
        "slow",
    ]


async def test_custom_models_are_not_retried_unless_asked_to() -> None:
    model = Flaky(TransientModelError("blip"))
    with pytest.raises(TransientModelError):
        await Agent("x", model=model).run("go")
    assert model.asked == 1


async def test_permanent_errors_cost_one_request() -> None:
    model = Flaky(AuthenticationError("no key"))
    with pytest.raises(AuthenticationError):
        await Agent("x", model=model, retry_policy=QUICK).run("go")
    assert model.asked == 1


async def test_an_error_in_mid_stream_is_not_retried_and_repeats_no_text() -> None:
    model, text = Flaky(TransientModelError("cut"), chunks_before=2), ""
    with pytest.raises(TransientModelError, match="cut"):
        async for event in Agent("x", model=model, retry_policy=QUICK).stream("go"):
            if event.kind == "model_chunk":
                text += event.payload["chunk"]["text"] or ""
    assert model.asked == 1 and text == "half half "


async def test_a_failed_call_is_in_the_events_with_its_error() -> None:
    watch = Watch()
    with observing(watch), pytest.raises(TransientModelError):
        await Agent("x", model=Flaky(TransientModelError("gone"))).run("go")
    (call,) = watch.calls()
    assert call["error"] == "gone" and call["finish_reason"] == "error"
    assert watch.events[-1].kind == "error" and watch.events[-1].payload["retryable"] is True


async def test_a_sub_run_counts_in_the_run_above_and_in_its_budget_even_when_it_fails() -> None:
    worker = Agent("w", model=turns("worker says"), name="worker")

    @tool
    async def ask_worker() -> str:
        """Ask."""
        first = (await worker.run("sub")).output
        broken = Agent("b", model=_PaysThenFails())
        try:
            await broken.run("sub")
        except TransientModelError:
            first += "!"
        return first

    usage = Usage(input_tokens=1, output_tokens=1, cost_usd=0.25)
    boss = ScriptedModel(
        [ScriptedTurn(tool_calls=[ToolCall(tool="ask_worker")], usage=usage), ScriptedTurn(text="done", usage=usage)]
    )
    budget = StandardBudget(BudgetConfig(max_tokens=10_000))
    watch = Watch()
    with observing(watch):
        result = await Agent("x", model=boss, tools=[ask_worker], budget=budget).run("go", user_id="alice")
    assert result.tokens_in == 1 + 1 + 10 + 3 and result.cost_usd == 0.25 + 0.25 + 0.5 + 0.125
    assert budget.usage_for("alice")["tokens_in"] == result.tokens_in
    top = watch.events[0].run_id
    subs = {one.run_id for one in watch.events if one.parent_run_id == top}
    assert len(subs) == 2 and {one.payload["user_id"] for one in watch.events if one.kind == "started"} == {"alice"}


class _PaysThenFails:
    name = "pays-then-fails"

    def __init__(self) -> None:
        self.first = True

    async def complete(self, messages: Any, **_: Any) -> Any:
        if self.first:
            self.first = False
            return "", [ToolCall(tool="missing")], Usage(input_tokens=3, output_tokens=1, cost_usd=0.125), "tool_use"
        raise TransientModelError("down")

    async def stream(self, messages: Any, **_: Any) -> AsyncIterator[ModelChunk]:
        _text, calls, usage, reason = await self.complete(messages)
        for call in calls:
            yield ModelChunk(kind="tool_call", tool_call=call)
        yield ModelChunk(kind="finish", finish_reason=reason, usage=usage)


async def test_a_model_is_given_only_the_keywords_it_declares() -> None:
    class Narrow:
        name = "narrow"

        async def complete(self, messages: Any, *, tools: Any = None) -> Any:
            return "ok", [], Usage(), "stop"

        async def stream(self, messages: Any, *, tools: Any = None) -> AsyncIterator[ModelChunk]:
            yield ModelChunk(kind="text", text="ok")

    from pydantic import BaseModel

    class Shape(BaseModel):
        x: int = 0

    with pytest.raises(Exception, match="does not fit Shape"):
        await Agent("x", model=Narrow()).run("go", output_schema=Shape)
    assert (await Agent("x", model=Narrow()).run("go")).output == "ok"


async def test_a_type_error_inside_a_model_is_raised_and_asked_once() -> None:
    class Buggy:
        name = "buggy"
        asked = 0

        async def complete(self, messages: Any, **_: Any) -> Any:
            Buggy.asked += 1
            raise TypeError("unexpected keyword argument 'user_id'")

        async def stream(self, messages: Any, **_: Any) -> AsyncIterator[ModelChunk]:
            yield ModelChunk(kind="text")

    with pytest.raises(TypeError):
        await Agent("x", model=Buggy()).run("go")
    assert Buggy.asked == 1


async def test_a_custom_architecture_that_calls_model_and_tools_itself_passes_the_same_doors() -> None:
    ran: list[str] = []

    @tool(destructive=True)
    async def erase() -> str:
        """Erase."""
        ran.append("!")
        return ""

    class Mine:
        name = "mine"

        async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
            text, *_ = await deps.model.complete(session.messages)
            result = await deps.tools.call("erase", {})
            session.output = f"{text} {result.denied}"
            yield deps.note(session, "mine.done")

        def declared_workers(self) -> dict[str, Any]:
            return {}

    from loomlab import StandardPermissions

    budget, watch = StandardBudget(BudgetConfig(max_tokens=1000)), Watch()
    agent = Agent(
        "x", model=turns("hello"), tools=[erase], architecture=Mine(), permissions=StandardPermissions(), budget=budget
    )
    with observing(watch):
        result = await agent.run("go", user_id="u")
    assert result.output == "hello True" and not ran
    assert budget.usage_for("u")["tokens_total"] == 15 and len(watch.calls()) == 1


async def test_telemetry_sees_runs_models_and_tools_with_the_user() -> None:
    from contextlib import asynccontextmanager

    from loomlab.core import Span

    spans: list[tuple[str, Any]] = []
    metrics: dict[str, float] = {}

    class Probe:
        @asynccontextmanager
        async def trace(self, name: str, **attrs: Any) -> AsyncIterator[Span]:
            spans.append((name, attrs.get("user_id")))
            yield Span(name=name)

        async def emit_metric(self, name: str, value: float, **attrs: Any) -> None:
            metrics[name] = metrics.get(name, 0) + value

    @tool
    async def hi() -> str:
        """Hi."""
        return "hi"

    usage = Usage(input_tokens=3, output_tokens=2, cost_usd=0.1)
    model = ScriptedModel(
        [ScriptedTurn(tool_calls=[ToolCall(tool="hi")], usage=usage), ScriptedTurn("end", usage=usage)]
    )
    await Agent("x", model=model, tools=[hi], telemetry=Probe()).run("go", user_id="u")
    names = ("run", "memory.recall", "model.complete", "tool", "model.complete", "memory.remember")
    assert spans == [(f"loom.{name}", "u") for name in names]
    assert metrics["loom.tokens.input"] == 6 and metrics["loom.cost.usd"] == pytest.approx(0.2)
    assert {"loom.tool.duration_ms", "loom.session.duration_ms"} <= set(metrics)


async def test_two_hundred_runs_at_once_mix_nothing() -> None:
    agent = Agent("x", model=EchoModel())
    answers: dict[int, str] = {}

    async def one(i: int) -> None:
        answers[i] = (await agent.run(f"say {i}", user_id=f"u{i}", session_id=f"s{i}")).output

    async with anyio.create_task_group() as group:
        for i in range(200):
            group.start_soon(one, i)
    assert answers == {i: f"Echo: say {i}" for i in range(200)}
