"""What happened in a run as the events of an inspect_ai sample: spans, model calls, tool calls, notes.

Each carries in its metadata what inspect_ai has no field for, and the places that our events had in their order: so
``inspect_runs.py`` gives the same events back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from loomlab.core.events import Event, EventKind
from loomlab.evals.interop.inspect_messages import OURS, to_call, to_chat, to_stop, to_usage
from loomlab.runlog.spans import as_text

BEGINNINGS = frozenset({EventKind.STARTED, EventKind.WORKFLOW_STARTED})
ENDINGS = frozenset({EventKind.COMPLETED, EventKind.WORKFLOW_COMPLETED, EventKind.ERROR})
SOURCE = "loomlab"
"""The source that our notes name."""


class Calls:
    """The events of a run and of the runs inside it, taken in one by one.

    ``events``: theirs, in order; ``messages``: the conversation of the outermost run, with its last reply.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self.events: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self._began: datetime | None = None
        self._root = ""
        self._sent: dict[str, list[list[dict[str, Any]]]] = defaultdict(list)
        self._saying: dict[tuple[str, Any, Any], list[tuple[int, Event]]] = {}
        self._open: dict[tuple[str, Any, Any, Any], dict[str, Any]] = {}
        for place, event in enumerate(events):
            self._take(place, event)
        for left in self._saying.values():
            for place, event in left:
                self._note(place, event)

    def _take(self, place: int, event: Event) -> None:
        if self._began is None:
            self._began, self._root = event.at, event.run_id
        if event.kind in BEGINNINGS:
            self._begin(place, event)
        elif event.kind is EventKind.MODEL_CHUNK:
            self._chunk(place, event)
        elif event.kind is EventKind.TOOL_CALL:
            self._tool_call(place, event)
        elif event.kind is EventKind.TOOL_RESULT:
            self._tool_result(place, event)
        elif event.kind in ENDINGS:
            self._end(place, event)
        else:
            self._note(place, event)

    def _begin(self, place: int, event: Event) -> None:
        name = event.payload.get("agent") or event.payload.get("workflow") or "run"
        kept = {"n": place, "payload": event.payload}
        above = event.parent_run_id
        self._put("span_begin", event, kept, id=event.run_id, parent_id=above, type="agent", name=str(name))

    def _end(self, place: int, event: Event) -> None:
        if event.kind is EventKind.ERROR:
            said = f"{event.payload.get('type')}: {event.payload.get('message')}"
            self._put("error", event, None, error={"message": said, "traceback": "", "traceback_ansi": ""})
        self._put("span_end", event, {"n": place, "payload": event.payload}, id=event.run_id)

    def _note(self, place: int, event: Event) -> None:
        self._put("info", event, {"n": place}, source=SOURCE, data={"kind": event.kind.value, **event.payload})

    def _chunk(self, place: int, event: Event) -> None:
        key = (event.run_id, event.payload.get("role"), event.payload.get("turn"))
        pieces = self._saying.setdefault(key, [])
        pieces.append((place, event))
        call = event.payload.get("call")
        if isinstance(call, dict):
            del self._saying[key]
            self._call(pieces, event, call)

    def _call(self, pieces: list[tuple[int, Event]], event: Event, call: Mapping[str, Any]) -> None:
        chunks = [one.payload.get("chunk") or {} for _, one in pieces]
        text = "".join(chunk.get("text") or "" for chunk in chunks)
        asked = [to_call(chunk["tool_call"]) for chunk in chunks if isinstance(chunk.get("tool_call"), dict)]
        new = call.get("messages") or []
        sent = [to_chat(message) for message in self._conversation(event.session_id, new, call.get("message_count"))]
        reply: dict[str, Any] = {
            "role": "assistant",
            "content": text,
            "source": "generate",
            "model": str(call.get("model") or ""),
        }
        reply |= {"tool_calls": asked} if asked else {}
        usage = to_usage(
            call.get("input_tokens"), call.get("output_tokens"), call.get("cost_usd"), call.get("cached_tokens") or 0
        )
        took = (call.get("latency_ms") or 0.0) / 1000
        output: dict[str, Any] = {"model": str(call.get("model") or ""), "usage": usage, "time": took}
        output["choices"] = [{"message": reply, "stop_reason": to_stop(call.get("finish_reason"), bool(asked))}]
        output |= {"completion": text} | ({"error": str(call["error"])} if call.get("error") else {})
        told = [{**one.payload, "call": _without(call, "messages")} if "call" in one.payload else one.payload
                for _, one in pieces]  # fmt: skip
        at = event.at - timedelta(seconds=took)
        self._put(
            "model",
            event,
            {
                "n": [n for n, _ in pieces],
                "at": [one.at.isoformat() for _, one in pieces],
                "told": told,
                "new": len(new),
            },
            at=at,
            model=str(call.get("model") or ""),
            role=call.get("role"),
            input=sent,
            tools=[{"name": name, "description": ""} for name in call.get("tools") or []],
            tool_choice="auto",
            config={},
            output=output,
            retries=max(0, int(call.get("attempts") or 1) - 1) or None,
            error=str(call["error"]) if call.get("error") else None,
            cache="read" if call.get("cached") else None,
            completed=event.at.isoformat(),
            working_time=took,
        )
        if event.run_id == self._root:
            self.messages = [*sent, reply]

    def _conversation(self, session: str, new: list[Any], count: Any) -> list[dict[str, Any]]:
        """All messages of a call that names only those which the calls before it had not sent."""
        before = int(count or 0) - len(new)
        none: list[dict[str, Any]] = []
        known = next((one for one in reversed(self._sent[session]) if len(one) == before), none) if before > 0 else none
        whole = [*known, *new]
        self._sent[session].append(whole)
        return whole

    def _tool_call(self, place: int, event: Event) -> None:
        call = event.payload.get("call") or {}
        kept = {"n": [place], "call": event.payload}
        made = to_call(call)
        put = self._put("tool", event, kept, id=made["id"], function=made["function"], arguments=made["arguments"])
        put |= {"result": "", "pending": True}
        self._open[event.run_id, call.get("id"), event.payload.get("turn"), event.payload.get("slot")] = put

    def _tool_result(self, place: int, event: Event) -> None:
        result = event.payload.get("result") or {}
        put = self._open.pop(
            (event.run_id, result.get("call_id"), event.payload.get("turn"), event.payload.get("slot")), None
        )
        if put is None:
            self._note(place, event)
            return
        kept = put["metadata"][OURS]
        kept |= {"n": [*kept["n"], place], "result": event.payload, "ended": event.at.isoformat()}
        del put["pending"]
        put |= {"result": as_text(result.get("output")), "completed": event.at.isoformat()}
        put["working_time"] = (result.get("duration_ms") or 0.0) / 1000
        if not result.get("ok"):
            kind, said = ("approval", "reason") if result.get("denied") else ("unknown", "error")
            put |= {"error": {"type": kind, "message": str(result.get(said) or "")}, "failed": True}

    def _put(
        self, kind: str, event: Event, ours: Mapping[str, Any] | None, at: datetime | None = None, **fields: Any
    ) -> dict[str, Any]:
        when = at or event.at
        began = self._began or when
        made: dict[str, Any] = {
            "event": kind,
            "uuid": f"{event.run_id}.{len(self.events)}",
            "span_id": event.run_id,
            "timestamp": when.isoformat(),
            "working_start": max(0.0, (when - began).total_seconds()),
            **{name: value for name, value in fields.items() if value is not None},
        }
        if ours is not None:
            shared: dict[str, Any] = {
                "kind": event.kind.value,
                "session_id": event.session_id,
                "at": event.at.isoformat(),
            }
            shared |= {"run_id": event.run_id, "parent_run_id": event.parent_run_id}
            made["metadata"] = {OURS: {**shared, **ours}}
        self.events.append(made)
        return made


def _without(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}
