"""What the events of a run carry, with types: the table of ``loomlab.core.payloads``, for TypeScript."""

from typing import Any, Literal

from loomlab.core import payloads
from loomlab.core.events import EventKind
from loomlab.core.messages import ModelChunk, ToolCall, ToolResult
from loomlab.core.payloads import ModelCallInfo, PermissionSource
from loomlab.core.remembered import Episode, Fact
from loomlab.core.results import BudgetStatus, RunResult

_PLACE: dict[str, Any] = {"turn": int, "slot": int}
_STEP: dict[str, Any] = {"workflow": str, "node": str, "visit": int}
_PAID: dict[str, Any] = {"turns": int, "tokens_in": int, "tokens_out": int, "cost_usd": float | None}
_ASKED: dict[str, Any] = {"user_id": str | None, "metadata": dict[str, Any], "offset_ms": float}

FIELDS: dict[EventKind, dict[str, Any]] = {
    EventKind.STARTED: {"prompt": str, "agent": str, "architecture": str, "model": str, **_ASKED},
    EventKind.MODEL_CHUNK: {"chunk": ModelChunk, "role": str, "turn": int, "call": ModelCallInfo},
    EventKind.TOOL_CALL: {"call": ToolCall, **_PLACE, "offset_ms": float, "by_strategy": bool},
    EventKind.TOOL_RESULT: {
        "result": ToolResult,
        "tool": str,
        **_PLACE,
        "step": str,
        "replayed": bool,
        "certified": Any,
    },
    EventKind.MEMORY_RECALL: {
        "query": str,
        "blocks": list[str],
        "facts": list[Fact],
        "episodes": list[Episode],
        "why": dict[str, Any],
        "duration_ms": float,
        "offset_ms": float,
    },
    EventKind.MEMORY_WRITE: {
        "what": Literal["episode", "fact"],
        "id": str,
        "fact": Fact,
        "duration_ms": float,
        "offset_ms": float,
        "replayed": bool,
    },
    EventKind.BUDGET_WARNING: {"status": BudgetStatus},
    EventKind.BUDGET_EXCEEDED: {"status": BudgetStatus},
    EventKind.PERMISSION_ASK: {"call": ToolCall, "reason": str | None},
    EventKind.PERMISSION_DECISION: {
        "call_id": str,
        "tool": str,
        "decision": Literal["allow", "deny"],
        "reason": str | None,
        "by": PermissionSource,
        "who": Any,
        "remember": Any,
        "args": dict[str, Any] | None,
    },
    EventKind.ERROR: {
        "type": str,
        "message": str,
        "retryable": bool,
        "retry_after": float | None,
        "provider": str | None,
    },
    EventKind.COMPLETED: {"result": RunResult},
    EventKind.ARCHITECTURE_EVENT: {"name": str},
    EventKind.WORKFLOW_STARTED: {"workflow": str, "input": Any, **_ASKED},
    EventKind.WORKFLOW_STEP_STARTED: {**_STEP, "offset_ms": float, "way": list[int]},
    EventKind.WORKFLOW_STEP_COMPLETED: {
        **_STEP,
        "output": Any,
        "duration_ms": float,
        **_PAID,
        "interrupted": str | None,
    },
    EventKind.WORKFLOW_STEP_FAILED: {**_STEP, "error": str, "type": str, "duration_ms": float, **_PAID},
    EventKind.WORKFLOW_COMPLETED: {"workflow": str, "output": Any, "result": RunResult},
}


def told(kind: EventKind) -> str:
    """What ``loomlab.core.payloads`` says of this kind, on one line: a change there changes the generated file."""
    rows: dict[str, str] = {}
    last = shared = ""
    for line in (payloads.__doc__ or "").partition("kind                payload\n")[2].splitlines()[1:]:
        if line.startswith("==="):
            break
        name, text = line[:20].strip(), line[20:]
        if name == "workflow_step_…":
            shared = text.removesuffix("and")
        elif name:
            last = f"workflow_step_{name[1:]}" if name.startswith("…") else name
            rows[last] = (shared if name.startswith("…") else "") + text
        else:
            rows[last] += " " + text
    return rows[kind.value]
