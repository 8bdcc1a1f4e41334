"""Telemetry as lines of JSON in a file."""

import os
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from pydantic_core import to_json

from loomlab.observability.tracing import MetricRecord, SpanRecord, Tracing


class JsonlTelemetry(Tracing):
    """One line of JSON a span (when it ends) and a measurement, added to the file ``path``; folders are made.

    ``kind`` of a line is ``span`` or ``metric``. Lines are in the file when the outermost span, a run say, is over.
    Several threads and processes may add to one file. With ``capture_content`` spans carry what was said, secrets
    masked.
    """

    def __init__(self, path: str | os.PathLike[str], *, capture_content: bool = False) -> None:
        super().__init__(capture_content=capture_content)
        self._path = Path(path)
        self._lock = threading.Lock()
        self._lines: list[bytes] = []

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def on_span(self, span: SpanRecord) -> None:
        """Add its line."""
        self._add({"kind": "span", **asdict(span)})

    def on_metric(self, metric: MetricRecord) -> None:
        """Add its line."""
        self._add({"kind": "metric", **asdict(metric)})

    def flush(self) -> None:
        """Write what there is; for those who give spans and measurements by hand."""
        with self._lock:
            data, self._lines = b"".join(self._lines), []
            if not data:
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # One write to a file opened for appending: lines of several processes do not mix.
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                while data:
                    data = data[os.write(file, data) :]
            finally:
                os.close(file)

    async def settle(self) -> None:
        """Write what there is, off the event loop; a run that was cancelled is told of too."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.flush)

    def _add(self, line: dict[str, Any]) -> None:
        data = to_json(line, fallback=str, inf_nan_mode="null") + b"\n"
        with self._lock:
            self._lines.append(data)

    def __repr__(self) -> str:
        return f"JsonlTelemetry({str(self._path)!r})"
