"""A logged run in the form that trace viewers read: OTLP as JSON, with the names of live telemetry."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from loomlab.core.conventions import conventional
from loomlab.core.events import Event
from loomlab.core.messages import utc_now
from loomlab.core.redact import redact
from loomlab.runlog.spans import TraceSpan, spans

_NAMES = {"run": "loom.run", "step": "loom.workflow.step", "model": "loom.model.complete", "tool": "loom.tool"}
_INTERNAL, _CLIENT = 1, 3
_UNSET, _ERROR = 0, 2
_LONGEST = 16_000


def otlp(events: Iterable[Event], *, content: bool = False) -> dict[str, Any]:
    """The runs among ``events`` as one OTLP request (``ExportTraceServiceRequest``) of JSON-ready data.

    The same events give the same ids. What was asked and answered is left out, unless ``content``; secrets are masked.
    """
    seen = list(events)
    made = _Exported(seen, content)
    for root in spans(seen):
        made.add(root)
    resource = {"service.name": "loomlab", "telemetry.sdk.name": "loomlab", "telemetry.sdk.language": "python"}
    scope = {"scope": {"name": "loomlab"}, "spans": made.spans}
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scope]}]}


class _Exported:
    def __init__(self, events: list[Event], content: bool) -> None:
        self.spans: list[dict[str, Any]] = []
        self._content = content
        self._sessions: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._began: dict[str, datetime] = {}
        for event in events:
            self._sessions.setdefault(event.run_id, event.session_id)
            self._began.setdefault(event.run_id, event.at)
            if event.payload.get("user_id") is not None:
                self._users.setdefault(event.run_id, str(event.payload["user_id"]))

    def add(self, root: TraceSpan) -> None:
        """Add a run and all that is inside it."""
        began = self._began.get(root.run_id, utc_now())
        zero = _nanos(began) - round((root.start_ms or 0.0) * 1e6)
        self._put(root, None, _digest("trace", root.run_id, 32), zero, zero + round((root.start_ms or 0.0) * 1e6), "0")

    def _put(self, span: TraceSpan, above: str | None, trace: str, zero: int, earliest: int, path: str) -> int:
        start = earliest if span.start_ms is None else max(earliest, zero + round(span.start_ms * 1e6))
        made = {"traceId": trace, "spanId": _digest("span", trace + path, 16)}
        if above is not None:
            made["parentSpanId"] = above
        place = len(self.spans)
        self.spans.append({})
        end = start + round((span.duration_ms or 0.0) * 1e6)
        for number, child in enumerate(span.children):
            end = max(end, self._put(child, made["spanId"], trace, zero, start, f"{path}.{number}"))
        name = self._name(span)
        self.spans[place] = {
            **made,
            "name": name,
            "kind": _CLIENT if span.kind == "model" else _INTERNAL,
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(end),
            "attributes": _attributes(self._facts(span, name)),
            "status": self._status(span),
        }
        return end

    def _name(self, span: TraceSpan) -> str:
        if span.kind == "memory":
            return f"loom.memory.{span.name}"
        return "loom.workflow" if span.kind == "run" and span.by == "workflow" else _NAMES[span.kind]

    def _facts(self, span: TraceSpan, name: str) -> dict[str, Any]:
        ours: dict[str, Any] = {
            "run_id": span.run_id,
            "session_id": self._sessions.get(span.run_id),
            "user_id": self._users.get(span.run_id),
        }
        if span.kind == "run":
            ours |= {"workflow" if name == "loom.workflow" else "agent": span.name, "ended": span.status}
            ours["architecture"] = span.by
        elif span.kind == "model":
            ours |= {"role": span.name, "model": span.by or None, "turn": span.turn}
        elif span.kind == "tool":
            ours |= {"tool": span.name, "ok": span.status == "ok", "denied": True if span.status == "denied" else None}
        elif span.kind == "step":
            ours["step"] = span.name
        if span.kind in ("run", "model"):
            ours |= {"tokens_in": span.tokens_in, "tokens_out": span.tokens_out, "cost_usd": span.cost_usd}
        if span.duration_ms is None and span.status == "open":
            ours["unfinished"] = True
        if self._failed(span):
            ours["error_type"] = _kind(span.said)
        if self._content:
            ours |= _content_of(span)
        return {key: value for key, value in {**ours, **conventional(name, ours)}.items() if value is not None}

    def _failed(self, span: TraceSpan) -> bool:
        return span.status in ("failed", "error")

    def _status(self, span: TraceSpan) -> dict[str, Any]:
        if not self._failed(span):
            return {"code": _UNSET}
        return {"code": _ERROR, "message": _cut(span.said) if self._content else _kind(span.said)}


def _content_of(span: TraceSpan) -> dict[str, Any]:
    given, said = span.given or None, span.said or None
    if span.kind == "tool":
        return {"gen_ai.tool.call.arguments": given, "gen_ai.tool.call.result": said}
    if span.kind == "memory":
        return {"gen_ai.retrieval.query.text": given}
    return {"gen_ai.input.messages": given, "gen_ai.output.messages": said}


def _kind(error: str) -> str:
    """The class of an error that is told as ``ValueError: …``."""
    kind = error.partition(":")[0]
    return kind if kind.isidentifier() and kind[:1].isupper() else "error"


def _digest(what: str, of: str, digits: int) -> str:
    made = sha256(f"loomlab {what} {of}".encode()).hexdigest()[:digits]
    return made if made.strip("0") else made[:-1] + "1"  # all zeros is no id


def _nanos(at: datetime) -> int:
    return round(at.timestamp() * 1e6) * 1_000


def _attributes(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in found.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": _cut(str(value))}


def _cut(text: str) -> str:
    masked = redact(text).encode("utf-8", "replace").decode()
    return masked if len(masked) <= _LONGEST else f"{masked[:_LONGEST]}… ({len(masked) - _LONGEST} characters cut)"
