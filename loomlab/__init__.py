"""loomlab: build an agent, watch it think, compare ways of thinking on real data.

Names load when they are first used, so that importing the package is quick and pulls in nothing it need not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from loomlab.core.lazy import lazily as _lazily

if TYPE_CHECKING:
    from loomlab.agent import Agent
    from loomlab.architecture import ReAct
    from loomlab.core import (
        Architecture,
        AuditLog,
        Budget,
        BudgetExceeded,
        BudgetStatus,
        ConfigError,
        Embedder,
        Episode,
        Event,
        EventKind,
        Fact,
        HookHost,
        IsolationWarning,
        LoomDeprecationWarning,
        LoomError,
        Memory,
        MemoryBlock,
        MemoryExport,
        MemoryProfile,
        Message,
        Model,
        OutputValidationError,
        PermissionDecision,
        Permissions,
        Role,
        RunContext,
        RunResult,
        Runtime,
        Sandbox,
        Secrets,
        Telemetry,
        ToolCall,
        ToolDef,
        ToolHost,
        ToolResult,
        Usage,
        get_run_context,
        new_id,
        set_run_context,
    )
    from loomlab.governance import BudgetConfig, NoBudget, StandardBudget
    from loomlab.memory import HashEmbedder, InMemoryMemory, resolve_memory
    from loomlab.model import EchoModel, ScriptedModel, ScriptedTurn
    from loomlab.observability import NoTelemetry
    from loomlab.runtime import InProcRuntime
    from loomlab.security import AllowAll, HookRegistry, InMemoryAuditLog, Mode, NoSandbox, StandardPermissions
    from loomlab.tools import Tool, tool
    from loomlab.workflow import END, START, Workflow, WorkflowResult, step

__version__ = "0.1.0"

__all__ = [
    "END",
    "START",
    "Agent",
    "AllowAll",
    "Architecture",
    "AuditLog",
    "Budget",
    "BudgetConfig",
    "BudgetExceeded",
    "BudgetStatus",
    "ConfigError",
    "EchoModel",
    "Embedder",
    "Episode",
    "Event",
    "EventKind",
    "Fact",
    "HashEmbedder",
    "HookHost",
    "HookRegistry",
    "InMemoryAuditLog",
    "InMemoryMemory",
    "InProcRuntime",
    "IsolationWarning",
    "LoomDeprecationWarning",
    "LoomError",
    "Memory",
    "MemoryBlock",
    "MemoryExport",
    "MemoryProfile",
    "Message",
    "Mode",
    "Model",
    "NoBudget",
    "NoSandbox",
    "NoTelemetry",
    "OutputValidationError",
    "PermissionDecision",
    "Permissions",
    "ReAct",
    "Role",
    "RunContext",
    "RunResult",
    "Runtime",
    "Sandbox",
    "ScriptedModel",
    "ScriptedTurn",
    "Secrets",
    "StandardBudget",
    "StandardPermissions",
    "Telemetry",
    "Tool",
    "ToolCall",
    "ToolDef",
    "ToolHost",
    "ToolResult",
    "Usage",
    "Workflow",
    "WorkflowResult",
    "__version__",
    "get_run_context",
    "new_id",
    "resolve_memory",
    "set_run_context",
    "step",
    "tool",
]

__getattr__ = _lazily(
    __name__,
    {
        "Agent": "agent",
        "ReAct": "architecture",
        "Architecture": "core",
        "AuditLog": "core",
        "Budget": "core",
        "BudgetExceeded": "core",
        "BudgetStatus": "core",
        "ConfigError": "core",
        "Embedder": "core",
        "Episode": "core",
        "Event": "core",
        "EventKind": "core",
        "Fact": "core",
        "HookHost": "core",
        "IsolationWarning": "core",
        "LoomDeprecationWarning": "core",
        "LoomError": "core",
        "Memory": "core",
        "MemoryBlock": "core",
        "MemoryExport": "core",
        "MemoryProfile": "core",
        "Message": "core",
        "Model": "core",
        "OutputValidationError": "core",
        "PermissionDecision": "core",
        "Permissions": "core",
        "Role": "core",
        "RunContext": "core",
        "RunResult": "core",
        "Runtime": "core",
        "Sandbox": "core",
        "Secrets": "core",
        "Telemetry": "core",
        "ToolCall": "core",
        "ToolDef": "core",
        "ToolHost": "core",
        "ToolResult": "core",
        "Usage": "core",
        "get_run_context": "core",
        "new_id": "core",
        "set_run_context": "core",
        "BudgetConfig": "governance",
        "NoBudget": "governance",
        "StandardBudget": "governance",
        "HashEmbedder": "memory",
        "InMemoryMemory": "memory",
        "resolve_memory": "memory",
        "EchoModel": "model",
        "ScriptedModel": "model",
        "ScriptedTurn": "model",
        "NoTelemetry": "observability",
        "InProcRuntime": "runtime",
        "AllowAll": "security",
        "HookRegistry": "security",
        "InMemoryAuditLog": "security",
        "Mode": "security",
        "NoSandbox": "security",
        "StandardPermissions": "security",
        "Tool": "tools",
        "tool": "tools",
        "END": "workflow",
        "START": "workflow",
        "Workflow": "workflow",
        "WorkflowResult": "workflow",
        "step": "workflow",
    },
)


def __dir__() -> list[str]:
    return __all__


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext loomlab``: the magics, the displays, and the recording of runs."""
    import_module("loomlab.notebook").load_ipython_extension(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext loomlab``."""
    import_module("loomlab.notebook").unload_ipython_extension(shell)
