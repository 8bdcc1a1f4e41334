"""A filter on metadata as a condition in SQL, with the very meaning it has in Python."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from loomlab.vectorstore.base import Filter
from loomlab.vectorstore.postgres_text import storable

_ORDER = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


def in_sql(filter: Filter, args: list[Any]) -> str | None:
    """The condition, its values appended to ``args``; None for a filter that SQL can't say (one with dates, say).

    The filter was checked before. Of names and values nothing gets into the text.
    """
    return _Writer(args).all_of(filter or {})


class _Writer:
    def __init__(self, args: list[Any]) -> None:
        self._args = args

    def all_of(self, filter: Mapping[str, Any]) -> str | None:
        return _joined([self._clause(name, wanted) for name, wanted in filter.items()], "AND", "TRUE")

    def _clause(self, name: str, wanted: Any) -> str | None:
        if name in ("$and", "$or"):
            return _joined([self.all_of(one) for one in wanted], name[1:].upper(), "TRUE")
        if name == "$not":
            return _negated(self.all_of(wanted))
        if isinstance(wanted, Mapping) and any(isinstance(key, str) and key.startswith("$") for key in wanted):
            return _joined([self._operator(name, key, value) for key, value in wanted.items()], "AND", "TRUE")
        if isinstance(wanted, (list, tuple, set, frozenset)):
            return self._operator(name, "$in", wanted)
        return self._operator(name, "$eq", wanted)

    def _operator(self, field: str, name: str, operand: Any) -> str | None:
        if name == "$not":
            return _negated(self._clause(field, operand))
        if name == "$exists":
            return f"(metadata ? {self._arg(field)}) = {'TRUE' if operand else 'FALSE'}"
        if name in ("$in", "$nin"):
            any_of = _joined([self._equal(field, one) for one in operand], "OR", "FALSE")
            return any_of if name == "$in" else _negated(any_of)
        if name in ("$eq", "$ne"):
            equal = self._equal(field, operand)
            return equal if name == "$eq" else _negated(equal)
        return self._ordered(field, _ORDER[name], operand)

    def _equal(self, field: str, value: Any) -> str | None:
        if value is not None and not _said(value):
            return None
        stored = f"metadata -> {self._arg(field)}"
        if value is None:
            return f"COALESCE({stored}, 'null'::jsonb) @> 'null'::jsonb"
        # Of a list, @> asks whether the value is in it; of a value, whether it is the same.
        return f"COALESCE(({stored}) @> {self._arg(json.dumps(storable(value)))}::jsonb, FALSE)"

    def _ordered(self, field: str, sign: str, value: Any) -> str | None:
        if isinstance(value, date):
            return None
        if isinstance(value, bool) or not (isinstance(value, str) or _said(value)):
            return "FALSE"  # there is no order among these
        stored = f"metadata -> {self._arg(field)}"
        if not isinstance(value, str):
            compared = f"(({stored}) #>> '{{}}')::numeric {sign} {self._arg(repr(value))}::text::numeric"
            return f"(CASE WHEN jsonb_typeof({stored}) = 'number' THEN {compared} ELSE FALSE END)"
        compared = f"(({stored}) #>> '{{}}') COLLATE \"C\" {sign} {self._arg(storable(value))}::text"
        return f"(CASE WHEN jsonb_typeof({stored}) = 'string' THEN {compared} ELSE FALSE END)"

    def _arg(self, value: Any) -> str:
        self._args.append(storable(value))
        return f"${len(self._args)}"


def _said(value: Any) -> bool:
    return isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value))


def _joined(parts: list[str | None], word: str, empty: str) -> str | None:
    if any(part is None for part in parts):
        return None
    return "(" + f" {word} ".join(str(part) for part in parts) + ")" if parts else empty


def _negated(part: str | None) -> str | None:
    return None if part is None else f"NOT {part}"
