"""Reading what a model wrote although it was asked for a format: JSON in prose, scores, lists of lines.

Every reader returns what it found, or None (an empty list) where it found nothing; none of them guesses.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)
_OPENING = re.compile(r"[\[{]")
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
_BULLET = re.compile(r"^\s*(?:[-*•+]|\(?\d{1,3}[.):]|[Ss]tep\s+\d{1,3}\s*[.:)-])\s+(?P<text>\S.*)$")
_NUMBER = r"(?P<number>[-+]?\d*\.?\d+)\s*(?:/\s*(?P<of>\d+(?:\.\d+)?)|(?P<percent>%))?"
_FRACTION = re.compile(r"(?<![\w.])" + _NUMBER + r"(?![\w])(?!\.\d)")


def json_values(text: str) -> Iterator[Any]:
    """Every JSON object or list in ``text``, the likeliest first: the whole text, fenced blocks, then inside prose."""
    seen: list[Any] = []
    for value in _candidates(text):
        if isinstance(value, (dict, list)) and value not in seen:
            seen.append(value)
            yield value


def read_json(text: str) -> Any | None:
    """The likeliest JSON object or list in ``text``."""
    return next(json_values(text), None)


def read_lines(text: str) -> list[str]:
    """The items of a bulleted or numbered list, without their marks."""
    return [found["text"].strip() for line in text.splitlines() if (found := _BULLET.match(line))]


def read_field(text: str, name: str) -> str | None:
    """What stands behind ``name:`` at the start of a line, without quotes and emphasis."""
    found = re.search(rf"(?im)^[\s>#*_\-]*{re.escape(name)}[*_]*\s*[:=]\s*(?P<value>\S.*)$", text)
    return found["value"].strip(" \t*_`\"'") or None if found else None


def read_number(text: str, name: str) -> float | None:
    """A number from 0 to 1 behind ``name:``; ``8/10`` and ``80%`` are 0.8. None where it lies outside."""
    found = _named(name).search(text)
    return _unit(found) if found else None


def read_score(text: str) -> float | None:
    """A score from 0 to 1: the line ``score: x``, else a line that is a number, else the first fraction in the text.

    A whole number in a sentence ("step 1 is wrong") is no score.
    """
    if _named("score").search(text):
        return read_number(text, "score")
    for line in text.splitlines():
        alone = _FRACTION.fullmatch(line.strip(" \t*_`."))
        if alone:
            return _unit(alone)
    for found in _FRACTION.finditer(text):
        if "." in found["number"] or found["of"] or found["percent"]:
            value = _unit(found)
            if value is not None:
                return value
    return None


def _named(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?im)(?<![\w]){re.escape(name)}[\"'*_`]*\s*[:=]\s*[\"'*_`]*\s*{_NUMBER}")


def _unit(found: re.Match[str]) -> float | None:
    value = float(found["number"])
    if found["percent"]:
        value /= 100
    elif found["of"]:
        scale = float(found["of"])
        if scale <= 0:
            return None
        value /= scale
    return value if 0.0 <= value <= 1.0 else None


def _candidates(text: str) -> Iterator[Any]:
    for block in (text, *_FENCE.findall(text)):
        yield _loads(block.strip())
    # A comma before a closing bracket is the commonest fault of small models.
    start, end = _OPENING.search(text), max(text.rfind("]"), text.rfind("}"))
    if start is not None and end > start.start():
        yield _loads(_TRAILING_COMMA.sub(r"\1", text[start.start() : end + 1]))
    decoder = json.JSONDecoder()
    at = 0
    while (found := _OPENING.search(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, found.start())
            yield value
        except (ValueError, RecursionError):
            at = found.end()


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
