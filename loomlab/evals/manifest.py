"""What an arm is made of, as far as it can be told from outside: enough to see which factor differs."""

from collections.abc import Mapping
from typing import Any

from loomlab.core.ids import deterministic_hash


def describe_arms(arms: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """For each arm its kind and, for an agent, its model, architecture and a digest of its instructions."""
    return {str(name): _describe(arm) for name, arm in arms.items()}


def _describe(arm: Any) -> dict[str, Any]:
    model = getattr(getattr(arm, "model", None), "name", None)
    if model is None:
        name = getattr(arm, "__qualname__", None) or type(arm).__name__
        return {"kind": "function", "function": f"{getattr(arm, '__module__', '')}.{name}".lstrip(".")}
    architecture = getattr(arm, "architecture", None)
    return {
        "kind": "agent",
        "model": str(model),
        "architecture": str(getattr(architecture, "name", architecture)),
        "instructions": deterministic_hash(getattr(arm, "instructions", ""))[:12],
    }
