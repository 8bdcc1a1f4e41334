"""The layers of an agent, made from their tables. Each function makes one keyword of ``Agent``."""

from datetime import timedelta
from typing import Any

from loomlab import data, observability, runlog, runtime, security
from loomlab.agent.config.dotted import Imports
from loomlab.agent.config.files import Loaded
from loomlab.agent.config.lazy_pool import LazyPool
from loomlab.agent.config.schema.layers import (
    AuditTable,
    BudgetTable,
    FreshnessTable,
    HooksTable,
    PermissionsTable,
    PolicyTable,
    RetryTable,
    RuntimeTable,
    TelemetryTable,
)
from loomlab.agent.config.schema.model import MemoryTable
from loomlab.agent.config.secrets import value_of
from loomlab.core.errors import ConfigError
from loomlab.core.messages import ToolCall
from loomlab.core.protocols import Secrets
from loomlab.governance import BudgetConfig, RetryPolicy, StandardBudget
from loomlab.memory import resolve_memory

MINUTES = "_minutes"
IN_A_FILE = ("sqlite", "chroma", "jsonl")
"""Schemes whose rest is a path."""


def given(table: Any) -> dict[str, Any]:
    """What a table sets."""
    return {key: getattr(table, key) for key in sorted(table.model_fields_set) if getattr(table, key) is not None}


def placed(spec: str, loaded: Loaded) -> str:
    """``scheme:path`` with the path from the folder of the config; any other text as it is."""
    scheme, colon, path = spec.partition(":")
    if scheme not in IN_A_FILE or not colon or path == ":memory:":
        return spec
    return f"{scheme}:{loaded.path(path)}"


def make_budget(table: BudgetTable) -> StandardBudget:
    """Caps; minutes become times."""
    caps: dict[str, Any] = {}
    for key, value in given(table).items():
        timed = key.endswith(MINUTES)
        caps[key.removesuffix(MINUTES)] = timedelta(minutes=value) if timed else value
    return StandardBudget(BudgetConfig(**caps))


def make_permissions(table: PermissionsTable) -> Any:
    """One policy, or one for each named user and one for everybody else."""
    everybody = _policy(table)
    if not table.users:
        return everybody
    policies = {user: _policy(one) for user, one in table.users.items()}
    return security.PerUserPermissions(policies=policies, default=everybody)


def _policy(table: PolicyTable) -> security.StandardPermissions:
    return security.StandardPermissions(**{key: value for key, value in given(table).items() if key != "users"})


def make_retry(form: RetryTable | str) -> RetryPolicy:
    """A policy by name, or from its figures."""
    if isinstance(form, str):
        return RetryPolicy.disabled() if form == "disabled" else RetryPolicy.aggressive()
    return RetryPolicy(**given(form))


def make_hooks(table: HooksTable, imports: Imports) -> security.HookRegistry:
    """A registry of the functions at the dotted paths."""
    hooks = {
        f"{key}_hooks": [imports.get(path) for path in getattr(table, key) or ()]
        for key in ("pre_tool", "post_tool", "event")
    }
    registry = security.HookRegistry(**hooks)  # type: ignore[arg-type]  # functions of any signature
    if table.timeout_seconds is not None:
        registry.hook_timeout_s = table.timeout_seconds
    return registry


def make_memory(form: MemoryTable | str, loaded: Loaded, secrets: Secrets) -> Any:
    """A memory by its spec or its table."""
    if isinstance(form, str):
        return resolve_memory(placed(form, loaded))
    settings = {key: value_of(value, secrets) for key, value in given(form).items()}
    if "path" in settings and settings["path"] != ":memory:":
        settings["path"] = str(loaded.path(settings["path"]))
    return resolve_memory(settings)


def make_runtime(form: RuntimeTable | str, loaded: Loaded, secrets: Secrets) -> Any:
    """A runtime by its spec or its table; one with a database connects when it is first used."""
    address: Any
    if isinstance(form, str):
        backend, _, rest = form.partition(":")
        backend = "postgres" if backend == "postgresql" else backend
        address = form if backend == "postgres" else rest
        options: dict[str, Any] = {}
    else:
        backend = form.backend
        options = {key: value for key, value in given(form).items() if key not in ("backend", "path", "url")}
        address = value_of(form.url, secrets) if backend == "postgres" else form.path
        needs = {"postgres": "url", "sqlite": "path"}.get(backend)
        if needs and not address:
            raise ConfigError(f"the runtime {backend!r} needs {needs}")
    if backend == "inproc":
        return runtime.InProcRuntime()
    if backend == "journaled":
        return runtime.JournaledRuntime(**options)
    if backend == "sqlite":
        return runtime.SqliteRuntime(address if address == ":memory:" else str(loaded.path(address)), **options)
    return runtime.PostgresRuntime(LazyPool(address), **options)


def make_telemetry(form: TelemetryTable | str, loaded: Loaded) -> Any:
    """Telemetry by its word or its table."""
    if isinstance(form, str):
        to, _, path = form.partition(":")
        options: dict[str, Any] = {}
    else:
        to, path = form.to, form.path or ""
        options = {} if form.capture_content is None else {"capture_content": form.capture_content}
    if to == "none":
        return observability.NoTelemetry()
    if to == "console":
        return observability.ConsoleTelemetry(**options)
    if to == "otel":
        return observability.OTelTelemetry(**options)
    if not path:
        raise ConfigError("telemetry to 'jsonl' needs path")
    return observability.JsonlTelemetry(loaded.path(path), **options)


def make_audit_log(table: AuditTable, loaded: Loaded, secrets: Secrets) -> security.FileAuditLog:
    """A file; entries are signed with the secret where one is named."""
    options: dict[str, Any] = {} if table.max_bytes is None else {"max_bytes": table.max_bytes}
    if table.secret is not None:
        options["secret"] = value_of(table.secret, secrets)
    return security.FileAuditLog(loaded.path(table.path), **options)


def make_freshness(table: FreshnessTable) -> data.FreshnessPolicy:
    """Ages in seconds."""
    return data.FreshnessPolicy.from_dict(table.per_source, default=table.default)


def make_run_log(form: str, loaded: Loaded) -> runlog.RunLog:
    """The log in a folder; ConfigError where it can't be written."""
    log = runlog.RunLog.open(loaded.path(form))
    log.require_writable()
    return log


def make_approval(form: str, imports: Imports) -> Any:
    """A handler that asks, or one that denies everything that has to be asked for."""
    if form == "deny":
        return _deny
    return security.terminal_approval() if form == "terminal" else imports.get(form)


async def _deny(call: ToolCall, user_id: str | None) -> security.Approval:
    return security.Approval(allow=False, reason="it needs a person's approval, and the config says to deny such calls")


def make_schema(form: str | list[str], imports: Imports) -> Any:
    """A pydantic model, or a union of some."""
    if isinstance(form, str):
        return imports.get(form)
    schema = imports.get(form[0])
    for one in form[1:]:
        schema = schema | imports.get(one)
    return schema
