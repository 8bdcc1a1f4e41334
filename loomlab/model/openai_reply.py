"""A reply in the wire format of OpenAI's chat completions, whole or in pieces, as chunks of ours."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from loomlab.core.errors import ContentFilterError
from loomlab.core.messages import ModelChunk, ToolCall, Usage
from loomlab.core.protocols import Completion
from loomlab.model.arguments import read_call
from loomlab.model.errors import broken_off
from loomlab.model.schema import AnswerSchema
from loomlab.model.tokens import count
from loomlab.model.toolnames import ToolNames


class ReplyReader:
    """Reads one reply. ``price`` turns the tokens into US dollars, or None."""

    def __init__(
        self,
        *,
        provider: str,
        names: ToolNames,
        answer: AnswerSchema | None,
        price: Callable[[Usage], float | None],
    ) -> None:
        self._provider = provider
        self._names = names
        self._answer = answer
        self._price = price
        self._calls: list[_CallParts] = []
        self._refusal = ""

    async def chunks(self, stream: AsyncIterator[Any]) -> AsyncGenerator[ModelChunk, None]:
        """The chunks of a streamed reply: text as it comes, tool calls when they are whole, one finish."""
        finish: str | None = None
        usage: Any = None
        held: list[str] | None = [] if self._answer is not None and self._answer.wrapped else None
        async for event in stream:
            if event.choices:
                choice = event.choices[0]
                delta = choice.delta
                if delta is not None:
                    if text := delta.content:
                        if held is None:
                            yield ModelChunk(kind="text", text=text)
                        else:
                            held.append(text)
                    elif refusal := _text(delta, "refusal"):
                        self._refusal += refusal
                    if parts := getattr(delta, "tool_calls", None):
                        self._collect(parts)
                finish = choice.finish_reason or finish
            usage = getattr(event, "usage", None) or usage
        if finish is None or _unfinished(stream):
            raise broken_off(self._provider)
        if rest := self._settle("".join(held or ()), finish):
            yield ModelChunk(kind="text", text=rest)
        for call in self._tool_calls():
            yield ModelChunk(kind="tool_call", tool_call=call)
        yield ModelChunk(kind="finish", finish_reason=finish, usage=self._usage(usage))

    def completion(self, reply: Any) -> Completion:
        """A reply that came at once."""
        if not reply.choices:
            raise broken_off(self._provider)
        choice = reply.choices[0]
        message, finish = choice.message, choice.finish_reason or "stop"
        self._refusal = _text(message, "refusal")
        if calls := getattr(message, "tool_calls", None):
            self._collect(calls)
        text = self._settle(message.content or "", finish)
        return text, self._tool_calls(), self._usage(getattr(reply, "usage", None)), finish

    def _settle(self, text: str, finish: str) -> str:
        """What is left to say at the end; raises where the provider's filter or the model refused."""
        if finish == "content_filter":
            raise ContentFilterError(f"{self._provider} cut the reply off by its safety rules", provider=self._provider)
        if self._refusal and self._answer is not None:
            raise ContentFilterError(f"the model refused to answer: {self._refusal}", provider=self._provider)
        text = text or self._refusal
        return self._answer.unwrap(text) if self._answer is not None else text

    def _collect(self, parts: Any) -> None:
        for part in parts:
            index, given = getattr(part, "index", None), _text(part, "id")
            call = self._open_call(index, given)
            function = part.function
            if function is None:
                continue
            call.name += _text(function, "name")
            call.arguments.append(_text(function, "arguments"))

    def _open_call(self, index: Any, given: str) -> "_CallParts":
        """The call that a part belongs to: by index; some servers send none, or the same one for two calls."""
        found = next((one for one in reversed(self._calls) if index is not None and one.index == index), None)
        if found is None and index is None and not given and self._calls:
            found = self._calls[-1]
        if found is None or (given and found.id and given != found.id):
            found = _CallParts(index)
            self._calls.append(found)
        found.id = found.id or given
        return found

    def _tool_calls(self) -> list[ToolCall]:
        return [
            read_call(call.id or None, self._names.ours(call.name), "".join(call.arguments)) for call in self._calls
        ]

    def _usage(self, wire: Any) -> Usage:
        if wire is None:
            return Usage(cost_usd=None)
        details = getattr(wire, "prompt_tokens_details", None)
        usage = Usage(
            input_tokens=count(wire, "prompt_tokens"),
            output_tokens=count(wire, "completion_tokens"),
            cached_tokens=count(details, "cached_tokens"),
            cost_usd=None,
        )
        return usage.model_copy(update={"cost_usd": self._price(usage)})


class _CallParts:
    __slots__ = ("arguments", "id", "index", "name")

    def __init__(self, index: Any) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


def _unfinished(stream: Any) -> bool:
    """Whether a litellm stream ended without a finish of the provider's: it then makes one up."""
    received = getattr(stream, "received_finish_reason", "")
    return received is None and getattr(stream, "intermittent_finish_reason", None) is None


def _text(thing: Any, name: str) -> str:
    value = getattr(thing, name, None)
    return value if isinstance(value, str) else ""
