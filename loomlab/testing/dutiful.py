"""A model that does its duty, whatever strategy asks: fills in forms, tries each tool it is shown, then answers.

It needs no script, so that one and the same model leads every architecture through a whole run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

from loomlab.core.context import get_run_context
from loomlab.core.messages import Message, ModelChunk, Role, ToolCall, ToolDef, Usage
from loomlab.core.protocols import Completion
from loomlab.model.request import ModelRequest
from loomlab.model.words import words

USAGE = Usage(input_tokens=10, output_tokens=5, cost_usd=0.001)
"""What every call of the model is said to have used."""


class DutifulModel:
    """Answers by rule: tools are each called once, all in one turn; a schema is filled in; else a text comes back.

    Args:
        fill: values for fields of forms and for arguments of tools, by name; others are the simplest that fit.
        rounds: how often a conversation may go through its tools before the answer.
        ignore: tools that are left alone.
        before: awaited before each reply with the number of the call, from 1; may wait, or raise.

    ``asked`` keeps who was served with what: pairs of user id and request. ``busy`` counts the calls under way. The
    text of an answer begins with ``done`` and repeats the end of the last message, as a model that quotes would.
    """

    name = "dutiful"
    network = False
    native_schema = True

    def __init__(
        self,
        *,
        fill: Mapping[str, Any] | None = None,
        rounds: int = 1,
        ignore: Collection[str] = (),
        before: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self.fill = dict(fill or {})
        self.rounds = rounds
        self.ignore = frozenset(ignore)
        self.asked: list[tuple[str | None, ModelRequest]] = []
        self.busy = 0
        self._before = before

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> Completion:
        """One reply."""
        request = ModelRequest.of(messages, tools, temperature, max_tokens, output_schema)
        self.asked.append((get_run_context().user_id, request))
        self.busy += 1
        try:
            if self._before is not None:
                await self._before(len(self.asked))
        finally:
            self.busy -= 1
        acted = sum(one.role is Role.ASSISTANT and bool(one.tool_calls) for one in messages)
        if tools and acted < self.rounds:
            wanted = [one for one in tools if one.name not in self.ignore]
            calls = [ToolCall(tool=one.name, args=sample(one.input_schema, self.fill)) for one in wanted]
            return "", calls, USAGE, "tool_use"
        if output_schema is not None:
            form = sample(TypeAdapter(output_schema).json_schema(), self.fill)
            return to_json(form).decode(), [], USAGE, "stop"
        return f"done {messages[-1].content[-120:]}", [], USAGE, "stop"

    async def stream(self, messages: Sequence[Message], **options: Any) -> AsyncIterator[ModelChunk]:
        """The same reply, word by word."""
        text, calls, usage, reason = await self.complete(messages, **options)
        for word in words(text):
            yield ModelChunk(kind="text", text=word)
        for call in calls:
            yield ModelChunk(kind="tool_call", tool_call=call)
        yield ModelChunk(kind="finish", finish_reason=reason, usage=usage)


def sample(schema: Mapping[str, Any], fill: Mapping[str, Any]) -> Any:
    """The simplest value that fits a JSON schema; ``fill`` gives the values of fields by name."""
    return _sample(schema, fill, schema.get("$defs", {}))


def _sample(node: Mapping[str, Any], fill: Mapping[str, Any], defs: Mapping[str, Any]) -> Any:
    if "$ref" in node:
        return _sample(defs[node["$ref"].rpartition("/")[2]], fill, defs)
    if "const" in node:
        return node["const"]
    if node.get("enum"):
        return node["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if node.get(key):
            return _sample(node[key][0], fill, defs)
    kind = node.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        fields: Mapping[str, Any] = node.get("properties", {})
        return {name: fill[name] if name in fill else _sample(one, fill, defs) for name, one in fields.items()}
    if kind == "array":
        return [_sample(node.get("items", {"type": "string"}), fill, defs)] * max(1, node.get("minItems", 1))
    low = node.get("minimum", 0)
    return {"string": "text", "boolean": False, "integer": int(max(low, 1)), "number": max(low, 0.5)}.get(kind)
