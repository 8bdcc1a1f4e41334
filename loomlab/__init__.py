"""loomlab: build an agent, watch it think, compare ways of thinking on real data.

Names load when they are first used, so that importing the package is quick and pulls in nothing it need not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loomlab.agent import Agent as Agent
    from loomlab.architecture import ReAct as ReAct
    from loomlab.core import (
        Architecture as Architecture,
        AuditLog as AuditLog,
        Budget as Budget,
        BudgetExceeded as BudgetExceeded,
        BudgetStatus as BudgetStatus,
        ConfigError as ConfigError,
        Embedder as Embedder,
        Episode as Episode,
        Event as Event,
        EventKind as EventKind,
        Fact as Fact,
        HookHost as HookHost,
        IsolationWarning as IsolationWarning,
        LoomDeprecationWarning as LoomDeprecationWarning,
        LoomError as LoomError,
        Memory as Memory,
        MemoryBlock as MemoryBlock,
        MemoryExport as MemoryExport,
        MemoryProfile as MemoryProfile,
        Message as Message,
        Model as Model,
        OutputValidationError as OutputValidationError,
        PermissionDecision as PermissionDecision,
        Permissions as Permissions,
        Role as Role,
        RunContext as RunContext,
        RunResult as RunResult,
        Runtime as Runtime,
        Sandbox as Sandbox,
        Secrets as Secrets,
        Telemetry as Telemetry,
        ToolCall as ToolCall,
        ToolDef as ToolDef,
        ToolHost as ToolHost,
        ToolResult as ToolResult,
        Usage as Usage,
        get_run_context as get_run_context,
        new_id as new_id,
        set_run_context as set_run_context,
    )
    from loomlab.governance import (
        BudgetConfig as BudgetConfig,
        NoBudget as NoBudget,
        StandardBudget as StandardBudget,
    )
    from loomlab.memory import (
        HashEmbedder as HashEmbedder,
        InMemoryMemory as InMemoryMemory,
        resolve_memory as resolve_memory,
    )
    from loomlab.model import EchoModel as EchoModel, ScriptedModel as ScriptedModel, ScriptedTurn as ScriptedTurn
    from loomlab.observability import NoTelemetry as NoTelemetry
    from loomlab.runtime import InProcRuntime as InProcRuntime
    from loomlab.security import (
        AllowAll as AllowAll,
        HookRegistry as HookRegistry,
        InMemoryAuditLog as InMemoryAuditLog,
        Mode as Mode,
        NoSandbox as NoSandbox,
        StandardPermissions as StandardPermissions,
    )
    from loomlab.tools import Tool as Tool, tool as tool

__version__ = "0.1.0"

_ROOMS = {
    "agent": "Agent",
    "architecture": "ReAct",
    "core": (
        "Architecture AuditLog Budget BudgetExceeded BudgetStatus ConfigError Embedder Episode Event EventKind Fact HookHost "
        "IsolationWarning LoomDeprecationWarning LoomError Memory MemoryBlock MemoryExport MemoryProfile Message Model "
        "OutputValidationError PermissionDecision Permissions Role RunContext RunResult Runtime Sandbox Secrets Telemetry "
        "ToolCall ToolDef ToolHost ToolResult Usage get_run_context new_id set_run_context"
    ),
    "governance": "BudgetConfig NoBudget StandardBudget",
    "memory": "HashEmbedder InMemoryMemory resolve_memory",
    "model": "EchoModel ScriptedModel ScriptedTurn",
    "observability": "NoTelemetry",
    "runtime": "InProcRuntime",
    "security": "AllowAll HookRegistry InMemoryAuditLog Mode NoSandbox StandardPermissions",
    "tools": "Tool tool",
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = ["__version__", *sorted(_HOME)]  # noqa: PLE0604 (computed from the table above, so that it cannot drift)


def __getattr__(name: str) -> Any:
    room = _HOME.get(name)
    if room is None:
        raise AttributeError(f"module 'loomlab' has no attribute {name!r}")
    value = getattr(import_module(f"loomlab.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext loomlab``: the magics, the displays, and the recording of runs."""
    import_module("loomlab.notebook").load_ipython_extension(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext loomlab``."""
    import_module("loomlab.notebook").unload_ipython_extension(shell)
