"""What strategies share without importing one another: the default base, and the models of their roles."""

from collections.abc import Iterator
from typing import Any

from loomlab.architecture.react import ReAct
from loomlab.core.protocols import Architecture


def default_base() -> Architecture:
    """A plain ReAct loop."""
    return ReAct()


def role_models(architecture: Any) -> Iterator[Any]:
    """The models that a strategy, and those it wraps, give to single roles: attributes named ``<role>_model``."""
    while architecture is not None:
        for name, value in sorted(getattr(architecture, "__dict__", {}).items()):
            if name.endswith("_model") and value is not None:
                yield value
        architecture = getattr(architecture, "base", None)
