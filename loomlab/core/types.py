"""All value types in one place, for those who import them from here."""

from loomlab.core.events import Event, EventKind
from loomlab.core.messages import Message, ModelChunk, Role, ToolCall, ToolDef, ToolResult, Usage
from loomlab.core.records import AuditEntry, CertifiedValue, Span, ToolEvent
from loomlab.core.remembered import Episode, Fact, MemoryBlock, MemoryExport, MemoryProfile
from loomlab.core.results import BudgetStatus, EndReason, PermissionDecision, RunResult

__all__ = [
    "AuditEntry",
    "BudgetStatus",
    "CertifiedValue",
    "EndReason",
    "Episode",
    "Event",
    "EventKind",
    "Fact",
    "MemoryBlock",
    "MemoryExport",
    "MemoryProfile",
    "Message",
    "ModelChunk",
    "PermissionDecision",
    "Role",
    "RunResult",
    "Span",
    "ToolCall",
    "ToolDef",
    "ToolEvent",
    "ToolResult",
    "Usage",
]
