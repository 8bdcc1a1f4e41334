"""From a name to a strategy."""

from collections.abc import Callable
from typing import Any

from loomlab.architecture.react import ReAct
from loomlab.architecture.self_refine import SelfRefine
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Architecture

ARCHITECTURES: dict[str, Callable[..., Architecture]] = {"react": ReAct, "self-refine": SelfRefine}
"""The strategies that a name alone can build."""


def resolve_architecture(spec: Any = None, **options: Any) -> Architecture:
    """The architecture for a name, an instance (returned as it is), or None (ReAct). ``options`` go to the class.

    Raises ``ConfigError`` for an unknown name or option, naming the nearest.
    """
    if spec is None:
        spec = "react"
    if isinstance(spec, str):
        name = spec.strip().lower().replace("_", "-")
        if name not in ARCHITECTURES:
            raise ConfigError(f"unknown architecture {spec!r}: {did_you_mean(name, ARCHITECTURES)}")
        try:
            return ARCHITECTURES[name](**options)
        except (TypeError, ValueError) as exc:
            raise ConfigError(f"architecture {name!r}: {exc}") from exc
    if options:
        raise ConfigError("options go with the name of an architecture; set them on the instance instead")
    if isinstance(spec, type) or not all(hasattr(spec, member) for member in ("name", "run", "declared_workers")):
        raise ConfigError(
            "architecture must be a name or an instance with name, run() and declared_workers(), "
            f"not {spec if isinstance(spec, type) else type(spec).__name__}"
        )
    architecture: Architecture = spec
    return architecture
