"""OpenAI's chat completions, and every server that speaks the same protocol."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

from loomlab.core.messages import Message, ModelChunk, ToolDef, Usage
from loomlab.core.protocols import Completion, Secrets
from loomlab.model import prices
from loomlab.model.abilities import is_reasoning, takes_json_schema, warn_temperature
from loomlab.model.clients import LoopClients, close, without_retries
from loomlab.model.errors import Translating
from loomlab.model.keys import key_of, require_key
from loomlab.model.openai_reply import ReplyReader
from loomlab.model.openai_request import response_format, wire_messages, wire_tools
from loomlab.model.schema import answer_schema
from loomlab.model.toolnames import ToolNames


class OpenAIModel:
    """A model behind OpenAI's protocol.

    Args:
        model: the model's name.
        client: an ``openai.AsyncOpenAI``, or anything with ``chat.completions.create``; never closed, asked
            without retries of its own.
        api_key: the key; else the one in ``secrets``, else the environment's ``OPENAI_API_KEY``.
        base_url: another server's address.
        secrets: where keys come from.

    Raises:
        AuthenticationError: no key anywhere.
        ImportError: the package openai is not installed.
    """

    network = True
    provider = "openai"

    def __init__(
        self,
        model: str = "gpt-4o",
        *,
        client: Any = None,
        api_key: str | None = None,
        base_url: str | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self.name = model
        self.native_schema = takes_json_schema(model)
        self._base_url = base_url
        self._key = api_key or key_of(client)
        self._secrets = secrets
        self._clients = LoopClients(self._make_client, given=None if client is None else without_retries(client))
        prices.warm()

    @property
    def base_url(self) -> str | None:
        """Another server's address, where one was given."""
        return self._base_url

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def _make_client(self) -> Any:
        try:
            from openai import AsyncOpenAI
        except ImportError as exc:
            raise ImportError("the OpenAI adapter needs the package openai: pip install 'loomlab[openai]'") from exc
        self._key = require_key("OPENAI_API_KEY", api_key=self._key, secrets=self._secrets, provider="OpenAI")
        client = without_retries(AsyncOpenAI(api_key=self._key, base_url=self._base_url))
        getattr(getattr(client, "chat", None), "completions", None)  # the SDK loads them on first sight: not in a call
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
            stream = await self._create(**request, stream=True, stream_options={"include_usage": True})
            try:
                async with aclosing(reader.chunks(stream)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            finally:
                await close(stream)

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
            return reader.completion(await self._create(**request))

    async def aclose(self) -> None:
        """Close the connections of the running event loop, where the client is our own."""
        await self._clients.aclose()

    async def _create(self, **request: Any) -> Any:
        return await self._clients.get().chat.completions.create(**request)

    def _price(self, usage: Usage) -> float | None:
        return prices.price(self.name, usage, provider="openai", api_url=self._base_url)

    def _prepare(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolDef] | None,
        temperature: float,
        max_tokens: int | None,
        output_schema: Any,
    ) -> tuple[dict[str, Any], ReplyReader]:
        names = ToolNames.of(messages, tools)
        request: dict[str, Any] = {"model": self.name, "messages": wire_messages(messages, names)}
        reasoning = is_reasoning(self.name)
        if tools:
            request["tools"] = wire_tools(tools, names)
        if temperature != 1.0:
            if reasoning:
                warn_temperature(self.name, temperature)
            else:
                request["temperature"] = temperature
        if max_tokens is not None:
            request["max_completion_tokens" if reasoning else "max_tokens"] = max_tokens
        answer = answer_schema(output_schema) if self.native_schema else None
        if answer is not None:
            request["response_format"] = response_format(answer)
        return request, ReplyReader(provider=self.provider, names=names, answer=answer, price=self._price)
