"""A request in the wire format of OpenAI's chat completions."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from loomlab.core.messages import Message, Role, ToolDef
from loomlab.model.schema import AnswerSchema
from loomlab.model.strict import strict_schema
from loomlab.model.toolnames import ToolNames


def wire_messages(messages: Sequence[Message], names: ToolNames) -> list[dict[str, Any]]:
    """The conversation, message by message."""
    return [_message(message, names) for message in messages]


def _message(message: Message, names: ToolNames) -> dict[str, Any]:
    if message.role is Role.TOOL:
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": message.content}
    wire: dict[str, Any] = {"role": message.role.value, "content": message.content}
    if message.tool_calls:
        wire["content"] = message.content or None
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": names.wire(call.tool), "arguments": to_json(call.args, fallback=str).decode()},
            }
            for call in message.tool_calls
        ]
    return wire


def wire_tools(tools: Sequence[ToolDef], names: ToolNames) -> list[dict[str, Any]]:
    """The tools on offer."""
    return [
        {
            "type": "function",
            "function": {
                "name": names.wire(tool.name),
                "description": tool.description,
                "parameters": tool.input_schema or {"type": "object", "properties": {}},
            },
        }
        for tool in tools
    ]


def response_format(answer: AnswerSchema) -> dict[str, Any]:
    """The form of the answer: strict where the schema allows it, else as advice to the model."""
    strict = strict_schema(answer.schema)
    schema = dict(answer.schema) if strict is None else strict
    return {
        "type": "json_schema",
        "json_schema": {"name": answer.name, "schema": schema, "strict": strict is not None},
    }
