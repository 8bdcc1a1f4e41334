"""Telemetry through OpenTelemetry: our own names, and the GenAI conventions beside them."""

import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from loomlab.core import ConfigError, Span
from loomlab.core.redact import redact
from loomlab.observability.attributes import attributes_of
from loomlab.observability.instruments import Instruments

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span as OTelSpan
    from opentelemetry.trace import TracerProvider


class OTelTelemetry:
    """Spans and metrics to OpenTelemetry, by the given providers or those set for the process.

    Spans are named ``loom.run``, ``loom.model.complete``, ``loom.model.stream``, ``loom.tool``, ``loom.memory.recall``,
    ``loom.memory.remember``, ``loom.workflow``, ``loom.workflow.step`` and ``loom.step``; they carry our attributes
    (``user_id``, ``session_id``, ``role``, ``cost_usd`` …) and those of the GenAI conventions. Attributes of None are
    left out; an exception is recorded, secrets masked, and the status is ERROR. What was asked and answered leaves the
    process only with ``capture_content=True``, secrets masked. A measurement whose name ends in ``_ms``, ``_seconds``
    or ``_bytes`` is a histogram, any other a counter; ``gen_ai.client.token.usage`` and
    ``gen_ai.client.operation.duration`` come from the model spans.

    Raises ConfigError where the package opentelemetry-api is missing.
    """

    def __init__(
        self,
        *,
        tracer_provider: "TracerProvider | None" = None,
        meter_provider: "MeterProvider | None" = None,
        instrumentation_name: str = "loomlab",
        capture_content: bool = False,
    ) -> None:
        try:
            from opentelemetry import context, metrics, trace
        except ImportError:
            raise ConfigError(
                "telemetry through OpenTelemetry needs the package opentelemetry-sdk: pip install 'loomlab[telemetry]'"
            ) from None
        self._context, self._api = context, trace
        self.capture_content = capture_content
        self._name = instrumentation_name
        self._tracer = trace.get_tracer(instrumentation_name, tracer_provider=tracer_provider)
        self._instruments = Instruments(metrics.get_meter(instrumentation_name, meter_provider=meter_provider))

    @asynccontextmanager
    async def trace(self, name: str, **attrs: Any) -> AsyncIterator[Span]:
        """A span around the block, inside the one that is open. What is put into its ``attributes`` counts too."""
        kind = self._api.SpanKind.CLIENT if name.startswith("loom.model.") else self._api.SpanKind.INTERNAL
        given = attributes_of(name, attrs, content=self.capture_content)
        made = self._tracer.start_span(name, kind=kind, attributes=given, record_exception=False)
        where = made.get_span_context()
        span = Span(
            name=name, trace_id=f"{where.trace_id:032x}", span_id=f"{where.span_id:016x}", attributes=dict(attrs)
        )
        outer = self._context.get_current()
        self._context.attach(self._api.set_span_in_context(made, outer))
        began = perf_counter()
        error: str | None = None
        try:
            yield span
        except Exception as exc:
            if not getattr(exc, "orderly", False):
                error = type(exc).__name__
                self._record(made, exc)
            raise
        except BaseException:
            span.attributes["cancelled"] = True
            raise
        finally:
            # Not detach(token): a stream may be closed from another task, whose context the token is not of.
            self._context.attach(outer)
            self._end(made, span, error)
            self._instruments.model_call(name, span.attributes, perf_counter() - began, error)

    def _record(self, made: "OTelSpan", exc: Exception) -> None:
        message = redact(str(exc))
        made.add_event(
            "exception",
            {
                "exception.type": f"{type(exc).__module__}.{type(exc).__qualname__}".removeprefix("builtins."),
                "exception.message": message,
                "exception.stacktrace": redact("".join(traceback.format_exception(exc))),
            },
        )
        made.set_status(self._api.Status(self._api.StatusCode.ERROR, f"{type(exc).__name__}: {message}"))

    def _end(self, made: "OTelSpan", span: Span, error: str | None) -> None:
        if made.is_recording():
            if error is not None:
                span.attributes["error_type"] = error
            elif span.attributes.get("error_type") is not None:
                made.set_status(self._api.Status(self._api.StatusCode.ERROR, str(span.attributes["error_type"])))
            made.set_attributes(attributes_of(span.name, span.attributes, content=self.capture_content))
        made.end()

    async def emit_metric(self, name: str, value: float, **attrs: Any) -> None:
        """One measurement."""
        self._instruments.measure(name, value, attrs)

    def __repr__(self) -> str:
        return f"OTelTelemetry({self._name!r})"
