"""Any model, with its transient failures tried again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

from loomlab.core.messages import Message, ModelChunk, ToolDef
from loomlab.core.protocols import Completion, Model
from loomlab.governance.retry import OnRetry, RetryPolicy, call_with_retry, stream_with_retry
from loomlab.model.assembled import collect


class RetryingModel:
    """Asks ``inner``; transient errors before the first chunk are tried again as ``policy`` says, later ones raised.

    ``on_retry(attempt, delay_s, error)`` is told before each wait.
    """

    def __init__(self, inner: Model, policy: RetryPolicy | None = None, *, on_retry: OnRetry | None = None) -> None:
        self._inner = inner
        self._policy = policy if policy is not None else RetryPolicy()
        self._on_retry = on_retry

    def __repr__(self) -> str:
        return f"RetryingModel({self._inner!r})"

    def __getattr__(self, name: str) -> Any:
        """Whatever else ``inner`` can say of itself (``network``, ``native_schema``, ``measure`` …)."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._inner, name)

    @property
    def name(self) -> str:
        """The inner model's name."""
        return self._inner.name

    @property
    def inner(self) -> Model:
        """The model that is asked."""
        return self._inner

    @property
    def policy(self) -> RetryPolicy:
        """When to try again."""
        return self._policy

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> AsyncIterator[ModelChunk]:
        """The inner model's chunks, none of them twice."""

        def opened() -> AsyncIterator[ModelChunk]:
            return self._inner.stream(
                messages, tools=tools, temperature=temperature, max_tokens=max_tokens, output_schema=output_schema
            )

        async with aclosing(stream_with_retry(opened, self._policy, on_retry=self._on_retry)) as chunks:
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
        """The inner model's whole reply; an inner model that can only stream is streamed."""

        async def once() -> Completion:
            return await collect(
                self._inner,
                messages,
                tools=tools,
                temperature=temperature,
                max_tokens=max_tokens,
                output_schema=output_schema,
            )

        return await call_with_retry(once, self._policy, on_retry=self._on_retry)
