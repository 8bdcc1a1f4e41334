"""From events to the trace: one small function for each kind of event. Open ``runs.py`` first.

Fields that are missing or odd are shown as unknown or left out, never raised.
"""

from collections.abc import Callable

from loomlab.core.events import Event, EventKind
from loomlab.display.nodes import RunNode
from loomlab.display.reducer import model, nodes, notes, runs, tools
from loomlab.display.state import TraceState

__all__ = ["reduce_event"]

_HANDLERS: dict[EventKind, Callable[[TraceState, RunNode, Event], None]] = {
    EventKind.STARTED: runs.started,
    EventKind.MODEL_CHUNK: model.model_chunk,
    EventKind.TOOL_CALL: tools.tool_call,
    EventKind.TOOL_RESULT: tools.tool_result,
    EventKind.MEMORY_RECALL: notes.memory,
    EventKind.MEMORY_WRITE: notes.memory,
    EventKind.BUDGET_WARNING: notes.budget,
    EventKind.BUDGET_EXCEEDED: notes.budget,
    EventKind.PERMISSION_ASK: tools.permission_ask,
    EventKind.PERMISSION_DECISION: tools.permission_decision,
    EventKind.ERROR: runs.error,
    EventKind.COMPLETED: runs.completed,
    EventKind.ARCHITECTURE_EVENT: notes.architecture,
    EventKind.WORKFLOW_STARTED: runs.workflow_started,
    EventKind.WORKFLOW_STEP_STARTED: nodes.started,
    EventKind.WORKFLOW_STEP_COMPLETED: nodes.completed,
    EventKind.WORKFLOW_STEP_FAILED: nodes.failed,
    EventKind.WORKFLOW_COMPLETED: runs.completed,
}


def reduce_event(state: TraceState, event: Event) -> None:
    """Take one event into the trace. Fields that are missing or odd are shown as unknown, never raised."""
    state.counts.events += 1
    run = state.run_of(event)
    state.home = run.key
    handler = _HANDLERS.get(event.kind)
    if handler is not None:
        handler(state, run, event)
    if event.kind is not EventKind.MODEL_CHUNK:
        recall = event.kind is EventKind.MEMORY_RECALL
        state.note_raw(event.kind.value, notes.without_names(event.payload) if recall else event.payload)
