"""Telemetry into lists, for assertions and for a look at what would be sent."""

from collections import deque

from loomlab.observability.tracing import MetricRecord, SpanRecord, Tracing


class InMemoryTelemetry(Tracing):
    """Keeps the last ``keep`` spans, in the order they ended, in ``spans``, and as many measurements in ``metrics``."""

    def __init__(self, *, keep: int = 10_000, capture_content: bool = False) -> None:
        super().__init__(capture_content=capture_content)
        self.spans: deque[SpanRecord] = deque(maxlen=keep)
        self.metrics: deque[MetricRecord] = deque(maxlen=keep)

    def on_span(self, span: SpanRecord) -> None:
        """Keep it."""
        self.spans.append(span)

    def on_metric(self, metric: MetricRecord) -> None:
        """Keep it."""
        self.metrics.append(metric)

    def __repr__(self) -> str:
        return f"InMemoryTelemetry({len(self.spans)} spans, {len(self.metrics)} measurements)"
