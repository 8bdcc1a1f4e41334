"""From events to the trace: one small function for each kind of event."""

from collections.abc import Callable
from typing import Any

from loomlab.core.events import Event, EventKind
from loomlab.display.nodes import AskStep, Fault, MemoryStep, ModelStep, NoteStep, RunNode, ToolStep
from loomlab.display.state import AT_END, TraceState, without_ids
from loomlab.display.text import call_text, preview, value_text

_NOT_ANSWERING = (
    "critic",
    "judge",
    "evaluat",
    "classif",
    "plan",
    "reflect",
    "rout",
    "propos",
    "extract",
    "coordinat",
    "check",
)
"""Roles, by how their names begin, whose replies are not the answer being written."""

_MESSAGES_KEPT = 60


def reduce_event(state: TraceState, event: Event) -> None:
    """Take one event into the trace. Fields that are missing or odd are shown as unknown, never raised."""
    state.counts.events += 1
    run = state.run_of(event)
    state.home = run.key
    handler = _HANDLERS.get(event.kind)
    if handler is not None:
        handler(state, run, event)
    if event.kind is not EventKind.MODEL_CHUNK:
        state.note_raw(event.kind.value, event.payload)


def _started(state: TraceState, run: RunNode, event: Event) -> None:
    data = event.payload
    run.prompt = state.keep(_text(data.get("prompt")), 4_000)
    run.agent = _name(data.get("agent"))
    run.architecture = _name(data.get("architecture"))
    run.model = _name(data.get("model"))
    run.user = _name(data["user_id"]) if data.get("user_id") is not None else None
    run.start_ms = _number(data.get("offset_ms"))


def _model_chunk(state: TraceState, run: RunNode, event: Event) -> None:
    chunk = event.part("chunk")
    kind, text = _field(chunk, "kind"), _field(chunk, "text")
    step = _open_call(state, run, event.part("role"), event.part("turn"))
    step.waiting = ""
    if kind == "text" and text:
        step.add(str(text), 40_000 if state.text_left > 0 else 2_000)
        state.text_left -= len(text)
        if not step.role.startswith(_NOT_ANSWERING):
            run.draft = step
    elif kind == "tool_call":
        step.asked.append(_name(_field(_field(chunk, "tool_call"), "tool")))
    elif kind == "finish":
        data = event.payload
        call = data.get("call")
        _finish_call(state, run, step, call if isinstance(call, dict) else {}, data.get("chunk") or {})
        shown = {key: item for key, item in call.items() if key != "messages"} if isinstance(call, dict) else {}
        state.home = step.key
        state.note_raw("model_chunk (finish)", shown)


def _finish_call(state: TraceState, run: RunNode, step: ModelStep, call: dict[str, Any], chunk: dict[str, Any]) -> None:
    usage = chunk.get("usage") or {}
    step.model = _name(call.get("model")) or step.model
    step.start_ms = _number(call.get("offset_ms"), step.start_ms)
    step.ms = _number(call.get("latency_ms"))
    step.tokens_in = int(_number(call.get("input_tokens"), _number(usage.get("input_tokens"))) or 0)
    step.tokens_out = int(_number(call.get("output_tokens"), _number(usage.get("output_tokens"))) or 0)
    step.cost_usd = _number(call["cost_usd"] if "cost_usd" in call else usage.get("cost_usd", 0.0))
    step.attempts = int(_number(call.get("attempts")) or 1)
    step.finish_reason = _name(call.get("finish_reason") or chunk.get("finish_reason")) or None
    step.error = _text(call.get("error")) or None
    step.state = "failed" if step.error else "ok"
    step.message_count = int(_number(call.get("message_count")) or 0)
    for message in (call.get("messages") or [])[:_MESSAGES_KEPT]:
        step.sent.append((_name(message.get("role")), state.keep(_message(message), 4_000)))
    state.counts.model_calls += 1
    _reach(state, step.start_ms, step.ms)
    calls = state.open_calls.get(state.latest, [])
    if step in calls:
        calls.remove(step)
    node: RunNode | None = run
    while node is not None:
        node.turns += 1
        node.tokens_in += step.tokens_in
        node.tokens_out += step.tokens_out
        node.cost_usd = None if node.cost_usd is None or step.cost_usd is None else node.cost_usd + step.cost_usd
        node = node.parent


def _open_call(state: TraceState, run: RunNode, role: Any, turn: Any, *, new: bool = False) -> ModelStep:
    role_name, number = _name(role) or "agent", int(_number(turn) or 0)
    calls = state.open_calls.setdefault(state.latest, [])
    if not new:
        for step in calls:
            if step.role == role_name and step.turn in (number, 0):
                return step
        if calls and role is None:
            return calls[-1]
    step = ModelStep(state.key(), role_name, number or run.turns + 1)
    calls.append(step)
    state.place(run, step)
    return step


def _tool_call(state: TraceState, run: RunNode, event: Event) -> None:
    data = event.payload
    call = data.get("call") or {}
    tool, args = _name(call.get("tool")), call.get("args")
    step = ToolStep(state.key(), tool, call_text(tool, args), turn=int(_number(data.get("turn")) or 0))
    step.args = state.keep(value_text(args) if args else "", 8_000)
    step.slot = int(_number(data.get("slot")) or 0)
    step.start_ms = _number(data.get("offset_ms"))
    state.open_tools[state.latest, _text(call.get("id"))] = step
    state.counts.tool_calls += 1
    state.place(run, step)
    _reach(state, step.start_ms, 0.0)


def _tool_result(state: TraceState, run: RunNode, event: Event) -> None:
    data = event.payload
    result = data.get("result") or {}
    step = state.open_tools.pop((state.latest, _text(result.get("call_id"))), None)
    if step is None:
        tool = _name(data.get("tool")) or "tool"
        step = ToolStep(state.key(), tool, f"{tool}(…)")
        state.counts.tool_calls += 1
        state.place(run, step)
    state.home = step.key
    step.ms = _number(result.get("duration_ms"))
    if result.get("denied"):
        step.state, step.why = "denied", state.keep(_text(result.get("reason")), 2_000)
        state.counts.denied += 1
    elif result.get("ok"):
        step.state, step.output = "ok", state.keep(value_text(result.get("output")))
    else:
        step.state, step.why = "failed", state.keep(_text(result.get("error")) or "no reason given", 8_000)
        state.counts.failed += 1
    _reach(state, step.start_ms, step.ms)


def _memory(state: TraceState, run: RunNode, event: Event) -> None:
    data = event.payload
    step = MemoryStep(state.key(), start_ms=_number(data.get("offset_ms")), ms=_number(data.get("duration_ms")))
    if event.kind is EventKind.MEMORY_WRITE:
        step.wrote = _name(data.get("what")) or "something"
    step.query = state.keep(_text(data.get("query")), 400)
    step.blocks = [_name(one) for one in (data.get("blocks") or [])[:20]]
    step.facts = [state.keep(_fact(one), 400) for one in (data.get("facts") or [])[:20]]
    step.episodes = [state.keep(_episode(one), 600) for one in (data.get("episodes") or [])[:20]]
    state.place(run, step)
    _reach(state, step.start_ms, step.ms)


def _budget(state: TraceState, run: RunNode, event: Event) -> None:
    status = event.payload.get("status") or {}
    spent = event.kind is EventKind.BUDGET_EXCEEDED
    text = f"{'spent' if spent else 'nearly spent'}: {_text(status.get('reason')) or 'no reason given'}"
    state.place(run, NoteStep(state.key(), "budget", "bad" if spent else "warn", preview(text, 400)))


def _permission_ask(state: TraceState, run: RunNode, event: Event) -> None:
    call = event.payload.get("call") or {}
    step = AskStep(state.key(), call_text(_name(call.get("tool")), call.get("args")))
    step.reason = state.keep(_text(event.payload.get("reason")), 1_000)
    state.open_asks[state.latest, _text(call.get("id"))] = step
    state.place(run, step)
    asked = state.open_tools.get((state.latest, _text(call.get("id"))))
    state.home = asked.key if asked is not None else state.home


def _permission_decision(state: TraceState, run: RunNode, event: Event) -> None:
    data = event.payload
    which = state.latest, _text(data.get("call_id"))
    by = _name(data.get("by"))
    home = state.open_tools.get(which)
    state.home = home.key if home is not None else state.home
    ask = state.open_asks.pop(which, None)
    if ask is not None:
        ask.answer, ask.by = _name(data.get("decision")), by
    if home is not None and data.get("decision") == "deny":
        home.by = by


def _error(state: TraceState, run: RunNode, event: Event) -> None:
    data = event.payload
    state.home = run.key + AT_END
    retryable = data.get("retryable")
    run.fault = Fault(
        _name(data.get("type")) or "Error",
        state.keep(_text(data.get("message")), 8_000),
        retryable if isinstance(retryable, bool) else None,
        _number(data.get("retry_after")),
        _name(data.get("provider")),
    )
    run.status = "error"
    for call in state.open_calls.get(state.latest, ()):
        call.error = preview(run.fault.message, 400)
    state.close_run(state.latest)


def _completed(state: TraceState, run: RunNode, event: Event) -> None:
    result = event.payload.get("result") or {}
    state.home = run.key + AT_END
    if run.fault is not None:  # the run went on after it
        state.place(run, NoteStep(state.key(), "error", "warn", f"{run.fault.type}: {preview(run.fault.message, 400)}"))
        run.fault, state.home = None, run.key + AT_END
    run.reason = _text(result.get("interruption_reason"))[:400]
    if not result.get("interrupted"):
        run.status = "answered"
    else:
        run.status = "cancelled" if run.reason.rpartition(":")[2] == "cancelled" else "interrupted"
    run.output = state.keep(_text(result.get("output")))
    parsed = result.get("parsed")
    run.parsed = parsed if run.parent is None and len(value_text(parsed)) <= 100_000 else None
    run.turns = int(_number(result.get("turns"), run.turns) or 0)
    run.tokens_in = int(_number(result.get("tokens_in"), run.tokens_in) or 0)
    run.tokens_out = int(_number(result.get("tokens_out"), run.tokens_out) or 0)
    run.cost_usd = _number(result["cost_usd"]) if "cost_usd" in result else run.cost_usd
    run.ms = _number(result.get("duration_ms"))
    run.agent = run.agent or _name(result.get("agent"))
    run.architecture = run.architecture or _name(result.get("architecture"))
    run.model = run.model or _name(result.get("model"))
    if run.user is None and result.get("user_id") is not None:
        run.user = _name(result["user_id"])
    _reach(state, run.start_ms or 0.0, run.ms)
    state.close_run(state.latest)


def _architecture(state: TraceState, run: RunNode, event: Event) -> None:
    data = event.payload
    name = _name(data.get("name"))
    if name == "model.started":
        step = _open_call(state, run, data.get("role"), data.get("turn"), new=True)
        state.home = step.key
        step.model, step.start_ms = _name(data.get("model")), _number(data.get("offset_ms"))
        _reach(state, step.start_ms, 0.0)
    elif name == "model.retrying":
        seconds = _number(data.get("delay_s"))
        wait = "" if seconds is None else f" in {seconds:g} s"
        text = f"attempt {_name(data.get('attempt'))}{wait} — {preview(_text(data.get('error')), 400)}"
        for call in state.open_calls.get(state.latest, ())[-1:]:
            call.waiting = f"waiting for {text}"
        state.place(run, NoteStep(state.key(), "retry", "warn", text))
    elif name == "hook.failed":
        text = f"{_name(data.get('hook'))} failed — {preview(_text(data.get('error')), 400)}"
        state.place(run, NoteStep(state.key(), "hook", "warn", text))
    else:
        step_name = name.rpartition(".")[2].replace("_", " ") or "step"
        fields = {key: item for key, item in without_ids(data).items() if key != "name"}
        shown = [(key.replace("_", " "), state.keep(value_text(item), 4_000)) for key, item in fields.items()]
        state.place(run, NoteStep(state.key(), step_name, fields=shown))


def _workflow(state: TraceState, run: RunNode, event: Event) -> None:
    data = event.payload
    node = _name(data.get("node")) or _name(data.get("workflow")) or "workflow"
    which = state.latest, node
    if event.kind in (EventKind.WORKFLOW_STARTED, EventKind.WORKFLOW_STEP_STARTED):
        step = state.open_nodes[which] = NoteStep(state.key(), node)
        step.fields = [("input", state.keep(value_text(data["input"]), 4_000))] if data.get("input") is not None else []
        state.place(run, step)
        if event.kind is EventKind.WORKFLOW_STARTED:
            run.agent, run.architecture = run.agent or node, run.architecture or "workflow"
        return
    done = state.open_nodes.pop(which, None)
    if done is None:
        done = NoteStep(state.key(), node)
        state.place(run, done)
    failed = event.kind is EventKind.WORKFLOW_STEP_FAILED
    done.level, label = ("bad", "error") if failed else ("good", "output")
    if data.get(label) is not None:
        done.fields.append((label, state.keep(value_text(data[label]), 4_000)))
    if event.kind is EventKind.WORKFLOW_COMPLETED and run.status == "running":
        run.status, run.output = "answered", state.keep(value_text(data.get("output") or ""))


def _reach(state: TraceState, start: float | None, ms: float | None) -> None:
    if start is not None:
        state.end_ms = max(state.end_ms, start + (ms or 0.0))


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def _text(value: Any) -> str:
    return "" if value is None else value_text(value)


def _name(value: Any) -> str:
    return preview(_text(value), 120)


def _number(value: Any, default: float | None = None) -> float | None:
    return float(value) if isinstance(value, (int, float)) else default


def _message(message: dict[str, Any]) -> str:
    calls = [call_text(_name(call.get("tool")), call.get("args")) for call in message.get("tool_calls") or ()]
    return "\n".join(part for part in (_text(message.get("content")), *calls) if part)


def _fact(fact: Any) -> str:
    if not isinstance(fact, dict):
        return _text(fact)
    return " ".join(_text(fact.get(part)) for part in ("subject", "predicate", "object"))


def _episode(episode: Any) -> str:
    if not isinstance(episode, dict):
        return _text(episode)
    return (
        f"asked “{preview(_text(episode.get('input')), 200)}”, answered “{preview(_text(episode.get('output')), 200)}”"
    )


_HANDLERS: dict[EventKind, Callable[[TraceState, RunNode, Event], None]] = {
    EventKind.STARTED: _started,
    EventKind.MODEL_CHUNK: _model_chunk,
    EventKind.TOOL_CALL: _tool_call,
    EventKind.TOOL_RESULT: _tool_result,
    EventKind.MEMORY_RECALL: _memory,
    EventKind.MEMORY_WRITE: _memory,
    EventKind.BUDGET_WARNING: _budget,
    EventKind.BUDGET_EXCEEDED: _budget,
    EventKind.PERMISSION_ASK: _permission_ask,
    EventKind.PERMISSION_DECISION: _permission_decision,
    EventKind.ERROR: _error,
    EventKind.COMPLETED: _completed,
    EventKind.ARCHITECTURE_EVENT: _architecture,
    EventKind.WORKFLOW_STARTED: _workflow,
    EventKind.WORKFLOW_STEP_STARTED: _workflow,
    EventKind.WORKFLOW_STEP_COMPLETED: _workflow,
    EventKind.WORKFLOW_STEP_FAILED: _workflow,
    EventKind.WORKFLOW_COMPLETED: _workflow,
}
