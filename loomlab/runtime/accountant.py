"""The one accountant: every model call of every strategy, critic and judge is made here.

Budget check for the user → retry policy → journal step → usage, cost, latency, time to first token, role →
telemetry, watchers. Sub-runs count in the runs above them at once, so the sum of the parts is the total
even when one of them fails half-way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import lru_cache, partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import BudgetExceeded, ModelError
from loomlab.core.events import EventKind
from loomlab.core.messages import Message, ModelChunk, ToolCall, ToolDef, Usage
from loomlab.core.payloads import ModelCallInfo
from loomlab.core.protocols import Budget, Model
from loomlab.core.session import AgentSession
from loomlab.governance.retry import call_with_retry, stream_with_retry
from loomlab.runtime.declared import declares
from loomlab.runtime.durable import ModelStep, model_step, replayed
from loomlab.runtime.reply import Reply, RunStopped

if TYPE_CHECKING:
    from loomlab.runtime.run import Run
    from loomlab.runtime.surroundings import Surroundings

_OPTIONS = ("tools", "temperature", "max_tokens", "output_schema")


@dataclass(slots=True)
class ModelCall:
    """One model call under way."""

    run: Run
    model: Model
    messages: Sequence[Message]
    options: dict[str, Any]
    role: str
    turn: int
    number: int
    began: float = 0.0
    first: float | None = None
    attempts: int = 1
    texts: list[str] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    finish_reason: str = "stop"
    cached: bool = False
    step: ModelStep | None = None

    @property
    def replayed(self) -> bool:
        """Whether the reply comes from the journal: it was paid for then."""
        return self.step is not None and self.step.known


async def ask(
    run: Run,
    session: AgentSession,
    messages: Sequence[Message],
    *,
    role: str,
    tools: Sequence[ToolDef] | None,
    schema: Any,
    model: Model,
    temperature: float | None,
    max_tokens: int | None,
) -> Reply:
    """Make one model call. Raises ``RunStopped`` when a budget is spent, the model's error when it fails for good."""
    given = {"tools": tools or None, "temperature": temperature, "max_tokens": max_tokens, "output_schema": schema}
    options = {name: value for name, value in given.items() if value is not None}
    step = None
    if run.runtime is not None and (step := await model_step(run)) is not None:
        messages = step.messages(session, messages)
    if not run.budgets or (step is not None and step.known):
        return await _account(run, session, messages, options, role, model, step)
    async with AsyncExitStack() as held:
        await _check_budgets(run, session, held, (run.name, role, model.name))
        return await _account(run, session, messages, options, role, model, step)


async def ask_aside(run: Run, role: str, model: Model, messages: Sequence[Message], schema: Any) -> str:
    """A call that a run pays for though no strategy makes it. ``BudgetExceeded`` where the budget does not allow it."""
    # Turns, interruptions and the like of this call land on a session that nobody reads.
    aside = AgentSession(id=f"{run.context.session_id or ''}__{role}", instructions="")
    try:
        reply = await ask(
            run,
            aside,
            messages,
            role=role,
            tools=None,
            schema=schema,
            model=model,
            temperature=None,
            max_tokens=None,
        )
    except RunStopped as stop:
        raise BudgetExceeded(str(stop)) from None
    return reply.text


async def _account(
    run: Run,
    session: AgentSession,
    messages: Sequence[Message],
    options: dict[str, Any],
    role: str,
    model: Model,
    step: ModelStep | None,
) -> Reply:
    """Make a call that may be made, and count it."""
    run.calls += 1
    session.turns += 1
    call = ModelCall(run, model, messages, options, role, session.turns, run.calls, step=step)
    run.partial = call.texts
    info = await _announce(call, session) if run.watched else None
    call.began = perf_counter()
    try:
        if run.telemetry is None:
            await _perform(call)
        else:
            await _traced(call)
    except ModelError as exc:
        if info is not None:
            await _report(call, info, exc)
        raise
    await _book(run, session, call.usage, paid=call.replayed)
    if info is not None:
        await _report(call, info, None)
    return Reply("".join(call.texts), call.tool_calls, call.usage, call.finish_reason)


async def _book(run: Run, session: AgentSession | None, usage: Usage, *, paid: bool = False) -> None:
    """Add to the session, to the runs above it, and to every budget, unless it was ``paid`` before."""
    if session is not None:
        session.cumulative_usage += usage
    above: Run | None = run if run.session is not session else run.parent
    while above is not None:
        if above.session is not None:
            above.session.cumulative_usage += usage
        above = above.parent
    if paid:
        return
    for budget, user in run.budgets:
        await budget.consume(
            tokens_in=usage.input_tokens, tokens_out=usage.output_tokens, cost_usd=usage.cost_usd, user_id=user
        )


async def count(run: Run, role: str, model: str, usage: Usage) -> None:
    """Book a call that was made without the accountant, and show it as one finish chunk."""
    await _book(run, None, usage)
    if run.around is not None and run.around.meter is not None:
        run.around.meter.book(role, model, usage)
    if run.watched:
        info = ModelCallInfo(
            role=role,
            turn=run.session.turns if run.session is not None else 0,
            model=model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            cost_usd=usage.cost_usd,
            offset_ms=run.timer.offset_ms(f"{role} {model}"),
        )
        chunk = ModelChunk(kind="finish", finish_reason="stop", usage=usage)
        await run.emit(EventKind.MODEL_CHUNK, {"chunk": chunk, "role": role, "turn": info.turn, "call": info})


async def _check_budgets(run: Run, session: AgentSession, held: AsyncExitStack, kind: tuple[str, str, str]) -> None:
    """Stop the run where a budget is spent; one that can reserve holds what the call may use until it is counted."""
    budgets: Sequence[tuple[Budget, str | None]] = run.budgets
    if len(budgets) > 1:
        # One order for all, or two runs could wait for what the other holds.
        budgets = sorted(budgets, key=lambda held: getattr(held[0], "order", 0))
    for budget, user in budgets:
        reserve = getattr(budget, "reserve", None)
        status = await (
            held.enter_async_context(reserve(user_id=user, **({"kind": kind} if _takes_kind(reserve) else {})))
            if reserve
            else budget.allows_step(user_id=user)
        )
        reason = status.reason or ""
        if status.blocked:
            if run.telemetry is not None:
                await run.telemetry.emit_metric("loom.budget.exceeded", 1, reason=reason, user_id=user)
            if run.watched:
                await run.emit(EventKind.BUDGET_EXCEEDED, {"status": status})
            session.interrupt(f"budget:{reason}")
            raise RunStopped(reason)
        if status.warn and reason not in run.warned:
            run.warned.add(reason)
            if run.watched:
                await run.emit(EventKind.BUDGET_WARNING, {"status": status})


def _takes_kind(reserve: Any) -> bool:
    return _declares_kind(getattr(reserve, "__func__", reserve))


@lru_cache(maxsize=64)
def _declares_kind(function: Any) -> bool:
    return declares(function, "kind")


async def _perform(call: ModelCall) -> None:
    """Have the call answered: by a kept reply where whoever started the run keeps some, else by the model."""
    around = call.run.around
    if call.step is not None and call.step.known:
        kind, reply = call.step.recorded()
        return await (_take(call, reply) if kind == "step" else _consume(call, replayed(reply)))
    if around is None:
        return await _call_model(call)
    if around.meter is None:
        return await _surrounded(call, around)
    known: Usage | None = None
    around.meter.show([one.name for one in call.options.get("tools") or ()], call.messages)
    try:
        await _surrounded(call, around)
        known = call.usage
    finally:
        # A worker's loop has the role that every loop has: its name tells more.
        role = call.run.name if call.role == "agent" and call.run.parent is not None else call.role
        cached = call.cached or bool(getattr(call.model, "replaying", False)) or call.replayed
        around.meter.book(role, call.model.name, known, cached=cached, attempts=call.attempts)
    return None


async def _surrounded(call: ModelCall, around: Surroundings) -> None:
    asked = (call.model.name, call.messages, call.options)
    known = await around.replies.find(*asked) if around.replies is not None else None
    if known is not None:
        call.cached = True
        await _take(call, known)
        return
    if around.pace is not None:
        await around.pace.wait()
    await _call_model(call)
    if around.replies is not None:
        await around.replies.keep(*asked, ("".join(call.texts), call.tool_calls, call.usage, call.finish_reason))
    return


async def _take(call: ModelCall, reply: Any) -> None:
    text, tool_calls, usage, reason = reply
    if text:
        call.texts.append(text)
        if call.run.watched:
            await _show(call, ModelChunk(kind="text", text=text))
    call.tool_calls, call.usage, call.finish_reason = list(tool_calls), usage or Usage(), reason or "stop"
    # Of a run that does not stream, the report shows them.
    if call.run.watched and call.run.streaming:
        for one in call.tool_calls:
            await _show(call, ModelChunk(kind="tool_call", tool_call=one))


async def _call_model(call: ModelCall) -> None:
    run, policy = call.run, call.run.retry_policy
    complete, declared = _offered(type(call.model))
    options = {name: value for name, value in call.options.items() if name in declared}
    model: Any = call.model  # ``complete`` is optional in the protocol

    async def on_retry(attempt: int, delay: float, error: ModelError) -> None:
        call.attempts = attempt + 1
        if run.watched:
            await run.emit(
                EventKind.ARCHITECTURE_EVENT,
                {"name": "model.retrying", "attempt": attempt, "delay_s": round(delay, 3), "error": str(error)},
            )

    if complete and not run.streaming:

        async def once() -> Any:
            if call.step is not None:
                return await call.step.reply(partial(model.complete, call.messages, **options))
            if run.runtime is not None:
                return await run.runtime.step(f"model_call_{call.number}", model.complete, call.messages, **options)
            return await model.complete(call.messages, **options)

        if policy is None:
            await _take(call, await once())
        else:
            await _take(call, await call_with_retry(once, policy, on_retry=on_retry))
        return

    def opened() -> AsyncIterator[ModelChunk]:
        if call.step is not None:
            return call.step.stream(model.stream(call.messages, **options))
        if run.runtime is not None:
            chunks: AsyncIterator[ModelChunk] = run.runtime.stream_step(
                f"model_call_{call.number}", model.stream, call.messages, **options
            )
            return chunks
        stream: AsyncIterator[ModelChunk] = model.stream(call.messages, **options)
        return stream

    await _consume(call, opened() if policy is None else stream_with_retry(opened, policy, on_retry=on_retry))


async def _consume(call: ModelCall, stream: AsyncIterator[ModelChunk]) -> None:
    watched = call.run.watched
    try:
        async for chunk in stream:
            if chunk.kind == "text":
                if call.first is None:
                    call.first = perf_counter()
                call.texts.append(chunk.text or "")
                if watched:
                    await _show(call, chunk)
            elif chunk.kind == "tool_call":
                if chunk.tool_call is not None:
                    if call.first is None:
                        call.first = perf_counter()
                    call.tool_calls.append(chunk.tool_call)
                    if watched:
                        await _show(call, chunk)
            else:
                call.usage = chunk.usage or Usage()
                call.finish_reason = chunk.finish_reason or "stop"
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


async def _traced(call: ModelCall) -> None:
    from loomlab.runtime import traced

    await traced.model_call(call, _perform)


async def _announce(call: ModelCall, session: AgentSession) -> ModelCallInfo:
    """Say that a call begins, and note what it sends."""
    run = call.run
    offset = run.timer.offset_ms(f"model {call.role} {call.number}")
    await run.emit(
        EventKind.ARCHITECTURE_EVENT,
        {"name": "model.started", "role": call.role, "turn": call.turn, "model": call.model.name, "offset_ms": offset},
    )
    known = run.sent.get(session.id, 0) if call.messages is session.messages else 0
    if call.messages is session.messages:
        run.sent[session.id] = len(call.messages)
    return ModelCallInfo(
        role=call.role,
        turn=call.turn,
        model=call.model.name,
        offset_ms=offset,
        messages=[one.model_dump(mode="json", exclude_defaults=True) for one in call.messages[known:]],
        message_count=len(call.messages),
        tools=[one.name for one in call.options.get("tools") or ()],
    )


async def _report(call: ModelCall, info: ModelCallInfo, error: ModelError | None) -> None:
    """Show what a call asked for and its one finish chunk, with the figures."""
    run, key = call.run, f"model {call.role} {call.number}"
    if not run.streaming and error is None:
        for one in call.tool_calls:
            await _show(call, ModelChunk(kind="tool_call", tool_call=one))
    usage = call.usage
    info.input_tokens, info.output_tokens, info.cached_tokens = (
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
    )
    info.cost_usd = usage.cost_usd
    info.latency_ms = run.timer.since_ms(key, call.began)
    if call.first is not None:
        info.ttft_ms = run.timer.keep(f"{key} first", (call.first - call.began) * 1000)
    info.cached = call.cached or bool(getattr(call.model, "replaying", False)) or call.replayed
    if call.step is not None:
        info.step, info.replayed = call.step.name, call.replayed or None
    info.attempts = call.attempts
    info.finish_reason = call.finish_reason if error is None else "error"
    info.error = None if error is None else str(error)
    chunk = ModelChunk(kind="finish", finish_reason=info.finish_reason, usage=usage)
    await run.emit(EventKind.MODEL_CHUNK, {"chunk": chunk, "role": call.role, "turn": call.turn, "call": info})


def _show(call: ModelCall, chunk: ModelChunk) -> Awaitable[None]:
    run = call.run
    return run.send(run.event(EventKind.MODEL_CHUNK, {"chunk": chunk, "role": call.role, "turn": call.turn}))


@lru_cache(maxsize=256)
def _offered(kind: type[Model]) -> tuple[bool, frozenset[str]]:
    """Whether a class of models has ``complete``, and which of our keywords its methods declare."""
    complete = getattr(kind, "complete", None)
    methods = [one for one in (complete, getattr(kind, "stream", None)) if one is not None]
    return complete is not None, frozenset(name for name in _OPTIONS if all(declares(one, name) for one in methods))
