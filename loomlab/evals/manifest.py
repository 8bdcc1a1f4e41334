"""What an arm is made of, factor by factor: enough to see which of them differ between two arms."""

import inspect
from collections.abc import Mapping
from types import CodeType
from typing import Any

from loomlab.core.ids import deterministic_hash

FACTORS = (
    "model",
    "sampling",
    "architecture",
    "architecture parameters",
    "instructions",
    "tools",
    "max_turns",
    "memory",
    "workers",
    "function",
    "code",
)
"""Every factor that is told apart, in the order in which a card names them."""

_PLAIN = (str, int, float, bool, type(None))
_DEEPEST = 6


async def describe_arms(arms: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """For each arm its kind and its factors; prompts, schemas and code as digests of 12 characters."""
    return {str(name): await _describe(arm) for name, arm in arms.items()}


def differing_factors(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the factors in which two arms differ.

    Another architecture has other parameters: those count only where the architecture is the same.
    """
    differing = [name for name in FACTORS if a.get(name) != b.get(name)]
    if "architecture" in differing and "architecture parameters" in differing:
        differing.remove("architecture parameters")
    return tuple(differing)


async def _describe(arm: Any) -> dict[str, Any]:
    model = getattr(arm, "model", None)
    if getattr(model, "name", None) is None:
        name = getattr(arm, "__qualname__", None) or type(arm).__name__
        return {
            "kind": "function",
            "function": f"{getattr(arm, '__module__', '')}.{name}".lstrip("."),
            "code": _code(arm),
        }
    architecture = getattr(arm, "architecture", None)
    described: dict[str, Any] = {
        "kind": "agent",
        "model": str(getattr(model, "name", "")),
        "sampling": dict(getattr(model, "fixed", {}) or {}),
        "architecture": str(getattr(architecture, "name", architecture)),
        "architecture parameters": _parameters(architecture, 0),
        "instructions": _digest(getattr(arm, "instructions", "")),
        "tools": await _tools(arm),
        "max_turns": getattr(arm, "max_turns", None),
        "memory": type(getattr(arm, "memory", None)).__name__,
    }
    declared = getattr(architecture, "declared_workers", None)
    workers: Mapping[str, Any] = declared() if callable(declared) else {}
    if workers:
        described["workers"] = {name: _digest(_worker(one, 0)) for name, one in workers.items()}
    return described


async def _tools(arm: Any) -> dict[str, str]:
    host = getattr(arm, "tool_host", None)
    if host is None:
        return {}
    try:
        return {one.name: _digest([one.description, one.input_schema]) for one in await host.list_tools()}
    except Exception as exc:  # a server that is down is the run's to report; the arm is described without its tools
        return {"(not known)": type(exc).__name__}


def _parameters(architecture: Any, depth: int) -> dict[str, Any]:
    """The public attributes of a strategy; prompts as digests, models by name, a wrapped strategy as its own."""
    found: dict[str, Any] = {}
    for key, value in sorted(getattr(architecture, "__dict__", {}).items()):
        if not key.startswith("_"):
            found[key] = _plain(value, depth)
    return found


def _plain(value: Any, depth: int) -> Any:
    if isinstance(value, str) and len(value) > 40:
        return _digest(value)
    if isinstance(value, _PLAIN):
        return value
    if depth > _DEEPEST:
        return type(value).__name__
    if isinstance(value, Mapping):
        return {str(key): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one, depth + 1) for one in value]
    if hasattr(value, "architecture") and hasattr(value, "instructions"):
        return _worker(value, depth + 1)
    if callable(getattr(value, "declared_workers", None)):
        return {"name": str(getattr(value, "name", "")), **_parameters(value, depth + 1)}
    return str(getattr(value, "name", type(value).__name__))


def _worker(agent: Any, depth: int) -> Any:
    architecture = getattr(agent, "architecture", None)
    return [
        str(getattr(getattr(agent, "model", None), "name", "")),
        _digest(getattr(agent, "instructions", "")),
        str(getattr(architecture, "name", "")),
        _parameters(architecture, depth + 1) if depth <= _DEEPEST else "",
    ]


def _code(function: Any) -> str | None:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return None if code is None else _digest(_instructions(code))


def _instructions(code: CodeType) -> list[Any]:
    # What runs, and not where it stands: a comment or a moved line changes nothing. Reading the source would block.
    constants = [_instructions(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return [code.co_code.hex(), constants, list(code.co_names)]


def _digest(content: Any) -> str:
    return deterministic_hash(content)[:12]
