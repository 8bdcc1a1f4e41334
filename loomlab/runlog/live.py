"""What is known of a run while it goes on: whose it is, its sums, the text coming in, the tool calls that are open."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from loomlab.core.events import Event, EventKind
from loomlab.core.redact import redact
from loomlab.runlog.clip import Gathered
from loomlab.runlog.spans import as_text

_MAX_TEXTS = 64
_MAX_CALLS = 1_000


class PendingCall:
    """A tool call from the event that began it to the one that ended it. ``written``: a row tells that it is open."""

    __slots__ = ("at", "payload", "result", "seq", "written")

    def __init__(self, seq: int, at: datetime, payload: dict[str, Any]) -> None:
        self.seq, self.at, self.payload = seq, at, payload
        self.result: dict[str, Any] = {}
        self.written = False

    @property
    def key(self) -> tuple[Any, Any, Any]:
        """Models give the same id again in a later turn; with turn and slot it is one call's."""
        return _call(self.payload).get("id"), self.payload.get("turn"), self.payload.get("slot")

    def row(self) -> dict[str, Any]:
        """What is known of the call, as columns."""
        self.written = True
        call, result = _call(self.payload), self.result
        return {
            "seq": self.seq,
            "call_id": call.get("id"),
            "turn": self.payload.get("turn"),
            "slot": self.payload.get("slot"),
            "tool": call.get("tool"),
            "args": call.get("args"),
            "ok": result.get("ok"),
            "denied": result.get("denied"),
            "reason": result.get("reason"),
            "decided_by": self.payload.get("decided_by"),
            "output": result.get("output"),
            "error": result.get("error"),
            "duration_ms": result.get("duration_ms"),
            "offset_ms": self.payload.get("offset_ms"),
            "started_at": self.at.isoformat(),
        }


class LiveRun:
    """One run that goes on. Everything it holds is safe to store, except text that is still coming in."""

    def __init__(self, event: Event, where: Mapping[str, Any] = MappingProxyType({})) -> None:
        """``where``: columns that tell of the process that the run is in."""
        self.parent_run_id = event.parent_run_id
        self.owner: dict[str, Any] = {
            "run_id": redact(event.run_id),
            "session_id": redact(event.session_id),
            "user_id": None,
        }
        self.row: dict[str, Any] = {
            **self.owner,
            "parent_run_id": event.parent_run_id and redact(event.parent_run_id),
            "status": "running",
            "started_at": event.at.isoformat(),
            **where,
        }
        self.replies: dict[tuple[Any, Any], str] = {}
        self._texts: dict[tuple[Any, Any], tuple[Event, int, Gathered]] = {}
        self._calls: dict[tuple[Any, Any, Any], PendingCall] = {}
        self._turns = self._tokens_in = self._tokens_out = 0
        self._cost: float | None = 0.0

    def start(self, payload: dict[str, Any]) -> None:
        """The run's first event: who asked what of whom."""
        names = ("prompt", "agent", "architecture", "model", "node", "user_id", "metadata")
        if "workflow" in payload:
            payload = {**payload, "prompt": _said(payload.get("input")), "agent": payload["workflow"]}
            payload["architecture"] = "workflow"
        self.row.update((name, payload.get(name)) for name in names)
        self.owner["user_id"] = payload.get("user_id")

    def gather(self, event: Event, text: str, seq: Callable[[], int]) -> bool:
        """A piece of text of the reply to one model call. True when more replies come in at once than may be held."""
        key = (event.part("role"), event.part("turn"))
        if key not in self._texts:
            self._texts[key] = (event, seq(), Gathered())
        self._texts[key][2].add(text)
        return len(self._texts) > _MAX_TEXTS

    def gathered(self, key: tuple[Any, Any] | None = None) -> Iterator[tuple[Event, int, Gathered, Any, Any]]:
        """The texts that have come in (of one call), which are then forgotten."""
        for one in list(self._texts) if key is None else [key]:
            if one in self._texts:
                yield (*self._texts.pop(one), *one)

    def open(self, call: PendingCall) -> None:
        """A tool call begins."""
        if len(self._calls) < _MAX_CALLS:
            self._calls[call.key] = call

    def decided(self, payload: dict[str, Any]) -> None:
        """Somebody allowed or denied a tool call."""
        for call in self._calls.values():
            if call.key[0] == payload.get("call_id"):
                call.payload["decided_by"] = payload.get("by")

    def closed(self, seq: int, at: datetime, payload: dict[str, Any]) -> PendingCall:
        """The call that a result belongs to, with the result; a call of its own where none was open."""
        result = payload.get("result")
        result = result if isinstance(result, dict) else {}
        key = (result.get("call_id"), payload.get("turn"), payload.get("slot"))
        call = self._calls.pop(key, None)
        if call is None:
            told = {"id": result.get("call_id"), "tool": payload.get("tool")}
            call = PendingCall(seq, at, {"call": told, "turn": payload.get("turn"), "slot": payload.get("slot")})
        call.result = result
        return call

    def unwritten(self) -> list[PendingCall]:
        """Open calls that no row tells of."""
        return [call for call in self._calls.values() if not call.written]

    def count(self, call: dict[str, Any]) -> None:
        """One model call more."""
        self._add(1, call.get("input_tokens"), call.get("output_tokens"), call.get("cost_usd"))

    def end(self, event: Event, payload: dict[str, Any], parent: "LiveRun | None") -> None:
        """The run's last event: how it ended. Its sums go to the run that started it, should that one fail."""
        result = payload.get("result")
        if event.kind is not EventKind.ERROR and isinstance(result, dict):
            self._complete(result)
        else:
            self.row["status"] = self.row["ended"] = "error"
            self.row["error_type"], self.row["error"] = payload.get("type"), payload.get("message")
            sums = {"turns": self._turns, "tokens_in": self._tokens_in, "tokens_out": self._tokens_out}
            self.row.update(sums, cost_usd=self._cost)
        self.row.setdefault("finished_at", event.at.isoformat())
        if parent is not None:
            parent._add(*(self.row.get(name) for name in ("turns", "tokens_in", "tokens_out", "cost_usd")))

    def _complete(self, result: dict[str, Any]) -> None:
        names = ("output", "parsed", "interruption_reason", "turns", "tokens_in", "tokens_out", "cost_usd")
        self.row.update(
            (name, result.get(name)) for name in (*names, "ended", "duration_ms", "started_at", "finished_at")
        )
        for name in ("agent", "architecture", "model", "user_id"):
            self.row[name] = result.get(name) or self.row.get(name)
        stopped = "cancelled" if result.get("interruption_reason") == "cancelled" else "interrupted"
        self.row["status"] = stopped if result.get("interrupted") else "answered"

    def _add(self, turns: int | None, tokens_in: int | None, tokens_out: int | None, cost_usd: float | None) -> None:
        self._turns += turns or 0
        self._tokens_in += tokens_in or 0
        self._tokens_out += tokens_out or 0
        self._cost = None if cost_usd is None or self._cost is None else self._cost + cost_usd


def _said(value: Any) -> str | None:
    """What a workflow was given, as the prompt that it is for those who look at runs."""
    return value if value is None or isinstance(value, str) else as_text(value)


def _call(payload: dict[str, Any]) -> dict[str, Any]:
    call = payload.get("call")
    return call if isinstance(call, dict) else {}
