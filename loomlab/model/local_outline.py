"""The shape of a JSON schema in a few words, for a prompt that a small model reads."""

import json
from collections.abc import Mapping
from typing import Any

from loomlab.model.local_schema import kind_of

_OUTLINE_DEPTH = 6
_OUTLINE_ITEMS = 12


def outline(schema: Mapping[str, Any]) -> str:
    """The shape in a few words: ``{"name": string, "age": integer}``."""
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
    kind = kind_of(node)
    if kind == "array":
        return f"[{_outline(node.get('items', {}), defs, depth + 1)}, ...]"
    return " or ".join(kind) if isinstance(kind, list) else kind or "..."
