"""Arguments that a person has edited, held against the schema that the model was given: the common part of JSON schema.

Types, required and unknown names, enumerations, bounds, lengths, patterns, lists, alternatives and local references.
What a schema says beyond that, the tool itself checks when it is called.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def schema_problems(args: Any, schema: Mapping[str, Any]) -> list[str]:
    """What does not fit, one sentence each; empty where everything does."""
    return list(_problems(args, schema, "", schema, 0))


def _problems(value: Any, schema: Any, where: str, whole: Mapping[str, Any], depth: int) -> Iterator[str]:
    if not isinstance(schema, Mapping) or depth > 30:
        return
    if "$ref" in schema:
        yield from _problems(value, _referred(str(schema["$ref"]), whole), where, whole, depth + 1)
    name = where or "the arguments"
    types = schema.get("type")
    wanted = [types] if isinstance(types, str) else types or []
    if wanted and not any(_is(value, kind) for kind in wanted):
        yield f"{name} should be {' or '.join(wanted)}, not {_short(value)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{name} should be one of {', '.join(map(repr, schema['enum']))}, not {_short(value)}"
    if "const" in schema and value != schema["const"]:
        yield f"{name} should be {schema['const']!r}, not {_short(value)}"
    for key in ("anyOf", "oneOf"):
        if schema.get(key) and all(any(_problems(value, one, where, whole, depth + 1)) for one in schema[key]):
            yield f"{name} fits none of its alternatives: {_short(value)}"
    for one in schema.get("allOf", ()):
        yield from _problems(value, one, where, whole, depth + 1)
    if isinstance(value, dict):
        yield from _object(value, schema, where, whole, depth)
    elif isinstance(value, list):
        yield from _sized(len(value), schema, name, "Items", "entries")
        for index, item in enumerate(value):
            yield from _problems(item, schema.get("items"), f"{where}[{index}]", whole, depth + 1)
    elif isinstance(value, str):
        yield from _sized(len(value), schema, name, "Length", "characters")
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and len(value) <= 10_000 and not _matches(pattern, value):
            yield f"{name} does not have the form {pattern}"
    elif _is(value, "number"):
        yield from _bounded(value, schema, name)


def _object(
    value: dict[str, Any], schema: Mapping[str, Any], where: str, whole: Mapping[str, Any], depth: int
) -> Iterator[str]:
    properties = schema.get("properties") or {}
    for missing in schema.get("required") or ():
        if missing not in value:
            yield f"{_inside(where, missing)} is missing"
    others = schema.get("additionalProperties", not properties)
    for key, item in value.items():
        if key in properties:
            yield from _problems(item, properties[key], _inside(where, key), whole, depth + 1)
        elif others is False:
            yield f"{_inside(where, key)} is unknown; known: {', '.join(properties) or 'none'}"
        else:
            yield from _problems(item, others, _inside(where, key), whole, depth + 1)


def _sized(size: int, schema: Mapping[str, Any], name: str, what: str, unit: str) -> Iterator[str]:
    if size < schema.get(f"min{what}", 0):
        yield f"{name} should have at least {schema[f'min{what}']} {unit}"
    if size > schema.get(f"max{what}", math.inf):
        yield f"{name} should have at most {schema[f'max{what}']} {unit}"


def _bounded(value: float, schema: Mapping[str, Any], name: str) -> Iterator[str]:
    if value < schema.get("minimum", -math.inf) or value <= schema.get("exclusiveMinimum", -math.inf):
        yield f"{name} is too small: {value}"
    if value > schema.get("maximum", math.inf) or value >= schema.get("exclusiveMaximum", math.inf):
        yield f"{name} is too big: {value}"


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, (object,)))


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # of another language's regular expressions: the tool will know
        return True


def _referred(reference: str, whole: Mapping[str, Any]) -> Any:
    found: Any = whole
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _inside(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
