"""Spans without a collector: which span is inside which, how each ended; what is done with them is the subclass's."""

import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex
from time import time_ns
from typing import Any

from loomlab.core import Span
from loomlab.core.redact import redact
from loomlab.observability.attributes import Plain, attributes_of, labels_of


@dataclass(slots=True)
class SpanRecord:
    """A span that has ended. Ids as OpenTelemetry has them (32 and 16 hexadecimal digits), times in Unix nanoseconds.

    ``status`` is ``ok``, ``error`` or ``cancelled``; ``error`` says what went wrong, ``depth`` how far inside it is.
    """

    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    depth: int
    start_ns: int
    end_ns: int = 0
    attributes: dict[str, Plain] = field(default_factory=dict)
    status: str = "ok"
    error: str = ""

    @property
    def ms(self) -> float:
        """How long it took, in milliseconds."""
        return (self.end_ns - self.start_ns) / 1e6


@dataclass(slots=True)
class MetricRecord:
    """One measurement, at a Unix time in nanoseconds."""

    name: str
    value: float
    at_ns: int
    attributes: dict[str, Plain] = field(default_factory=dict)


_inside: ContextVar[tuple[tuple[object, SpanRecord], ...]] = ContextVar("loomlab_spans", default=())


class Tracing:
    """The base of the telemetries of this room that need no collector. ``on_span`` and ``on_metric`` get what there is.

    With ``capture_content`` spans carry what was said (messages, arguments, results), secrets masked.
    """

    def __init__(self, *, capture_content: bool = False) -> None:
        self.capture_content = capture_content

    @asynccontextmanager
    async def trace(self, name: str, **attrs: Any) -> AsyncIterator[Span]:
        """A span around the block. What is put into its ``attributes`` meanwhile is kept too."""
        outer = _inside.get()
        above = next((one for owner, one in reversed(outer) if owner is self), None)
        record = SpanRecord(
            name,
            above.trace_id if above is not None else token_hex(16),
            token_hex(8),
            above.span_id if above is not None else None,
            above.depth + 1 if above is not None else 0,
            time_ns(),
        )
        span = Span(name=name, trace_id=record.trace_id, span_id=record.span_id, attributes=attrs)
        _inside.set((*outer, (self, record)))
        try:
            yield span
        except Exception as exc:
            if not getattr(exc, "orderly", False):
                record.status, record.error = "error", _said(exc)
            raise
        except BaseException:
            record.status = "cancelled"
            raise
        finally:
            # A stored token may belong to another task's context when a stream is closed from elsewhere.
            _inside.set(outer)
            record.end_ns = time_ns()
            if record.status == "ok" and span.attributes.get("error_type") is not None:
                record.status, record.error = "error", str(span.attributes["error_type"])
            record.attributes = attributes_of(name, span.attributes, content=self.capture_content)
            self.on_span(record)
            if record.depth == 0:
                await self.settle()

    async def emit_metric(self, name: str, value: float, **attrs: Any) -> None:
        """One measurement."""
        self.on_metric(MetricRecord(name, value, time_ns(), labels_of(attrs)))
        if all(owner is not self for owner, _ in _inside.get()):
            await self.settle()

    async def settle(self) -> None:
        """An outermost span is over, or something was measured outside of any: what was kept back goes out now."""

    def on_span(self, span: SpanRecord) -> None:
        """A span has ended."""

    def on_metric(self, metric: MetricRecord) -> None:
        """Something was measured."""


def _said(exc: BaseException) -> str:
    return redact("".join(traceback.format_exception_only(exc)).strip())
