"""The certified values in what a tool returned: alone, in lists and dicts, as objects or already turned into JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from loomlab.core import CertifiedValue

_SHAPE = frozenset(CertifiedValue.model_fields)
_DEEPEST = 64


def certified_values(output: Any) -> list[CertifiedValue]:
    """Every certified value in ``output``, those inside other certified values too, in order.

    Hosts, sandboxes and journals hand results over as JSON, so a mapping with exactly the fields of a certified value
    is one.
    """
    return list(_found(output, 0))


def _found(value: Any, depth: int) -> Iterator[CertifiedValue]:
    if isinstance(value, (str, bytes, int, float, bool)) or value is None or depth > _DEEPEST:
        return
    if isinstance(value, CertifiedValue):
        yield value
        yield from _found(value.value, depth + 1)
    elif isinstance(value, Mapping):
        made = _made(value)
        if made is not None:
            yield made
            yield from _found(made.value, depth + 1)
        else:
            for item in value.values():
                yield from _found(item, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _found(item, depth + 1)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _found(getattr(value, name), depth + 1)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _found(getattr(value, one.name), depth + 1)


def _made(value: Mapping[Any, Any]) -> CertifiedValue | None:
    if value.keys() != _SHAPE:
        return None
    try:
        return CertifiedValue.model_validate(value)
    except ValidationError:  # the same names, by chance
        return None
