"""One trace of a run: a tree of spans, read off its events. Knows no file.

A run holds its model calls, tool calls, what it took from memory and left there, the steps of a workflow, and the runs
it started: each with when it began, how long it took and what it used.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from loomlab.core.events import Event, EventKind
from loomlab.runlog.packages import pandas_module

if TYPE_CHECKING:
    import pandas as pd

SpanKind = Literal["run", "step", "model", "tool", "memory"]


@dataclass(slots=True)
class TraceSpan:
    """A stretch of work. ``name``: the agent or workflow, the step, the role, the tool; ``recall`` or ``remember``.

    ``start_ms`` counts from the start of the outermost run; ``duration_ms`` is None for what had not ended. Tokens and
    dollars of a run or a step include everything inside; ``cost_usd`` None: a price is not known. ``status`` is
    ``ok``, ``failed``, ``denied`` or ``open``, and for a run why it ended. ``given`` and ``said`` are what went in and
    came out, as text; ``calls`` the tools that a model asked for; ``by`` a run's architecture or a call's model;
    ``way`` on which of several ways at once a step lies.
    """

    kind: SpanKind
    name: str
    run_id: str
    start_ms: float | None = None
    duration_ms: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    status: str = "open"
    given: str = ""
    said: str = ""
    calls: list[str] = field(default_factory=list)
    turn: int = 0
    by: str = ""
    way: tuple[int, ...] = ()
    children: "list[TraceSpan]" = field(default_factory=list)

    def walk(self, depth: int = 0) -> "Iterator[tuple[int, TraceSpan]]":
        """This span and all below it in order, each with its depth."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def frame(self) -> "pd.DataFrame":
        """A row for each span: depth, kind, name, run_id, start_ms, duration_ms, tokens, cost_usd, status."""
        names = ("kind", "name", "run_id", "start_ms", "duration_ms", "tokens_in", "tokens_out", "cost_usd", "status")
        rows = [(depth, *(getattr(span, name) for name in names)) for depth, span in self.walk()]
        frame: pd.DataFrame = pandas_module().DataFrame(rows, columns=["depth", *names])
        return frame


def spans(events: Iterable[Event]) -> list[TraceSpan]:
    """The outermost runs among ``events``, each as a tree."""
    made = _Builder()
    for event in events:
        made.take(event)
    return made.roots


class _Builder:
    def __init__(self) -> None:
        self.roots: list[TraceSpan] = []
        self._runs: dict[str, TraceSpan] = {}
        self._models: dict[tuple[str, Any, Any], TraceSpan] = {}
        self._tools: dict[tuple[str, Any, Any, Any], TraceSpan] = {}
        self._steps: dict[tuple[str, str], TraceSpan] = {}
        self._handlers: dict[EventKind, Callable[[TraceSpan, dict[str, Any]], None]] = {
            EventKind.STARTED: self._started,
            EventKind.WORKFLOW_STARTED: self._started,
            EventKind.MODEL_CHUNK: self._chunk,
            EventKind.TOOL_CALL: self._tool_call,
            EventKind.TOOL_RESULT: self._tool_result,
            EventKind.MEMORY_RECALL: self._memory,
            EventKind.MEMORY_WRITE: self._memory,
            EventKind.ARCHITECTURE_EVENT: self._note,
            EventKind.WORKFLOW_STEP_STARTED: self._step_started,
            EventKind.WORKFLOW_STEP_COMPLETED: self._step_over,
            EventKind.WORKFLOW_STEP_FAILED: self._step_over,
            EventKind.ERROR: self._failed,
            EventKind.COMPLETED: self._completed,
            EventKind.WORKFLOW_COMPLETED: self._completed,
        }

    def take(self, event: Event) -> None:
        """Take in one event."""
        handler = self._handlers.get(event.kind)
        run = self._run(event)
        if handler is not None:
            handler(run, event.payload)

    def _run(self, event: Event) -> TraceSpan:
        name = event.run_id or event.session_id
        run = self._runs.get(name)
        if run is None:
            run = self._runs[name] = TraceSpan("run", "", name)
            above = self._runs.get(event.parent_run_id or "")
            if above is None:
                self.roots.append(run)
            else:
                node = event.payload.get("node") if event.kind in _STARTS else None
                self._steps.get((above.run_id, str(node)), self._calling(above)).children.append(run)
        return run

    def _calling(self, run: TraceSpan) -> TraceSpan:
        """The tool call inside of which a run of ``run`` begins, where only one is open; else the run itself."""
        tools = [tool for (run_id, *_), tool in self._tools.items() if run_id == run.run_id]
        return tools[0] if len(tools) == 1 else run

    def _started(self, run: TraceSpan, data: dict[str, Any]) -> None:
        run.name = str(data.get("agent") or data.get("workflow") or data.get("architecture") or "run")
        run.by = str(data.get("architecture") or "workflow")
        run.given = as_text(data.get("prompt", data.get("input")))
        run.start_ms = _figure(data.get("offset_ms"))

    def _completed(self, run: TraceSpan, data: dict[str, Any]) -> None:
        result = _dict(data.get("result"))
        run.said = as_text(result.get("output"))
        run.status = str(result.get("ended") or ("stopped" if result.get("interrupted") else "answered"))
        run.duration_ms = _figure(result.get("duration_ms"))
        run.tokens_in, run.tokens_out = _whole(result.get("tokens_in")), _whole(result.get("tokens_out"))
        run.cost_usd = _figure(result.get("cost_usd"))

    def _failed(self, run: TraceSpan, data: dict[str, Any]) -> None:
        run.status = "error"
        run.said = f"{data.get('type')}: {data.get('message')}"
        inside = [one for child in run.children for _, one in child.walk() if one.kind == "model"]
        run.tokens_in, run.tokens_out = sum(one.tokens_in for one in inside), sum(one.tokens_out for one in inside)
        costs = [one.cost_usd for one in inside]
        run.cost_usd = None if None in costs else sum(cost for cost in costs if cost is not None)

    def _note(self, run: TraceSpan, data: dict[str, Any]) -> None:
        name = str(data.get("name"))
        if name == "model.started":
            span = self._model(run, data.get("role"), data.get("turn"))
            span.start_ms = _figure(data.get("offset_ms"))
        elif name.startswith("workflow.branch_"):
            path = f"{data.get('node')}.{data.get('branch')}"
            if name.endswith("started"):
                above = self._steps.get((run.run_id, str(data.get("node"))), run)
                self._open_step(run, above, path, str(data.get("branch")), data)
            else:
                self._step_over(run, {**data, "node": path})

    def _model(self, run: TraceSpan, role: Any, turn: Any) -> TraceSpan:
        key = (run.run_id, role, turn)
        if key not in self._models:
            self._models[key] = TraceSpan("model", str(role or "agent"), run.run_id, turn=_whole(turn))
            run.children.append(self._models[key])
        return self._models[key]

    def _chunk(self, run: TraceSpan, data: dict[str, Any]) -> None:
        chunk = _dict(data.get("chunk"))
        span = self._model(run, data.get("role"), data.get("turn"))
        span.said += chunk.get("text") or ""
        if chunk.get("kind") == "tool_call":
            span.calls.append(str(_dict(chunk.get("tool_call")).get("tool")))
        call = data.get("call")
        if not isinstance(call, dict):
            return
        del self._models[run.run_id, data.get("role"), data.get("turn")]
        span.start_ms = _figure(call.get("offset_ms")) or span.start_ms
        span.duration_ms = _figure(call.get("latency_ms"))
        span.tokens_in, span.tokens_out = _whole(call.get("input_tokens")), _whole(call.get("output_tokens"))
        span.cost_usd = _figure(call.get("cost_usd"))
        span.by = str(call.get("model") or "")
        span.status = "failed" if call.get("error") else "ok"
        span.said = span.said or as_text(call.get("error"))

    def _tool_call(self, run: TraceSpan, data: dict[str, Any]) -> None:
        call = _dict(data.get("call"))
        span = TraceSpan("tool", str(call.get("tool")), run.run_id, turn=_whole(data.get("turn")))
        span.start_ms, span.given = _figure(data.get("offset_ms")), as_text(call.get("args"))
        self._tools[run.run_id, call.get("id"), data.get("turn"), data.get("slot")] = span
        run.children.append(span)

    def _tool_result(self, run: TraceSpan, data: dict[str, Any]) -> None:
        result = _dict(data.get("result"))
        span = self._tools.pop((run.run_id, result.get("call_id"), data.get("turn"), data.get("slot")), None)
        if span is None:
            return
        span.duration_ms = _figure(result.get("duration_ms"))
        span.status = "denied" if result.get("denied") else "ok" if result.get("ok") else "failed"
        said = {"denied": result.get("reason"), "ok": result.get("output"), "failed": result.get("error")}
        span.said = as_text(said[span.status])

    def _memory(self, run: TraceSpan, data: dict[str, Any]) -> None:
        wrote = "what" in data
        span = TraceSpan("memory", "remember" if wrote else "recall", run.run_id, status="ok")
        span.start_ms, span.duration_ms = _figure(data.get("offset_ms")), _figure(data.get("duration_ms"))
        span.given = as_text(data.get("what") if wrote else data.get("query"))
        run.children.append(span)

    def _step_started(self, run: TraceSpan, data: dict[str, Any]) -> None:
        self._open_step(run, run, str(data.get("node")), str(data.get("node")), data)

    def _open_step(self, run: TraceSpan, above: TraceSpan, path: str, name: str, data: dict[str, Any]) -> None:
        span = TraceSpan("step", name, run.run_id, _figure(data.get("offset_ms")), turn=_whole(data.get("visit")))
        self._steps[run.run_id, path] = span
        # Ways side by side come in any order; in one order, the same work reads the same.
        way = data.get("way")
        span.way = tuple(map(_whole, way)) if isinstance(way, list) else ()
        place = len(above.children)
        while span.way and place and above.children[place - 1].way > span.way:
            place -= 1
        above.children.insert(place, span)

    def _step_over(self, run: TraceSpan, data: dict[str, Any]) -> None:
        span = self._steps.pop((run.run_id, str(data.get("node"))), None)
        if span is None:
            return
        span.status = "failed" if "error" in data else "ok"
        span.said = as_text(data.get("error", data.get("output")))
        span.duration_ms = _figure(data.get("duration_ms"))
        span.tokens_in, span.tokens_out = _whole(data.get("tokens_in")), _whole(data.get("tokens_out"))
        span.cost_usd = _figure(data.get("cost_usd"))


_STARTS = {EventKind.STARTED, EventKind.WORKFLOW_STARTED}


def as_text(value: Any) -> str:
    """A value as text: nothing as nothing, text as it is, the rest as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=repr)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _whole(value: Any) -> int:
    return int(_figure(value) or 0)
