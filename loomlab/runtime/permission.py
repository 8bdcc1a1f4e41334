"""Whether a tool call may run: the hooks are asked, then the policy, then, where either says so, a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loomlab.core.events import EventKind
from loomlab.core.messages import ToolCall, ToolResult
from loomlab.core.payloads import PermissionSource
from loomlab.core.results import PermissionDecision
from loomlab.security.approval import Approval, ask_approval
from loomlab.security.schema_check import schema_problems

if TYPE_CHECKING:
    from loomlab.runtime.durable_tools import ToolStep
    from loomlab.runtime.run import Run


async def permitted(run: Run, call: ToolCall, step: ToolStep | None = None) -> ToolCall | ToolResult:
    """The call as it may run, with the arguments that a person gave it where one did; or a denied result."""
    by, decision = await _judged(run, call)
    if not decision.ask:
        if run.permissions is None and by == "policy":
            return call
        return await _decided(run, call, decision.allow, decision.reason, by)
    if run.watched:
        await run.emit(EventKind.PERMISSION_ASK, {"call": call, "reason": decision.reason})
    answer = await _answered(run, call, decision.reason, step)
    changed = None if answer.args is None else call.model_copy(update={"args": answer.args, "error": None})
    if answer.allow and changed is not None:
        answer = await _held_against_rules(run, changed, answer)
    return await _decided(run, call, answer.allow, answer.reason, "approval", answer, changed)


async def _judged(run: Run, call: ToolCall) -> tuple[PermissionSource, PermissionDecision]:
    """What hooks and policy say, and which of them said it."""
    user = run.context.user_id
    said: PermissionDecision | None = None
    if run.tool_hooks is not None:
        try:
            said = await run.tool_hooks.pre_tool(call, user_id=user)
        except Exception as exc:
            said = PermissionDecision.deny_(f"a hook failed: {type(exc).__name__}: {exc}")
        if said.deny:
            return "hook", said
    decision = PermissionDecision.allow_()
    if run.permissions is not None:
        try:
            decision = await run.permissions.check(call, context=run.context.metadata, user_id=user)
        except Exception as exc:
            decision = PermissionDecision.deny_(f"the permission check failed: {type(exc).__name__}: {exc}")
    if decision.allow and said is not None and said.ask:
        decision = said
    return "policy", decision


async def _answered(run: Run, call: ToolCall, reason: str | None, step: ToolStep | None) -> Approval:
    """A person's answer. In a durable run it is kept at once: resumed, it is not asked for again."""
    name = "" if step is None else f"{step.name}/approval"
    if step is not None and await step.session.knows(name):
        return Approval.model_validate(step.session.outcome(name)[1])
    answer = await ask_approval(run.approval_handler, call, run.context.user_id, reason=reason)
    if step is not None:
        await step.session.keep(name, answer.model_dump(mode="json"))
    return answer


async def _held_against_rules(run: Run, changed: ToolCall, answer: Approval) -> Approval:
    """A person may change arguments; schema, hooks and policy hold for what they write as for what a model writes."""
    problems = schema_problems(changed.args, changed.tool_def.input_schema) if changed.tool_def is not None else []
    if problems:
        why = f"the arguments as a person changed them do not fit: {'; '.join(problems)}"
        return answer.model_copy(update={"allow": False, "reason": why})
    by, decision = await _judged(run, changed)
    if decision.deny:
        why = f"the arguments as a person changed them were refused by a {by}: {decision.reason or 'denied'}"
        return answer.model_copy(update={"allow": False, "reason": why})
    return answer


async def _decided(
    run: Run,
    call: ToolCall,
    allow: bool,
    reason: str | None,
    by: PermissionSource,
    answer: Approval | None = None,
    changed: ToolCall | None = None,
) -> ToolCall | ToolResult:
    """Tell those who watch, write down what a person said, and let the call through or not."""
    reason = reason or (None if allow else "denied")
    told: dict[str, Any] = {
        "call_id": call.id,
        "tool": call.tool,
        "decision": "allow" if allow else "deny",
        "reason": reason,
        "by": by,
    }
    if answer is not None:
        told |= {"who": answer.by, "remember": answer.remember, "args": None if changed is None else changed.args}
        if run.audit_log is not None and run.approval_handler is not None:
            await run.audit_log.append(
                session_id=run.context.session_id or "",
                actor=answer.by or "person",
                action="tool_approval",
                payload={**told, "asked_args": call.args, "edited": changed is not None},
                user_id=run.context.user_id,
            )
    if run.watched:
        await run.emit(EventKind.PERMISSION_DECISION, told)
    if not allow:
        return ToolResult.denied_(call.id, reason or "denied")
    return call if changed is None else changed
