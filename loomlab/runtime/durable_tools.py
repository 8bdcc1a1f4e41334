"""A tool call as a step of a durable run: replayed where its result is known, with care where it was cut off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from loomlab.core.events import EventKind
from loomlab.core.messages import ToolCall, ToolResult
from loomlab.core.steps import STEP
from loomlab.runtime.lanes import Lane, lane_of
from loomlab.security.approval import ask_approval

if TYPE_CHECKING:
    from loomlab.runtime.run import Run

ASKED = "it was begun before the run was cut off, and may have taken effect already: run it again?"
REFUSED = "it may have taken effect before the run was cut off, and was not run again: {reason}"


class ToolStep:
    """One tool call's place. ``known``: what came of it is in the journal."""

    __slots__ = ("_lane", "_outer", "known", "name", "session")

    def __init__(self, lane: Lane, name: str, known: bool) -> None:
        self._outer = lane
        self._lane = Lane(lane.session, f"{name}/")
        self.session = lane.session
        self.name = name
        self.known = known

    def enter(self) -> None:
        """What happens from now on is inside of this step."""
        STEP.set(self._lane)

    def leave(self) -> None:
        """It is over."""
        STEP.set(self._outer)

    def recorded(self, call: ToolCall) -> ToolResult:
        """What came of it, for the call as it is made now."""
        result: ToolResult = self.session.outcome(self.name)[1]
        return result if result.call_id == call.id else result.model_copy(update={"call_id": call.id})

    async def keep(self, result: ToolResult) -> ToolResult:
        """Keep what came of it."""
        await self.session.keep(self.name, result)
        return result

    async def may_begin(self, run: Run, call: ToolCall) -> None:
        """Raise UnknownOutcome where this call must not be made again and there is nobody to ask."""
        if not self.known and self.session.begun(self.name) and await self._policy(run, call) == "stop":
            raise self.session.runtime.unknown(self.session, self.name, f"the tool {call.tool!r}")

    async def perform(self, run: Run, call: ToolCall, tool: Callable[[], Awaitable[ToolResult]]) -> ToolResult:
        """Run the tool, and keep its result; ask or stop first where an earlier try was cut off."""
        self.session.live()
        policy = await self._policy(run, call)
        if policy != "retry":
            if self.session.begun(self.name):
                refused = await self._again(run, call)
                if refused is not None:
                    return await self.keep(refused)
            else:
                await self.session.begin(self.name)
        try:
            result = await tool()
        except Exception as exc:  # a host that breaks its word must not end the run
            result = ToolResult.error_(call.id, f"{type(exc).__name__}: {exc}")
        return await self.keep(result)

    @staticmethod
    async def _changes_things(run: Run, call: ToolCall) -> bool:
        if call.is_destructive():
            return True
        if not run.tool_defs:
            await run.list_tools()
        definition = run.tool_defs.get(call.tool)
        return definition is not None and definition.destructive

    async def _policy(self, run: Run, call: ToolCall) -> str:
        runtime: Any = self.session.runtime
        policy: str = runtime.policy(self.session, destructive=await self._changes_things(run, call))
        return "stop" if policy == "ask" and run.approval_handler is None else policy

    async def _again(self, run: Run, call: ToolCall) -> ToolResult | None:
        """Whether a person lets it run once more: None for yes, else what the model is told instead."""
        if run.watched:
            await run.emit(EventKind.PERMISSION_ASK, {"call": call, "reason": ASKED})
        # What was allowed for good was not asked with this in mind.
        handler = getattr(run.approval_handler, "handler", run.approval_handler)
        decision = await ask_approval(handler, call, run.context.user_id, reason=ASKED)
        if run.watched:
            said = {"decision": "allow" if decision.allow else "deny", "reason": decision.reason, "by": "approval"}
            await run.emit(EventKind.PERMISSION_DECISION, {"call_id": call.id, "tool": call.tool, **said})
        return None if decision.allow else ToolResult.denied_(call.id, REFUSED.format(reason=decision.reason))


async def tool_steps(run: Run, calls: Sequence[ToolCall]) -> list[ToolStep] | None:
    """The next tool calls of this strand as steps; None where the runtime keeps no journal of ours.

    Raises UnknownOutcome before any of them begins, where one must not be made again.
    """
    lane = lane_of(run.runtime)
    if lane is None:
        return None
    steps = [ToolStep(lane, name, await lane.session.knows(name)) for name in lane.tool_calls(len(calls))]
    for step, call in zip(steps, calls, strict=True):
        await step.may_begin(run, call)
    return steps
