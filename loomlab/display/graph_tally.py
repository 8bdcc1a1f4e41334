"""A graph that a run lights up: give it the events, read the lights at any moment.

Only events are read, so a replayed run lights up as the first one did. Where an event names a role or a worker that
the graph does not show, its figures count on the agent that it belongs to.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loomlab.core.events import Event, EventKind
from loomlab.display.graph_figures import Figures, Traffic, edge_light, node_light
from loomlab.display.graph_ways import Trail, Ways
from loomlab.display.reducer.fields import figure, label, mapping, whole, words
from loomlab.graph import Graph, Group, Lights, Node

_TELLING = 4
"""Letters of a name that say whose it is, where a session's name has not all of it."""


@dataclass(slots=True)
class _Seen:
    """One run: where it stands in the graph, and what it is doing. ``home`` takes what has no box of its own."""

    owner: str
    home: str
    trail: Trail
    session: str = ""
    came: tuple[int, ...] = ()
    known: bool = True
    calls: list[tuple[str, str]] = field(default_factory=list)
    tools: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    steps: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    above: "_Seen | None" = None
    over: bool = False
    blamed: bool = False
    """Whether a run inside has just failed: the fault is counted there."""


class GraphTally:
    """The figures of a graph, event by event. ``revision`` changes with every change of the lights."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.revision = 0
        self._ways = Ways(graph)
        self._runs: dict[str, _Seen] = {}
        self._figures: dict[str, Figures] = {}
        self._traffic: dict[int, Traffic] = {}
        self._parts: dict[str, Node | Group] = {one.id: one for one in graph.everything}
        self._start = next((node.id for node in graph.nodes if node.kind == "start"), "")
        self._end = next((node.id for node in graph.nodes if node.kind == "end"), "")
        models = (node.id for node in graph.nodes if node.kind == "model" and not node.owner)
        self._first = next(models, "")
        self._handlers: dict[EventKind, Callable[[_Seen, Event, dict[str, Any]], None]] = {
            EventKind.TOOL_CALL: self._tool_call,
            EventKind.TOOL_RESULT: self._tool_result,
            EventKind.ARCHITECTURE_EVENT: self._note,
            EventKind.COMPLETED: self._completed,
            EventKind.ERROR: self._error,
            EventKind.WORKFLOW_STEP_STARTED: self._step_started,
            EventKind.WORKFLOW_STEP_COMPLETED: self._step_completed,
            EventKind.WORKFLOW_STEP_FAILED: self._step_failed,
            EventKind.WORKFLOW_COMPLETED: self._completed,
        }

    def feed(self, event: Event) -> None:
        """Take in one event."""
        run = self._run(event)
        if event.kind is EventKind.MODEL_CHUNK:
            chunk = event.part("chunk")
            kind = chunk.get("kind") if isinstance(chunk, dict) else getattr(chunk, "kind", None)
            if kind != "finish":  # once a token: nothing of it is drawn
                return
            self._call_ended(run, event.payload)
        else:
            handler = self._handlers.get(event.kind)
            if handler is not None:
                handler(run, event, event.payload)
        self.revision += 1

    def lights(self) -> Lights:
        """The lights now."""
        totals = {key: Figures() for key in self._parts}
        for key, figures in self._figures.items():
            for part in self._ways.around(key):
                if part in totals:
                    totals[part].add(figures)
        for key, figures in self._figures.items():
            totals[key].visits, totals[key].spans, totals[key].passed = figures.visits, figures.spans, figures.passed
        lit = {key: node_light(figures, self._parts[key]) for key, figures in totals.items()}
        on = {number for run in self._runs.values() for number in self._under_way(run)}
        edges = {number: edge_light(traffic, on=number in on) for number, traffic in self._traffic.items()}
        return Lights(lit, edges)

    def _under_way(self, run: _Seen) -> set[int]:
        if run.over:
            return set()
        arrows = {number for _, taken in (*run.tools.values(), *run.steps.values()) for number in taken}
        return arrows | set(run.came)

    # ---- where things are -----------------------------------------------------------------------------

    def _run(self, event: Event) -> _Seen:
        name = event.run_id or event.session_id
        run = self._runs.get(name)
        if run is not None:
            return run
        above = self._runs.get(event.parent_run_id) if event.parent_run_id else None
        if above is None:
            run = _Seen("", "", Trail(self._ways, self._start), event.session_id)
            self._light(self._start).visits += bool(self._start)
        else:
            place = self._worker(above, event)
            run = _Seen(place or above.owner, place or self._busy(above), Trail(self._ways), event.session_id)
            run.known, run.above = place is not None, above
            if place is not None and all(box != place for box, _ in above.steps.values()):
                run.came = self._go(above, place)
            self._light(run.home).active += 1
        self._runs[name] = run
        return run

    def _worker(self, above: _Seen, event: Event) -> str | None:
        """The box of the worker that a run inside ``above`` belongs to."""
        if not above.known:
            return None
        said = event.payload if event.kind in (EventKind.STARTED, EventKind.WORKFLOW_STARTED) else {}
        if said.get("node"):
            return self._named(above.owner, words(said["node"]))
        beside = (one for one in self._parts.values() if one.owner == above.owner and _is_worker(one))
        workers = {key: one.id for one in beside for key in one.keys}
        tail = event.session_id.removeprefix(above.session)
        for name in sorted(workers, key=len, reverse=True):
            if f"_{name}_" in f"{tail}_":
                return workers[name]
        agent = label(said.get("agent")) or label(said.get("workflow"))
        if agent in workers:
            return workers[agent]
        if len(set(workers.values())) == 1:
            return next(iter(workers.values()))
        begun = [one for one in tail.split("_") if len(one) >= _TELLING]
        return next((workers[name] for name in workers for one in begun if name.startswith(one)), None)

    def _named(self, owner: str, path: str) -> str | None:
        """The box of a workflow's step, or of a branch in it: ``fan_out.left``."""
        whole_ = self.graph.find(owner, path) or self.graph.find(owner, f"step {path}")
        if whole_ is not None:
            return whole_
        for cut in [place for place, one in enumerate(path) if one == "."]:
            outer = self.graph.find(owner, path[:cut])
            inner = self._named(outer, path[cut + 1 :]) if outer is not None else None
            if inner is not None:
                return inner
        return None

    def _busy(self, run: _Seen) -> str:
        """Where the work of an agent counts that the graph does not show: the tool that called it, say."""
        latest = next(reversed(run.tools.values()), None) or next(reversed(run.steps.values()), None)
        return latest[0] if latest is not None else run.home

    def _box(self, run: _Seen, *keys: str) -> str:
        if not run.known:
            return run.home
        found = (self.graph.find(run.owner, key) for key in keys)
        return next((one for one in found if one is not None), run.home or self._first)

    def _light(self, one: str) -> Figures:
        return self._figures.setdefault(one, Figures()) if one in self._parts else Figures()

    def _go(self, run: _Seen, one: str, *, count: bool = True) -> tuple[int, ...]:
        """A run goes on to a box: the arrows that it took."""
        if one not in self._parts or (one == run.home and not run.known):
            return ()
        lit, run.blamed = self._light(one), False
        arrows = run.trail.step(one, beside=lit.active > 0)
        lit.visits += count
        for number in arrows:
            self._traffic.setdefault(number, Traffic()).count += 1
            passed = self.graph.edges[number].target
            if passed != one and passed not in self._ways.around(one):
                self._light(passed).passed = True
        return arrows

    # ---- model calls and tools ------------------------------------------------------------------------

    def _note(self, run: _Seen, event: Event, data: dict[str, Any]) -> None:
        name = data.get("name")
        if name == "model.started":
            role = label(data.get("role")) or "agent"
            box = self._box(run, role)
            self._go(run, box)
            self._light(box).active += 1
            run.calls.append((role, box))
        elif name == "parse.failed":
            self._light(self._box(run, label(data.get("role")))).failed += 1
        elif name == "supervisor.forwarded":
            run.trail.mark(self._box(run, label(data.get("worker"))))
        elif name in ("workflow.branch_started", "workflow.branch_completed", "workflow.branch_failed"):
            branch = {**data, "node": f"{words(data.get('node'))}.{words(data.get('branch'))}"}
            steps = {"started": self._step_started, "completed": self._step_completed, "failed": self._step_failed}
            steps[name.rpartition("_")[2]](run, event, branch)

    def _call_ended(self, run: _Seen, data: dict[str, Any]) -> None:
        call = mapping(data.get("call"))
        usage = mapping(mapping(data.get("chunk")).get("usage"))
        role = label(call.get("role") or data.get("role")) or "agent"
        open_ = next((one for one in run.calls if one[0] == role), None)
        if open_ is not None:
            run.calls.remove(open_)
            self._light(open_[1]).active -= 1
        lit = self._light(open_[1] if open_ is not None else self._box(run, role))
        lit.calls += 1
        lit.tokens_in += whole(call.get("input_tokens"), figure(usage.get("input_tokens")))
        lit.tokens_out += whole(call.get("output_tokens"), figure(usage.get("output_tokens")))
        cost = figure(call["cost_usd"] if "cost_usd" in call else usage.get("cost_usd", 0.0))
        lit.cost_usd = None if lit.cost_usd is None or cost is None else lit.cost_usd + cost
        lit.ms += figure(call.get("latency_ms")) or 0.0
        lit.failed += bool(call.get("error"))

    def _tool_call(self, run: _Seen, event: Event, data: dict[str, Any]) -> None:
        call = mapping(data.get("call"))
        box = self._box(run, "tools", "agent")
        arrows = self._go(run, box) if self._is_tools(box) else ()
        lit = self._light(box)
        lit.active += 1
        name = label(call.get("tool"))
        if name in lit.tools or len(lit.tools) < 50:
            lit.tools[name] = lit.tools.get(name, 0) + 1
        run.tools[words(call.get("id"))] = box, arrows

    def _is_tools(self, box: str) -> bool:
        one = self._parts.get(box)
        return isinstance(one, Node) and one.kind == "tools"

    def _is_own(self, box: str, tool: str) -> bool:
        """Whether a tool's time is the box's own: that of work given to others is counted on them."""
        one = self._parts.get(box)
        return self._is_tools(box) or (isinstance(one, Node) and tool in one.items)

    def _tool_result(self, run: _Seen, event: Event, data: dict[str, Any]) -> None:
        result = mapping(data.get("result"))
        box, arrows = run.tools.pop(words(result.get("call_id")), (self._box(run, "tools", "agent"), ()))
        lit = self._light(box)
        lit.active = max(0, lit.active - 1)
        if self._is_own(box, label(data.get("tool"))):
            lit.ms += figure(result.get("duration_ms")) or 0.0
        denied, failed = bool(result.get("denied")), not result.get("denied") and not result.get("ok")
        lit.denied += denied
        lit.failed += failed
        self._blame(arrows[-1:], denied=denied, failed=failed)

    def _blame(
        self, arrows: tuple[int, ...], *, denied: bool = False, failed: bool = False, stopped: bool = False
    ) -> None:
        for number in arrows:
            traffic = self._traffic[number]
            traffic.denied += denied
            traffic.failed += failed
            traffic.stopped += stopped

    # ---- steps of workflows -----------------------------------------------------------------------------

    def _step_started(self, run: _Seen, event: Event, data: dict[str, Any]) -> None:
        node = words(data.get("node"))
        box = self._named(run.owner, node) if run.known else None
        if box is None:
            return
        arrows = self._go(run, box)
        self._light(box).active += 1
        run.steps[node] = box, arrows

    def _step_completed(self, run: _Seen, event: Event, data: dict[str, Any]) -> None:
        box, arrows = run.steps.pop(words(data.get("node")), ("", ()))
        lit = self._light(box)
        lit.active = max(0, lit.active - 1)
        lit.spans += figure(data.get("duration_ms")) or 0.0
        if data.get("interrupted"):
            self._blame(arrows[-1:], stopped=True)

    def _step_failed(self, run: _Seen, event: Event, data: dict[str, Any]) -> None:
        box, arrows = run.steps.get(words(data.get("node")), ("", ()))
        self._step_completed(run, event, data)
        if not run.blamed:
            self._light(box).failed += 1
        run.blamed = True
        self._blame(arrows[-1:], failed=True)

    # ---- how runs end -------------------------------------------------------------------------------------

    def _completed(self, run: _Seen, event: Event, data: dict[str, Any]) -> None:
        result = mapping(data.get("result"))
        stopped = bool(result.get("interrupted"))
        if not run.home:
            if not stopped and self._end:
                self._go(run, self._end)
        elif run.known and run.home not in self._stepped():
            self._light(run.home).spans += figure(result.get("duration_ms")) or 0.0
        self._close(run)
        if run.home and stopped:
            self._light(run.home).stopped += 1
            self._blame(run.came[-1:], stopped=True)

    def _stepped(self) -> set[str]:
        """Boxes whose time a step of a workflow tells."""
        return {box for run in self._runs.values() for box, _ in run.steps.values()}

    def _error(self, run: _Seen, event: Event, data: dict[str, Any]) -> None:
        where = run.calls[-1][1] if run.calls else run.home
        self._close(run)
        if not run.blamed:
            self._light(where).failed += 1
        if run.above is not None:
            run.above.blamed = True
        self._blame(run.came[-1:], failed=True)

    def _close(self, run: _Seen) -> None:
        """Nothing of a run that is over is under way."""
        if run.over:
            return
        run.over = True
        for box in [box for _, box in run.calls] + [box for box, _ in (*run.tools.values(), *run.steps.values())]:
            lit = self._light(box)
            lit.active = max(0, lit.active - 1)
        run.calls.clear()
        run.tools.clear()
        run.steps.clear()
        if run.home:
            lit = self._light(run.home)
            lit.active = max(0, lit.active - 1)


def _is_worker(one: Node | Group) -> bool:
    return one.kind in ("worker", "agent", "more")
