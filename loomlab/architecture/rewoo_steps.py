"""Making the tool calls of a plan: one level at a time, through the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loomlab.architecture.rewoo_plan import ReWOOPlan, ReWOOStep, as_text, filled
from loomlab.core.messages import ToolCall
from loomlab.core.session import AgentSession
from loomlab.runtime import Run


@dataclass(frozen=True, slots=True)
class ReWOOStepResult:
    """What came of one step. ``error`` says why there is no output; ``denied`` that someone said no."""

    step_id: str
    tool: str
    output: Any
    error: str | None = None
    denied: bool = False


async def carry_out(
    deps: Run, session: AgentSession, batch: Sequence[ReWOOStep], plan: ReWOOPlan, before: Sequence[ReWOOStepResult]
) -> list[ReWOOStepResult]:
    """Run the steps of ``batch`` together; one result each, in order. What a step lacks is an error of that step."""
    prepared = [_prepared(one, plan, before) for one in batch]
    answers = iter(await deps.act(session, [one for one in prepared if isinstance(one, ToolCall)]))
    results = []
    for step, call in zip(batch, prepared, strict=True):
        if isinstance(call, str):
            results.append(ReWOOStepResult(step.id, step.tool, None, call))
            continue
        answer = next(answers)
        if answer.ok:
            results.append(ReWOOStepResult(step.id, step.tool, answer.output))
        else:
            why = (answer.reason if answer.denied else answer.error) or "failed without a reason"
            results.append(ReWOOStepResult(step.id, step.tool, None, why, answer.denied))
    return results


def evidence(plan: ReWOOPlan, results: Sequence[ReWOOStepResult]) -> str:
    """What the tools gave, in the order of the plan, for the solver to read."""
    found = {one.step_id: one for one in results}
    return "\n\n".join(f"{_call(one)} gave:\n{_outcome(found[one.id])}" for one in plan.steps)


def _call(step: ReWOOStep) -> str:
    return f"{step.id}: {step.tool}({', '.join(f'{name}={as_text(value)}' for name, value in step.args.items())})"


def _outcome(result: ReWOOStepResult) -> str:
    if result.error is None:
        return as_text(result.output)
    return f"{'DENIED' if result.denied else 'FAILED'}: {result.error}"


def _prepared(step: ReWOOStep, plan: ReWOOPlan, before: Sequence[ReWOOStepResult]) -> ToolCall | str:
    """The call with the results it refers to filled in, or why it can't be made."""
    known, done = {one.id for one in plan.steps}, {one.step_id: one for one in before}
    for needed in step.depends_on:
        if needed not in known:
            return f"refers to {needed}, which the plan does not have"
        if done[needed].error is not None:
            return f"not run, because {needed} failed"
    try:
        return ToolCall(tool=step.tool, args=filled(step.args, {one: done[one].output for one in step.depends_on}))
    except LookupError as exc:
        return str(exc)
