"""JSON schemas as the grammar of the local model takes them: references in one place, everything finite.

What the grammar can't express (patterns, most formats, ``not``) is left out: the reply is still validated afterwards.
Texts and lists without a limit get one, because a small model may otherwise repeat itself until it is cut off mid-JSON.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from loomlab.core.errors import InvalidRequestError

TEXT_LIMIT = 400
"""Characters of a text whose schema names no limit."""
LIST_LIMIT = 12
"""Items of a list whose schema names no limit."""

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
_KEPT = ("const", "enum", "required")
_TEXT_CEILING = 4000
_LIST_CEILING = 100
_DEFS = ("$defs", "definitions")


def schema_of(output_schema: Any) -> Mapping[str, Any]:
    """The JSON schema of a pydantic model, a union, any other type, or a schema itself."""
    if isinstance(output_schema, Mapping):
        return output_schema
    return TypeAdapter(output_schema).json_schema()


def grammar_schema(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """``schema`` in the dialect of the grammar, complete in itself.

    ``InvalidRequestError``, with ``name`` in it, for a schema that nothing can fit.
    """
    defs: dict[str, Any] = {}
    root = _Cleaner(defs, "", name).clean(schema)
    return {**root, "$defs": defs} if defs else root


def one_of(schemas: Mapping[str, Mapping[str, Any]], wrap: Any) -> dict[str, Any]:
    """A schema for a choice: ``wrap(name, clean schema)`` of each; their definitions are kept apart by name."""
    defs: dict[str, Any] = {}
    choices = [
        wrap(name, _Cleaner(defs, f"{number}_", name).clean(schema))
        for number, (name, schema) in enumerate(schemas.items())
    ]
    root: dict[str, Any] = {"anyOf": choices} if len(choices) > 1 else dict(choices[0])
    return {**root, "$defs": defs} if defs else root


class _Cleaner:
    """Cleans one schema; its definitions go into ``defs`` under names that start with ``prefix``."""

    def __init__(self, defs: dict[str, Any], prefix: str, name: str) -> None:
        self._name = name
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
        if node.get("enum") == []:
            raise unfit(self._name, "an enum without values")
        clean: dict[str, Any] = {key: node[key] for key in _KEPT if key in node}
        if (kind := kind_of(node)) is not None:
            clean["type"] = kind
        kinds = kind if isinstance(kind, list) else [kind]
        if "string" in kinds and "enum" not in clean and "const" not in clean:
            if node.get("format") in _FORMATS:
                clean["format"] = node["format"]
            else:
                clean |= self._limits(node, "Length", TEXT_LIMIT, _TEXT_CEILING)
        if "integer" in kinds:
            clean |= self._bounds(node)
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
            return
        clean["items"] = self._node(node.get("items", {}))
        clean |= self._limits(node, "Items", LIST_LIMIT, _LIST_CEILING)

    def _limits(self, node: Mapping[str, Any], what: str, limit: int, ceiling: int) -> dict[str, int]:
        """How long a text or a list may be. The grammar writer never ends on contradictions, so they stop here."""
        least, most = _whole(node.get(f"min{what}")) or 0, _whole(node.get(f"max{what}"))
        if most is not None and least > most:
            raise unfit(self._name, f"min{what} {least} and max{what} {most}")
        if least > ceiling:
            raise unfit(self._name, f"min{what} {least}, where {ceiling} is the most it can write")
        found = {f"max{what}": max(limit, least) if most is None else min(most, ceiling)}
        return {f"min{what}": least, **found} if least else found

    def _bounds(self, node: Mapping[str, Any]) -> dict[str, int]:
        """The least and the greatest integer, both included."""
        least, most = _whole(node.get("minimum")), _whole(node.get("maximum"))
        if (above := _whole(node.get("exclusiveMinimum"))) is not None:
            least = above + 1 if least is None else max(least, above + 1)
        if (below := _whole(node.get("exclusiveMaximum"))) is not None:
            most = below - 1 if most is None else min(most, below - 1)
        if least is not None and most is not None and least > most:
            raise unfit(self._name, f"an integer of at least {least} and at most {most}")
        bounds = {"minimum": least, "maximum": most}
        return {key: value for key, value in bounds.items() if value is not None}

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


def kind_of(node: Mapping[str, Any]) -> Any:
    """The type or types of a node in JSON schema's own words; None where it may be anything."""
    kind = node.get("type")
    if isinstance(kind, list):
        return [one for one in (_TYPES.get(str(each), str(each)) for each in kind) if one in _KNOWN] or None
    if kind is None:
        if "properties" in node:
            return "object"
        return "array" if "items" in node or "prefixItems" in node else None
    named = _TYPES.get(str(kind), str(kind))
    return named if named in _KNOWN else None


def unfit(name: str, why: str) -> InvalidRequestError:
    """The error for a schema that can't be enforced."""
    return InvalidRequestError(f"the schema of {name} can't be enforced by the local model: {why}", provider="local")


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        return None
    return int(value)
