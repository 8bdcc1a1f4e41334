"""A whole reply from any model, whether it can ``complete`` or only ``stream``; and a whole reply as chunks."""

from collections.abc import Iterable, Sequence
from typing import Any

from loomlab.core.messages import Message, ModelChunk, ToolCall, ToolDef, Usage
from loomlab.core.protocols import Completion, Model
from loomlab.model.words import words


async def collect(
    model: Model,
    messages: Sequence[Message],
    *,
    tools: Sequence[ToolDef] | None = None,
    temperature: float = 1.0,
    max_tokens: int | None = None,
    output_schema: Any = None,
) -> Completion:
    """The model's reply: text, tool calls, usage, finish reason."""
    asked: dict[str, Any] = {
        "tools": tools,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "output_schema": output_schema,
    }
    complete = getattr(model, "complete", None)
    if complete is not None:
        reply: Completion = await complete(messages, **asked)
        return reply
    return joined([chunk async for chunk in model.stream(messages, **asked)])


def joined(chunks: Iterable[ModelChunk]) -> Completion:
    """The chunks of one reply put together."""
    text: list[str] = []
    calls: list[ToolCall] = []
    usage, finish = Usage(), "stop"
    for chunk in chunks:
        if chunk.kind == "text" and chunk.text:
            text.append(chunk.text)
        elif chunk.tool_call is not None:
            calls.append(chunk.tool_call)
        elif chunk.kind == "finish":
            usage, finish = chunk.usage or Usage(), chunk.finish_reason or "stop"
    return "".join(text), calls, usage, finish


def pieces(reply: Completion) -> list[ModelChunk]:
    """The reply as the chunks of a stream that says its text word by word."""
    text, calls, usage, finish = reply
    chunks = [ModelChunk(kind="text", text=word) for word in words(text)]
    chunks += [ModelChunk(kind="tool_call", tool_call=call) for call in calls]
    return [*chunks, ModelChunk(kind="finish", finish_reason=finish, usage=usage)]
