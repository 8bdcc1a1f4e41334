"""Memory, budgets, and the steps that strategies tell of."""

from typing import Any

from loomlab.core.events import Event, EventKind
from loomlab.display.nodes import MemoryStep, NoteStep, RunNode
from loomlab.display.reducer.fields import (
    episode_text,
    fact_text,
    figure,
    items,
    label,
    mapping,
    reach,
    why_text,
    words,
)
from loomlab.display.reducer.model import open_call
from loomlab.display.reducer.nodes import branch
from loomlab.display.state import TraceState, without_ids
from loomlab.display.text import preview, value_text


def memory(state: TraceState, run: RunNode, event: Event) -> None:
    """Something was recalled, or stored."""
    data = event.payload
    step = MemoryStep(state.key(), start_ms=figure(data.get("offset_ms")), ms=figure(data.get("duration_ms")))
    if event.kind is EventKind.MEMORY_WRITE:
        step.wrote = label(data.get("what")) or "something"
    step.query = state.keep(words(data.get("query")), 400)
    step.blocks = [label(one) for one in items(data.get("blocks"))[:20]]
    step.facts = [state.keep(fact_text(one), 400) for one in items(data.get("facts"))[:20]]
    step.episodes = [state.keep(episode_text(one), 600) for one in items(data.get("episodes"))[:20]]
    if data.get("fact") is not None:
        step.facts.append(state.keep(fact_text(data["fact"]), 400))
    why = mapping(data.get("why"))
    for one, said in zip(_recalled(data), [*step.facts, *step.episodes], strict=False):
        if parts := why_text(why.get(words(one.get("id")))):
            step.why.append(f"{parts} · “{preview(said, 90)}”")
    state.place(run, step)
    reach(state, step.start_ms, step.ms)


def without_names(data: dict[str, Any]) -> dict[str, Any]:
    """The payload of a recall with its reasons in the order of the items, not under their ids."""
    why = mapping(data.get("why"))
    if not why:
        return data
    return {**data, "why": [why.get(words(one.get("id"))) for one in _recalled(data)]}


def _recalled(data: dict[str, Any]) -> list[dict[str, Any]]:
    facts, episodes = items(data.get("facts"))[:20], items(data.get("episodes"))[:20]
    return [mapping(one) for one in (*facts, *episodes)]


def budget(state: TraceState, run: RunNode, event: Event) -> None:
    """A budget is nearly spent, or spent."""
    status = mapping(event.payload.get("status"))
    spent = event.kind is EventKind.BUDGET_EXCEEDED
    said = f"{'spent' if spent else 'nearly spent'}: {words(status.get('reason')) or 'no reason given'}"
    state.place(run, NoteStep(state.key(), "budget", "bad" if spent else "warn", preview(said, 400)))


def architecture(state: TraceState, run: RunNode, event: Event) -> None:
    """A step of a strategy, or one of the runtime's own."""
    data = event.payload
    name = label(data.get("name"))
    if name == "model.started":
        step = open_call(state, run, data.get("role"), data.get("turn"), new=True)
        state.home = step.key
        step.model, step.start_ms = label(data.get("model")), figure(data.get("offset_ms"))
        reach(state, step.start_ms, 0.0)
    elif name == "model.retrying":
        seconds = figure(data.get("delay_s"))
        wait = "" if seconds is None else f" in {seconds:g} s"
        said = f"attempt {label(data.get('attempt'))}{wait} — {preview(words(data.get('error')), 400)}"
        for call in state.open_calls.get(state.latest, ())[-1:]:
            call.waiting = f"waiting for {said}"
        state.place(run, NoteStep(state.key(), "retry", "warn", said))
    elif name == "hook.failed":
        said = f"{label(data.get('hook'))} failed — {preview(words(data.get('error')), 400)}"
        state.place(run, NoteStep(state.key(), "hook", "warn", said))
    elif name == "value.rejected":
        tool = state.open_tools.get((state.latest, words(data.get("call_id"))))
        if tool is not None:  # its own line says why
            tool.rejected = True
        else:
            state.place(run, NoteStep(state.key(), "value", "bad", preview(words(data.get("why")), 400)))
    elif name.startswith("workflow.branch_"):
        branch(state, run, event, name.removeprefix("workflow."))
    else:
        step_name = name.rpartition(".")[2].replace("_", " ") or "step"
        fields = {key: item for key, item in without_ids(data).items() if key != "name"}
        shown = [(key.replace("_", " "), state.keep(value_text(item), 4_000)) for key, item in fields.items()]
        state.place(run, NoteStep(state.key(), step_name, fields=shown))
