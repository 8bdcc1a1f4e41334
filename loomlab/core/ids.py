"""Identifiers and content digests: sortable ULIDs with a prefix, and SHA-256 over canonical JSON."""

import hashlib
import os
import threading
import time
from typing import Any

from pydantic_core import to_json

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [one + two for one in _LETTERS for two in _LETTERS]
_HALF = (1 << 40) - 1


class _Ulids:
    """The ids of a process: of one millisecond, each is the one before plus one, so they sort as they were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ms = -1
        self._time = ""
        self._high = self._low = 0

    def next(self) -> str:
        """The next id: 48 bits of time, 80 of chance, in the 26 letters of Crockford's base 32."""
        with self._lock:
            ms = time.time_ns() // 1_000_000
            if ms > self._ms:
                chance = int.from_bytes(os.urandom(10), "big")
                self._ms, self._high, self._low = ms, chance >> 40, chance & _HALF
                self._time = _PAIRS[ms >> 40 & 1023] + _eight(ms & _HALF)
            elif self._low < _HALF:
                self._low += 1
            else:
                self._low, self._high = 0, self._high + 1 & _HALF
            return self._time + _eight(self._high) + _eight(self._low)


def _eight(number: int) -> str:
    """40 bits as eight letters."""
    return _PAIRS[number >> 30] + _PAIRS[number >> 20 & 1023] + _PAIRS[number >> 10 & 1023] + _PAIRS[number & 1023]


_ulids = _Ulids()
if hasattr(os, "register_at_fork"):  # a child must not go on where its parent does
    os.register_at_fork(after_in_child=_ulids.__init__)  # type: ignore[misc]  # makes the same object anew


def new_id(prefix: str = "") -> str:
    """Return a new ULID, sortable by creation time; with a prefix it reads ``prefix_ULID``."""
    ulid = _ulids.next()
    return f"{prefix}_{ulid}" if prefix else ulid


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
