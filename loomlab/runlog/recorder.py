"""Events in, rows out: what each event of a run adds to the tables. Knows no file."""

import os
import time
from collections.abc import Iterator
from typing import Any

from loomlab.core.events import Event, EventKind
from loomlab.runlog.clip import Gathered, dumps, payload_of, safe
from loomlab.runlog.live import LiveRun, PendingCall

_MAX_LIVE = 10_000
_STARTS = {EventKind.STARTED, EventKind.WORKFLOW_STARTED}
_ENDINGS = {EventKind.COMPLETED, EventKind.ERROR, EventKind.WORKFLOW_COMPLETED}
_REMEMBERING = {EventKind.MEMORY_RECALL: "recalled", EventKind.MEMORY_WRITE: "recorded"}
_WAITS = {EventKind.TOOL_CALL, EventKind.PERMISSION_ASK} | _ENDINGS


class Recorder:
    """Keeps what the rows of the runs that are going on need: their owner, the text that is coming in, open tool calls.

    Not safe for threads; the log that owns it takes care of that.
    """

    def __init__(self, seq: int = 0) -> None:
        self._live: dict[str, LiveRun] = {}
        self._seq = seq
        self._where = _notebook()

    def lines(self, event: Event) -> list[bytes]:
        """The rows that ``event`` adds, each one line of JSON."""
        run = self._run_of(event)
        if event.kind is EventKind.MODEL_CHUNK:
            chunk = event.part("chunk")
            if _field(chunk, "kind") == "text":
                full = run.gather(event, _field(chunk, "text") or "", self._next)
                return [dumps(row) for row in self._texts(run)] if full else []
        return [dumps(row) for row in self._rows(run, event)]

    def pending(self) -> list[bytes]:
        """Rows of tool calls that have begun and are on no row yet; each is told once."""
        return [dumps(self._call_row(run, call)) for run in self._live.values() for call in run.unwritten()]

    @staticmethod
    def should_flush(event: Event) -> bool:
        """Whether the rows must reach the disk now: the run is over, or will wait for something that may kill it."""
        return event.kind in _WAITS or (
            event.kind is EventKind.ARCHITECTURE_EVENT and event.part("name") == "model.started"
        )

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _run_of(self, event: Event) -> LiveRun:
        run = self._live.get(event.run_id)
        if run is None:
            if len(self._live) >= _MAX_LIVE:  # runs that nobody ended; the oldest goes
                del self._live[next(iter(self._live))]
            run = self._live[event.run_id] = LiveRun(event, self._where)
        return run

    def _rows(self, run: LiveRun, event: Event) -> Iterator[dict[str, Any]]:
        payload = safe(payload_of(event))
        kind = event.kind
        if kind in _STARTS:
            run.start(payload)
            yield self._run_row(run)
        elif kind is EventKind.MODEL_CHUNK:
            key = (payload.get("role"), payload.get("turn"))
            yield from self._texts(run, key)
        elif kind in _ENDINGS:
            yield from self._texts(run)
        seq = self._next()
        call = payload.get("call") if isinstance(payload.get("call"), dict) else None
        if kind is EventKind.MODEL_CHUNK and call is not None:
            yield self._model_row(run, event, call, seq)
            payload["call"] = {key: value for key, value in call.items() if key != "messages"}
        elif kind is EventKind.TOOL_CALL:
            run.open(PendingCall(seq, event.at, payload))
        yield self._event_row(run, event, seq, payload)
        if kind is EventKind.TOOL_RESULT:
            yield self._call_row(run, run.closed(seq, event.at, payload))
        elif kind is EventKind.PERMISSION_DECISION:
            run.decided(payload)
        elif kind in _REMEMBERING:
            yield from self._fact_rows(run, event, payload)
        elif kind in _ENDINGS:
            for open_call in run.unwritten():
                yield self._call_row(run, open_call)
            run.end(event, payload, self._live.get(run.parent_run_id or ""))
            yield self._run_row(run)
        if kind in _ENDINGS:
            del self._live[event.run_id]

    def _texts(self, run: LiveRun, key: tuple[Any, Any] | None = None) -> Iterator[dict[str, Any]]:
        for event, seq, gathered, role, turn in run.gathered(key):
            text = gathered.text()
            run.replies[(role, turn)] = text
            yield self._event_row(run, event, seq, _text_payload(text, role, turn, gathered))

    def _event_row(self, run: LiveRun, event: Event, seq: int, payload: dict[str, Any]) -> dict[str, Any]:
        return {
            "t": "events",
            **run.owner,
            "parent_run_id": run.row["parent_run_id"],
            "seq": seq,
            "happened_at": event.at.isoformat(),
            "kind": event.kind.value,
            "payload": payload,
        }

    def _run_row(self, run: LiveRun) -> dict[str, Any]:
        return {"t": "runs", "_at": time.time_ns() // 1000, **run.row}

    def _call_row(self, run: LiveRun, call: PendingCall) -> dict[str, Any]:
        return {"t": "tool_calls", "_at": time.time_ns() // 1000, **run.owner, **call.row()}

    def _model_row(self, run: LiveRun, event: Event, call: dict[str, Any], seq: int) -> dict[str, Any]:
        run.count(call)
        same = ("role", "turn", "model", "cached_tokens", "cost_usd", "cached", "latency_ms", "ttft_ms", "offset_ms")
        more = ("attempts", "finish_reason", "error", "messages", "message_count", "tools")
        return {
            "t": "model_calls",
            **run.owner,
            "seq": seq,
            **{name: call.get(name) for name in same + more},
            "tokens_in": call.get("input_tokens"),
            "tokens_out": call.get("output_tokens"),
            "reply": run.replies.pop((call.get("role"), call.get("turn")), None),
            "finished_at": event.at.isoformat(),
        }

    def _fact_rows(self, run: LiveRun, event: Event, payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
        same = ("subject", "predicate", "object", "confidence", "valid_from", "valid_until", "recorded_at", "sources")
        facts = payload.get("facts")
        for fact in [*(facts if isinstance(facts, list) else ()), payload.get("fact")]:
            if isinstance(fact, dict):
                yield {
                    "t": "facts",
                    **run.owner,
                    "happened_at": event.at.isoformat(),
                    "action": _REMEMBERING[event.kind],
                    "fact_id": fact.get("id"),
                    **{name: fact.get(name) for name in same},
                }


def _notebook() -> dict[str, Any]:
    """The column ``notebook`` of every run of this process: Jupyter Server tells a kernel whose it is."""
    path = os.environ.get("JPY_SESSION_NAME", "")
    return {"notebook": safe(path)} if os.path.isabs(path) else {}  # noqa: PTH117 - a text of any kind, no path of ours


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def _text_payload(text: str, role: Any, turn: Any, gathered: Gathered) -> dict[str, Any]:
    chunk = {"kind": "text", "text": text, "tool_call": None, "finish_reason": None, "usage": None}
    return {"chunk": chunk, "role": role, "turn": turn, "pieces": gathered.count}
