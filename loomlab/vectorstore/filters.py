"""Conditions on metadata, in the style of Mongo: what fits, and what is no condition at all.

A field that is missing counts as None. A stored list fits a value that is in it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from loomlab.core.nearest import did_you_mean

Metadata = Mapping[str, Any]
Condition = Callable[[Metadata], bool]


class FilterError(ValueError):
    """A filter that means nothing: an unknown operator, or an operand of the wrong form."""


def condition(filter: Mapping[str, Any] | None) -> Condition:
    """The filter as a function of the metadata. None and ``{}`` fit everything. Raises ``FilterError`` at once."""
    if filter is None:
        return lambda metadata: True
    if not isinstance(filter, Mapping):
        raise FilterError(f"a filter is a mapping of field names to conditions, not {type(filter).__name__}")
    parts = [_clause(key, wanted) for key, wanted in filter.items()]
    return lambda metadata: all(part(metadata) for part in parts)


def _clause(key: str, wanted: Any) -> Condition:
    if key in ("$and", "$or"):
        if not isinstance(wanted, (list, tuple)) or not wanted:
            raise FilterError(f"{key} takes a list of filters")
        parts = [condition(one) for one in wanted]
        join = all if key == "$and" else any
        return lambda metadata: join(part(metadata) for part in parts)
    if key == "$not":
        inner = condition(wanted)
        return lambda metadata: not inner(metadata)
    if key.startswith("$"):
        raise FilterError(f"unknown operator {key!r}: {did_you_mean(key, ['$and', '$or', '$not', *_OPERATORS])}")
    if isinstance(wanted, Mapping) and any(isinstance(name, str) and name.startswith("$") for name in wanted):
        tests = [_operator(key, name, operand) for name, operand in wanted.items()]
        return lambda metadata: all(test(metadata) for test in tests)
    if isinstance(wanted, (list, tuple, set, frozenset)):
        return _operator(key, "$in", list(wanted))
    return _operator(key, "$eq", wanted)


def _operator(field: str, name: str, operand: Any) -> Condition:
    if name == "$exists":
        return lambda metadata: (field in metadata) is bool(operand)
    if name == "$not":
        inner = _clause(field, operand)
        return lambda metadata: not inner(metadata)
    if name not in _OPERATORS:
        raise FilterError(
            f"unknown operator {name!r} for {field!r}: {did_you_mean(name, [*_OPERATORS, '$exists', '$not'])}"
        )
    if name in ("$in", "$nin") and not isinstance(operand, (list, tuple, set, frozenset)):
        raise FilterError(f"{name} for {field!r} takes a list, not {type(operand).__name__}")
    test = _OPERATORS[name]
    return lambda metadata: test(metadata.get(field), operand)


def _same(stored: Any, wanted: Any) -> bool:
    if isinstance(stored, (list, tuple)):
        if not isinstance(wanted, (list, tuple)):
            return any(_equal(one, wanted) for one in stored)
        return list(stored) == list(wanted)
    return _equal(stored, wanted)


def _equal(stored: Any, wanted: Any) -> bool:
    return isinstance(stored, bool) is isinstance(wanted, bool) and bool(stored == wanted)


def _within(stored: Any, wanted: Sequence[Any]) -> bool:
    return any(_same(stored, one) for one in wanted)


def _comparable(stored: Any, wanted: Any) -> bool:
    """Numbers with numbers, texts with texts, times with times; anything else has no order."""
    if isinstance(stored, bool) or isinstance(wanted, bool):
        return False
    if isinstance(stored, datetime) and isinstance(wanted, datetime):
        return (stored.tzinfo is None) is (wanted.tzinfo is None)
    kinds: tuple[Any, ...] = ((int, float), str, date)
    if isinstance(stored, datetime) or isinstance(wanted, datetime):
        return False
    return any(isinstance(stored, kind) and isinstance(wanted, kind) for kind in kinds)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": _same,
    "$ne": lambda stored, wanted: not _same(stored, wanted),
    "$gt": lambda stored, wanted: _comparable(stored, wanted) and bool(stored > wanted),
    "$gte": lambda stored, wanted: _comparable(stored, wanted) and bool(stored >= wanted),
    "$lt": lambda stored, wanted: _comparable(stored, wanted) and bool(stored < wanted),
    "$lte": lambda stored, wanted: _comparable(stored, wanted) and bool(stored <= wanted),
    "$in": _within,
    "$nin": lambda stored, wanted: not _within(stored, wanted),
}
