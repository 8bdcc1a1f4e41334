"""What an extracting model answers, read tolerantly: a list of claims, whatever stands around it."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)
_LONGEST = 300
"""Characters of a subject, predicate or object; longer ones are no facts but passages."""


class ClaimAnswer(BaseModel):
    """One claim, for models that are held to a schema."""

    subject: str = Field(max_length=60)
    predicate: str = Field(max_length=40)
    object: str = Field(max_length=120)
    confidence: float = Field(ge=0, le=1)
    valid_from: str | None = Field(default=None, max_length=25)


class ClaimsAnswer(BaseModel):
    """What such a model is held to."""

    facts: list[ClaimAnswer] = Field(max_length=8)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a model says is a fact. ``valid_from`` is its own text."""

    subject: str
    predicate: str
    object: str
    confidence: float = 1.0
    valid_from: str | None = None


def read_claims(text: str) -> list[Claim]:
    """The claims of an answer, in its order; none where it holds no JSON. Entries that lack a field are skipped."""
    for value in _values(text):
        entries = _entries(value)
        if entries is not None:
            return [claim for entry in entries if (claim := _claim(entry)) is not None]
    return []


def _entries(value: Any) -> list[Any] | None:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        if {"subject", "predicate", "object"} <= set(value):
            return [value]
        return next((one for one in value.values() if isinstance(one, list)), None)
    return None


def _claim(entry: Any) -> Claim | None:
    if not isinstance(entry, dict):
        return None
    subject, predicate, thing = (_text(entry.get(name)) for name in ("subject", "predicate", "object"))
    if not (subject and predicate and thing) or max(map(len, (subject, predicate, thing))) > _LONGEST:
        return None
    since = _text(entry.get("valid_from")) or None
    return Claim(subject, predicate, thing, _confidence(entry.get("confidence", 1.0)), since)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split()) if isinstance(value, (str, int, float)) else ""


def _confidence(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 1.0
    return 0.0 if math.isnan(number) else min(1.0, max(0.0, number))


def _values(text: str) -> Iterator[Any]:
    for block in (text, *_FENCE.findall(text)):
        try:
            yield json.loads(block)
        except (ValueError, RecursionError):
            continue
    decoder = json.JSONDecoder()
    for found in re.finditer(r"[\[{]", text):
        try:
            yield decoder.raw_decode(text, found.start())[0]
        except (ValueError, RecursionError):
            continue
