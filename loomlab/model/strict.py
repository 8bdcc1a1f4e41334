"""JSON schema in OpenAI's strict dialect: every property required, no property more, a short list of keywords."""

from collections.abc import Mapping
from typing import Any

_KEPT = {
    *("type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "$ref", "$defs"),
    *("description", "title", "pattern", "format", "multipleOf", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
# keywords whose loss would change what the schema means, not only how narrow it is
_NEEDED = {
    *("prefixItems", "patternProperties", "not", "if", "then", "else", "contains"),
    *("dependentRequired", "dependentSchemas"),
}


class _NotStrict(Exception):
    """The schema says something that the strict dialect cannot."""


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same schema in the strict dialect, or None where it cannot be said there (free-form objects, tuples).

    Narrowing keywords that the dialect lacks (``minLength``, say) are left out: validation of the answer keeps them.
    """
    definitions = schema.get("$defs", {})
    try:
        return _strict(schema, definitions)
    except _NotStrict:
        return None


def _strict(node: Any, definitions: Mapping[str, Any], inside: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(node, Mapping) or _NEEDED & node.keys():
        raise _NotStrict
    node = _joined(node)
    if "$ref" in node:
        return _reference(node, definitions, inside)
    strict = {key: value for key, value in node.items() if key in _KEPT}
    if "$defs" in node:
        strict["$defs"] = {name: _strict(one, definitions, inside) for name, one in node["$defs"].items()}
    if "anyOf" in node:
        strict["anyOf"] = [_strict(one, definitions, inside) for one in node["anyOf"]]
    elif not {"type", "enum", "const"} & node.keys():
        raise _NotStrict  # anything at all is allowed here
    if node.get("type") == "object":
        _object(strict, node, definitions, inside)
    if node.get("type") == "array":
        strict["items"] = _strict(node.get("items"), definitions, inside)
    if node.get("format") not in _FORMATS:
        strict.pop("format", None)
    if "(?" in node.get("pattern", ""):
        del strict["pattern"]
    return strict


def _joined(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """``oneOf`` as ``anyOf``, and an ``allOf`` of one as that one."""
    if "oneOf" in node:
        node = {**node, "anyOf": node["oneOf"]}
    if "allOf" in node:
        if len(node["allOf"]) != 1:
            raise _NotStrict
        node = {**{key: value for key, value in node.items() if key != "allOf"}, **node["allOf"][0]}
    return node


def _reference(node: Mapping[str, Any], definitions: Mapping[str, Any], inside: tuple[str, ...]) -> dict[str, Any]:
    """A bare reference; one with a description of its own is written out, since nothing may stand beside ``$ref``."""
    ref = node["$ref"]
    beside = {key: value for key, value in node.items() if key in ("description", "title")}
    name = ref.removeprefix("#/$defs/")
    if not beside or name not in definitions or name in inside:
        return {"$ref": ref}
    return {**_strict(definitions[name], definitions, (*inside, name)), **beside}


def _object(
    strict: dict[str, Any], node: Mapping[str, Any], definitions: Mapping[str, Any], inside: tuple[str, ...]
) -> None:
    if node.get("additionalProperties", False) is not False:
        raise _NotStrict  # a dict with keys of the model's choice
    properties = node.get("properties", {})
    strict["properties"] = {name: _strict(one, definitions, inside) for name, one in properties.items()}
    strict["required"] = list(properties)
    strict["additionalProperties"] = False
