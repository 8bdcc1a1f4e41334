"""Values of steps as JSON text and back, typed, without running anybody's code on the way in.

Plain data stays plain JSON. Everything else is an object with the one key ``$`` for its kind and ``v`` for its content:
dates, tuples, sets, bytes, our own value types by their names, and pydantic models, dataclasses, enums and named
tuples of yours by the place of their class. Reading imports nothing and calls no constructor and no validator: a class
is looked up among the modules that are loaded, and its object is filled field by field.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from loomlab.core.errors import RuntimeJournalError
from loomlab.runtime.journal.classes import (
    OURS,
    build_dataclass,
    build_model,
    build_named_tuple,
    dataclass_fields,
    find_class,
    model_fields,
    place_of,
)

_PLAIN = frozenset((str, int, bool, type(None)))

_WRITE: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("datetime", datetime.isoformat),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    timedelta: ("timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    Decimal: ("decimal", str),
    UUID: ("uuid", str),
    bytes: ("bytes", lambda value: b64encode(value).decode()),
    bytearray: ("bytearray", lambda value: b64encode(value).decode()),
    complex: ("complex", lambda value: [value.real, value.imag]),
}

_READ: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda value: timedelta(*value),
    "decimal": Decimal,
    "uuid": UUID,
    "bytes": b64decode,
    "bytearray": lambda value: bytearray(b64decode(value)),
    "complex": lambda value: complex(*value),
    "float": float,
    "path": PurePath,
}


def encode(value: Any) -> str:
    """``value`` as JSON text. Raises RuntimeJournalError, with the remedy, for what no other process could read."""
    if type(value) in _PLAIN:
        packed = value
    else:
        try:
            packed = _pack(value)
        except RecursionError:
            raise RuntimeJournalError(
                f"a {_called(value)} that holds itself, or is nested too deeply, cannot be kept in the journal: "
                "return plain data"
            ) from None
    text = json.dumps(packed, ensure_ascii=False, separators=(",", ":"))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half a surrogate pair
            return json.dumps(packed, separators=(",", ":"))
    return text


def decode(text: str) -> Any:
    """The value again. Raises RuntimeJournalError for text that is not of ``encode``, and a class that is not here."""
    try:
        return _unpack(json.loads(text))
    except RuntimeJournalError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as exc:
        raise RuntimeJournalError(
            f"an entry of the journal cannot be read ({type(exc).__name__}: {exc}); was it written by something else? "
            "Erase it (runtime.forget), and the step is done again"
        ) from exc


def _pack(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return value if isfinite(value) else {"$": "float", "v": repr(value)}
    if kind is list:
        return [_pack(item) for item in value]
    if kind is dict:
        if all(type(key) is str for key in value) and "$" not in value:
            return {key: _pack(item) for key, item in value.items()}
        return {"$": "dict", "v": [[_pack(key), _pack(item)] for key, item in value.items()]}
    if kind is tuple:
        return {"$": "tuple", "v": [_pack(item) for item in value]}
    if kind is set or kind is frozenset:
        return {"$": kind.__name__, "v": sorted((_pack(item) for item in value), key=json.dumps)}
    if kind in _WRITE:
        name, write = _WRITE[kind]
        return {"$": name, "v": write(value)}
    return _pack_object(value, kind)


def _pack_object(value: Any, kind: type) -> Any:
    if isinstance(value, BaseModel):
        if OURS.get(kind.__name__) is kind:
            return {"$": kind.__name__, "v": _fields(value.__dict__)}
        return {"$": "model", "c": place_of(kind), "v": _fields(model_fields(value))}
    if isinstance(value, Enum):
        return {"$": "enum", "c": place_of(kind), "v": value.name}
    if is_dataclass(value):
        return {"$": "dataclass", "c": place_of(kind), "v": _fields(dataclass_fields(value))}
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return {"$": "named", "c": place_of(kind), "v": [_pack(item) for item in value]}
    if isinstance(value, PurePath):
        return {"$": "path", "v": str(value)}
    raise RuntimeJournalError(
        f"a {_called(value)} cannot be kept in the journal, so a durable run could not go on after a crash: return "
        "what JSON can carry (text, numbers, lists, dicts), a dataclass, or a pydantic model"
    )


def _fields(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _pack(item) for name, item in fields.items()}


def _unpack(value: Any) -> Any:
    if type(value) is list:
        return [_unpack(item) for item in value]
    if type(value) is not dict:
        return value
    kind = value.get("$")
    if kind is None:
        return {key: _unpack(item) for key, item in value.items()}
    content = value["v"]
    if kind in _READ:
        return _READ[kind](content)
    if kind in OURS:
        return build_model(OURS[kind], {name: _unpack(item) for name, item in content.items()})
    if kind == "tuple":
        return tuple(_unpack(item) for item in content)
    if kind == "dict":
        return {_unpack(key): _unpack(item) for key, item in content}
    if kind in ("set", "frozenset"):
        items = (_unpack(item) for item in content)
        return set(items) if kind == "set" else frozenset(items)
    if kind == "model":
        return build_model(find_class(value["c"], BaseModel), {name: _unpack(item) for name, item in content.items()})
    if kind == "dataclass":
        return build_dataclass(find_class(value["c"]), {name: _unpack(item) for name, item in content.items()})
    if kind == "enum":
        return find_class(value["c"], Enum).__members__[content]
    if kind == "named":
        return build_named_tuple(find_class(value["c"], tuple), [_unpack(item) for item in content])
    raise ValueError(f"unknown kind {kind!r}")


def _called(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
