"""No telemetry: the default, which a run skips."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from loomlab.core import Span


class NoTelemetry:
    """Measures nothing and sends nothing."""

    @asynccontextmanager
    async def trace(self, name: str, **attrs: Any) -> AsyncIterator[Span]:
        """A span that nobody keeps."""
        yield Span(name=name, attributes=attrs)

    async def emit_metric(self, name: str, value: float, **attrs: Any) -> None:
        """Nothing."""

    def __repr__(self) -> str:
        return "NoTelemetry()"
