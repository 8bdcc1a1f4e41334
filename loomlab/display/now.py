"""One line that says what a run is doing at this moment."""

from loomlab.display.nodes import RunNode
from loomlab.display.remedy import reason_text
from loomlab.display.state import TraceState
from loomlab.display.text import preview

_DONE = {"answered": "answered", "cancelled": "stopped", "error": "failed"}


def now_line(state: TraceState) -> str:
    """For instance ``react · turn 2 · calling get_weather(city="Lyon")``. Plain text, at most 240 characters."""
    if not state.roots:
        return "starting"
    running = [root for root in state.roots if root.status == "running"]
    if not running:
        return _finished(state.roots)
    several = f"{len(state.roots) - len(running)} of {len(state.roots)} runs done · " if len(state.roots) > 1 else ""
    name, run = _active(state, running[-1])
    parts = [_path(run), f"turn {run.turn}" if run.turn else "", _doing(state, name)]
    return preview(several + " · ".join(part for part in parts if part), 240)


def _finished(roots: list[RunNode]) -> str:
    if len(roots) > 1:
        return f"{len(roots)} runs done"
    run = roots[0]
    if run.status == "interrupted":
        return preview(f"interrupted: {reason_text(run.reason)}", 240)
    return _DONE[run.status]


def _active(state: TraceState, fallback: RunNode) -> tuple[str, RunNode]:
    latest = state.runs.get(state.latest)
    while latest is not None and latest.status != "running":
        latest = latest.parent
    run = latest or fallback
    return next((name for name, node in state.runs.items() if node is run), ""), run


def _path(run: RunNode) -> str:
    names: list[str] = []
    node: RunNode | None = run
    while node is not None:
        names.append(node.agent if node.parent is not None else node.architecture or node.agent)
        node = node.parent
    return " → ".join(name for name in reversed(names) if name)


def _doing(state: TraceState, name: str) -> str:
    asks = [ask.call for (run, _), ask in state.open_asks.items() if run == name]
    if asks:
        return f"waiting for permission to call {asks[-1]}"
    tools = [tool.call for (run, _), tool in state.open_tools.items() if run == name]
    if tools:
        more = f" and {len(tools) - 1} more" if len(tools) > 1 else ""
        return f"calling {tools[0]}{more}"
    calls = state.open_calls.get(name)
    if not calls:
        steps = [step.name for (run, _), step in state.open_nodes.items() if run == name]
        return f"step {steps[-1]}{f' and {len(steps) - 1} more' if len(steps) > 1 else ''}" if steps else "working"
    call = calls[-1]
    who = "" if call.role == "agent" else f"{call.role} "
    return call.waiting or f"{who}{'writing' if call.chars else 'thinking'}"
