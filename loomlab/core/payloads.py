"""What each kind of event carries: the contract between a run and everything that watches it.

Displays, the run log and the extension read these fields and nothing else. Times in milliseconds are
*measured* figures: ``offset_ms`` counts from the start of the outermost run, and a replayed run repeats
the recorded ones. Fields may be added; a reader ignores what it does not know.

=================== ================================================================================
kind                payload
=================== ================================================================================
started             prompt, agent (its name), architecture, model, user_id, metadata, offset_ms
model_chunk         chunk (ModelChunk); role and turn; the finish chunk also carries ``call``: ModelCallInfo
tool_call           call (ToolCall), turn, slot, offset_ms; by_strategy (of a tool that the architecture brought:
                    delegate, handoff …)
tool_result         result (ToolResult), tool, turn, slot; of a durable run step (its name in the journal) and
                    replayed (the tool did not run, its result was in the journal); certified (of a run that is
                    held to policies for certified values: source, age_s, fetched_at and made_from of each)
memory_recall       query, blocks (names), facts (Fact), episodes (Episode), why (id to score and its parts),
                    duration_ms, offset_ms
memory_write        what ("episode" | "fact"), id, fact (Fact), duration_ms, offset_ms; replayed, as of a tool
budget_warning      status (BudgetStatus)
budget_exceeded     status (BudgetStatus)
permission_ask      call (ToolCall), reason
permission_decision call_id, tool, decision ("allow" | "deny"), reason, by ("hook" | "policy" | "approval"); of a
                    person's answer also who (by whom or what), remember (None | "session" | "always") and args (the
                    call's arguments as the person changed them, None: as they were)
error               type, message; retryable, retry_after, provider for model errors
completed           result (RunResult)
architecture_event  name, and what that step tells. The runtime's own names: ``model.started``
                    (role, turn, model, offset_ms), ``model.retrying`` (attempt, delay_s, error),
                    ``hook.failed`` (hook, error) and ``value.rejected`` (call_id, tool, source, age_s, fetched_at,
                    reason "stale" | "source", allowed, why; part_of). A workflow's: ``workflow.branch_started``,
                    ``…_completed``, ``…_failed`` (node, branch; offset_ms; the rest as of a step)
workflow_started    workflow (its name), input, user_id, metadata, offset_ms
workflow_step_…     workflow, node, visit (from 1), and
  …started          offset_ms; way (place of its way in each fan-out around it)
  …completed        output, duration_ms; turns, tokens_in, tokens_out, cost_usd of the runs inside; interrupted (why)
  …failed           error, type, duration_ms; turns, tokens_in, tokens_out, cost_usd
workflow_completed  workflow, output, result (like a RunResult; ``output`` as text, ``parsed`` as data)
=================== ================================================================================

Order: one ``started`` first, one ``completed`` last for each run (after an error: ``error`` last; a run that was
cancelled ends with ``completed``, interrupted, reason ``cancelled``, seen by observers). A sub-run's events carry
its own ``run_id`` and the ``parent_run_id`` of the run that started it. A workflow begins with ``workflow_started`` and
ends with ``workflow_completed``; when a step fails, its stream ends with ``workflow_step_failed`` and the error itself,
and observers see ``error`` last. What begins inside a step names it: ``node`` of ``started`` and ``workflow_started``.
"""

from typing import Any, Literal

from pydantic import Field

from loomlab.core.value import Value


class ModelCallInfo(Value):
    """One model call, as the accountant saw it. ``cost_usd`` None: the price is not known."""

    role: str = "agent"
    turn: int
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float | None = 0.0
    offset_ms: float = 0.0
    latency_ms: float = 0.0
    ttft_ms: float | None = Field(default=None, description="time to the first token; None when nothing was streamed")
    cached: bool = Field(default=False, description="answered by a cassette or a cache, nothing was paid")
    step: str | None = Field(default=None, description="name of this step in the journal of a durable run")
    replayed: bool | None = Field(default=None, description="True: it came from the journal, paid for before")
    attempts: int = 1
    finish_reason: str | None = None
    error: str | None = None
    messages: list[dict[str, Any]] = Field(
        default_factory=list, description="messages sent that the calls before it in this session had not sent"
    )
    message_count: int = 0
    tools: list[str] = Field(default_factory=list, description="names of the tools that the model was shown")


PermissionSource = Literal["hook", "policy", "approval"]
