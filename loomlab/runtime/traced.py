"""What a run tells telemetry of each thing that it does. Loaded by runs that have a telemetry, and by no others."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from loomlab.core.conventions import provider_of
from loomlab.core.messages import Message, Role, ToolCall, ToolResult
from loomlab.core.results import RunResult

if TYPE_CHECKING:
    from loomlab.core.protocols import Telemetry
    from loomlab.core.session import AgentSession
    from loomlab.runtime.accountant import ModelCall
    from loomlab.runtime.reply import Recalled
    from loomlab.runtime.run import Run

T = TypeVar("T")


def note(span: Any, **found: Any) -> None:
    """Put what became known meanwhile on a span; one of a telemetry of another make may have no place for it."""
    attributes = getattr(span, "attributes", None)
    if isinstance(attributes, dict):
        attributes.update({key: value for key, value in found.items() if value is not None})


def tells(telemetry: Telemetry) -> bool:
    """Whether what was said may be told."""
    return bool(getattr(telemetry, "capture_content", False))


async def model_call(call: ModelCall, perform: Callable[[ModelCall], Awaitable[None]]) -> None:
    """Have a model called inside a span, and measure what it used."""
    run, telemetry = call.run, call.run.telemetry
    assert telemetry is not None
    scope = run.context
    name = "loom.model.stream" if run.streaming else "loom.model.complete"
    options = {key: call.options[key] for key in ("temperature", "max_tokens") if key in call.options}
    async with telemetry.trace(
        name,
        model=call.model.name,
        provider=provider_of(call.model.name, getattr(call.model, "provider", None)),
        role=call.role,
        turn=call.turn,
        user_id=scope.user_id,
        session_id=scope.session_id,
        run_id=scope.run_id,
        **options,
    ) as span:
        if tells(telemetry):
            note(span, **{"gen_ai.input.messages": _messages(call.messages)})
        try:
            await perform(call)
        finally:
            if call.attempts > 1:
                note(span, attempts=call.attempts)
        usage = call.usage
        note(
            span,
            tokens_in=usage.input_tokens,
            tokens_out=usage.output_tokens,
            cached_tokens=usage.cached_tokens or None,
            cost_usd=usage.cost_usd,
            finish_reason=call.finish_reason,
            cached=call.cached or None,
            ttft_ms=None if call.first is None else (call.first - call.began) * 1000,
            stream=run.streaming or None,
        )
        if tells(telemetry):
            said = Message(role=Role.ASSISTANT, content="".join(call.texts), tool_calls=tuple(call.tool_calls))
            note(span, **{"gen_ai.output.messages": _messages([said], call.finish_reason)})
    labels = {"model": call.model.name, "role": call.role, "user_id": scope.user_id}
    await telemetry.emit_metric("loom.tokens.input", usage.input_tokens, **labels)
    await telemetry.emit_metric("loom.tokens.output", usage.output_tokens, **labels)
    if usage.cost_usd is not None:
        await telemetry.emit_metric("loom.cost.usd", usage.cost_usd, **labels)


async def tool_call(run: Run, call: ToolCall, work: Awaitable[ToolResult]) -> ToolResult:
    """Have a tool tried inside a span; a result that tells of an error is one of the span too."""
    telemetry, scope = run.telemetry, run.context
    assert telemetry is not None
    async with telemetry.trace(
        "loom.tool",
        tool=call.tool,
        call_id=call.id,
        user_id=scope.user_id,
        session_id=scope.session_id,
        run_id=scope.run_id,
    ) as span:
        if tells(telemetry):
            note(span, **{"gen_ai.tool.call.arguments": call.args})
        result = await work
        note(span, ok=result.ok)
        if result.denied:
            note(span, denied=True, reason=result.reason if tells(telemetry) else None)
        elif not result.ok:
            note(span, error_type=_kind(result.error), error=result.error if tells(telemetry) else None)
        if tells(telemetry):
            note(span, **{"gen_ai.tool.call.result": result.for_model()})
        return result


async def recall(run: Run, query: str, work: Awaitable[Recalled]) -> Recalled:
    """Have memory asked inside a span."""
    assert run.telemetry is not None
    async with run.telemetry.trace("loom.memory.recall", **_whose(run)) as span:
        if tells(run.telemetry):
            note(span, **{"gen_ai.retrieval.query.text": query})
        found = await work
        note(span, facts=len(found.facts), episodes=len(found.episodes), blocks=len(found.blocks))
        return found


async def remember(run: Run, work: Awaitable[T]) -> T:
    """Have an exchange kept inside a span."""
    assert run.telemetry is not None
    async with run.telemetry.trace("loom.memory.remember", **_whose(run)):
        return await work


def finished(span: Any, telemetry: Telemetry, session: AgentSession, prompt: str, result: RunResult) -> None:
    """What a run came to, on its own span."""
    note(
        span,
        turns=result.turns,
        tokens_in=result.tokens_in,
        tokens_out=result.tokens_out,
        cost_usd=result.cost_usd,
        ended=result.ended.value,
        interruption_reason=result.interruption_reason,
    )
    if tells(telemetry):
        note(
            span,
            **{
                "gen_ai.system_instructions": json.dumps([{"type": "text", "content": session.instructions}]),
                "gen_ai.input.messages": _messages([Message(role=Role.USER, content=prompt)]),
                "gen_ai.output.messages": _messages([Message(role=Role.ASSISTANT, content=result.output)], "stop"),
            },
        )


def _whose(run: Run) -> dict[str, Any]:
    scope = run.context
    return {"user_id": scope.user_id, "session_id": scope.session_id, "run_id": scope.run_id}


def _kind(error: str | None) -> str:
    """The class of an error as tools tell it (``ValueError: …``); without one, ``tool_error``."""
    kind = (error or "").partition(":")[0]
    return kind if kind.isidentifier() and kind[:1].isupper() else "tool_error"


def _messages(messages: Sequence[Message], finish_reason: str | None = None) -> str:
    """Messages in the form that the GenAI conventions give them."""
    told = []
    for one in messages:
        parts: list[dict[str, Any]] = []
        if one.role is Role.TOOL:
            parts.append({"type": "tool_call_response", "id": one.tool_call_id, "response": one.content})
        elif one.content:
            parts.append({"type": "text", "content": one.content})
        parts += [
            {"type": "tool_call", "id": call.id, "name": call.tool, "arguments": call.args} for call in one.tool_calls
        ]
        message: dict[str, Any] = {"role": one.role.value, "parts": parts}
        if finish_reason is not None:
            message["finish_reason"] = finish_reason
        told.append(message)
    return json.dumps(told, ensure_ascii=False, default=str)
