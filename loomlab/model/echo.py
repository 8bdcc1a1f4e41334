"""A model that repeats the last user message: no key, no network, always the same."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio

from loomlab.core.messages import Message, ModelChunk, Role, ToolDef, Usage
from loomlab.core.protocols import Completion
from loomlab.model.words import count_words, words


class EchoModel:
    """Answers with ``prefix`` and the last user message, one chunk a word.

    Args:
        prefix: put before the repeated text.
        chunk_delay_s: seconds to wait before each chunk.
        cost_per_token: US dollars a token (a token is a word here), in and out.
    """

    name = "echo"
    network = False

    def __init__(self, *, prefix: str = "Echo: ", chunk_delay_s: float = 0.0, cost_per_token: float = 0.0) -> None:
        self.prefix = prefix
        self.chunk_delay_s = chunk_delay_s
        self.cost_per_token = cost_per_token

    def __repr__(self) -> str:
        return f"EchoModel(prefix={self.prefix!r})"

    def _reply(self, messages: Sequence[Message]) -> tuple[str, Usage]:
        said = next((message.content for message in reversed(messages) if message.role is Role.USER), "")
        text = self.prefix + said
        tokens_in, tokens_out = count_words(messages), max(1, len(text.split()))
        cost = (tokens_in + tokens_out) * self.cost_per_token
        return text, Usage(input_tokens=tokens_in, output_tokens=tokens_out, cost_usd=cost)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> AsyncIterator[ModelChunk]:
        """The reply word by word."""
        text, usage = self._reply(messages)
        for word in words(text):
            if self.chunk_delay_s:
                await anyio.sleep(self.chunk_delay_s)
            yield ModelChunk(kind="text", text=word)
        yield ModelChunk(kind="finish", finish_reason="stop", usage=usage)

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> Completion:
        """The whole reply at once, after the time that streaming it would take."""
        text, usage = self._reply(messages)
        if self.chunk_delay_s:
            await anyio.sleep(self.chunk_delay_s * len(words(text)))
        return text, [], usage, "stop"
