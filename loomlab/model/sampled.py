"""A model with its sampling set: what a file says about temperature and length."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from loomlab.core.messages import Message, ModelChunk
from loomlab.core.protocols import Completion, Model


def sampled(inner: Model, **fixed: Any) -> Model:
    """``inner`` with ``temperature`` or ``max_tokens`` (of a call) fixed; in everything else it is the inner model."""
    kind = _Completing if callable(getattr(type(inner), "complete", None)) else Sampled
    return kind(inner, **fixed)


class Sampled:
    """A model that streams, with fixed settings."""

    def __init__(self, inner: Model, **fixed: Any) -> None:
        self.inner = inner
        self.fixed = fixed
        self.name = inner.name

    def stream(self, messages: Sequence[Message], **options: Any) -> AsyncIterator[ModelChunk]:
        """The inner model's reply, with the fixed settings."""
        return self.inner.stream(messages, **{**options, **self.fixed})

    def __getattr__(self, name: str) -> Any:
        if name == "inner":  # while being copied or unpickled there is none yet
            raise AttributeError(name)
        return getattr(self.inner, name)

    def __repr__(self) -> str:
        return f"Sampled({self.inner!r}, {', '.join(f'{key}={value}' for key, value in self.fixed.items())})"


class _Completing(Sampled):
    """The same around a model that can answer in one piece; whether one can is read from its class."""

    async def complete(self, messages: Sequence[Message], **options: Any) -> Completion:
        """The inner model's whole reply, with the fixed settings."""
        inner: Any = self.inner
        reply: Completion = await inner.complete(messages, **{**options, **self.fixed})
        return reply
