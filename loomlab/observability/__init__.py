"""Telemetry out: spans and metrics for those who collect them. Open ``none.py`` first."""

from loomlab.observability.none import NoTelemetry

__all__ = ["NoTelemetry"]
