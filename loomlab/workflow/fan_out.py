"""Several steps at once on the same value, as one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any

from loomlab.core.events import EventKind
from loomlab.core.shape import Shape, ShapeEdge, ShapeNode
from loomlab.runtime import current_run
from loomlab.runtime.durable import durable_step
from loomlab.runtime.side_by_side import side_by_side
from loomlab.workflow.graph import unique_names
from loomlab.workflow.runnable import Call, StepStopped, as_call, is_runnable
from loomlab.workflow.running import WorkflowRun

_SHOWN = 24


class FanOut:
    """A step made of branches. Their results come as a list in order, or as what ``merge`` makes of that list.

    The first error stops the others and is raised as it is. ``limit`` caps how many run at a time.
    """

    name = "fan_out"

    def __init__(self, steps: Sequence[Any], merge: Callable[[list[Any]], Any] | None, limit: int | None) -> None:
        if not steps:
            raise ValueError("parallel needs at least one step")
        if limit is not None and limit < 1:
            raise ValueError(f"max_concurrency must be at least 1, not {limit}")
        self.branches = dict(zip(unique_names(steps), steps, strict=True))
        self.calls = {name: _named(name, step) for name, step in self.branches.items()}
        self.merge = None if merge is None else as_call(merge, "merge")
        self.limit = limit

    async def __call__(self, value: Any) -> Any:
        """Run all branches on ``value``."""
        run = current_run()
        calls = self._steps() if isinstance(run, WorkflowRun) and run.runtime is not None else self.calls
        if isinstance(run, WorkflowRun) and run.watched:
            above = run.inner()
            assert isinstance(above, WorkflowRun)
            jobs = [
                partial(_seen, above.strand(place), run.node, name, call, value)
                for place, (name, call) in enumerate(calls.items())
            ]
        else:
            jobs = [partial(call, value) for call in calls.values()]
        results = await side_by_side(jobs, limit=self.limit)
        return results if self.merge is None else await self.merge(results)

    def _steps(self) -> dict[str, Call]:
        """The branches, each as a step of its own where the run is durable."""
        return {
            name: partial(durable_step, f"branch_{name}", call, marks=not is_runnable(self.branches[name]))
            for name, call in self.calls.items()
        }

    def declared_workers(self) -> dict[str, Any]:
        """The branches by name."""
        return dict(self.branches)

    def shape(self) -> Shape:
        """The branches side by side."""
        names = list(self.branches)[:_SHOWN]
        nodes = [ShapeNode(name, name, "worker") for name in names]
        edges = [arrow for name in names for arrow in (ShapeEdge("start", name), ShapeEdge(name, "end"))]
        if len(names) < len(self.branches):
            nodes.append(ShapeNode("more", f"and {len(self.branches) - len(names)} more", "worker"))
            edges += [ShapeEdge("start", "more"), ShapeEdge("more", "end")]
        last = "list" if self.merge is None else "merge"
        return Shape((ShapeNode("start", "input", "start"), *nodes, ShapeNode("end", last, "end")), tuple(edges))


async def _seen(run: WorkflowRun, node: str, name: str, call: Call, value: Any) -> Any:
    """One branch, told as notes of the run, with what runs inside of it under its own name."""
    run.begin_step(f"{node}.{name}", run.visit)
    key = f"branch {node}.{name}"
    told = {"node": node, "branch": name}
    await _note(run, "branch_started", **told, offset_ms=run.timer.offset_ms(key))
    began = perf_counter()
    try:
        output = await call(value)
        await _over(run, "branch_completed", told, key, began, output=output)
        return output
    except StepStopped as stop:
        await _over(run, "branch_completed", told, key, began, output=stop.output, interrupted=stop.reason)
        raise
    except Exception as exc:
        await _over(run, "branch_failed", told, key, began, error=str(exc), type=type(exc).__name__)
        raise
    finally:
        run.end_step()


def _named(name: str, step: Any) -> Call:
    """A branch; the reason for which an agent or workflow stopped gets the branch's name in front."""
    call = as_call(step, name)
    if not is_runnable(step):
        return call

    async def named(value: Any) -> Any:
        try:
            return await call(value)
        except StepStopped as stop:
            raise StepStopped(stop.output, f"{name}:{stop.reason}") from None

    return named


async def _over(run: WorkflowRun, name: str, told: dict[str, str], key: str, began: float, **data: Any) -> None:
    await _note(run, name, **told, **data, **run.used(), duration_ms=run.timer.since_ms(key, began))


async def _note(run: WorkflowRun, name: str, **data: Any) -> None:
    event = run.event(EventKind.ARCHITECTURE_EVENT, {"name": f"workflow.{name}", "workflow": run.name, **data})
    event.payload  # noqa: B018 (made now: a later step may change the very object that it tells of)
    await run.send(event)
