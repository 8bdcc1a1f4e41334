"""The one gate: every tool call of every strategy passes here; there is no other door.

Hooks → permission → approval → journal step around the (sandboxed) host → certified values → hooks → audit.
Whatever fails on the way in denies: the tool does not run.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from loomlab.core.events import EventKind
from loomlab.core.messages import ToolCall, ToolResult
from loomlab.core.session import AgentSession
from loomlab.runtime.durable_tools import ToolStep, tool_steps
from loomlab.runtime.permission import permitted
from loomlab.runtime.together import together

if TYPE_CHECKING:
    from loomlab.runtime.run import Run


async def act(run: Run, session: AgentSession, calls: Sequence[ToolCall]) -> list[ToolResult]:
    """Pass each call through the gate, several at once; results in the order of the calls."""
    turn = session.turns
    steps: Sequence[ToolStep | None] | None = None if run.runtime is None else await tool_steps(run, calls)
    if len(calls) == 1:
        results = [await _one(run, calls[0], turn, 0, None if steps is None else steps[0])]
    else:
        places = zip(calls, steps or [None] * len(calls), strict=True)
        jobs = [partial(_one, run, call, turn, slot, step) for slot, (call, step) in enumerate(places)]
        results = await together(jobs)
    if run.leaving is not None:
        leaving, run.leaving = run.leaving, None
        raise leaving
    return results


async def _one(run: Run, call: ToolCall, turn: int, slot: int, step: ToolStep | None = None) -> ToolResult:
    key = f"tool {call.tool} {call.args}" if run.timer.taped else ""
    if run.guarded or call.error:
        call = await _known(run, call)
    if run.watched:
        offset = run.timer.offset_ms(key)
        told = {"call": call, "turn": turn, "slot": slot, "offset_ms": offset}
        if call.tool in run.offered:
            told["by_strategy"] = True
        await run.emit(EventKind.TOOL_CALL, told if step is None else {**told, "step": step.name})
    if run.audit_log is not None:
        payload = {
            "tool": call.tool,
            "call_id": call.id,
            "args": call.args,
            "destructive": call.is_destructive(),
            "turn": turn,
        }
        await _audit(run, "model", "tool_call", payload)
    began = perf_counter()
    failed: Exception | None = None
    certified: list[dict[str, Any]] = []
    if step is not None:
        step.enter()
    try:
        if run.telemetry is None:
            result = await _pass(run, call, slot, certified, step)
        else:
            from loomlab.runtime import traced

            result = await traced.tool_call(run, call, _pass(run, call, slot, certified, step))
    except Exception as exc:  # of a strategy's own tool: told as any outcome, then raised as it is
        failed, result = exc, ToolResult.error_(call.id, f"{type(exc).__name__}: {exc}")
    finally:
        if step is not None:
            step.leave()
    result.duration_ms = run.timer.since_ms(key, began)
    if run.telemetry is not None:
        await run.telemetry.emit_metric(
            "loom.tool.duration_ms", result.duration_ms, tool=call.tool, ok=result.ok, user_id=run.context.user_id
        )
    if run.audit_log is not None:
        outcome = result.model_dump(include={"call_id", "ok", "denied", "error", "reason"})
        await _audit(run, "system", "tool_result", {"tool": call.tool, **outcome})
    if run.watched:
        parts = {"result": result, "tool": call.tool, "turn": turn, "slot": slot}
        if step is not None:
            parts |= {"step": step.name, "replayed": step.known}
        await run.emit(EventKind.TOOL_RESULT, {**parts, "certified": certified} if certified else parts)
    if failed is not None:
        raise failed
    return result


async def _known(run: Run, call: ToolCall) -> ToolCall:
    """The call with what the tool itself declares; a model cannot talk a destructive tool harmless."""
    if not run.tool_defs:
        await run.list_tools()
    definition = run.tool_defs.get(call.tool)
    if definition is None:
        return call
    return call.model_copy(update={"tool_def": definition, "destructive": call.destructive or definition.destructive})


async def _pass(
    run: Run, call: ToolCall, slot: int, certified: list[dict[str, Any]], step: ToolStep | None
) -> ToolResult:
    if call.error:
        return ToolResult.error_(call.id, call.error)
    known = step is not None and step.known
    if run.guarded and not known:
        allowed = await permitted(run, call, step)
        if isinstance(allowed, ToolResult):
            return allowed if step is None else await step.keep(allowed)
        call = allowed
    if step is not None and known:
        result = step.recorded(call)
    elif call.tool in run.offered:
        result = await run.offered[call.tool].call(run, call)
    elif step is not None:
        tool = partial(run.raw_tools.call, call.tool, call.args, call_id=call.id)
        result = await step.perform(run, call, tool)
    else:
        result = await _perform(run, call, slot)
    if run.held_to:
        from loomlab.runtime.certified import hold

        result = await hold(run, call, result, certified, replayed=known)
    if run.tool_hooks is not None and not known:
        await _look_after(run, call, result)
    return result


async def _perform(run: Run, call: ToolCall, slot: int) -> ToolResult:
    try:
        if run.runtime is None:
            return await run.raw_tools.call(call.tool, call.args, call_id=call.id)
        result: ToolResult = await run.runtime.step(
            f"tool_call_{run.calls}_{slot}",
            run.raw_tools.call,
            call.tool,
            call.args,
            call_id=call.id,
            idempotency_key=call.idempotency_key(),
        )
        return result
    except Exception as exc:  # a host that breaks its word must not end the run
        return ToolResult.error_(call.id, f"{type(exc).__name__}: {exc}")


async def _look_after(run: Run, call: ToolCall, result: ToolResult) -> None:
    """Show a result to the hooks. The tool has run; a faulty look at its result changes nothing, and is told."""
    hooks: Any = run.tool_hooks
    try:
        if hasattr(hooks, "run_post_tool"):
            faults = [(one.hook, one.error) for one in await hooks.run_post_tool(call, result)]
        else:
            await hooks.post_tool(call, result)
            faults = []
    except Exception as exc:
        faults = [("post_tool", repr(exc))]
    if run.watched:
        for hook, error in faults:
            await run.emit(
                EventKind.ARCHITECTURE_EVENT, {"name": "hook.failed", "hook": str(hook), "error": str(error)}
            )


async def _audit(run: Run, actor: str, action: str, payload: dict[str, Any]) -> None:
    assert run.audit_log is not None
    await run.audit_log.append(
        session_id=run.context.session_id or "",
        actor=actor,
        action=action,
        payload=payload,
        user_id=run.context.user_id,
    )
