"""What a server sends, read with care: both generations of the SDK, and servers that say what they should not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loomlab.core.messages import Message, Role, ToolDef, ToolResult

_LONGEST = 200_000
"""Characters of a result; more would not fit into any prompt."""
_DESCRIPTION = 4_000
_TOOLS = 2_000


def read_tools(found: list[Any], server: str) -> list[ToolDef]:
    """The tools of a server. A description that is too long is cut, a schema that is none is
    any object, and of two tools of one name the first counts."""
    tools: dict[str, ToolDef] = {}
    for one in found[:_TOOLS]:
        if str(one.name) in tools:
            continue
        annotations = _first(one, "annotations")
        description = str(_first(one, "description") or _first(one, "title") or "")
        tools[str(one.name)] = ToolDef(
            name=str(one.name),
            description=_cut(description, _DESCRIPTION),
            input_schema=_schema(_first(one, "input_schema", "inputSchema")),
            server=server,
            destructive=_first(annotations, "destructive_hint", "destructiveHint") is True,
        )
    return list(tools.values())


def read_result(found: Any, call_id: str) -> ToolResult:
    """What came of a call: the structured content where there is some, else the blocks as text."""
    structured = _first(found, "structured_content", "structuredContent")
    text = "\n".join(_block(one) for one in _first(found, "content") or ())
    if _first(found, "is_error", "isError") is True:
        return ToolResult.error_(call_id, _cut(text, _LONGEST) or "the tool failed and did not say why")
    if structured is not None:
        output = structured
        # The SDK wraps a plain value, as structured content is an object.
        if isinstance(structured, Mapping) and set(structured) == {"result"}:
            output = structured["result"]
        if len(str(output)) > _LONGEST:
            return ToolResult.success(call_id, _cut(text or str(output), _LONGEST))
        return ToolResult.success(call_id, output)
    return ToolResult.success(call_id, _cut(text, _LONGEST))


def messages_of(found: Any) -> list[Message]:
    """The messages of a prompt."""
    return [
        Message(role=Role.ASSISTANT if str(one.role) == "assistant" else Role.USER, content=_block(one.content))
        for one in found.messages
    ]


def _block(one: Any) -> str:
    text = getattr(one, "text", None)
    if isinstance(text, str):
        return text
    kind = getattr(one, "type", type(one).__name__)
    resource = getattr(one, "resource", None)
    if resource is not None:
        return getattr(resource, "text", None) or f"[resource {resource.uri}]"
    uri = getattr(one, "uri", None)
    if uri is not None:
        return f"[{getattr(one, 'name', None) or 'resource'}: {uri}]"
    data = getattr(one, "data", None)
    if isinstance(data, str):
        mime = _first(one, "mime_type", "mimeType") or kind
        return f"[{mime}, {len(data) * 3 // 4:,} bytes]"
    return f"[{kind}]"


def _schema(schema: Any) -> dict[str, Any]:
    if isinstance(schema, Mapping) and schema.get("type", "object") == "object":
        return {"type": "object", "properties": {}, **schema}
    return {"type": "object", "properties": {}}


def _first(value: Any, *names: str) -> Any:
    return next((found for name in names if (found := getattr(value, name, None)) is not None), None)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} [{len(text) - most:,} more characters]"
