"""Hooks around tool calls: who may deny, what a failing one does, whose call it is."""

import threading
import warnings
from typing import Any

import anyio
import pytest

from loomlab.core import Event, PermissionDecision, RunContext, ToolCall, ToolResult, set_run_context
from loomlab.security import HookFailure, HookRegistry

pytestmark = pytest.mark.anyio

CALL = ToolCall(tool="write", args={"path": "a"})
RESULT = ToolResult.success(CALL.id, "done")


async def allow(call: ToolCall) -> PermissionDecision:
    return PermissionDecision.allow_()


async def deny(call: ToolCall) -> PermissionDecision:
    return PermissionDecision.deny_("no writing")


async def test_no_hooks_allow() -> None:
    hooks = HookRegistry()
    assert (await hooks.pre_tool(CALL)).allow
    assert not hooks.has_tool_hooks
    assert not hooks.has_event_hooks


async def test_registering_gives_the_hook_back_and_is_noticed() -> None:
    hooks = HookRegistry()
    assert hooks.register_pre_tool(allow) is allow
    assert hooks.has_tool_hooks
    assert not hooks.has_event_hooks
    other = HookRegistry()

    @other.register_post_tool
    def seen(call: ToolCall, result: ToolResult) -> None: ...

    assert other.has_tool_hooks

    @other.register_event
    def heard(event: Event) -> None: ...

    assert other.has_event_hooks
    assert (hooks.pre_tool_hooks, other.post_tool_hooks, other.event_hooks) == ([allow], [seen], [heard])


async def test_the_first_denial_wins_and_later_hooks_are_not_asked() -> None:
    asked: list[str] = []

    def first(call: ToolCall) -> None:
        asked.append("first")

    def third(call: ToolCall) -> None:
        asked.append("third")

    said = await HookRegistry([first, deny, third]).pre_tool(CALL)
    assert said == PermissionDecision.deny_("no writing")
    assert asked == ["first"]


async def test_a_hook_that_wants_a_person_asked_is_heard_unless_another_denies() -> None:
    async def ask(call: ToolCall) -> PermissionDecision:
        return PermissionDecision.ask_("sure?")

    assert (await HookRegistry([ask, allow]).pre_tool(CALL)).ask
    assert (await HookRegistry([ask, deny]).pre_tool(CALL)).deny


@pytest.mark.parametrize(
    ("answer", "allowed"), [(None, True), (True, True), (False, False), ("allow", False), (1, False), ({}, False)]
)
async def test_only_a_clear_answer_allows(answer: Any, allowed: bool) -> None:
    async def hook(call: ToolCall) -> Any:
        return answer

    said = await HookRegistry([hook]).pre_tool(CALL)
    assert said.allow is allowed
    assert allowed or "hook" in str(said.reason)


async def test_a_hook_that_raises_denies_with_the_reason() -> None:
    def broken(call: ToolCall) -> None:
        raise RuntimeError("the rules are gone")

    said = await HookRegistry([broken]).pre_tool(CALL)
    assert said.deny
    assert "broken raised RuntimeError: the rules are gone" in str(said.reason)


async def test_a_hook_that_takes_too_long_denies_whether_async_or_plain() -> None:
    gate = threading.Event()

    async def forever(call: ToolCall) -> None:
        await anyio.sleep_forever()

    def stuck(call: ToolCall) -> None:
        gate.wait(10)

    try:
        for hook in (forever, stuck):
            said = await HookRegistry([hook], hook_timeout_s=0.02).pre_tool(CALL)
            assert said.deny
            assert "did not answer within 0.02 s" in str(said.reason)
    finally:
        gate.set()


async def test_a_hook_with_the_wrong_parameters_denies() -> None:
    def wrong() -> None: ...

    assert (await HookRegistry([wrong]).pre_tool(CALL)).deny


async def test_plain_hooks_run_in_a_thread_and_async_ones_on_the_loop() -> None:
    where: list[bool] = []

    def plain(call: ToolCall) -> None:
        where.append(threading.current_thread() is threading.main_thread())

    async def on_loop(call: ToolCall) -> None:
        where.append(threading.current_thread() is threading.main_thread())

    class Both:
        async def __call__(self, call: ToolCall) -> None:
            where.append(threading.current_thread() is threading.main_thread())

    assert (await HookRegistry([plain, on_loop, Both()]).pre_tool(CALL)).allow
    assert where == [False, True, True]


async def test_hooks_that_take_a_user_get_the_right_one_of_two() -> None:
    seen: list[tuple[str, Any]] = []

    async def pre(call: ToolCall, user_id: str | None = None) -> None:
        seen.append(("pre", user_id))

    async def post(call: ToolCall, result: ToolResult, *, user_id: str | None) -> None:
        seen.append(("post", user_id))

    def event(event: Event, **rest: Any) -> None:
        seen.append(("event", rest["user_id"]))

    hooks = HookRegistry([pre], [post], [event])
    for user in ("alice", "bob"):
        async with set_run_context(RunContext(user_id=user)):
            await hooks.pre_tool(CALL, user_id=user)
            await hooks.post_tool(CALL, RESULT)
            await hooks.on_event(Event.started("s", "hi"))
    assert seen == [(kind, user) for user in ("alice", "bob") for kind in ("pre", "post", "event")]


async def test_a_failing_post_or_event_hook_disturbs_nobody_and_is_warned_of_once() -> None:
    seen: list[str] = []

    def broken(*args: Any) -> None:
        raise RuntimeError("oops")

    def fine(call: ToolCall, result: ToolResult) -> None:
        seen.append(str(result.output))

    hooks = HookRegistry(post_tool_hooks=[broken, fine], event_hooks=[broken])
    with pytest.warns(RuntimeWarning, match="raised RuntimeError: oops; the run goes on"):
        await hooks.post_tool(CALL, RESULT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await hooks.post_tool(CALL, RESULT)
        await hooks.on_event(Event.started("s", "hi"))
    assert seen == ["done", "done"]


async def test_failures_can_be_had_instead_of_warnings() -> None:
    async def slow(*args: Any) -> None:
        await anyio.sleep_forever()

    hooks = HookRegistry(post_tool_hooks=[slow], event_hooks=[slow], hook_timeout_s=0.01)
    expected = [HookFailure(slow.__qualname__.replace("<locals>.", ""), "did not answer within 0.01 s")]
    assert await hooks.run_post_tool(CALL, RESULT) == expected
    assert await hooks.run_event(Event.started("s", "hi")) == expected


async def test_cancelling_a_run_goes_through_a_hook() -> None:
    async def forever(call: ToolCall) -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0.01) as scope:
        await HookRegistry([forever]).pre_tool(CALL)
    assert scope.cancelled_caught


async def test_two_registries_do_not_share_hooks() -> None:
    HookRegistry().register_pre_tool(deny)
    assert (await HookRegistry().pre_tool(CALL)).allow
