"""The layers of an agent as tables. Each function gives the form of one; None where it is the default."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

from loomlab import observability, runtime, security
from loomlab.agent.config.dotted import path_of
from loomlab.agent.config.layers import MINUTES
from loomlab.agent.config.places import Place
from loomlab.agent.config.refusing import Refusing
from loomlab.core.redact import redact
from loomlab.governance import BudgetConfig, NoBudget, RetryPolicy, StandardBudget
from loomlab.memory import SqliteMemory

BY_OBJECT = 'make it by a function in a module, { object = "package.module:name" }'
TOP = "define it at the top of a module that can be imported"
_ALIASES = {"type": "backend", "dsn": "url", "persist_directory": "path", "collection_name": "namespace"}
_POSTGRES = {"postgresql": "postgres", "rediss": "redis"}


def budget_form(budget: Any, place: Place, refusing: Refusing) -> Any:
    """Caps that are set."""
    if type(budget) is NoBudget:
        return None
    if type(budget) is not StandardBudget:
        return refusing.refuse(place, f"a {type(budget).__name__}", BY_OBJECT)
    table: dict[str, Any] = {}
    for one in fields(BudgetConfig):
        value = getattr(budget.config, one.name)
        if value != one.default:
            timed = isinstance(value, timedelta)
            table[f"{one.name}{MINUTES}" if timed else one.name] = value / timedelta(minutes=1) if timed else value
    return table


def permissions_form(permissions: Any, place: Place, refusing: Refusing) -> Any:
    """Mode, lists, and single users' policies."""
    if type(permissions) is security.AllowAll:
        return None
    if type(permissions) is not security.PerUserPermissions:
        return _policy_form(permissions, place, refusing)
    table = _policy_form(permissions.default, place, refusing) or {}
    users: dict[str, Any] = {}
    for user, policy in permissions.policies.items():
        if not isinstance(user, str):
            refusing.refuse((*place, "users"), "a policy of the anonymous user", "put it into the policy for everybody")
        elif (form := _policy_form(policy, (*place, "users", user), refusing)) is not None:
            users[user] = form
    return {**table, "users": users}


def _policy_form(policy: Any, place: Place, refusing: Refusing) -> Any:
    if type(policy) is security.AllowAll:
        return {"mode": security.Mode.BYPASS.value}
    if type(policy) is not security.StandardPermissions:
        return refusing.refuse(place, f"a {type(policy).__name__}", BY_OBJECT)
    table: dict[str, Any] = {"mode": policy.mode.value}
    if policy.allowed_tools is not None:
        table["allowed_tools"] = sorted(policy.allowed_tools)
    if policy.denied_tools:
        table["denied_tools"] = sorted(policy.denied_tools)
    return table


def retry_form(policy: RetryPolicy | None, *, network: bool) -> Any:
    """What differs from the policy that the model has by itself."""
    if policy == (RetryPolicy() if network else None) or policy is None:
        return None
    plain = asdict(RetryPolicy())
    return {key: value for key, value in asdict(policy).items() if value != plain[key]}


def hooks_form(hooks: Any, place: Place, refusing: Refusing) -> Any:
    """The paths of the functions."""
    if not isinstance(hooks, security.HookRegistry):
        return refusing.refuse(place, f"a {type(hooks).__name__}", BY_OBJECT)
    table: dict[str, Any] = {}
    for key in ("pre_tool", "post_tool", "event"):
        paths = [function_form(one, (*place, key), refusing) for one in getattr(hooks, f"{key}_hooks")]
        if any(paths):
            table[key] = [path for path in paths if path]
    if hooks.hook_timeout_s != security.HookRegistry().hook_timeout_s:
        table["timeout_seconds"] = float(hooks.hook_timeout_s)
    return table or None


def function_form(thing: Any, place: Place, refusing: Refusing) -> Any:
    """The dotted path of a function or class."""
    path = path_of(thing)
    return refusing.refuse(place, getattr(thing, "__qualname__", repr(thing)), TOP) if path is None else path


def schema_form(schema: Any, place: Place, refusing: Refusing) -> Any:
    """The dotted path of a pydantic model, or those of a union."""
    if schema is None:
        return None
    kinds = get_args(schema) if not isinstance(schema, type) else ()
    if not kinds:
        return function_form(schema, place, refusing)
    return [path for path in (function_form(one, place, refusing) for one in kinds) if path] or None


def memory_form(memory: Any, given: Any, place: Place, refusing: Refusing) -> Any:
    """The spec that was given; a SqliteMemory as the table that makes it."""
    if given is None:
        return None
    if isinstance(given, str):
        if redact(given) != given:
            remedy = 'name it by reference: { backend = "postgres", url = { secret = "NAME" } }'
            return refusing.refuse(place, f"an address with a password ({redact(given)})", remedy)
        scheme, colon, rest = given.strip().partition(":")
        return f"{scheme.lower()}{colon}{rest.strip()}"
    if isinstance(given, Mapping):
        return _memory_table(given, place, refusing)
    if type(memory) is SqliteMemory:
        table = {"backend": "sqlite", "path": memory.path, "with_facts": memory.facts is not None}
        table["embedder"] = _embedder_form(memory.embedder, (*place, "embedder"), refusing)
        return {key: value for key, value in table.items() if value not in (None, True)}
    remedy = "give memory= as a spec ('sqlite:PATH', …) or a mapping"
    return refusing.refuse(place, f"a {type(memory).__name__} made in code", remedy)


def _memory_table(given: Mapping[str, Any], place: Place, refusing: Refusing) -> Any:
    table: dict[str, Any] = {}
    for key, value in given.items():
        name = _ALIASES.get(key, key)
        if name == "backend":
            value = str(value).strip().lower()
            value = _POSTGRES.get(value, value)
        elif name == "embedder" and not isinstance(value, str):
            value = _embedder_form(value, (*place, name), refusing)
        elif name == "url" and redact(str(value)) != str(value):
            value = refusing.refuse((*place, name), "an address with a password", 'url = { secret = "NAME" }')
        if value is not None:
            table[name] = str(value) if isinstance(value, Path) else value
    return table


def _embedder_form(embedder: Any, place: Place, refusing: Refusing) -> Any:
    kind, name = type(embedder).__name__, getattr(embedder, "name", "")
    known = {
        ("HashEmbedder", "hash-embedder-384"): "hash",
        ("LocalEmbedder", name): "local",
        ("OpenAIEmbedder", "text-embedding-3-small"): "openai",
        ("OpenAIEmbedder", "text-embedding-3-large"): "openai-large",
    }
    form = known.get((kind, name))
    return form or refusing.refuse(place, f"the embedder {name or kind}", "give its name: hash, local, openai")


def runtime_form(made: Any, place: Place, refusing: Refusing) -> Any:
    """The journal and where it is."""
    if type(made) is runtime.InProcRuntime:
        return None
    kind = type(made).__name__
    if kind == "SqliteRuntime":
        table = {"backend": "sqlite", "path": str(made.path)}
    elif kind == "JournaledRuntime" and type(made.store).__name__ == "InMemoryJournalStore":
        table = {"backend": "journaled"}
    else:
        return refusing.refuse(place, f"a {kind} made in code", BY_OBJECT)
    plain = {"on_unknown": None, "lease_s": 30.0, "wait_s": 5.0}
    return table | {key: getattr(made, key) for key, value in plain.items() if getattr(made, key, value) != value}


def telemetry_form(telemetry: Any, place: Place, refusing: Refusing) -> Any:
    """The word for it."""
    if type(telemetry) is observability.NoTelemetry:
        return None
    kind = type(telemetry).__name__
    if kind == "JsonlTelemetry":
        table = {"to": "jsonl", "path": str(telemetry.path)}
        return table | ({"capture_content": True} if telemetry.capture_content else {})
    return refusing.refuse(place, f"a {kind} made in code", BY_OBJECT)


def refused_form(thing: Any, place: Place, refusing: Refusing) -> Any:
    """What has a form only where it came from a config."""
    remedies = {
        "audit_log": '[audit_log] with path and secret = { secret = "NAME" }',
        "secrets": BY_OBJECT,
        "run_log": 'run_log = "folder"',
    }
    return refusing.refuse(place, f"a {type(thing).__name__} made in code", remedies.get(str(place[-1]), BY_OBJECT))
