"""The workflow: a graph of steps that the developer draws, and the runs of it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loomlab import graph as pictures
from loomlab.core.context import RunContext
from loomlab.core.events import Event
from loomlab.core.ids import new_id
from loomlab.core.observers import Observer
from loomlab.core.protocols import AuditLog, Budget, EmitCallback, Memory, Runtime, Telemetry
from loomlab.core.shape import Shape
from loomlab.memory import resolve_memory
from loomlab.runtime import current_run
from loomlab.runtime.as_tool import runnable_tool
from loomlab.runtime.channel import Channel
from loomlab.runtime.declared import MEMORY_METHODS, user_aware
from loomlab.runtime.durable import resuming
from loomlab.runtime.stream import EventStream
from loomlab.security import FileAuditLog
from loomlab.tools import Tool
from loomlab.workflow import drawing, patterns
from loomlab.workflow.flow import Flow
from loomlab.workflow.graph import Graph, routes, split
from loomlab.workflow.result import WorkflowResult
from loomlab.workflow.running import NO_TOOLS, NoModel, WorkflowRun, tape_of
from loomlab.workflow.terminal import END, Terminal

if TYPE_CHECKING:
    from loomlab.runtime.journal.intent import OnUnknown

Merge = Callable[[list[Any]], Any]


class Workflow:
    """A path that you can draw before it runs: steps, and where each leads. One value flows along.

    A step is an async function of one value, a plain one (it runs in a thread), an ``Agent`` (it is given the value as
    text, and its answer goes on) or another ``Workflow``. Every method that adds something returns the workflow.
    The usual shapes are made by ``Workflow.chain``, ``Workflow.route`` and ``Workflow.parallel``.

    Agents inside run for the user of the run, in its conversation, with its metadata; what they use adds up. ``memory``
    is lent to those that were given none of their own; ``budget`` caps all of them together. ``telemetry`` gets a span
    a step, ``audit_log`` (a log, or a path to write one) three kinds of entry, a durable ``runtime`` makes each step
    one that is not repeated after a crash. A workflow inside of this one uses these three where it has none of its own.

    ``max_steps`` caps the steps of a run, ``max_visits_per_node`` the visits of one step: a loop that its router never
    leaves ends with a RuntimeError. One workflow serves many users at once: runs share nothing.

    Raises ValueError for caps below 1, TypeError for an ``audit_log`` of another kind.
    """

    def __init__(
        self,
        name: str = "workflow",
        *,
        telemetry: Telemetry | None = None,
        audit_log: AuditLog | str | os.PathLike[str] | None = None,
        memory: Memory | str | Mapping[str, Any] | None = None,
        max_steps: int = 100,
        max_visits_per_node: int = 25,
        runtime: Runtime | None = None,
        budget: Budget | None = None,
        description: str = "",
        run_log: Observer | None = None,
    ) -> None:
        for cap, value in (("max_steps", max_steps), ("max_visits_per_node", max_visits_per_node)):
            if value < 1:
                raise ValueError(f"{cap} must be at least 1, not {value}")
        self.name = name
        self.description = description
        self.max_steps = max_steps
        self.max_visits_per_node = max_visits_per_node
        self.graph = Graph()
        self._memory = resolve_memory(memory)
        self._lends: Memory | None = None if memory is None else user_aware(self._memory, "Memory", MEMORY_METHODS)
        self._telemetry = telemetry
        self._audit_log = _audit_log(audit_log)
        self._runtime = runtime
        self._budget = None if budget is None else user_aware(budget, "Budget", ("allows_step", "consume"))
        self._model: tuple[int, NoModel] | None = None
        self._observers: tuple[Observer, ...] = () if run_log is None else (run_log,)

    def __repr__(self) -> str:
        return f"Workflow({self.name!r}, steps={list(self.graph.nodes)})"

    # ---- drawing it -------------------------------------------------------------------------------------

    def add_node(self, name: str, step: Any) -> Workflow:
        """Add a step. ValueError for a name that is taken, TypeError for what cannot be a step."""
        self.graph.add(name, step)
        return self

    def add_edge(self, source: str | Terminal, target: str | Terminal) -> Workflow:
        """After ``source`` comes ``target``. ValueError for a step that is not there, or that leads on already."""
        then = self.graph.target(target)
        self.graph.lead(source, then, what=f"an edge to {target}")
        return self

    def add_router(
        self,
        source: str | Terminal,
        fn: Any,
        routes: Mapping[Any, str | Terminal],
        *,
        default: str | Terminal | None = None,
    ) -> Workflow:
        """After ``source``, ``fn`` of the value says which of ``routes`` to take: a function, or an agent.

        The value itself goes on unchanged. An answer that is no route takes ``default``; without one the run ends with
        a RuntimeError.
        """
        self.graph.lead(source, make_routes(self.graph, fn, routes, default, source=source), what="a router")
        return self

    def add_fan_out(
        self,
        source: str | Terminal,
        targets: Sequence[str],
        *,
        join: str | Terminal = END,
        merge: Merge | None = None,
        max_concurrency: int | None = None,
    ) -> Workflow:
        """After ``source``, go all ways at once: each from one of ``targets`` on, until it comes to ``join`` or ends.

        ``join`` then gets the list of their values, in the order of ``targets``, or what ``merge`` makes of it. The
        first error stops the other ways and is raised as it is.
        """
        self.graph.lead(source, split(self.graph, targets, join, merge, max_concurrency), what="a fan-out")
        return self

    def set_start(self, name: str) -> Workflow:
        """Begin with this step; replaces an edge or router from START."""
        self.graph.start, self.graph.begun = self.graph.find(name), True
        return self

    @classmethod
    def chain(cls, steps: Sequence[Any], *, name: str = "chain", **options: Any) -> Workflow:
        """One step after the other. Named after the steps; ``options`` are those of ``Workflow``."""
        steps = list(steps)
        return patterns.chain(cls(name, **{"max_steps": max(100, len(steps)), **options}), steps)

    @classmethod
    def route(
        cls,
        classifier: Any,
        routes: Mapping[Any, Any],
        *,
        default: Any = None,
        name: str = "route",
        **options: Any,
    ) -> Workflow:
        """``classifier`` says which step handles the input; that step gets the input itself.

        Steps are called ``classify``, ``route_<key>`` and ``route_default``. The answer is stripped before it is looked
        up; one that fits no key takes ``default`` (a step), and without one the run ends with a RuntimeError.
        """
        return patterns.route(cls(name, **options), classifier, routes, default)

    @classmethod
    def parallel(
        cls,
        steps: Sequence[Any],
        *,
        merge: Merge | None = None,
        name: str = "parallel",
        max_concurrency: int | None = None,
        **options: Any,
    ) -> Workflow:
        """All steps at once on the same input, as one step ``fan_out``: the list of results, or ``merge`` of it."""
        return patterns.parallel(cls(name, **options), steps, merge, max_concurrency)

    # ---- running it ---------------------------------------------------------------------------------------

    async def run(
        self,
        input: Any = None,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        context: RunContext | None = None,
        emit: EmitCallback | None = None,
    ) -> WorkflowResult:
        """Take ``input`` along the path.

        Explicit arguments beat ``context``. ``emit`` is awaited with every event. Raises what a step raises, as it is;
        RuntimeError without a start, for a cap that is exceeded, and for a router's answer that fits no route.
        """
        return await self._flow(input, self._scope(context, user_id, session_id, metadata), emit, None).go()

    def stream(
        self,
        input: Any = None,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        context: RunContext | None = None,
    ) -> AsyncIterator[Event]:
        """``run`` as a stream of events: WORKFLOW_STARTED first, WORKFLOW_COMPLETED last, between them the steps.

        The events of agents inside come along. Leaving the loop early cancels the run, from whichever task. After
        WORKFLOW_STEP_FAILED comes the error itself.
        """
        scope = self._scope(context, user_id, session_id, metadata)

        async def produce(channel: Channel[Event]) -> object:
            return await self._flow(input, scope, None, channel).go()

        return EventStream(self, produce)

    async def resume(
        self, session_id: str, input: Any = None, *, on_unknown: OnUnknown | None = None, **options: Any
    ) -> WorkflowResult:
        """Go on with the run of ``input`` in an earlier session, also in another process: what was done is replayed.

        ``options`` are those of ``run``; ``on_unknown`` as of ``Agent.resume``. Without such a run it is ``run``.
        """
        with resuming(self._runtime, on_unknown):
            return await self.run(input, session_id=session_id, **options)

    def as_tool(self, *, name: str | None = None, description: str | None = None, input_arg: str = "input") -> Tool:
        """This workflow as a tool for an agent: one text in, its output out.

        It runs for the caller's user, in the caller's conversation. ``description`` defaults to the workflow's own.
        """
        about = description or self.description or f"Run the workflow {self.name}: {', '.join(self.graph.nodes)}."
        return runnable_tool(self, name or self.name, about, input_arg, _callers_session)

    def _scope(
        self,
        context: RunContext | None,
        user_id: str | None,
        session_id: str | None,
        metadata: Mapping[str, Any] | None,
    ) -> RunContext:
        above = current_run()
        base = context or (
            None if above is None else RunContext(above.context.user_id, metadata=above.context.metadata)
        )
        ulid = new_id()
        if base is None:
            return RunContext(user_id, session_id or f"wf_session_{ulid}", f"run_{ulid}", metadata or {})
        return RunContext(
            base.user_id if user_id is None else user_id,
            session_id or base.session_id or f"wf_session_{ulid}",
            f"run_{ulid}",
            base.metadata if metadata is None else metadata,
        )

    def _flow(self, value: Any, context: RunContext, emit: EmitCallback | None, channel: Channel[Event] | None) -> Flow:
        graph = self.graph
        if not graph.begun:
            raise RuntimeError(
                f"workflow {self.name!r} has no start node: call set_start(name), or add_edge(START, name)"
            )
        run = WorkflowRun(
            model=self._model_of(graph),
            memory=self._memory,
            tools=NO_TOOLS,
            runtime=self._runtime,
            budget=self._budget,
            telemetry=self._telemetry,
            audit_log=self._audit_log,
            context=context,
            name=self.name,
            emit=emit,
            channel=channel,
            observers=self._observers,
        )
        if self._lends is not None:
            run.lends = self._lends
        run.borrow()
        return Flow(self, run, value)

    def _model_of(self, graph: Graph) -> NoModel:
        if self._model is None or self._model[0] != len(graph.nodes):
            self._model = len(graph.nodes), NoModel(tape_of(node.thing for node in graph.nodes.values()))
        return self._model[1]

    # ---- seeing it ----------------------------------------------------------------------------------------

    def declared_workers(self) -> dict[str, Any]:
        """The steps by name: functions, agents, workflows."""
        return drawing.workers(self.graph)

    def shape(self) -> Shape:
        """The boxes and arrows."""
        return drawing.shape(self.graph)

    def to_mermaid(self) -> str:
        """The graph as Mermaid text."""
        return drawing.mermaid(self.shape())

    async def generate_graph(self, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> str:
        """The graph with everything inside its steps: the Mermaid text, and a file where ``path`` says so.

        ``.mmd`` and ``.md`` hold the text, ``.svg`` and ``.png`` are drawn here (.png needs resvg-py), ``.dot`` is for
        Graphviz. ``title`` stands in place of the name. Raises ``ConfigError`` where it can't be written.
        """
        return await pictures.draw(self, path, title=title)

    def to_dot(self) -> str:
        """The graph in the language of Graphviz."""
        return drawing.dot(self.name, self.shape())

    def _repr_markdown_(self) -> str:
        return f"```mermaid\n{self.to_mermaid()}\n```"


make_routes = routes
"""The function, under a name that ``add_router``'s argument does not hide."""


def _callers_session() -> dict[str, Any]:
    run = current_run()
    return {} if run is None else {"user_id": run.context.user_id, "session_id": run.context.session_id}


def _audit_log(given: Any) -> AuditLog | None:
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return FileAuditLog(given)
    if callable(getattr(given, "append", None)) and callable(getattr(given, "query", None)):
        log: AuditLog = user_aware(given, "AuditLog", ("append",))
        return log
    raise TypeError(f"audit_log is an audit log, a path to write one, or None; not {given!r}")
