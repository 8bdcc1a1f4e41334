"""One run of an agent from prompt to result: scope, events, strategy, typed answer, memory, audit."""

from __future__ import annotations

import logging
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anyio

from loomlab.agent.structured import OutputSpec, output_spec
from loomlab.core.context import RunContext, installed
from loomlab.core.errors import MemoryStoreError, OutputValidationError
from loomlab.core.events import EventKind
from loomlab.core.ids import new_id
from loomlab.core.messages import Message, Role, utc_now
from loomlab.core.protocols import Telemetry
from loomlab.core.records import Span
from loomlab.core.results import EndReason, RunResult
from loomlab.core.session import AgentSession
from loomlab.runtime import Run, RunSettled, RunStopped, current_run
from loomlab.runtime.durable import scope as durable_scope
from loomlab.runtime.faults import ending, fault_parts

if TYPE_CHECKING:
    from loomlab.agent.agent import Agent


_log = logging.getLogger(__name__)
_NOWHERE = RunContext()


def _inherited() -> RunContext:
    above = current_run()
    return _NOWHERE if above is None else RunContext(user_id=above.context.user_id, metadata=above.context.metadata)


def scope(context: RunContext | None, user_id: str | None, session_id: str | None, metadata: Any) -> RunContext:
    """The context of a new run: explicit arguments beat ``context``; the run id is always new.

    A run inside a run (an agent called by a tool, say) is for the same user and has the same metadata, unless it says
    otherwise; its conversation is its own.
    """
    base = context or _inherited()
    ulid = new_id()
    return RunContext(
        user_id=base.user_id if user_id is None else user_id,
        session_id=session_id or base.session_id or f"sess_{ulid}",
        run_id=f"run_{ulid}",
        metadata=base.metadata if metadata is None else metadata,
    )


def _why(session: AgentSession) -> EndReason:
    if session.ended is not None:
        return session.ended
    if not session.interrupted:
        return EndReason.ANSWERED
    return ending(session.interruption_reason or "")


class Drive:
    """One run under way."""

    def __init__(self, agent: Agent, run: Run, prompt: str, schema: Any, retries: int) -> None:
        self.agent = agent
        self.run = run
        self.prompt = prompt
        self.spec: OutputSpec | None = None if schema is None else output_spec(schema)
        self.retries = retries
        self.session = AgentSession(id=run.context.session_id or "", instructions=agent.instructions)
        run.session = self.session
        if self.spec is not None:
            run.output_schema = self.spec.kind
            if not getattr(run.raw_model, "native_schema", False):
                self.session.instructions += self.spec.directive
                run.answer_form = self.spec.directive
        self.started_at: datetime = utc_now()
        self.began = perf_counter()
        self.parsed: Any = None
        self.span: Span | None = None

    async def go(self) -> RunResult:
        """Run to the end. Errors leave as they are, after an ERROR event."""
        run = self.run
        run.label(self.prompt)
        with run, installed(run.context):
            try:
                if run.runtime is None and run.telemetry is None:
                    return await self._work()
                async with AsyncExitStack() as stack:
                    if run.runtime is not None:
                        await stack.enter_async_context(durable_scope(run, self.agent.architecture.name, self.prompt))
                    if run.telemetry is not None:
                        self.span = await stack.enter_async_context(self._span(run.telemetry))
                    return await self._work()
            except anyio.get_cancelled_exc_class():
                self._cancelled()
                raise
            except Exception as exc:
                await self._failed(exc)
                raise
            finally:
                self._tell_budgets("end_run")
                if run.parent is not None and run.parent.session is not None:
                    run.parent.session.turns += self.session.turns

    def _span(self, telemetry: Telemetry) -> AbstractAsyncContextManager[Span]:
        run = self.run
        return telemetry.trace(
            "loom.run",
            agent=self.agent.name,
            run_id=run.context.run_id,
            session_id=self.session.id,
            user_id=run.context.user_id,
            max_turns=run.max_turns,
            model=run.raw_model.name,
            architecture=self.agent.architecture.name,
        )

    async def _work(self) -> RunResult:
        run, session, agent = self.run, self.session, self.agent
        await self._open()
        try:
            async for event in agent.architecture.run(session, run, self.prompt):
                if run.watched:
                    await run.send(event)
            if self.spec is not None and not session.interrupted:
                await self._fit(self.spec)
        except RunSettled:
            pass
        except RunStopped:
            session.interrupt("stopped")
        await self._remember()
        if agent.auto_consolidate:
            await self._consolidate()
        result = self._result()
        if run.telemetry is not None:
            run.traced.finished(self.span, run.telemetry, session, self.prompt, result)
            await run.telemetry.emit_metric(
                "loom.session.duration_ms", result.duration_ms or 0.0, user_id=run.context.user_id
            )
        if run.audit_log is not None:
            await self._audit(
                "system",
                "run_completed",
                turns=result.turns,
                interrupted=result.interrupted,
                tokens_in=result.tokens_in,
                tokens_out=result.tokens_out,
                cost_usd=result.cost_usd,
                elapsed_ms=result.duration_ms,
            )
        if run.watched:
            await run.emit(EventKind.COMPLETED, {"result": result})
        return result

    async def _open(self) -> None:
        run, agent = self.run, self.agent
        self._tell_budgets("begin_run")
        if run.audit_log is not None:
            await self._audit(
                "user",
                "run_started",
                prompt=self.prompt[:500],
                model=run.raw_model.name,
                max_turns=run.max_turns,
                architecture=agent.architecture.name,
            )
        if run.watched:
            await run.emit(
                EventKind.STARTED,
                {
                    "prompt": self.prompt,
                    "agent": agent.name,
                    "architecture": agent.architecture.name,
                    "model": run.raw_model.name,
                    "user_id": run.context.user_id,
                    "metadata": dict(run.context.metadata),
                    "offset_ms": run.timer.offset_ms("run"),
                    **({"node": run.parent.step} if run.parent is not None and run.parent.step else {}),
                },
            )

    def _tell_budgets(self, what: str) -> None:
        """Wall clocks count from the start of the outermost run; a budget that keeps one is told when that is."""
        if self.run.parent is None:
            for budget, user in self.run.budgets:
                method = getattr(budget, what, None)
                if method is not None:
                    method(user_id=user)

    async def _fit(self, spec: OutputSpec) -> None:
        """Make the answer fit the schema, asking again where it does not."""
        session = self.session
        left = self.retries
        talk: list[Message] = list(session.messages)
        while True:
            try:
                session.output, self.parsed = spec.parse(session.output)
                return
            except OutputValidationError as exc:
                if left < 1:
                    raise
                left -= 1
                if not talk or talk[-1].role is not Role.ASSISTANT or talk[-1].content != session.output:
                    talk.append(Message(role=Role.ASSISTANT, content=session.output))
                talk.append(Message(role=Role.USER, content=spec.feedback(exc)))
                reply = await self.run.ask(session, talk, role="repair", schema=spec.kind)
                session.output = reply.text
                talk.append(reply.message())

    async def _remember(self) -> None:
        run = self.run
        try:
            await run.remember(self.session, self.prompt, self.session.output)
        except MemoryStoreError as exc:
            # The answer is there; a store that is gone must not take it along. It is said where people look.
            _log.warning("this exchange could not be remembered: %s", exc)
            if run.watched:
                await run.emit(EventKind.ERROR, {"type": type(exc).__name__, "message": str(exc)})

    async def _consolidate(self) -> None:
        try:
            await self.run.memory.consolidate()
        except Exception as exc:  # the answer is there; a memory that cannot digest it must not take it away
            if self.run.watched:
                await self.run.emit(EventKind.ERROR, {"type": type(exc).__name__, "message": str(exc)})

    def _result(self, *, reason: str | None = None) -> RunResult:
        run, session = self.run, self.session
        usage = session.cumulative_usage
        if reason is not None:
            session.interrupt(reason)
        return RunResult(
            session_id=session.id,
            output=session.output,
            parsed=self.parsed,
            turns=session.turns,
            tokens_in=usage.input_tokens,
            tokens_out=usage.output_tokens,
            cost_usd=usage.cost_usd,
            started_at=self.started_at,
            finished_at=utc_now(),
            interrupted=session.interrupted,
            interruption_reason=session.interruption_reason,
            ended=_why(session),
            run_id=run.context.run_id,
            agent=self.agent.name,
            model=run.raw_model.name,
            architecture=self.agent.architecture.name,
            user_id=run.context.user_id,
            duration_ms=run.timer.since_ms("run", self.began),
        )

    def _cancelled(self) -> None:
        """The last word of a run that was stopped: what there is of an answer, to those who watch."""
        if not self.session.output:
            self.session.output = "".join(self.run.partial)
        self.run.tell_at_once(EventKind.COMPLETED, {"result": self._result(reason="cancelled")})

    async def _failed(self, exc: Exception) -> None:
        run = self.run
        if not run.watched:
            return
        await run.emit(EventKind.ERROR, fault_parts(exc))

    async def _audit(self, actor: str, action: str, **payload: Any) -> None:
        run = self.run
        assert run.audit_log is not None
        await run.audit_log.append(
            session_id=self.session.id, actor=actor, action=action, payload=payload, user_id=run.context.user_id
        )
