"""Telemetry out: spans and metrics to OpenTelemetry, the console, a file or a list. Open ``tracing.py`` first.

Spans measure and do not tell what was said, unless ``capture_content=True``.
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily
from loomlab.observability.none import NoTelemetry

if TYPE_CHECKING:
    from loomlab.observability.console import ConsoleTelemetry
    from loomlab.observability.inmemory import InMemoryTelemetry
    from loomlab.observability.jsonl import JsonlTelemetry
    from loomlab.observability.otel import OTelTelemetry

__all__ = ["ConsoleTelemetry", "InMemoryTelemetry", "JsonlTelemetry", "NoTelemetry", "OTelTelemetry"]

__getattr__ = _lazily(
    __name__,
    {
        "ConsoleTelemetry": "console",
        "InMemoryTelemetry": "inmemory",
        "JsonlTelemetry": "jsonl",
        "OTelTelemetry": "otel",
    },
)


def __dir__() -> list[str]:
    return __all__
