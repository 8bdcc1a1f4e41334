"""Steps of a workflow: begun, done, failed; and the branches of a step that does several things at once."""

from typing import Any

from loomlab.core.events import Event
from loomlab.display.nodes import NodeStep, RunNode
from loomlab.display.reducer.fields import figure, items, label, reach, whole, words
from loomlab.display.state import TraceState


def started(state: TraceState, run: RunNode, event: Event) -> None:
    """A step begins."""
    data = event.payload
    step = NodeStep(state.key(), label(data.get("node")) or "step", whole(data.get("visit")) or 1)
    step.way = tuple(whole(one) for one in items(data.get("way")))
    step.start_ms = figure(data.get("offset_ms"))
    state.open_nodes[state.latest, words(data.get("node"))] = step
    state.counts.steps += 1
    state.place(run, step)
    reach(state, step.start_ms, 0.0)


def completed(state: TraceState, run: RunNode, event: Event) -> None:
    """A step is done."""
    data = event.payload
    step = _over(state, run, words(data.get("node")), event)
    step.state = "ok"
    step.output = state.keep(words(data.get("output")))
    step.why = state.keep(words(data.get("interrupted")), 400)
    step.tokens = _tokens(data)


def failed(state: TraceState, run: RunNode, event: Event) -> None:
    """A step raised."""
    data = event.payload
    step = _over(state, run, words(data.get("node")), event)
    step.state = "failed"
    step.why = state.keep(f"{label(data.get('type')) or 'Error'}: {words(data.get('error'))}", 8_000)
    state.counts.failed += 1


def branch(state: TraceState, run: RunNode, event: Event, what: str) -> None:
    """What happens to a branch of a step: it is shown as a step inside of that step."""
    data = event.payload
    node = words(data.get("node"))
    path = f"{node}.{words(data.get('branch'))}"
    if what == "branch_started":
        step = NodeStep(state.key(), label(data.get("branch")) or "branch")
        step.start_ms = figure(data.get("offset_ms"))
        state.open_nodes[state.latest, path] = step
        state.place(state.open_nodes.get((state.latest, node), run), step)
        reach(state, step.start_ms, 0.0)
        return
    step = _over(state, run, path, event)
    step.state = "ok" if what == "branch_completed" else "failed"
    step.tokens = _tokens(data)
    step.output = state.keep(words(data.get("output")))
    step.why = state.keep(words(data.get("interrupted" if step.state == "ok" else "error")), 8_000)


def _tokens(data: dict[str, Any]) -> int | None:
    """Of a step that asked a model."""
    return whole(data.get("tokens_in")) + whole(data.get("tokens_out")) if whole(data.get("turns")) else None


def _over(state: TraceState, run: RunNode, path: str, event: Event) -> NodeStep:
    """The step that ends; one of its own where nothing told of its beginning."""
    data = event.payload
    step = state.open_nodes.pop((state.latest, path), None)
    if step is None:
        step = NodeStep(state.key(), label(path) or "step", whole(data.get("visit")) or 1)
        state.place(run, step)
    state.home = step.key
    step.ms = figure(data.get("duration_ms"))
    reach(state, step.start_ms, step.ms)
    return step
