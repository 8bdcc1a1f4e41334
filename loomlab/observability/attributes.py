"""What may be written on a span: plain values, None left out, content only where it was asked for, secrets masked."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from loomlab.core.conventions import CONTENT, conventional
from loomlab.core.redact import redact

Plain = str | bool | int | float | list[str] | list[bool] | list[int] | list[float]

LONGEST = 16_000
"""Characters of one attribute; the rest is cut, and the cut is visible."""


def attributes_of(name: str, given: Mapping[str, Any], *, content: bool) -> dict[str, Plain]:
    """Our attributes and those of the GenAI conventions, ready to be exported."""
    kept = {key: value for key, value in given.items() if content or key not in CONTENT}
    return {key: plain(value) for key, value in {**kept, **conventional(name, kept)}.items() if value is not None}


def labels_of(given: Mapping[str, Any]) -> dict[str, Plain]:
    """The labels of a measurement."""
    return {key: plain(value) for key, value in given.items() if value is not None}


def plain(value: Any) -> Plain:
    """A value as OpenTelemetry takes it: text is masked and cut, what is neither text nor number becomes JSON."""
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)) and value:
        kind = type(value[0])
        if kind in (str, bool, int, float) and all(type(one) is kind for one in value):
            return [_text(one) if isinstance(one, str) else one for one in value]
    return _text(to_json(value, fallback=str, inf_nan_mode="constants").decode())


def _text(value: str) -> str:
    masked = redact(value).encode("utf-8", "replace").decode()
    return masked if len(masked) <= LONGEST else f"{masked[:LONGEST]}… ({len(masked) - LONGEST} characters cut)"
