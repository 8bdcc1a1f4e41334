"""What is wrong with a config, in sentences: which key, what stands there, what it takes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from loomlab.agent.config.places import line_of
from loomlab.agent.config.schema.base import TAG
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.redact import redact

_SHOWN = 60
_AT_MOST = 8
_KINDS: Mapping[str, str] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "finite_number": "a finite number",
    "string_too_short": "a text that is not empty",
}
_LIMITS = {
    "greater_than_equal": ("of {ge} or more"),
    "less_than_equal": "of at most {le}",
    "greater_than": "above {gt}",
}


def refused(error: ValidationError, *, where: str = "", text: str | None = None) -> ConfigError:
    """The error of a config as a ConfigError. ``where`` is the file; ``text`` its TOML, in which lines are counted."""
    said = []
    for one in error.errors(include_url=False):
        place = tuple(part for part in one["loc"] if not str(part).startswith(TAG))
        key = one.get("ctx", {}).get("key")
        line = None if text is None else line_of(text, place if key is None else (*place, key))
        said.append((line, _sentence(one, place)))
    said.sort(key=lambda one: one[0] or 0)
    if len(said) == 1:
        line, sentence = said[0]
        before = ", ".join(part for part in (where, f"line {line}" if line else "") if part)
        return ConfigError(f"{before}: {sentence}" if before else sentence)
    rows = [f"  line {line}: {sentence}" if line else f"  {sentence}" for line, sentence in said[:_AT_MOST]]
    rows += [f"  and {len(said) - _AT_MOST} more"] if len(said) > _AT_MOST else []
    return ConfigError("\n".join([f"{where or 'the config'} has {len(said)} mistakes:", *rows]))


def table_name(place: Sequence[str | int]) -> str:
    """A place as TOML writes a table: ``[budget]``, ``[[mcp]] number 2``; empty for the top."""
    if not place:
        return ""
    if isinstance(place[-1], int):
        return f"[[{_dotted(place[:-1])}]] number {place[-1] + 1}"
    return f"[{_dotted(place)}]"


def place_name(place: Sequence[str | int]) -> str:
    """A key with the table it stands in: ``[budget] max_tokens``, ``tools number 2``."""
    if not place:
        return ""
    if isinstance(place[-1], int):
        around, key = table_name(place[:-2]), f"{place[-2]} number {place[-1] + 1}"
    else:
        around, key = table_name(place[:-1]), str(place[-1])
    return f"{around} {key}".strip()


def _dotted(place: Sequence[str | int]) -> str:
    return ".".join(str(one) if isinstance(one, str) else str(one + 1) for one in place)


def _sentence(error: Mapping[str, Any], place: tuple[str | int, ...]) -> str:
    kind, ctx = error["type"], error.get("ctx", {})
    if kind == "unknown_key":
        return f"{table_name(place) or 'the config'} has an unknown key {ctx['key']!r}: {ctx['hint']}"
    at = place_name(place) or "the config"
    if kind == "missing":
        return f"{table_name(place[:-1]) or 'the config'} has no {place[-1]}, and needs it"
    if kind == "one_of":
        return f"{table_name(place) if place and isinstance(place[-1], int) else at} {ctx['say']}"
    value = error["input"]
    shown = "" if "never the secret itself" in str(ctx.get("takes", "")) else f" is {_shown(value)}; it"
    if kind == "literal_error":
        valid = re.findall(r"'([^']*)'", ctx["expected"])
        hint = did_you_mean(value, valid) if isinstance(value, str) and valid else f"takes {ctx['expected']}"
        return f"{at} is {_shown(value)}; {hint}" if hint.startswith("did") else f"{at}{shown} takes {ctx['expected']}"
    return f"{at}{shown} takes {_takes(kind, ctx, error['msg'])}"


def _takes(kind: str, ctx: Mapping[str, Any], message: str) -> str:
    if kind == "wrong_form":
        return str(ctx["takes"])
    if kind in _LIMITS:
        return "a number " + _LIMITS[kind].format(**ctx)
    if kind == "too_short":
        return f"at least {ctx['min_length']}"
    return _KINDS.get(kind) or message[:1].lower() + message[1:]


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = redact(repr(value))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
