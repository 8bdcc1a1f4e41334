"""Metadata as JSON and back: what JSON holds stays as it is, days and instants come back as what they were."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

_DAY, _INSTANT = "$date", "$datetime"


def encoded(metadata: Mapping[str, Any]) -> str:
    """Metadata as JSON. Raises ValueError for a value that neither JSON holds nor is a day or an instant."""
    try:
        return json.dumps(_plain(dict(metadata)), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise ValueError(f"metadata holds texts, numbers, truth values, dates, lists and mappings: {exc}") from None


def decoded(text: str) -> dict[str, Any]:
    """Metadata as it was."""
    found: dict[str, Any] = json.loads(text, object_hook=_dated)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_INSTANT: value.isoformat()}
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is no text")
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _dated(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if isinstance(at := found.get(_INSTANT), str):
            return datetime.fromisoformat(at)
        if isinstance(at := found.get(_DAY), str):
            return date.fromisoformat(at)
    return found
