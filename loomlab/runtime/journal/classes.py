"""Classes that journal entries name: found among what is loaded, and their objects filled without running code."""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from loomlab.core import messages, records, remembered, results
from loomlab.core.errors import RuntimeJournalError

OURS: dict[str, type[BaseModel]] = {
    one.__name__: one
    for one in (
        messages.Message,
        messages.ModelChunk,
        messages.ToolCall,
        messages.ToolDef,
        messages.ToolResult,
        messages.Usage,
        records.CertifiedValue,
        remembered.Episode,
        remembered.Fact,
        remembered.MemoryBlock,
        results.PermissionDecision,
        results.RunResult,
    )
}
"""Our own value types, by names that stay whatever file they live in."""

_EXTRA = "__pydantic_extra__"


def place_of(kind: type) -> str:
    """``module:qualname`` of a class. RuntimeJournalError where another process could not find it there."""
    place = f"{kind.__module__}:{kind.__qualname__}"
    if _find(place) is not kind:
        raise RuntimeJournalError(
            f"{kind.__module__}.{kind.__qualname__} cannot be kept in the journal, because another process could not "
            "find the class by its name: define it at the top of a module, or return plain data"
        )
    return place


def find_class(place: str, base: type = object) -> Any:
    """The class of that place. Nothing is imported: RuntimeJournalError where it is not loaded, or of another kind."""
    found = _find(place)
    if not isinstance(found, type):
        raise RuntimeJournalError(
            f"the journal holds a {place.replace(':', '.')}, and no such class is loaded: import its module before "
            "the run is resumed"
        )
    if not issubclass(found, base) or (base is object and not is_dataclass(found)):
        raise RuntimeJournalError(
            f"the journal holds {place.replace(':', '.')} as data, and it is no class of data here: "
            "erase the entry (runtime.forget), or bring the class back"
        )
    return found


def model_fields(value: BaseModel) -> dict[str, Any]:
    """Everything that a pydantic model holds, its extra fields included."""
    extra = value.__pydantic_extra__
    return {**value.__dict__, _EXTRA: extra} if extra else dict(value.__dict__)


def build_model(kind: type[BaseModel], values: dict[str, Any]) -> BaseModel:
    """A model with these fields. No validator runs, for these values were valid when they were written."""
    extra = values.pop(_EXTRA, None)
    known = kind.model_fields
    made = kind.__new__(kind)
    whole = {
        name: values[name] if name in values else field.get_default(call_default_factory=False)
        for name, field in known.items()
    }
    if PydanticUndefined in whole.values() or not values.keys() <= known.keys():
        raise ValueError(f"{kind.__name__} has other fields now than when this was written")
    private = {name: one.get_default() for name, one in kind.__private_attributes__.items()}
    set_ = object.__setattr__
    set_(made, "__dict__", whole)
    set_(made, "__pydantic_fields_set__", set(values))
    set_(made, _EXTRA, extra if extra is not None or kind.model_config.get("extra") != "allow" else {})
    set_(made, "__pydantic_private__", private or None)
    return made


def dataclass_fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass's object."""
    return {one.name: getattr(value, one.name) for one in fields(value)}


def build_dataclass(kind: type, values: dict[str, Any]) -> Any:
    """A dataclass's object with these fields; neither ``__init__`` nor ``__post_init__`` runs."""
    if {one.name for one in fields(kind)} != values.keys():
        raise ValueError(f"{kind.__name__} has other fields now than when this was written")
    made: Any = object.__new__(kind)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def build_named_tuple(kind: Any, values: list[Any]) -> Any:
    """A named tuple with these items."""
    if len(kind._fields) != len(values):
        raise ValueError(f"{kind.__name__} has other fields now than when this was written")
    return tuple.__new__(kind, values)


def _find(place: str) -> Any:
    module, _, path = place.partition(":")
    found: Any = sys.modules.get(module)
    for name in path.split("."):
        # vars, not getattr: a module or class may import or compute when it is asked for a name.
        found = vars(found).get(name) if hasattr(found, "__dict__") else None
    return found
