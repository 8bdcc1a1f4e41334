"""``show``: the display of a run, for those who run it themselves."""

import inspect
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

import anyio

from loomlab.agent import Agent
from loomlab.core.errors import CancelledByUser, LoomError
from loomlab.core.events import Event, EventKind
from loomlab.core.observers import observing
from loomlab.core.protocols import Memory
from loomlab.core.results import RunResult
from loomlab.graph import Graph, build_graph
from loomlab.inspector import Inspector
from loomlab.notebook.bridge import answer
from loomlab.notebook.errors import mark_shown, users_part
from loomlab.notebook.face import Face
from loomlab.notebook.faces import face_of
from loomlab.notebook.live import FASTEST_S, LiveView
from loomlab.notebook.memory_desk import MemoryDesk
from loomlab.notebook.notebook import NAME, Notebook
from loomlab.notebook.screen import Screen
from loomlab.notebook.sourced import sourced_face
from loomlab.runtime.tasks import finish, spawn
from loomlab.workflow import Workflow, WorkflowResult

T = TypeVar("T")
_LAST = (EventKind.COMPLETED, EventKind.WORKFLOW_COMPLETED)


def show(value: Any, *, user_id: str | None = None, query: str = "") -> Any:
    """Show a run while it happens, or what came of one.

    ``await show(agent.run(…))`` shows the run and gives its result; so it is with anything awaitable that runs agents.
    ``async for event in show(agent.stream(…))`` shows it and hands on the events; ``await show(agent.stream(…))``
    gives the result; the graph of the agent or workflow lights up as it runs. An agent or a workflow is drawn as it is
    before it runs. A result, a trace, a record of the log, an evaluation or a tool is shown at once.
    ``show(memory, user_id="alice")`` looks into what is remembered of a user (None: of nobody named).
    ``show(results, query="…")`` shows what a search found, or passages in their sources, with the words of the question
    marked.
    """
    if isinstance(value, Memory):
        inspect_memory(value, user_id)
        return None
    if hasattr(value, "__aiter__"):
        return ShownStream(value, graph_of(getattr(value, "source", None)))
    if inspect.isawaitable(value):
        return ShownRun(value, graph_of(_runner(value)))
    face = sourced_face(value, query) or face_of(value)
    if face is not None:
        here().publish(face)
    else:
        from IPython.display import display

        display(value)  # type: ignore[no-untyped-call]  # IPython gives it no types
    return None


def inspect_memory(memory: Memory, user_id: str | None) -> None:
    """Put the inspector of one user's memory on the screen."""
    from IPython import get_ipython

    notebook: Notebook | None = getattr(get_ipython(), "__dict__", {}).get(NAME)
    if notebook is not None:
        desk = notebook.look_into(memory, user_id)
    else:
        desk = MemoryDesk(Inspector(memory, user_id, ask=answer), here())
        desk.inspector.load()
    desk.show()


def graph_of(source: Any) -> Graph | None:
    """The graph that a run of ``source`` lights up; None where there is no more to see than one model."""
    if not isinstance(source, (Agent, Workflow)):
        return None
    try:
        graph = build_graph(source)
    except Exception as exc:  # a strategy of the user's own may draw itself wrongly; its runs go on
        warnings.warn(f"the graph can't be drawn ({exc!r}); the run goes on", RuntimeWarning, stacklevel=3)
        return None
    inner = [node for node in graph.nodes if node.kind not in ("start", "end")]
    return graph if len(inner) + len(graph.groups) > 1 else None


def _runner(work: Any) -> Any:
    """The agent or workflow whose ``run`` was called to get ``work``."""
    return inspect.getcoroutinelocals(work).get("self") if inspect.iscoroutine(work) else None


def here() -> Screen:
    """The screen of the shell that we are in."""
    from IPython import get_ipython

    return Screen(get_ipython())


class ShownRun(Generic[T]):
    """Something to await, shown while it runs."""

    def __init__(self, work: Awaitable[T], graph: Graph | None = None) -> None:
        self._work = work
        self._graph = graph

    def __await__(self) -> Generator[Any, Any, T]:
        return self._run().__await__()

    async def _run(self) -> T:
        __tracebackhide__ = True
        view = LiveView(here(), graph=self._graph)
        scope = anyio.CancelScope()
        pump = spawn(lambda: _pump(view, scope.cancel))
        face: Face | None = None
        try:
            with scope, observing(view):
                result = await self._work
                face = None if isinstance(result, (RunResult, WorkflowResult)) else _face_or_none(result)
                return result
            raise CancelledByUser("the run was stopped")
        except BaseException as exc:
            if view.shows_fault:
                mark_shown(exc)
            raise exc.with_traceback(users_part(exc.__traceback__)) from exc.__cause__
        finally:
            await finish(pump)
            view.close(face)


class ShownStream:
    """A stream of events, shown while it passes. Awaited instead of iterated, it gives the run's result."""

    def __init__(self, events: AsyncIterator[Event], graph: Graph | None = None) -> None:
        self._events = events
        self._graph = graph

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._pass_on()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._drain().__await__()

    async def _drain(self) -> Any:
        __tracebackhide__ = True
        found: Any = None
        async for event in self._pass_on():
            if event.kind in _LAST and event.parent_run_id is None:
                found = event.part("result")
        return found if isinstance(found, (RunResult, WorkflowResult)) else RunResult.model_validate(found)

    async def _pass_on(self) -> AsyncIterator[Event]:
        __tracebackhide__ = True
        view = LiveView(here(), graph=self._graph)
        scopes = [anyio.CancelScope()]
        pump = spawn(lambda: _pump(view, lambda: scopes[-1].cancel()))
        events = aiter(self._events)
        unwatched: bool | None = None
        try:
            while True:
                event = None
                with anyio.CancelScope() as scopes[-1], observing(view):
                    # The run begins when its first event is asked for, and keeps the observers of that moment.
                    event = await anext(events, None)
                if scopes[-1].cancelled_caught:
                    raise CancelledByUser("the run was stopped")
                if event is None:
                    return
                if unwatched is None:
                    unwatched = view.trace.revision == 0
                if unwatched:  # it began before, or is not a run of ours
                    view.on_event(event)
                yield event
        except BaseException as exc:
            if view.shows_fault:
                mark_shown(exc)
            raise exc.with_traceback(users_part(exc.__traceback__)) from exc.__cause__
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()
            await finish(pump)
            view.close()


async def _pump(view: LiveView, cancel: Callable[[], None]) -> None:
    """Keep the display up to date, and listen to its stop button."""
    while True:
        await anyio.sleep(FASTEST_S)
        if view.stop.is_set():
            cancel()
        view.tick()


def _face_or_none(value: Any) -> Face | None:
    try:
        return face_of(value)
    except LoomError:  # a package that its figures need is missing: the runs are shown instead
        return None
