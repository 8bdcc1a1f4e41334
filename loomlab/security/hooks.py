"""Code that looks at every tool call before and after it, and at every event of a run."""

import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import anyio

from loomlab.core import Event, PermissionDecision, ToolCall, ToolResult, get_run_context
from loomlab.security.callables import call_user_code, name_of, takes_keyword

PreToolHook = Callable[..., Awaitable[PermissionDecision | None] | PermissionDecision | None]
"""``hook(call)`` or ``hook(call, user_id=…)``: a denial stops the call, None means no opinion."""

PostToolHook = Callable[..., Awaitable[None] | None]
"""``hook(call, result)`` or ``hook(call, result, user_id=…)``: sees what came of a call."""

EventHook = Callable[..., Awaitable[None] | None]
"""``hook(event)`` or ``hook(event, user_id=…)``: sees an event."""

_Hook = TypeVar("_Hook", bound=Callable[..., Any])


class HookFailure(NamedTuple):
    """A hook that raised or took too long: its name, and the error in words."""

    hook: str
    error: str


@dataclass
class HookRegistry:
    """The hooks of an agent. Async functions run as they are, plain ones in a thread.

    A hook may take ``user_id=`` too. Each has ``hook_timeout_s`` seconds. A pre-tool hook that raises, takes too long
    or answers with anything but a PermissionDecision, True, False or None denies the call; a post-tool or event hook
    that fails is reported and never disturbs the run.
    """

    pre_tool_hooks: list[PreToolHook] = field(default_factory=list)
    post_tool_hooks: list[PostToolHook] = field(default_factory=list)
    event_hooks: list[EventHook] = field(default_factory=list)
    hook_timeout_s: float = 5.0
    _wants_user: dict[int, tuple[Any, bool]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _reported: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def register_pre_tool(self, hook: _Hook) -> _Hook:
        """Ask ``hook`` before every tool call; returns it, so it serves as a decorator."""
        self.pre_tool_hooks.append(hook)
        return hook

    def register_post_tool(self, hook: _Hook) -> _Hook:
        """Show ``hook`` every call and its result."""
        self.post_tool_hooks.append(hook)
        return hook

    def register_event(self, hook: _Hook) -> _Hook:
        """Show ``hook`` every event of a run."""
        self.event_hooks.append(hook)
        return hook

    @property
    def has_tool_hooks(self) -> bool:
        """There is a hook around tool calls."""
        return bool(self.pre_tool_hooks or self.post_tool_hooks)

    @property
    def has_event_hooks(self) -> bool:
        """There is a hook on events."""
        return bool(self.event_hooks)

    async def pre_tool(self, call: ToolCall, *, user_id: str | None = None) -> PermissionDecision:
        """Ask the hooks in order; the first denial wins, then the first "ask", else the call is allowed."""
        verdict = PermissionDecision.allow_()
        for hook in tuple(self.pre_tool_hooks):
            answer, failure = await self._call(hook, (call,), user_id)
            decision = (
                PermissionDecision.deny_(f"hook {failure.hook} {failure.error}") if failure else _decision(hook, answer)
            )
            if decision.deny:
                return decision
            if decision.ask and verdict.allow:
                verdict = decision
        return verdict

    async def post_tool(self, call: ToolCall, result: ToolResult) -> None:
        """Show the hooks a result; a failing hook is warned of once."""
        self._warn(await self.run_post_tool(call, result))

    async def on_event(self, event: Event) -> None:
        """Show the hooks an event; a failing hook is warned of once."""
        self._warn(await self.run_event(event))

    async def run_post_tool(self, call: ToolCall, result: ToolResult) -> list[HookFailure]:
        """Show the hooks a result, and tell which of them failed."""
        return await self._show(self.post_tool_hooks, (call, result))

    async def run_event(self, event: Event) -> list[HookFailure]:
        """Show the hooks an event, and tell which of them failed."""
        return await self._show(self.event_hooks, (event,))

    async def _show(self, hooks: list[Any], args: tuple[Any, ...]) -> list[HookFailure]:
        user_id = get_run_context().user_id
        called = [await self._call(hook, args, user_id) for hook in tuple(hooks)]
        return [failure for _, failure in called if failure]

    async def _call(self, hook: Any, args: tuple[Any, ...], user_id: str | None) -> tuple[Any, HookFailure | None]:
        keywords = {"user_id": user_id} if self._takes_user(hook) else {}
        try:
            with anyio.move_on_after(self.hook_timeout_s):
                return await call_user_code(hook, *args, **keywords), None
        except Exception as exc:  # a hook's fault is told, never raised into the run
            return None, HookFailure(name_of(hook), f"raised {type(exc).__name__}: {exc}")
        return None, HookFailure(name_of(hook), f"did not answer within {self.hook_timeout_s:g} s")

    def _takes_user(self, hook: Any) -> bool:
        known = self._wants_user.get(id(hook))
        if known is None or known[0] is not hook:
            known = self._wants_user[id(hook)] = (hook, takes_keyword(hook, "user_id"))
        return known[1]

    def _warn(self, failures: list[HookFailure]) -> None:
        for failure in failures:
            if failure.hook not in self._reported:
                self._reported.add(failure.hook)
                warnings.warn(f"hook {failure.hook} {failure.error}; the run goes on", RuntimeWarning, stacklevel=3)


def _decision(hook: Any, answer: Any) -> PermissionDecision:
    if answer is None or answer is True:
        return PermissionDecision.allow_()
    if isinstance(answer, PermissionDecision):
        return answer
    if answer is False:
        return PermissionDecision.deny_(f"hook {name_of(hook)} said no")
    return PermissionDecision.deny_(
        f"hook {name_of(hook)} answered with {type(answer).__name__}; it takes a PermissionDecision or None"
    )
