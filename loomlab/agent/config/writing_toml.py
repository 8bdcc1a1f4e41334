"""Writing TOML: plain data as a text that people like to edit."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.core.errors import ConfigError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDE = 100


def to_toml(data: Mapping[str, Any], *, comments: Sequence[str] = ()) -> str:
    """``data`` (texts, numbers, truth values, lists and mappings; what is None is left out) as TOML.

    ``comments`` come first, a line each. Raises ConfigError for a value that TOML has no form for.
    """
    lines = [f"# {' '.join(one.split())}" for one in comments]
    lines += [""] if lines and data else []
    _table(lines, data, ())
    return "\n".join(lines).strip("\n") + "\n"


def _table(lines: list[str], table: Mapping[str, Any], path: tuple[str, ...]) -> None:
    given = {str(key): value for key, value in table.items() if value is not None}
    plain = {key: value for key, value in given.items() if not _is_table(value) and not _is_tables(value)}
    for key, value in plain.items():
        lines.append(f"{_key(key)} = {_value(value, f'{_key(key)} = ')}")
    for key, value in given.items():
        if key in plain:
            continue
        at = (*path, key)
        name = ".".join(_key(part) for part in at)
        if _is_table(value):
            if any(not _is_table(one) or not one for one in value.values()) or not value:
                lines += ["", f"[{name}]"]
            _table(lines, value, at)
        else:
            for one in value:
                lines += ["", f"[[{name}]]"]
                _table(lines, one, at)


def _is_table(value: Any) -> bool:
    """Whether a mapping gets a header of its own: a small flat one stays on the line of its key."""
    return isinstance(value, Mapping) and not _is_small(value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _is_small(value: Mapping[str, Any]) -> bool:
    return (
        len(value) == 1
        and set(value) <= {"secret", "env", "object", "file"}
        and all(isinstance(one, str) for one in value.values())
    )


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any, before: str = "") -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _block(value) if before and "\n" in value.strip("\n") and "\r" not in value else _text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, (list, tuple)):
        items = [_value(one) for one in value if one is not None]
        line = f"[{', '.join(items)}]"
        if len(before) + len(line) <= _WIDE or not before:
            return line
        return "[\n" + "".join(f"  {one},\n" for one in items) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items() if v is not None) + " }"
    raise ConfigError(f"TOML has no form for {value!r} (a {type(value).__name__})")


def _text(value: str) -> str:
    # JSON's escapes are TOML's, but for the delete character and for surrogates, which no TOML can hold.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _block(value: str) -> str:
    inside = "\n".join(json.dumps(line, ensure_ascii=False)[1:-1].replace('\\"', '"') for line in value.split("\n"))
    inside = inside.replace('"""', '""\\"').replace("\x7f", "\\u007f")
    if inside.endswith('"'):
        inside = inside[:-1] + '\\"'
    return f'"""\n{inside}"""'
