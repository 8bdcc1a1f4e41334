"""A chunk as a row of Chroma, and as much of a filter as Chroma can say."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

from loomlab.vectorstore.base import Filter, Item
from loomlab.vectorstore.coding import decoded, encoded

_WHOLE = "loomlab:metadata"
FLAT = "loomlab:flat"
"""Whether a chunk's vector has no direction."""
SEQ = "loomlab:seq"
"""The order in which chunks came."""
_VALUE, _OTHER = "v:", "o:"
_EXACT = 2**53
"""Whole numbers from here on are not all floating-point numbers."""

Row = tuple[str, list[float], dict[str, Any], str]


def row(one: Item, dimensions: int, seq: int) -> Row:
    """A chunk as a row: its metadata whole, as JSON, and beside it what of them Chroma can compare."""
    fields: dict[str, Any] = {_WHOLE: encoded(one.metadata), FLAT: one.vector is None, SEQ: seq}
    for name, value in one.metadata.items():
        if _simple(value):
            fields[_VALUE + name] = _comparable(value)
        else:
            fields[_OTHER + name] = True
    # Chroma takes no chunk without a vector; this one is never shown as near to anything.
    vector = [1.0] + [0.0] * (dimensions - 1) if one.vector is None else list(one.vector)
    return one.id, vector, fields, one.content


def item(id_: str, text: str | None, fields: Mapping[str, Any] | None, vector: Any) -> Item:
    """A row as a chunk; rows that others wrote have the metadata that they have."""
    fields = fields or {}
    whole = fields.get(_WHOLE)
    metadata = decoded(whole) if isinstance(whole, str) else dict(fields)
    packed = None if vector is None or fields.get(FLAT) else array("f", map(float, vector))
    return Item(id_, text or "", metadata, packed)


def narrowing(filter: Filter) -> dict[str, Any] | None:
    """A condition of Chroma's that lets through all that fit, and mostly little else. None: no condition."""
    clauses = [clause for name, wanted in (filter or {}).items() if (clause := _clause(name, wanted)) is not None]
    if not clauses:
        return None
    return clauses[0] if len(clauses) == 1 else {"$and": clauses}


def _clause(name: str, wanted: Any) -> dict[str, Any] | None:
    if name == "$and":
        parts = [part for one in wanted if (part := narrowing(one)) is not None]
        return None if not parts else parts[0] if len(parts) == 1 else {"$and": parts}
    if name.startswith("$"):
        return None
    if isinstance(wanted, Mapping):
        if len(wanted) != 1:
            return None
        ((operator, wanted),) = wanted.items()
        if operator not in ("$eq", "$in"):
            return None
    values = list(wanted) if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
    if not values or not all(_simple(one) for one in values):
        return None
    # One list holds values of one kind, and a field that holds a list is looked into afterwards.
    kinds: dict[type, list[Any]] = {}
    for one in values:
        kinds.setdefault(type(_comparable(one)), []).append(_comparable(one))
    ours = [{_VALUE + name: {"$in": same}} for same in kinds.values()]
    # Rows that others wrote have the field itself, and numbers as they were.
    theirs = [{name: {"$in": same}} for same in kinds.values()]
    if whole := [int(one) for one in kinds.get(float, ()) if float(one).is_integer()]:
        theirs.append({name: {"$in": whole}})
    return {"$or": [*ours, {_OTHER + name: True}, *theirs]}


def _simple(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) < _EXACT
    return isinstance(value, (str, float))


def _comparable(value: Any) -> str | bool | float:
    # Chroma tells 1 from 1.0, and Python doesn't.
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
