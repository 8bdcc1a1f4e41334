"""What a team takes besides its members: all that an ``Agent`` takes."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from loomlab.core.observers import Observer
from loomlab.core.protocols import (
    ApprovalHandler,
    AuditLog,
    Budget,
    HookHost,
    Memory,
    Model,
    Permissions,
    Runtime,
    Secrets,
    Telemetry,
)
from loomlab.data import FreshnessPolicy, LineagePolicy
from loomlab.governance.retry import RetryPolicy


class AgentOptions(TypedDict, total=False):
    """Every keyword of ``Agent`` but ``architecture``, which the builder makes. Passed on as they are."""

    model: Model | str | None
    memory: Memory | str | Mapping[str, Any] | None
    runtime: Runtime | None
    budget: Budget | None
    permissions: Permissions | None
    hooks: HookHost | None
    tools: Any
    telemetry: Telemetry | None
    audit_log: AuditLog | None
    max_turns: int
    auto_consolidate: bool
    auto_extract: bool | None
    skills: Iterable[Any] | None
    retry_policy: RetryPolicy | None
    approval_handler: ApprovalHandler | None
    secrets: Secrets | None
    output_schema: Any
    name: str
    run_log: Observer | None
    freshness: FreshnessPolicy | None
    lineage: LineagePolicy | None
