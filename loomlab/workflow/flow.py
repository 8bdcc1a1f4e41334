"""One run of a workflow from input to result: the way through the graph, events, audit, spans, durable steps."""

from __future__ import annotations

from collections.abc import Container
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anyio

from loomlab.core.context import installed
from loomlab.core.events import EventKind
from loomlab.core.messages import utc_now
from loomlab.core.session import AgentSession
from loomlab.runtime.durable import scope as durable_scope
from loomlab.runtime.faults import ending, fault_parts
from loomlab.runtime.lanes import lane_of
from loomlab.runtime.side_by_side import side_by_side
from loomlab.workflow.graph import Node, Routes, Split, Then
from loomlab.workflow.result import StepTaken, WorkflowResult
from loomlab.workflow.runnable import StepStopped, is_runnable, text_of
from loomlab.workflow.running import NOTHING, WorkflowRun

if TYPE_CHECKING:
    from loomlab.workflow.workflow import Workflow

_NOBODY: frozenset[Node | None] = frozenset()


class Flow:
    """One run under way. Everything it changes is its own, so that runs of one workflow share nothing."""

    def __init__(self, workflow: Workflow, run: WorkflowRun, value: Any) -> None:
        self.workflow = workflow
        self.run = run
        self.value = value
        self.taken: list[StepTaken] = []
        self.visits: dict[str, int] = {}
        self.count = 0
        self.reason: str | None = None
        self.started_at: datetime = utc_now()
        self.began = perf_counter()
        self.plain = not (run.watched or run.telemetry or run.runtime or run.audit_log)
        run.session = AgentSession(run.context.session_id or "", "", [], cumulative_usage=NOTHING)

    async def go(self) -> WorkflowResult:
        """Run to the end. Errors leave as they are."""
        run = self.run
        if run.timer.taped:
            run.label(f"{self.workflow.name} {text_of(self.value)}")
        with run, installed(run.context):
            try:
                if self.plain:
                    return await self._work()
                async with AsyncExitStack() as stack:
                    if run.runtime is not None and not run.path:
                        await stack.enter_async_context(durable_scope(run, "workflow", self.value))
                    if run.telemetry is not None:
                        await stack.enter_async_context(
                            run.telemetry.trace("loom.workflow", workflow=self.workflow.name, **self._whose())
                        )
                    return await self._work()
            except anyio.get_cancelled_exc_class():
                self._cancelled()
                raise
            except Exception as exc:
                self._failed(exc)
                raise
            finally:
                if run.budgets and run.parent is None:
                    self._tell_budgets("end_run")
                if run.parent is not None and run.parent.session is not None and run.session is not None:
                    run.parent.session.turns += run.session.turns

    async def _work(self) -> WorkflowResult:
        run = self.run
        if run.budgets and run.parent is None:
            self._tell_budgets("begin_run")
        if run.watched:
            await self._tell(run, EventKind.WORKFLOW_STARTED, self._opening())
        try:
            output = await self._walk(run, self.workflow.graph.start, self.value, self.taken, _NOBODY)
        except StepStopped as stop:
            output, self.reason = stop.output, stop.reason
        result = self._result(output)
        if run.watched:
            await self._tell(run, EventKind.WORKFLOW_COMPLETED, {"output": output, "result": result})
        return result

    # ---- the way through the graph ------------------------------------------------------------------

    async def _walk(
        self, run: WorkflowRun, then: Then, value: Any, taken: list[StepTaken], stops: Container[Node | None]
    ) -> Any:
        """From there to the end, or to one of ``stops``; the value that comes out."""
        came, where = value, "START"
        while then is not None and then not in stops:
            if type(then) is Node:
                node, came = then, value
                value = await self._visit(run, node, value, taken)
                then, where = node.then, node.name
            elif type(then) is Routes:
                said = value if then.call is None else await then.call(value)
                value = came if then.of_input else value
                then = then.way(said, where)
            else:
                assert isinstance(then, Split)
                value = await self._at_once(run, then, value, taken, stops)
                then = then.join
        return value

    async def _visit(self, run: WorkflowRun, node: Node, value: Any, taken: list[StepTaken]) -> Any:
        name, workflow = node.name, self.workflow
        self.count += 1
        if self.count > workflow.max_steps:
            raise RuntimeError(
                f"workflow {workflow.name!r} exceeded max_steps={workflow.max_steps} before step {name!r}; "
                "raise the cap, or look for a loop that its router never leaves"
            )
        visit = self.visits[name] = self.visits.get(name, 0) + 1
        if visit > workflow.max_visits_per_node:
            raise RuntimeError(
                f"workflow {workflow.name!r} re-entered step {name!r} more than {workflow.max_visits_per_node} times "
                "(max_visits_per_node); raise the cap, or look for a loop that its router never leaves"
            )
        one = StepTaken(name, visit)
        taken.append(one)
        run.begin_step(name, visit)
        try:
            one.output = await (node.call(value) if self.plain else self._seen(run, node, value, one))
            return one.output
        except StepStopped as stop:
            one.output = stop.output
            raise StepStopped(stop.output, f"{name}:{stop.reason}") from None
        finally:
            used = run.end_step()
            if used is not None:
                one.turns, one.usage = used.turns, used.cumulative_usage

    async def _at_once(
        self, run: WorkflowRun, split: Split, value: Any, taken: list[StepTaken], stops: Container[Node | None]
    ) -> Any:
        """Every way of a fan-out, side by side; their values in the order of the ways."""
        within = _Stops(split.join, stops)
        ways: list[list[StepTaken]] = [[] for _ in split.heads]
        jobs = [
            partial(self._walk, run.strand(place), split.heads[place], value, way, within)
            for place, way in enumerate(ways)
        ]
        try:
            values = await side_by_side(jobs, limit=split.limit)
        finally:
            for way in ways:
                taken += way
        return values if split.merge is None else await split.merge(values)

    # ---- what others see ------------------------------------------------------------------------------

    async def _seen(self, run: WorkflowRun, node: Node, value: Any, one: StepTaken) -> Any:
        """One step with everything that watches, signs, measures and journals it."""
        key = f"step {node.name} {one.visit}"
        named = {"workflow": self.workflow.name, "node": node.name}
        if run.audit_log is not None:
            await self._audit("step_started", named)
        if run.watched:
            began_at: dict[str, Any] = {"visit": one.visit, "offset_ms": run.timer.offset_ms(key)}
            if run.way:
                began_at["way"] = list(run.way)
            await self._tell(run, EventKind.WORKFLOW_STEP_STARTED, {**named, **began_at})
        began = perf_counter()
        try:
            output, stopped = await self._do(run, node, value, one), None
        except StepStopped as stop:
            output, stopped = stop.output, stop
        except Exception as exc:
            if run.audit_log is not None:
                await self._audit("step_failed", {**named, "error": f"{type(exc).__name__}: {exc}"})
            if run.watched:
                failed = {**self._figures(run, one, key, began), "error": str(exc), "type": type(exc).__name__}
                await self._tell(run, EventKind.WORKFLOW_STEP_FAILED, {**named, **failed})
            raise
        if run.audit_log is not None:
            await self._audit("step_completed", named)
        if run.watched:
            done = {**self._figures(run, one, key, began), "output": output}
            if stopped is not None:
                done["interrupted"] = stopped.reason
            await self._tell(run, EventKind.WORKFLOW_STEP_COMPLETED, {**named, **done})
        if stopped is not None:
            raise stopped
        return output

    async def _do(self, run: WorkflowRun, node: Node, value: Any, one: StepTaken) -> Any:
        async def once() -> Any:
            if run.runtime is None:
                return await node.call(value)
            if (lane := lane_of(run.runtime)) is not None:
                # Agents and workflows are made of steps of their own; trying them again repeats nothing.
                name = lane.counted(f"step_{node.name}")
                marks = not (is_runnable(node.thing) or hasattr(node.thing, "declared_workers"))
                return await lane.session.runtime.once(lane, name, node.call, (value,), marks=marks)
            return await run.runtime.step(f"{run.path}step_{node.name}_{one.visit}", node.call, value)

        if run.telemetry is None:
            return await once()
        async with run.telemetry.trace(
            "loom.workflow.step", step=node.name, pattern="workflow", workflow=self.workflow.name, **self._whose()
        ):
            return await once()

    def _figures(self, run: WorkflowRun, one: StepTaken, key: str, began: float) -> dict[str, Any]:
        """What a step has used, for its last event."""
        one.duration_ms = run.timer.since_ms(key, began)
        return {"visit": one.visit, "duration_ms": one.duration_ms, **run.used()}

    def _opening(self) -> dict[str, Any]:
        run = self.run
        parts = {
            "input": self.value,
            "user_id": run.context.user_id,
            "metadata": dict(run.context.metadata),
            "offset_ms": run.timer.offset_ms("run"),
        }
        return parts | ({"node": run.parent.step} if run.parent is not None and run.parent.step else {})

    async def _tell(self, run: WorkflowRun, kind: EventKind, parts: dict[str, Any]) -> None:
        event = run.event(kind, {"workflow": self.workflow.name, **parts})
        event.payload  # noqa: B018 (made now: the next step may change the very object that it tells of)
        await run.send(event)

    async def _audit(self, action: str, payload: dict[str, Any]) -> None:
        log, scope = self.run.audit_log, self.run.context
        assert log is not None
        await log.append(
            session_id=scope.session_id or "", actor="workflow", action=action, payload=payload, user_id=scope.user_id
        )

    def _whose(self) -> dict[str, Any]:
        return {"user_id": self.run.context.user_id, "session_id": self.run.context.session_id}

    def _tell_budgets(self, what: str) -> None:
        """Wall clocks count from the start of the outermost run; a budget that keeps one is told when that is."""
        for budget, user in self.run.budgets:
            method = getattr(budget, what, None)
            if method is not None:
                method(user_id=user)

    # ---- how it ends ----------------------------------------------------------------------------------

    def _result(self, output: Any) -> WorkflowResult:
        run, session, taken = self.run, self.run.session, self.taken
        assert session is not None
        return WorkflowResult(
            output,
            [one.node for one in taken],
            {one.node: one.output for one in taken},
            taken,
            self.workflow.name,
            session.id,
            run.context.run_id,
            run.context.user_id,
            session.turns,
            session.cumulative_usage,
            self.reason is not None,
            self.reason,
            ending(self.reason),
            self.started_at,
            utc_now(),
            run.timer.since_ms("run", self.began),
        )

    def _cancelled(self) -> None:
        """The last word of a run that was stopped, to those who watch."""
        self.reason = "cancelled"
        output = self.taken[-1].output if self.taken else None
        parts = {"workflow": self.workflow.name, "output": output, "result": self._result(output)}
        self.run.tell_at_once(EventKind.WORKFLOW_COMPLETED, parts)

    def _failed(self, exc: Exception) -> None:
        """Streams end with the failed step and the error itself; those who watch are told how the run ended."""
        self.run.tell_at_once(EventKind.ERROR, fault_parts(exc))


class _Stops:
    """Where a way ends: where its fan-out meets, or an outer one."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, inner: Node | None, outer: Container[Node | None]) -> None:
        self._inner = inner
        self._outer = outer

    def __contains__(self, node: object) -> bool:
        return node is self._inner or node in self._outer
