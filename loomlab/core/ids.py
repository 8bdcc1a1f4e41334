"""Identifiers and content digests: sortable ULIDs with a prefix, and SHA-256 over canonical JSON."""

import hashlib
from functools import cache
from typing import Any

from pydantic_core import to_json


def new_id(prefix: str = "") -> str:
    """Return a new ULID, sortable by creation time; with a prefix it reads ``prefix_ULID``."""
    ulid = _ulid_class()()
    return f"{prefix}_{ulid}" if prefix else str(ulid)


@cache
def _ulid_class() -> Any:
    """The class of ULIDs; its module is slow to load, and a program that only imports us needs no id."""
    from ulid import ULID

    return ULID


def _canonical(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted((_canonical(item) for item in value), key=to_json)
    if isinstance(value, dict):
        return {str(key): _canonical(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return _canonical(dump(mode="json"))
    return value


def deterministic_hash(*parts: Any) -> str:
    """SHA-256 (hex) over the canonical JSON of ``parts``.

    Key order and set order do not matter; models, datetimes, paths and bytes are made
    representable; anything else counts by its ``repr``.
    """
    return hashlib.sha256(to_json(_canonical(list(parts)), fallback=repr)).hexdigest()
