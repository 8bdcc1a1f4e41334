"""Model calls: begun, streamed piece by piece, finished with their figures."""

from typing import Any

from loomlab.core.events import Event
from loomlab.display.nodes import ModelStep, RunNode
from loomlab.display.reducer.fields import field, figure, items, label, mapping, message_text, reach, whole, words
from loomlab.display.state import LONG_TEXT, SHORT_TEXT, TraceState

_ASIDE = "critic judge evaluat classif plan reflect rout propos extract coordinat check"
_NOT_ANSWERING = tuple(_ASIDE.split())
"""Roles, by how their names begin, whose replies are not the answer being written."""

_MESSAGES_KEPT = 60


def model_chunk(state: TraceState, run: RunNode, event: Event) -> None:
    """A piece of a reply, or its end with the figures."""
    chunk = event.part("chunk")
    kind, piece = field(chunk, "kind"), field(chunk, "text")
    step = open_call(state, run, event.part("role"), event.part("turn"))
    step.waiting = ""
    if kind == "text" and piece:
        before = step.kept
        step.add(str(piece), LONG_TEXT if state.text_left > 0 else SHORT_TEXT)
        state.text_left -= step.kept - before
        if not step.role.startswith(_NOT_ANSWERING):
            run.draft = step
    elif kind == "tool_call":
        step.asked.append(label(field(field(chunk, "tool_call"), "tool")))
    elif kind == "finish":
        data = event.payload
        call = mapping(data.get("call"))
        _finish_call(state, run, step, call, mapping(data.get("chunk")))
        state.home = step.key
        state.note_raw("model_chunk (finish)", {key: item for key, item in call.items() if key != "messages"})


def open_call(state: TraceState, run: RunNode, role: Any, turn: Any, *, new: bool = False) -> ModelStep:
    """The model call that is under way for a role and turn; a new one where there is none, or ``new`` asks for it."""
    who, which = label(role) or "agent", whole(turn)
    calls = state.open_calls.setdefault(state.latest, [])
    if not new:
        for step in calls:
            if step.role == who and step.turn in (which, 0):
                return step
        if calls and role is None:
            return calls[-1]
    step = ModelStep(state.key(), who, which or run.turns + 1)
    calls.append(step)
    run.turn = step.turn
    state.place(run, step)
    return step


def _finish_call(state: TraceState, run: RunNode, step: ModelStep, call: dict[str, Any], chunk: dict[str, Any]) -> None:
    usage = mapping(chunk.get("usage"))
    step.model = label(call.get("model")) or step.model
    step.start_ms = figure(call.get("offset_ms"), step.start_ms)
    step.ms = figure(call.get("latency_ms"))
    step.tokens_in = whole(call.get("input_tokens"), figure(usage.get("input_tokens")))
    step.tokens_out = whole(call.get("output_tokens"), figure(usage.get("output_tokens")))
    step.cost_usd = figure(call["cost_usd"] if "cost_usd" in call else usage.get("cost_usd", 0.0))
    step.attempts = whole(call.get("attempts")) or 1
    step.replayed = bool(call.get("replayed"))
    step.finish_reason = label(call.get("finish_reason") or chunk.get("finish_reason")) or None
    step.error = words(call.get("error")) or None
    step.state = "failed" if step.error else "ok"
    step.message_count = whole(call.get("message_count"))
    for message in map(mapping, items(call.get("messages"))[:_MESSAGES_KEPT]):
        step.sent.append((label(message.get("role")), state.keep(message_text(message), 4_000)))
    state.counts.model_calls += 1
    reach(state, step.start_ms, step.ms)
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
