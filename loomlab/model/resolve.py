"""From a name to a model (to be completed by the model room)."""

from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Model
from loomlab.model.echo import EchoModel


def resolve_model(spec: Any, *, secrets: Any = None) -> Model:
    """A model for a name or an instance."""
    if spec is None:
        raise ConfigError("model is required")
    if spec == "echo":
        return EchoModel()
    if spec == "local":
        from importlib import import_module

        model: Model = import_module("loomlab.model.local").LocalModel()
        return model
    if isinstance(spec, str):
        raise ConfigError(f"unknown model {spec!r}")
    instance: Model = spec
    return instance
