"""The events of an inspect_ai sample as the events of a run: ours as they were, others as they can be."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from loomlab.core.events import Event, EventKind
from loomlab.core.messages import Role
from loomlab.evals.interop.inspect_messages import OURS, content_text, from_call, from_chat

_PLACED = tuple[float, int, Event]


def own_events(events: Sequence[Mapping[str, Any]]) -> list[Event]:
    """Our events again, in their order; empty where none of these was ours."""
    found: list[tuple[int, Event]] = []
    for one in events:
        kept = (one.get("metadata") or {}).get(OURS)
        if isinstance(kept, Mapping):
            found += _own(one, kept)
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def _own(one: Mapping[str, Any], kept: Mapping[str, Any]) -> Iterator[tuple[int, Event]]:
    kind, at = one["event"], kept["at"]
    if kind in ("span_begin", "span_end"):
        yield kept["n"], _event(kept["kind"], at, kept["payload"], kept)
    elif kind == "info":
        yield kept["n"], _event(kept["kind"], at, {k: v for k, v in one["data"].items() if k != "kind"}, kept)
    elif kind == "model":
        new = [from_chat(message) for message in one["input"][len(one["input"]) - kept["new"] :]]
        for place, when, payload in zip(kept["n"], kept["at"], kept["told"], strict=True):
            if "call" in payload:
                payload = {**payload, "call": {**payload["call"], "messages": new}}
            yield place, _event(kept["kind"], when, payload, kept)
    elif kind == "tool":
        yield kept["n"][0], _event(EventKind.TOOL_CALL, at, kept["call"], kept)
        if "result" in kept:
            yield kept["n"][1], _event(EventKind.TOOL_RESULT, kept["ended"], kept["result"], kept)


def _event(kind: str, at: str, payload: Mapping[str, Any], kept: Mapping[str, Any]) -> Event:
    ids = {"run_id": kept["run_id"], "parent_run_id": kept["parent_run_id"]}
    return Event(kind, kept["session_id"], datetime.fromisoformat(at), payload, **ids)


def other_events(
    events: Sequence[Mapping[str, Any]], *, run_id: str, began: datetime, about: Mapping[str, Any]
) -> list[Event]:
    """The model calls and tool calls of a sample that another tool ran, as one run from ``began`` on.

    ``about``: ``prompt``, ``user_id``, ``model``, ``agent``, ``architecture``, ``result`` (a ``RunResult`` as data),
    and ``error`` (type and message) where it failed.
    """
    told = _Told(run_id, began)
    for event in events:
        if event["event"] == "model" and not event.get("pending"):
            told.model(event)
        elif event["event"] == "tool":
            told.tool(event)
    first = {name: about.get(name) for name in ("prompt", "agent", "architecture", "model", "user_id", "metadata")}
    start = Event(EventKind.STARTED, run_id, began, {**first, "offset_ms": 0.0}, run_id=run_id)
    between = [event for _, _, event in sorted(told.found, key=lambda one: one[:2])]
    last = max([began, *(event.at for event in between)])
    fault = about.get("error")
    ending = (EventKind.ERROR, fault) if fault is not None else (EventKind.COMPLETED, {"result": about["result"]})
    return [start, *between, Event(ending[0], run_id, last, ending[1], run_id=run_id)]


class _Told:
    def __init__(self, run_id: str, began: datetime) -> None:
        self.found: list[_PLACED] = []
        self._run_id, self._began = run_id, began
        self._turn = self._slot = 0
        self._sent: list[dict[str, Any]] = []

    def model(self, event: Mapping[str, Any]) -> None:
        """One model call: what was sent, what came back, what it took."""
        self._turn, self._slot = self._turn + 1, 0
        sent = [from_chat(message) for message in event["input"]]
        known = len(self._sent) if sent[: len(self._sent)] == self._sent else 0
        self._sent = sent
        output = event.get("output") or {}
        choice: Mapping[str, Any] = next(iter(output.get("choices") or ()), {})
        reply, usage = choice.get("message") or {}, output.get("usage") or {}
        started = datetime.fromisoformat(event["timestamp"])
        took = _seconds(event.get("working_time"), output.get("time"))
        ended = _moment(event.get("completed")) or started + timedelta(seconds=took)
        whom = {"role": event.get("role") or "agent", "turn": self._turn}
        call: dict[str, Any] = {
            **whom,
            "model": event["model"],
            "input_tokens": usage.get("input_tokens") or 0,
            "output_tokens": usage.get("output_tokens") or 0,
            "cached_tokens": usage.get("input_tokens_cache_read") or 0,
            "cost_usd": usage.get("total_cost"),
            "offset_ms": self._offset(started),
            "latency_ms": took * 1000 or (ended - started).total_seconds() * 1000,
            "cached": event.get("cache") == "read",
            "attempts": 1 + (event.get("retries") or 0),
            "finish_reason": choice.get("stop_reason"),
            "error": event.get("error") or output.get("error"),
            "messages": sent[known:],
            "message_count": len(sent),
            "tools": [tool["name"] for tool in event.get("tools") or ()],
        }
        begun = {"name": "model.started", **whom, "model": event["model"], "offset_ms": call["offset_ms"]}
        self._put(EventKind.ARCHITECTURE_EVENT, started, begun)
        text = content_text(reply.get("content"))
        if text:
            self._put(EventKind.MODEL_CHUNK, ended, {"chunk": {"kind": "text", "text": text}, **whom})
        for asked in reply.get("tool_calls") or ():
            self._put(
                EventKind.MODEL_CHUNK, ended, {"chunk": {"kind": "tool_call", "tool_call": from_call(asked)}, **whom}
            )
        finish = {"kind": "finish", "finish_reason": choice.get("stop_reason")}
        self._put(EventKind.MODEL_CHUNK, ended, {"chunk": finish, **whom, "call": call})

    def tool(self, event: Mapping[str, Any]) -> None:
        """One tool call with its result."""
        slot, self._slot = self._slot, self._slot + 1
        started = datetime.fromisoformat(event["timestamp"])
        ended = _moment(event.get("completed"))
        place = {"turn": self._turn, "slot": slot}
        call = {"id": event["id"], "tool": event["function"], "args": event.get("arguments") or {}}
        self._put(EventKind.TOOL_CALL, started, {"call": call, **place, "offset_ms": self._offset(started)})
        if event.get("pending") or ended is None:
            return
        error: Mapping[str, Any] = event.get("error") or {}
        denied = error.get("type") == "approval"
        took = _seconds(event.get("working_time")) or (ended - started).total_seconds()
        result: dict[str, Any] = {"call_id": event["id"], "ok": not error, "duration_ms": took * 1000, "denied": denied}
        if error:
            result["reason" if denied else "error"] = error.get("message")
        else:
            output = event.get("result")
            result["output"] = content_text(output) if isinstance(output, list) else output
        result["started_at"] = started.isoformat()
        self._put(EventKind.TOOL_RESULT, ended, {"result": result, "tool": event["function"], **place})

    def _offset(self, at: datetime) -> float:
        return max(0.0, (at - self._began).total_seconds() * 1000)

    def _put(self, kind: EventKind, at: datetime, payload: Mapping[str, Any]) -> None:
        event = Event(kind, self._run_id, at, payload, run_id=self._run_id)
        self.found.append((at.timestamp(), len(self.found), event))


def first_prompt(messages: Sequence[Mapping[str, Any]]) -> str:
    """What a person asked first."""
    return next((content_text(one["content"]) for one in messages if one.get("role") == Role.USER.value), "")


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def _seconds(*values: Any) -> float:
    return next((float(one) for one in values if isinstance(one, (int, float)) and one > 0), 0.0)
