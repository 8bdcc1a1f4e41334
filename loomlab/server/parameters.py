"""What a client may send, field by field. Whatever is unknown, twice there, too long or of another type is refused."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from loomlab.core.nearest import did_you_mean

Parser: TypeAlias = Callable[[Any], Any]
"""Takes what was sent (text, from an address; JSON, from a body) and gives the value. ValueError says what is wrong."""

_OURS = {"token", "no_track_activity"}
"""Parameters of an address that are for Jupyter itself."""


def text(most: int = 1_000) -> Parser:
    """Text of at most ``most`` characters, without NUL."""

    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"takes text, not {_kind(value)}")
        if len(value) > most:
            raise ValueError(f"takes at most {most:,} characters, not {len(value):,}")
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("takes text without NUL and without half characters")
        return value

    return parse


def whole(least: int, most: int) -> Parser:
    """A whole number between the two, both included."""

    def parse(value: Any) -> int:
        given = value
        if isinstance(value, str) and value.lstrip("-").isascii() and value.lstrip("-").isdigit() and len(value) < 20:
            given = int(value)
        if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
            raise ValueError(f"takes a whole number from {least:,} to {most:,}, not {_shown(value)}")
        return given

    return parse


def figure(least: float = 0.0) -> Parser:
    """A number, not less than ``least``."""

    def parse(value: Any) -> float:
        try:
            given = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else math.nan
        except (ValueError, OverflowError):
            given = math.nan
        if not math.isfinite(given) or given < least:
            raise ValueError(f"takes a number from {least:g}, not {_shown(value)}")
        return given

    return parse


def flag(value: Any) -> bool:
    """Yes or no: 1, 0, true or false."""
    known = {"1": True, "true": True, "0": False, "false": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"takes 1 or 0, not {_shown(value)}")
    return known[value]


def instant(value: Any) -> datetime:
    """A moment as ISO 8601 with a time zone."""
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        when = None
    if when is None or when.tzinfo is None:
        raise ValueError(f"takes a time as 2026-01-31T12:00:00Z, not {_shown(value)}")
    return when


@dataclass(frozen=True)
class Several:
    """At least ``least`` of something, at most ``most``: a list, or a parameter that stands more than once."""

    of: Parser
    most: int
    least: int = 1

    def __call__(self, value: Any) -> list[Any]:
        """The values."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            raise ValueError(f"takes {self.least:,} to {self.most:,} values")
        return [self.of(one) for one in value]


def choice(*names: str) -> Parser:
    """One of these words."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"takes another word than {_shown(value)}; {did_you_mean(str(value)[:100], names)}")
        return value

    return parse


def read_query(
    given: Mapping[str, list[bytes]], takes: Mapping[str, Parser], needs: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The parameters of an address. ValueError, in one sentence, for the first that is wrong."""
    sent: dict[str, Any] = {}
    for name, values in given.items():
        if name in _OURS or (name.isdigit() and values == [b""]):  # JupyterLab adds the time against caches
            continue
        try:
            read = [value.decode() for value in values]
        except UnicodeDecodeError:
            raise ValueError(f"the parameter {_shown(name)} is not UTF-8") from None
        if isinstance(takes.get(name), Several):
            sent[name] = read
        elif len(read) > 1:
            raise ValueError(f"the parameter {_shown(name)} stands there {len(read)} times; give it once")
        else:
            sent[name] = read[0]
    return _read(sent, takes, needs, "parameter")


def read_body(given: bytes, takes: Mapping[str, Parser], needs: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of a JSON object; null is a value that is not given. ValueError likewise."""
    try:
        sent = json.loads(given)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(sent, dict):
        raise ValueError(f"the body is a JSON object, not {_kind(sent)}")
    return _read({name: value for name, value in sent.items() if value is not None}, takes, needs, "field")


def _read(sent: Mapping[str, Any], takes: Mapping[str, Parser], needs: tuple[str, ...], what: str) -> dict[str, Any]:
    made = {}
    for name, value in sent.items():
        if name not in takes:
            raise ValueError(f"there is no {what} {_shown(name)} here; {did_you_mean(name[:100], takes)}")
        try:
            made[name] = takes[name](value)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from None
    if missing := [name for name in needs if name not in made]:
        raise ValueError(f"{' and '.join(missing)} must be given")
    return made


def _shown(value: Any) -> str:
    found = repr(value)
    return found if len(found) <= 60 else f"{found[:57]}…"


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
