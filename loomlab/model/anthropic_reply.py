"""A reply in the wire format of Anthropic's messages, whole or in pieces, as chunks of ours."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

from pydantic_core import to_json

from loomlab.core.errors import ContentFilterError
from loomlab.core.messages import ModelChunk, ToolCall, Usage
from loomlab.core.protocols import Completion
from loomlab.model.anthropic_request import OUTPUT_TOOL
from loomlab.model.arguments import read_call
from loomlab.model.errors import broken_off
from loomlab.model.schema import AnswerSchema
from loomlab.model.tokens import count
from loomlab.model.toolnames import ToolNames

_USAGE_FIELDS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class ReplyReader:
    """Reads one reply.

    ``forced``: the answer's tool is the only one, so its input can be passed on while it is being written. ``price``
    turns the tokens, and those written to a cache, into US dollars, or None.
    """

    def __init__(
        self,
        *,
        names: ToolNames,
        answer: AnswerSchema | None,
        forced: bool,
        price: Callable[[Usage, int], float | None],
    ) -> None:
        self._names = names
        self._answer = answer
        self._live = forced and answer is not None and not answer.wrapped
        self._price = price
        self._counts = dict.fromkeys(_USAGE_FIELDS, 0)
        self._blocks: dict[int, _Block] = {}
        self._calls: list[ToolCall] = []
        self._output: str | None = None

    async def chunks(self, stream: Any) -> AsyncGenerator[ModelChunk, None]:
        """The chunks of a streamed reply: text as it comes, tool calls when they are whole, one finish.

        Where an answer is due, plain text waits: it is dropped when the answer comes through its tool.
        """
        finish: str | None = None
        said: list[str] = []
        streamed = False
        async for event in stream:
            kind = event.type
            if kind == "content_block_delta":
                text, structured = self._delta(event)
                if text and (structured or self._answer is None):
                    streamed = streamed or structured
                    yield ModelChunk(kind="text", text=text)
                elif text:
                    said.append(text)
            elif kind == "content_block_start":
                if event.content_block.type == "tool_use":
                    self._blocks[event.index] = _Block(event.content_block)
            elif kind == "message_start":
                self._count(getattr(event.message, "usage", None))
            elif kind == "message_delta":
                finish = getattr(event.delta, "stop_reason", None) or finish
                self._count(getattr(event, "usage", None))
        if finish is None:
            finish = await self._final(stream)
        for block in self._blocks.values():
            self._take(block.id, block.name, block.text())
        output = self._settle(finish)
        if rest := "" if streamed else output or "".join(said):
            yield ModelChunk(kind="text", text=rest)
        for call in self._calls:
            yield ModelChunk(kind="tool_call", tool_call=call)
        yield ModelChunk(kind="finish", finish_reason=self._finish(finish), usage=self._usage())

    def _delta(self, event: Any) -> tuple[str, bool]:
        """The text that one event brings, and whether it is the structured answer's."""
        delta = event.delta
        if delta.type == "text_delta":
            return delta.text, False
        block = self._blocks.get(event.index) if delta.type == "input_json_delta" else None
        if block is None:
            return "", False
        block.json.append(delta.partial_json)
        live = self._live and block.name == OUTPUT_TOOL and len(self._blocks) == 1
        return (delta.partial_json, True) if live else ("", False)

    def completion(self, reply: Any) -> Completion:
        """A reply that came at once."""
        text = ""
        for block in reply.content:
            if block.type == "text":
                text += block.text
            elif block.type == "tool_use":
                self._take(block.id, block.name, _json_of(block.input))
        self._count(getattr(reply, "usage", None))
        finish = reply.stop_reason or "end_turn"
        output = self._settle(finish)
        return output or text, self._calls, self._usage(), self._finish(finish)

    async def _final(self, stream: Any) -> str:
        """The stop reason that the SDK gathered, where no event told one; raises where the reply has no end."""
        final = getattr(stream, "get_final_message", None)
        if final is None:
            raise broken_off("anthropic")
        message = await final()
        self._count(getattr(message, "usage", None))
        if not isinstance(message.stop_reason, str):
            raise broken_off("anthropic")
        return message.stop_reason

    def _take(self, call_id: str, wire_name: str, text: str) -> None:
        if self._answer is not None and wire_name == OUTPUT_TOOL:
            self._output = self._answer.unwrap(text)
        else:
            self._calls.append(read_call(call_id, self._names.ours(wire_name), text))

    def _settle(self, finish: str) -> str | None:
        """The structured answer; none while the model still wants to use tools. Raises where it refused."""
        if finish == "refusal":
            raise ContentFilterError("anthropic cut the reply off by its safety rules", provider="anthropic")
        return None if self._calls else self._output

    def _finish(self, finish: str) -> str:
        return "end_turn" if finish == "tool_use" and not self._calls else finish

    def _count(self, wire: Any) -> None:
        """Take over counts; later ones are totals, and a count that an event leaves out stays."""
        for field in _USAGE_FIELDS:
            self._counts[field] = count(wire, field) or self._counts[field]

    def _usage(self) -> Usage:
        fresh, out, read, written = (self._counts[field] for field in _USAGE_FIELDS)
        usage = Usage(input_tokens=fresh + read + written, output_tokens=out, cached_tokens=read, cost_usd=None)
        return usage.model_copy(update={"cost_usd": self._price(usage, written)})


class _Block:
    __slots__ = ("given", "id", "json", "name")

    def __init__(self, wire: Any) -> None:
        self.id: str = wire.id
        self.name: str = wire.name
        self.given: Any = getattr(wire, "input", None)
        self.json: list[str] = []

    def text(self) -> str:
        return "".join(self.json) or (_json_of(self.given) if self.given else "")


def _json_of(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value, fallback=str).decode()
