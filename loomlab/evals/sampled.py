"""A model with its sampling set: what a suite file says about temperature and length."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from loomlab.core.messages import Message, ModelChunk
from loomlab.core.protocols import Model


class Sampled:
    """``inner`` with ``temperature`` or ``max_tokens`` (of a call) fixed; in everything else it is the inner model."""

    def __init__(self, inner: Model, **fixed: Any) -> None:
        self.inner = inner
        self.fixed = fixed
        self.name = inner.name

    def stream(self, messages: Sequence[Message], **options: Any) -> AsyncIterator[ModelChunk]:
        """The inner model's reply, with the fixed settings."""
        return self.inner.stream(messages, **{**options, **self.fixed})

    def __getattr__(self, name: str) -> Any:
        # Also tells whether the model can complete(), speaks to a network, and the like: only what it has itself.
        value = getattr(self.inner, name)
        if name != "complete":
            return value

        async def complete(messages: Sequence[Message], **options: Any) -> Any:
            return await value(messages, **{**options, **self.fixed})

        return complete

    def __repr__(self) -> str:
        return f"Sampled({self.inner!r}, {', '.join(f'{key}={value}' for key, value in self.fixed.items())})"
