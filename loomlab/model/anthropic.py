"""Anthropic's messages."""

import inspect
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from loomlab.core.messages import Message, ModelChunk, ToolDef, Usage
from loomlab.core.protocols import Completion, Secrets
from loomlab.model import prices
from loomlab.model.abilities import claude_takes_temperature, warn_temperature
from loomlab.model.anthropic_reply import ReplyReader
from loomlab.model.anthropic_request import (
    ANSWER_HINT,
    OUTPUT_TOOL,
    output_tool,
    wire_messages,
    wire_system,
    wire_tools,
)
from loomlab.model.clients import LoopClients, close, without_retries
from loomlab.model.errors import Translating
from loomlab.model.keys import key_of, require_key
from loomlab.model.schema import answer_schema
from loomlab.model.toolnames import ToolNames


class AnthropicModel:
    """A Claude model.

    A structured answer is asked for through a tool named ``__output__``, forced only where no other tool is on offer.

    Args:
        model: the model's name.
        client: an ``anthropic.AsyncAnthropic``, or anything with ``messages.create`` and ``messages.stream``; never
            closed, asked without retries of its own.
        api_key: the key; else the one in ``secrets``, else the environment's ``ANTHROPIC_API_KEY``.
        base_url: another server's address.
        max_tokens: the longest reply, in tokens, where a call does not say.
        secrets: where keys come from.

    Raises:
        AuthenticationError: no key anywhere.
        ImportError: the package anthropic is not installed.
    """

    network = True
    native_schema = True
    provider = "anthropic"

    def __init__(
        self,
        model: str = "claude-opus-4-7",
        *,
        client: Any = None,
        api_key: str | None = None,
        base_url: str | None = None,
        max_tokens: int = 4096,
        secrets: Secrets | None = None,
    ) -> None:
        self.name = model
        self.max_tokens = max_tokens
        self._key = api_key or key_of(client)
        self._base_url = base_url
        self._secrets = secrets
        self._clients = LoopClients(self._make_client, given=None if client is None else without_retries(client))
        prices.warm()

    @property
    def base_url(self) -> str | None:
        """Another server's address, where one was given."""
        return self._base_url

    def __repr__(self) -> str:
        return f"AnthropicModel({self.name!r})"

    def _make_client(self) -> Any:
        try:
            from anthropic import AsyncAnthropic
        except ImportError as exc:
            raise ImportError(
                "the Anthropic adapter needs the package anthropic: pip install 'loomlab[anthropic]'"
            ) from exc
        self._key = require_key("ANTHROPIC_API_KEY", api_key=self._key, secrets=self._secrets, provider="Anthropic")
        address: dict[str, Any] = {} if self._base_url is None else {"base_url": self._base_url}
        client = without_retries(AsyncAnthropic(api_key=self._key, **address))
        getattr(client, "messages", None)  # the SDK loads them on first sight: not in a call
        return client

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> AsyncIterator[ModelChunk]:
        """The reply as it is written.

        Raises:
            TransientModelError: worth a retry; also for a stream that breaks off.
            PermanentModelError: the request, the key or the provider's safety rules are in the way.
        """
        request, reader = self._prepare(messages, tools, temperature, max_tokens, output_schema)
        with Translating(self.provider, self._key):
            async with self._events(request) as events, aclosing(reader.chunks(events)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> Completion:
        """The whole reply at once: text, tool calls, usage, finish reason. Raises as ``stream`` does."""
        request, reader = self._prepare(messages, tools, temperature, max_tokens, output_schema)
        with Translating(self.provider, self._key):
            return reader.completion(await self._clients.get().messages.create(**request))

    async def aclose(self) -> None:
        """Close the connections of the running event loop, where the client is our own."""
        await self._clients.aclose()

    @asynccontextmanager
    async def _events(self, request: dict[str, Any]) -> AsyncIterator[Any]:
        """The events of a streamed reply.

        The SDK's ``messages.stream`` parses a tool's input anew at every piece and raises where the model wrote broken
        JSON, so its raw events are read; other clients are asked through ``messages.stream``.
        """
        client = self._clients.get()
        if type(client).__module__.partition(".")[0] == "anthropic":
            events = await client.messages.create(**request, stream=True)
            try:
                yield events
            finally:
                await close(events)
        else:
            async with client.messages.stream(**request) as events:
                yield events

    def _price(self, usage: Usage, cache_write_tokens: int) -> float | None:
        return prices.price(self.name, usage, provider="anthropic", cache_write_tokens=cache_write_tokens)

    def _prepare(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolDef] | None,
        temperature: float,
        max_tokens: int | None,
        output_schema: Any,
    ) -> tuple[dict[str, Any], ReplyReader]:
        names = ToolNames.of(messages, tools)
        answer = answer_schema(output_schema)
        request: dict[str, Any] = {
            "model": self.name,
            "messages": wire_messages(messages, names),
            "max_tokens": max_tokens if max_tokens is not None else self.max_tokens,
        }
        system = wire_system(messages)
        if offered := wire_tools(tools or (), names):
            request["tools"] = offered
        forced = answer is not None and not offered
        if answer is not None:
            request["tools"] = [*offered, output_tool(answer)]
        if forced:
            request["tool_choice"] = {"type": "tool", "name": OUTPUT_TOOL}
        elif answer is not None:
            system = f"{system}\n\n{ANSWER_HINT}" if system else ANSWER_HINT
        if system:
            request["system"] = system
        if temperature != 1.0:
            self._set_temperature(request, temperature)
        return request, ReplyReader(names=names, answer=answer, forced=forced, price=self._price)

    def _set_temperature(self, request: dict[str, Any], temperature: float) -> None:
        if not claude_takes_temperature(self.name):
            warn_temperature(self.name, temperature)
        elif _knows(self._clients.get().messages.create, "temperature"):
            request["temperature"] = temperature
        else:
            request["extra_body"] = {"temperature": temperature}


def _knows(function: Any, keyword: str) -> bool:
    """Whether a function takes a keyword; releases of the SDK differ in which they name."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return True
    return keyword in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())
