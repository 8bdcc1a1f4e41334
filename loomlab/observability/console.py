"""Telemetry for the eye: the spans of each outermost one as a tree, printed when it is over."""

import sys
import threading
from typing import TextIO

from loomlab.core.conventions import CONTENT
from loomlab.observability.tracing import SpanRecord, Tracing

_WIDTH = 56
_MARKS = {"ok": " ", "error": "✕", "cancelled": "–"}
_MOST = 1_000


class ConsoleTelemetry(Tracing):
    """Prints each run as a tree of spans with times, tokens and what failed, to ``stream`` (default: standard error).

    With ``capture_content`` what was said is printed too, secrets masked.
    """

    def __init__(self, *, stream: TextIO | None = None, capture_content: bool = False) -> None:
        super().__init__(capture_content=capture_content)
        self._stream = stream
        self._lock = threading.Lock()
        self._ended: dict[str, list[SpanRecord]] = {}

    def on_span(self, span: SpanRecord) -> None:
        """Keep it until the outermost span is over, then print the tree."""
        with self._lock:
            ended = self._ended.setdefault(span.trace_id, [])
            if len(ended) < _MOST or span.parent_id is None:
                ended.append(span)
            if span.parent_id is not None:
                return
            spans = self._ended.pop(span.trace_id)
        text = "\n".join(_line(one) for one in _in_order(spans)) + "\n"
        stream = self._stream or sys.stderr
        with self._lock:
            stream.write(text)
            stream.flush()

    def __repr__(self) -> str:
        return "ConsoleTelemetry()"


def _in_order(spans: list[SpanRecord]) -> list[SpanRecord]:
    inside: dict[str | None, list[SpanRecord]] = {}
    for span in sorted(spans, key=lambda one: one.start_ns):
        inside.setdefault(span.parent_id, []).append(span)
    ordered: list[SpanRecord] = []
    waiting = list(reversed(inside.get(None, [])))
    while waiting:
        span = waiting.pop()
        ordered.append(span)
        waiting += reversed(inside.get(span.span_id, []))
    return ordered


def _line(span: SpanRecord) -> str:
    found = span.attributes
    who = next((str(found[key]) for key in ("agent", "workflow", "step", "tool", "role") if key in found), "")
    left = f"{_MARKS[span.status]} {'  ' * span.depth}{span.name} {who}".rstrip()
    used = [f"{found[key]} {word}" for key, word in (("tokens_in", "in"), ("tokens_out", "out")) if key in found]
    right = " · ".join([f"{span.ms:.3g} ms", *used, *([span.error.splitlines()[0]] if span.error else [])])
    said = "".join(f"\n    {'  ' * span.depth}{key}: {found[key]}" for key in sorted(found) if key in CONTENT)
    return f"{left:<{_WIDTH}} {right}{said}"
