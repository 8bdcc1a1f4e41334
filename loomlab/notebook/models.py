"""From a model's name, or a variable, to a model; on tape where the notebook has a cassette."""

from pathlib import Path
from typing import Any, cast

from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Model
from loomlab.model.cassette import CassetteModel
from loomlab.model.resolve import resolve_model
from loomlab.notebook.names import Namespace, is_model


def make_model(name: str, space: Namespace) -> Model:
    """The model for a name; a variable of the notebook that holds a model goes first."""
    held = space.get(name)
    if is_model(held):
        return held
    try:
        return resolve_model(name)
    except ImportError as exc:
        raise ConfigError(str(exc)) from exc


def notebook_model(name: str | None, cassette: str | None, space: Namespace) -> Model | None:
    """The model of the notebook's settings, None where they name none.

    With a cassette the model behind it is made only when there is something to record, so that a replay needs neither
    key nor package. ConfigError where neither can work.
    """
    if cassette is None:
        return None if name is None else make_model(name, space)
    inner: Any = name
    if name is not None and (is_model(space.get(name)) or not Path(cassette).exists()):
        inner = make_model(name, space)
    elif name is None and not Path(cassette).exists():
        raise ConfigError(f"there is no cassette at {cassette} yet; say which model to record: %loom model=local")
    on_tape: Model = cast(Model, CassetteModel(inner, cassette))  # its name is a property; the protocol says attribute
    return on_tape
