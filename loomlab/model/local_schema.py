"""JSON schemas as the grammar of the local model takes them: references in one place, everything finite.

What the grammar can't express (patterns, most formats, ``not``) is left out: the reply is still validated afterwards.
Texts and lists without a limit get one, because a small model may otherwise repeat itself until it is cut off mid-JSON.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

TEXT_LIMIT = 400
"""Characters of a text whose schema names no limit."""
LIST_LIMIT = 12
"""Items of a list whose schema names no limit."""

_OUTLINE_DEPTH = 6
_OUTLINE_ITEMS = 12

_TYPES = {
    "dict": "object",
    "float": "number",
    "double": "number",
    "tuple": "array",
    "list": "array",
    "str": "string",
    "int": "integer",
    "bool": "boolean",
}
_KNOWN = {"object", "array", "string", "number", "integer", "boolean", "null"}
_FORMATS = {"date", "time", "date-time", "uuid"}
_KEPT = ("const", "enum", "minItems", "maxItems", "minLength", "maxLength", "required")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_DEFS = ("$defs", "definitions")


def schema_of(output_schema: Any) -> Mapping[str, Any]:
    """The JSON schema of a pydantic model, a union, any other type, or a schema itself."""
    if isinstance(output_schema, Mapping):
        return output_schema
    return TypeAdapter(output_schema).json_schema()


def grammar_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """``schema`` in the dialect of the grammar, complete in itself."""
    defs: dict[str, Any] = {}
    root = _Cleaner(defs, "").clean(schema)
    return {**root, "$defs": defs} if defs else root


def one_of(schemas: Mapping[str, Mapping[str, Any]], wrap: Any) -> dict[str, Any]:
    """A schema for a choice: ``wrap(name, clean schema)`` of each; their definitions are kept apart by name."""
    defs: dict[str, Any] = {}
    choices = [
        wrap(name, _Cleaner(defs, f"{number}_").clean(schema)) for number, (name, schema) in enumerate(schemas.items())
    ]
    root: dict[str, Any] = {"anyOf": choices} if len(choices) > 1 else dict(choices[0])
    return {**root, "$defs": defs} if defs else root


class _Cleaner:
    """Cleans one schema; its definitions go into ``defs`` under names that start with ``prefix``."""

    def __init__(self, defs: dict[str, Any], prefix: str) -> None:
        self._defs = defs
        self._prefix = prefix
        self._own: dict[str, Any] = {}

    def clean(self, schema: Any) -> dict[str, Any]:
        """A schema that stands alone."""
        if isinstance(schema, Mapping):
            for key in _DEFS:
                self._own.update(schema.get(key) or {})
        return self._node(schema)

    def _node(self, node: Any) -> dict[str, Any]:
        if not isinstance(node, Mapping):
            return {}
        if isinstance(ref := node.get("$ref"), str):
            return self._reference(ref)
        for key in ("anyOf", "oneOf"):
            if isinstance(node.get(key), list):
                return {"anyOf": [self._node(one) for one in node[key]]}
        if isinstance(node.get("allOf"), list):
            parts = [self._node(one) for one in node["allOf"]]
            return parts[0] if len(parts) == 1 else {"allOf": parts}
        clean: dict[str, Any] = {key: node[key] for key in _KEPT if key in node}
        if (kind := _kind(node)) is not None:
            clean["type"] = kind
        kinds = kind if isinstance(kind, list) else [kind]
        if "string" in kinds and "enum" not in clean and "const" not in clean:
            if node.get("format") in _FORMATS:
                clean["format"] = node["format"]
            else:
                clean.setdefault("maxLength", max(TEXT_LIMIT, clean.get("minLength", 0)))
        if "integer" in kinds:
            clean |= {key: node[key] for key in _BOUNDS if isinstance(node.get(key), int)}
        if "array" in kinds:
            self._array(node, clean)
        if "object" in kinds:
            self._object(node, clean)
        return clean

    def _reference(self, ref: str) -> dict[str, Any]:
        name = ref.rpartition("/")[2]
        if name not in self._own:
            return {}
        key = f"{self._prefix}{name}"
        if key not in self._defs:
            self._defs[key] = {}  # holds the place while a recursive definition is read
            self._defs[key] = self._node(self._own[name])
        return {"$ref": f"#/$defs/{key}"}

    def _array(self, node: Mapping[str, Any], clean: dict[str, Any]) -> None:
        if isinstance(node.get("prefixItems"), list):
            clean["prefixItems"] = [self._node(one) for one in node["prefixItems"]]
            clean.pop("minItems", None)
            clean.pop("maxItems", None)
            return
        clean["items"] = self._node(node.get("items", {}))
        clean.setdefault("maxItems", max(LIST_LIMIT, clean.get("minItems", 0)))

    def _object(self, node: Mapping[str, Any], clean: dict[str, Any]) -> None:
        properties = node.get("properties")
        rest = node.get("additionalProperties")
        if isinstance(properties, Mapping) and properties:
            clean["properties"] = {str(name): self._node(one) for name, one in properties.items()}

            clean["required"] = [name for name in clean.get("required", []) if name in clean["properties"]]
            clean["additionalProperties"] = False
        elif isinstance(rest, Mapping):
            clean["additionalProperties"] = self._node(rest)
            clean.pop("required", None)
        else:
            clean.pop("required", None)
            if "properties" in node and rest is False:
                clean |= {"properties": {}, "additionalProperties": False}


def _kind(node: Mapping[str, Any]) -> Any:
    kind = node.get("type")
    if isinstance(kind, list):
        return [one for one in (_TYPES.get(str(each), str(each)) for each in kind) if one in _KNOWN] or None
    if kind is None:
        if "properties" in node:
            return "object"
        return "array" if "items" in node or "prefixItems" in node else None
    named = _TYPES.get(str(kind), str(kind))
    return named if named in _KNOWN else None


def outline(schema: Mapping[str, Any]) -> str:
    """The shape in a few words, for the prompt: ``{"name": string, "age": integer}``."""
    return _outline(schema, {**(schema.get("definitions") or {}), **(schema.get("$defs") or {})}, 0)


def _outline(node: Any, defs: Mapping[str, Any], depth: int) -> str:
    if not isinstance(node, Mapping) or depth > _OUTLINE_DEPTH:
        return "..."
    if isinstance(ref := node.get("$ref"), str):
        return _outline(defs.get(ref.rpartition("/")[2]), defs, depth + 1)
    if "const" in node:
        return json.dumps(node["const"], ensure_ascii=False)
    if isinstance(node.get("enum"), list):
        return " or ".join(json.dumps(one, ensure_ascii=False) for one in node["enum"][:_OUTLINE_ITEMS])
    for key in ("anyOf", "oneOf"):
        if isinstance(node.get(key), list):
            return " or ".join(_outline(one, defs, depth + 1) for one in node[key][:_OUTLINE_ITEMS])
    if isinstance(properties := node.get("properties"), Mapping):
        fields = (f'"{name}": {_outline(one, defs, depth + 1)}' for name, one in properties.items())
        return "{" + ", ".join(fields) + "}"
    kind = _kind(node)
    if kind == "array":
        return f"[{_outline(node.get('items', {}), defs, depth + 1)}, ...]"
    return " or ".join(kind) if isinstance(kind, list) else kind or "..."
