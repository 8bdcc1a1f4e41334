"""Runs: how they begin and how they end."""

from loomlab.core.events import Event
from loomlab.display.nodes import Fault, NoteStep, RunNode
from loomlab.display.reducer.fields import figure, label, mapping, reach, whole, words
from loomlab.display.state import AT_END, TraceState
from loomlab.display.text import preview, value_text


def started(state: TraceState, run: RunNode, event: Event) -> None:
    """A run begins."""
    data = event.payload
    run.prompt = state.keep(words(data.get("prompt")), 4_000)
    run.agent = label(data.get("agent"))
    run.architecture = label(data.get("architecture"))
    run.model = label(data.get("model"))
    run.user = label(data["user_id"]) if data.get("user_id") is not None else None
    run.start_ms = figure(data.get("offset_ms"))


def workflow_started(state: TraceState, run: RunNode, event: Event) -> None:
    """A run of a workflow begins."""
    data = event.payload
    run.prompt = state.keep(words(data.get("input")), 4_000)
    run.agent, run.architecture = label(data.get("workflow")), "workflow"
    run.user = label(data["user_id"]) if data.get("user_id") is not None else None
    run.start_ms = figure(data.get("offset_ms"))


def completed(state: TraceState, run: RunNode, event: Event) -> None:
    """A run is over."""
    result = mapping(event.payload.get("result"))
    state.home = run.key + AT_END
    if run.fault is not None:  # the run went on after it
        state.place(run, NoteStep(state.key(), "error", "warn", f"{run.fault.type}: {preview(run.fault.message, 400)}"))
        run.fault, state.home = None, run.key + AT_END
    run.reason = words(result.get("interruption_reason"))[:400]
    run.ended = label(result.get("ended"))
    if not result.get("interrupted"):
        run.status = "answered"
    else:
        run.status = "cancelled" if run.reason.rpartition(":")[2] == "cancelled" else "interrupted"
    run.output = state.keep(words(result.get("output")))
    parsed = result.get("parsed")
    run.parsed = parsed if run.parent is None and len(value_text(parsed)) <= 100_000 else None
    run.turns = whole(result.get("turns"), run.turns)
    run.tokens_in = whole(result.get("tokens_in"), run.tokens_in)
    run.tokens_out = whole(result.get("tokens_out"), run.tokens_out)
    run.cost_usd = figure(result["cost_usd"]) if "cost_usd" in result else run.cost_usd
    run.ms = figure(result.get("duration_ms"))
    run.agent = run.agent or label(result.get("agent"))
    run.architecture = run.architecture or label(result.get("architecture"))
    run.model = run.model or label(result.get("model"))
    if run.user is None and result.get("user_id") is not None:
        run.user = label(result["user_id"])
    reach(state, run.start_ms or 0.0, run.ms)
    state.close_run(state.latest)


def error(state: TraceState, run: RunNode, event: Event) -> None:
    """Something failed."""
    data = event.payload
    state.home = run.key + AT_END
    retryable = data.get("retryable")
    run.fault = Fault(
        label(data.get("type")) or "Error",
        state.keep(words(data.get("message")), 8_000),
        retryable if isinstance(retryable, bool) else None,
        figure(data.get("retry_after")),
        label(data.get("provider")),
    )
    run.status = "error"
    for call in state.open_calls.get(state.latest, ()):
        call.error = preview(run.fault.message, 400)
    state.close_run(state.latest)
