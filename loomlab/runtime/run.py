"""One run: what a strategy holds, and the five verbs by which it acts on the world.

``ask`` a model, ``act`` with tools, ``recall`` and ``remember``, ``delegate`` to another agent. Each verb
passes the one place that guards it (the accountant, the gate); there is no other way to a model or a tool.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, cast

from loomlab.core.context import RunContext
from loomlab.core.errors import ConfigError
from loomlab.core.events import Event, EventKind
from loomlab.core.messages import Message, Role, ToolCall, ToolDef, ToolResult, Usage
from loomlab.core.observers import Observer, current_observers
from loomlab.core.paying import PAYER
from loomlab.core.protocols import (
    ApprovalHandler,
    AuditLog,
    Budget,
    EmitCallback,
    HookHost,
    Memory,
    Model,
    Permissions,
    Runtime,
    Telemetry,
    ToolHost,
)
from loomlab.core.remembered import Fact
from loomlab.core.results import RunResult
from loomlab.core.session import AgentSession
from loomlab.core.steps import STEP
from loomlab.governance import NoBudget, RetryPolicy
from loomlab.observability import NoTelemetry
from loomlab.runtime import accountant, delegation, gate, recollection
from loomlab.runtime.channel import Channel
from loomlab.runtime.inproc import InProcRuntime
from loomlab.runtime.offered import OfferedTool, by_name, shown
from loomlab.runtime.reply import Recalled, Reply, RunStopped
from loomlab.runtime.stopwatch import Timer
from loomlab.runtime.surroundings import surroundings
from loomlab.runtime.telling import Telling
from loomlab.runtime.views import GatedTools, MeteredModel
from loomlab.security import AllowAll

if TYPE_CHECKING:
    from loomlab.runtime.certified import ValuePolicies


def current_run() -> Run | None:
    """The run we are in, None outside any."""
    return cast("Run | None", PAYER.get())


class Run(Telling):
    """What an architecture receives as ``deps``. A layer that is a no-op is None here and costs nothing."""

    step = ""
    """Of a run that goes through named steps: the one under way, for the runs that begin inside it."""

    lends: Memory | None = None
    """A memory for the agents below that were given none of their own."""

    held_to: tuple[ValuePolicies, ...] = ()
    """What the certified values of its tools are held to: its own policies and those of the runs above."""

    def __init__(
        self,
        *,
        model: Model,
        memory: Memory,
        tools: ToolHost,
        runtime: Runtime | None = None,
        budget: Budget | None = None,
        permissions: Permissions | None = None,
        hooks: HookHost | None = None,
        telemetry: Telemetry | None = None,
        audit_log: AuditLog | None = None,
        max_turns: int = 50,
        approval_handler: ApprovalHandler | None = None,
        output_schema: Any = None,
        streaming: bool = False,
        context: RunContext | None = None,
        retry_policy: RetryPolicy | None = None,
        name: str = "agent",
        emit: EmitCallback | None = None,
        channel: Channel[Event] | None = None,
        observers: Sequence[Observer] = (),
        model_for: Callable[[Any], Model] | None = None,
        offered: Sequence[OfferedTool] = (),
        values: ValuePolicies | None = None,
    ) -> None:
        above = current_run()
        self.parent: Run | None = None if above is None else above.inner()
        self.context = context or RunContext()
        self.name = name
        self.model_for = model_for
        self.raw_model = model
        self.memory = memory
        self.raw_tools = tools
        lane = STEP.get()
        # Below a durable run, or in a session scoped by hand, all that happens stands in one journal.
        self.runtime: Any = lane.session.runtime if lane is not None and lane.session.is_open else runtime
        if type(self.runtime) is InProcRuntime:
            self.runtime = None
        self.budget = None if budget is None or type(budget) is NoBudget else budget
        self.permissions = None if permissions is None or type(permissions) is AllowAll else permissions
        self.tool_hooks = hooks if hooks is not None and getattr(hooks, "has_tool_hooks", True) else None
        self.event_hooks = hooks if hooks is not None and getattr(hooks, "has_event_hooks", True) else None
        self.telemetry = None if telemetry is None or type(telemetry) is NoTelemetry else telemetry
        self.audit_log = audit_log
        self.max_turns = max_turns
        self.asked = 0
        self.answer_form = ""
        self.approval_handler = approval_handler
        self.output_schema = output_schema
        self.retry_policy = retry_policy
        self.session: AgentSession | None = None
        self.calls = 0
        self.partial: list[str] = []
        self.sent: dict[str, int] = {}
        self.warned: set[str] = set()
        self.tool_defs: dict[str, ToolDef] = {}
        self._listed: list[ToolDef] | None = None
        self._shown: list[ToolDef] = []
        self.offered: dict[str, OfferedTool] = by_name({}, offered) if offered else {}
        self.leaving: Exception | None = None
        self.suffixes: dict[str, int] = {}
        self._emit = emit
        self._channel = channel
        if self.parent is not None:
            self.lends = self.parent.lends
            self.telemetry = self.telemetry or self.parent.telemetry
            self.held_to = self.parent.held_to
        if values is not None:
            self.held_to = (values, *self.held_to)
        self._parent_run_id = self.parent.context.run_id if self.parent is not None else None
        watching = (*(self.parent.observers if self.parent is not None else ()), *current_observers(), *observers)
        self.observers: tuple[Observer, ...] = tuple({id(one): one for one in watching}.values()) if watching else ()
        self.forwards = self.parent is not None and self.parent.heard
        self.heard: bool = emit is not None or channel is not None or self.event_hooks is not None or self.forwards
        # The common case of a stream: one listener, straight into its channel, once for every token.
        self._only = channel if self.event_hooks is None and not self.forwards else None
        self.watched = self.heard or bool(self.observers)
        self.streaming: bool = (
            streaming
            or emit is not None
            or channel is not None
            or (self.parent is not None and self.parent.streaming)
            or any(one.wants_chunks for one in self.observers)
        )
        self.guarded = self.tool_hooks is not None or self.permissions is not None or audit_log is not None
        self.around = surroundings()
        self.budgets: tuple[tuple[Budget, str | None], ...] = self.parent.budgets if self.parent is not None else ()
        if self.around is not None and self.parent is None:
            self.budgets = tuple((one, self.context.user_id) for one in self.around.budgets)
        if self.budget is not None and all(one is not self.budget for one, _ in self.budgets):
            self.budgets = ((self.budget, self.context.user_id), *self.budgets)
        self.timer: Timer = Timer(model, self.parent.timer if self.parent is not None else None)

    # ---- the five verbs -------------------------------------------------------------------------

    async def ask(
        self,
        session: AgentSession,
        messages: Sequence[Message] | None = None,
        *,
        role: str = "agent",
        tools: bool | Sequence[ToolDef] = False,
        schema: Any = None,
        model: Model | str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
    ) -> Reply:
        """One model call, over ``messages`` (default: the session's). ``tools=True`` shows the run's tools.

        ``role`` says who in the strategy asks (agent, critic, planner …) and is what costs are split by.
        ``schema`` asks for JSON of that pydantic type; ``model`` (or its name) answers instead of the agent's. Raises
        ``RunStopped`` when the budget is spent or the cap on turns is reached, and the model's own ``ModelError`` when
        it fails for good.
        """
        # A repair belongs to an answer that is there already, and has a cap of its own.
        if role != "repair":
            if self.turns_left < 1:
                self._stop("max_turns_exceeded", session)
            self.asked += 1
        made = 1
        try:
            return await accountant.ask(
                self,
                session,
                session.messages if messages is None else messages,
                role=role,
                tools=(await self.list_tools() if tools else None) if isinstance(tools, bool) else tools,
                schema=schema,
                model=self._resolved(model),
                temperature=temperature,
                max_tokens=max_tokens,
            )
        except RunStopped:
            made = 0
            raise
        finally:
            # A strategy may hold a conversation aside; its turns, and why it was stopped, are the run's all the same.
            if self.session is not None and self.session is not session:
                self.session.turns += made
                if session.interrupted:
                    self.session.interrupt(session.interruption_reason or "stopped")

    @property
    def turns_left(self) -> int:
        """How many model calls this run may still make; a sub-run has a cap of its own."""
        return self.max_turns - self.asked

    def _stop(self, reason: str, session: AgentSession) -> NoReturn:
        for one in (session, self.session):
            if one is not None:
                one.interrupt(reason)
        raise RunStopped(reason)

    def _resolved(self, model: Model | str | None) -> Model:
        if model is None:
            return self.raw_model
        if not isinstance(model, str):
            return model
        if self.model_for is None:
            raise ConfigError(f"the model {model!r} is a name, and this run cannot resolve names: give a Model")
        return self.model_for(model)

    async def act(self, session: AgentSession, calls: Sequence[ToolCall]) -> list[ToolResult]:
        """Try the tool calls, several at once, through the gate; one result each, in order. Never raises for a tool."""
        return await gate.act(self, session, calls)

    async def recall(self, session: AgentSession, query: str) -> Recalled:
        """What memory knows for ``query``, and this session's conversation so far."""
        work = recollection.recall(self, session, query)
        return await (work if self.telemetry is None else self.traced.recall(self, query, work))

    async def remember(self, session: AgentSession, prompt: str, output: str) -> None:
        """Keep an exchange."""
        work = recollection.remember(self, session, prompt, output)
        await (work if self.telemetry is None else self.traced.remember(self, work))

    async def delegate(
        self,
        session: AgentSession,
        agent: Any,
        prompt: str,
        *,
        suffix: str,
        offering: Sequence[OfferedTool] = (),
        **options: Any,
    ) -> RunResult:
        """Run another agent for this run: its user, metadata, budget and watchers are this run's.

        ``suffix`` names the worker's own session, derived from this one (``<session>__<suffix>``), fresh each time.
        Usage and turns count in this run; a worker's error is raised unwrapped; ``offering`` adds tools to its run.
        """
        return await delegation.delegate(self, session, agent, prompt, suffix, offering, options)

    # ---- for what works below the run (see core/paying.py) ------------------------------------------

    async def ask_as(self, role: str, model: Model, messages: Sequence[Message], *, schema: Any = None) -> str:
        """A model call that this run pays for though no strategy makes it; no turn, and no reason to end the run."""
        return await accountant.ask_aside(self, role, model, messages, schema)

    async def count(self, role: str, model: str, usage: Usage) -> None:
        """Put a call that was already made on this run's bill."""
        await accountant.count(self, role, model, usage)

    def tool_outputs(self) -> list[str]:
        """What tools have returned in this run so far, as the model read it."""
        messages = self.session.messages if self.session is not None else ()
        return [one.content for one in messages if one.role is Role.TOOL]

    async def wrote_facts(self, facts: Sequence[Fact]) -> None:
        """Tell those who watch that facts went into memory."""
        if self.watched:
            await recollection.tell_facts(self, facts)

    # ---- what a strategy may also want ------------------------------------------------------------

    @property
    def model(self) -> MeteredModel:
        """The model for code that calls ``complete`` or ``stream`` itself: each call passes the accountant."""
        return MeteredModel(self)

    @property
    def tools(self) -> GatedTools:
        """The tools for code that calls them itself: each call passes the gate."""
        return GatedTools(self)

    async def list_tools(self) -> list[ToolDef]:
        """The tools that the model may be shown."""
        listed = await self.raw_tools.list_tools()
        if listed is not self._listed:
            self._listed = listed
            self._shown = shown(listed, self.offered)
            self.tool_defs = {one.name: one for one in self._shown}
        return self._shown

    @contextmanager
    def offering(self, *tools: OfferedTool) -> Iterator[None]:
        """Add a strategy's own tools to those of the run, for the block; they pass the gate like any other."""
        outer = self.offered
        self._offer(by_name(outer, tools))
        try:
            yield
        finally:
            self._offer(outer)

    def _offer(self, tools: dict[str, OfferedTool]) -> None:
        self.offered, self._listed, self.tool_defs = tools, None, {}

    def leave(self, reason: Exception) -> None:
        """From within an offered tool: raise ``reason`` out of ``act`` once the calls under way are done."""
        if self.leaving is None:
            self.leaving = reason

    async def once(self, name: str, fn: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        """A side effect of a strategy's own (keeping a lesson, say); a durable runtime does it once."""
        if self.runtime is None:
            return await fn(*args, **kwargs)
        return await self.runtime.step(name, fn, *args, **kwargs)

    def note(self, session: AgentSession, name: str, **data: Any) -> Event:
        """An event of a strategy, to be yielded: ``yield deps.note(session, "plan.created", steps=3)``."""
        return self.event(EventKind.ARCHITECTURE_EVENT, {"name": name, **data}, session.id)

    @property
    def traced(self) -> Any:
        """What is told to telemetry (``traced.py``; only a run that has one loads it)."""
        from loomlab.runtime import traced

        return traced

    # ---- scope ------------------------------------------------------------------------------------

    def label(self, text: str) -> None:
        """Tell this run's measured figures from those of the runs beside it: by what it is given, and in which step."""
        above = self.parent
        self.timer.label(text, outer=None if above is None else above.timer, step="" if above is None else above.step)

    def inner(self) -> Run:
        """What a run that begins now has above it; a run with steps gives the step that is under way."""
        return self

    def __enter__(self) -> Run:
        PAYER.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        PAYER.set(self.parent)
