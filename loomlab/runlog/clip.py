"""What may reach the disk: secrets masked, huge values cut with a note, everything else as it is. Data in, JSON out."""

from typing import Any

from pydantic_core import from_json, to_json

from loomlab.core.events import Event
from loomlab.core.redact import redact, redact_data

MAX_CHARS = 256 * 1024
"""Longest text kept of one value, in characters."""

_MAX_LINE = 4 * MAX_CHARS
_TAIL = 8 * 1024
"""How far back from a cut a secret may begin that the cut tears apart."""

_DEEP = 60
_PARTS = (
    "prompt",
    "agent",
    "user_id",
    "chunk",
    "call",
    "result",
    "status",
    "tool",
    "role",
    "turn",
    "slot",
    "offset_ms",
    "name",
)


def cut(text: str, limit: int = MAX_CHARS) -> str:
    """``text``, or its first ``limit`` characters and a note that says how many are missing."""
    return text if len(text) <= limit else f"{text[:limit]}… {len(text) - limit:,} characters cut"


class Gathered:
    """A text that comes in pieces, kept up to a bound whatever its length."""

    __slots__ = ("_held", "_pieces", "count", "length")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._held = 0
        self.count = 0
        self.length = 0

    def add(self, piece: str) -> None:
        """One more piece."""
        self.count += 1
        self.length += len(piece)
        if piece and self._held < MAX_CHARS + _TAIL:
            piece = piece[: MAX_CHARS + _TAIL - self._held]
            self._pieces.append(piece)
            self._held += len(piece)
            if len(self._pieces) > 1024:
                self._pieces = ["".join(self._pieces)]

    def text(self) -> str:
        """The whole without secrets. One that the bound may have torn apart is left out with the cut."""
        held = "".join(self._pieces)
        if self._held == self.length:
            return cut(redact(held))
        tail = held[-_TAIL:]
        blank = max(tail.rfind(" "), tail.rfind("\n"), 0)
        kept = redact(held[: len(held) - _TAIL + blank])[:MAX_CHARS]
        return f"{kept}… {self.length - len(kept):,} characters cut"


def safe(value: Any) -> Any:
    """``value`` as JSON-ready data without secrets. Never raises."""
    if not _is_plain(value):
        try:
            value = from_json(to_json(value, fallback=_repr, inf_nan_mode="null"))
        except Exception:  # foreign objects may fail in any way, and the log must not lose the event for it
            value = _mended(value)
    return redact_data(value)


def dumps(row: dict[str, Any]) -> bytes:
    """One line of JSON for a row of ``safe`` values, cut where they are too long. Never raises."""
    try:
        line = to_json(row, inf_nan_mode="null")
    except Exception:  # lone surrogates, most likely
        row = _mended(row)
        line = to_json(row, inf_nan_mode="null")
    if len(line) > MAX_CHARS:
        row = _shortened(row)
        line = to_json(row, inf_nan_mode="null")
    return line if len(line) <= _MAX_LINE else to_json({key: _flattened(value) for key, value in row.items()})


def payload_of(event: Event) -> dict[str, Any]:
    """The event's payload; where it cannot be made into plain data, what can be said of its parts."""
    try:
        return event.payload
    except Exception:  # a tool may have returned anything at all
        return {name: _mended(part) for name in _PARTS if (part := _part(event, name)) is not None}


def _part(event: Event, name: str) -> Any:
    try:
        return event.part(name)
    except Exception:  # asking for a part that is not there dumps the whole payload
        return None


def _is_plain(value: Any, depth: int = 0) -> bool:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return True
    if kind is dict:
        return depth < _DEEP and all(type(key) is str and _is_plain(item, depth + 1) for key, item in value.items())
    if kind is list or kind is tuple:
        return depth < _DEEP and all(_is_plain(item, depth + 1) for item in value)
    return kind is float


def _mended(value: Any, depth: int = 0) -> Any:
    """``value`` with what JSON or UTF-8 cannot say replaced: lone surrogates, deep nesting, foreign objects."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth > _DEEP:
        return "…"
    if isinstance(value, dict):
        return {_mended(key if isinstance(key, str) else _repr(key)): _mended(value[key], depth + 1) for key in value}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_mended(item, depth + 1) for item in value]
    try:
        return _mended(value.model_dump(), depth + 1)
    except Exception:  # not one of ours
        return _mended(_repr(value))


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # even this may fail in foreign objects
        return f"<{type(value).__name__}>"


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, dict):
        return {cut(key, 1024): _shortened(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortened(item) for item in value]
    return value


def _flattened(value: Any) -> Any:
    """What is too long as a whole becomes the beginning of its own JSON text."""
    text = to_json(value, inf_nan_mode="null")
    if len(text) <= MAX_CHARS or isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) <= 32:
        return {key: _flattened(item) for key, item in value.items()}
    return cut(text.decode("utf-8"))
