"""A request in the wire format of Anthropic's messages."""

from collections.abc import Sequence
from typing import Any

from loomlab.core.messages import Message, Role, ToolDef
from loomlab.model.schema import AnswerSchema
from loomlab.model.toolnames import ToolNames

OUTPUT_TOOL = "__output__"
"""The tool through which a structured answer is given: its input is the answer."""

ANSWER_HINT = f"When you are done with the other tools, give the final answer by calling {OUTPUT_TOOL}, not as text."


def wire_system(messages: Sequence[Message]) -> str:
    """The system messages' text, joined."""
    return "\n\n".join(one.content for one in messages if one.role is Role.SYSTEM and one.content)


def wire_messages(messages: Sequence[Message], names: ToolNames) -> list[dict[str, Any]]:
    """The conversation: tool results that follow one another, and the user's words after them, are one user message."""
    wire: list[dict[str, Any]] = []
    for message in messages:
        if message.role is Role.SYSTEM:
            continue
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        blocks = _blocks(message, names)
        last = wire[-1] if wire else None
        if last is not None and last["role"] == role == "user" and isinstance(last["content"], list):
            last["content"].extend(blocks)
        elif len(blocks) == 1 and blocks[0]["type"] == "text":
            wire.append({"role": role, "content": blocks[0]["text"]})
        elif blocks:
            wire.append({"role": role, "content": blocks})
    return wire


def _blocks(message: Message, names: ToolNames) -> list[dict[str, Any]]:
    if message.role is Role.TOOL:
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id or "", "content": message.content}]
    blocks: list[dict[str, Any]] = [{"type": "text", "text": message.content}] if message.content else []
    calls = message.tool_calls
    return blocks + [
        {"type": "tool_use", "id": one.id, "name": names.wire(one.tool), "input": one.args} for one in calls
    ]


def wire_tools(tools: Sequence[ToolDef], names: ToolNames) -> list[dict[str, Any]]:
    """The tools on offer."""
    return [
        {
            "name": names.wire(tool.name),
            "description": tool.description,
            "input_schema": {"type": "object", "properties": {}, **tool.input_schema},
        }
        for tool in tools
    ]


def output_tool(answer: AnswerSchema) -> dict[str, Any]:
    """The tool that takes the answer."""
    return {
        "name": OUTPUT_TOOL,
        "description": "Gives the final answer. Its input is the answer.",
        "input_schema": dict(answer.schema),
    }
