"""The gate, tried on the assembled agent: what is denied never runs, whoever denies it and however that fails."""

from typing import Any

import pytest

from loomlab import (
    Agent,
    HookRegistry,
    InMemoryAuditLog,
    Mode,
    PermissionDecision,
    ScriptedModel,
    ScriptedTurn,
    StandardPermissions,
    Tool,
    ToolCall,
    get_run_context,
    tool,
)
from loomlab.security import PerUserPermissions

pytestmark = pytest.mark.anyio

ARCHITECTURES = ["react", "self-refine"]


class Ran:
    """A destructive tool that remembers who ran it."""

    def __init__(self) -> None:
        self.by: list[str | None] = []

    def tool(self) -> Tool:
        @tool(destructive=True)
        async def erase(path: str) -> str:
            """Erase a file."""
            self.by.append(get_run_context().user_id)
            return f"erased {path}"

        return erase


def model(*calls: ToolCall) -> ScriptedModel:
    calls = calls or (ToolCall(id="c1", tool="erase", args={"path": "/tmp/x"}),)
    return ScriptedModel(
        [ScriptedTurn(tool_calls=list(calls)), ScriptedTurn(text="done"), ScriptedTurn(text="no issues")]
    )


async def results(agent: Agent, **options: Any) -> list[dict[str, Any]]:
    return [event.payload["result"] async for event in agent.stream("go", **options) if event.kind == "tool_result"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
async def test_a_destructive_tool_without_anyone_to_ask_never_runs(architecture: str) -> None:
    ran = Ran()
    agent = Agent("x", model=model(), tools=[ran.tool()], permissions=StandardPermissions(), architecture=architecture)
    (result,) = await results(agent)
    assert result["denied"] and "approval" in result["reason"]
    assert ran.by == []


@pytest.mark.parametrize("architecture", ARCHITECTURES)
async def test_a_registered_hook_does_not_count_as_approval(architecture: str) -> None:
    ran = Ran()
    agent = Agent("x", model=model(), tools=[ran.tool()], permissions=StandardPermissions(), architecture=architecture)
    seen: list[str] = []

    @agent.before_tool
    async def look(call: ToolCall) -> PermissionDecision:
        seen.append(call.tool)
        return PermissionDecision.allow_()

    @agent.after_tool
    async def look_after(call: ToolCall, result: Any) -> None:
        seen.append(f"after {call.tool}")

    (result,) = await results(agent)
    assert result["denied"] and ran.by == [] and seen[0] == "erase"


async def test_the_approval_handler_decides_and_knows_the_user() -> None:
    ran, asked = Ran(), []

    async def approve(call: ToolCall, user_id: str | None) -> bool:
        asked.append((call.tool, call.args, user_id))
        return user_id == "alice"

    for user, runs in (("alice", 1), ("bob", 0)):
        agent = Agent(
            "x", model=model(), tools=[ran.tool()], permissions=StandardPermissions(), approval_handler=approve
        )
        (result,) = await results(agent, user_id=user)
        assert result["ok"] is bool(runs) and result["denied"] is not bool(runs)
    assert ran.by == ["alice"]
    assert asked == [("erase", {"path": "/tmp/x"}, "alice"), ("erase", {"path": "/tmp/x"}, "bob")]


async def test_a_failing_approval_handler_denies() -> None:
    ran = Ran()

    async def broken(call: ToolCall, user_id: str | None) -> bool:
        raise RuntimeError("nobody home")

    agent = Agent("x", model=model(), tools=[ran.tool()], permissions=StandardPermissions(), approval_handler=broken)
    (result,) = await results(agent)
    assert result["denied"] and ran.by == []


async def test_a_raising_pre_hook_denies_and_the_run_goes_on() -> None:
    ran = Ran()
    agent = Agent("x", model=model(), tools=[ran.tool()])

    @agent.before_tool
    async def broken(call: ToolCall) -> PermissionDecision:
        raise ValueError("hook bug")

    answer = await agent.run("go")
    assert answer.output == "done" and ran.by == []


async def test_a_hook_that_hangs_denies() -> None:
    import anyio

    ran = Ran()
    agent = Agent("x", model=model(), tools=[ran.tool()], hooks=HookRegistry(hook_timeout_s=0.01))

    @agent.before_tool
    async def hangs(call: ToolCall) -> PermissionDecision:
        await anyio.sleep_forever()
        return PermissionDecision.allow_()

    (result,) = await results(agent)
    assert result["denied"] and ran.by == []


async def test_a_raising_permission_check_denies() -> None:
    class Broken:
        async def check(self, call: ToolCall, *, context: Any, user_id: str | None = None) -> PermissionDecision:
            raise RuntimeError("policy server is gone")

    ran = Ran()
    (result,) = await results(Agent("x", model=model(), tools=[ran.tool()], permissions=Broken()))
    assert result["denied"] and "policy server is gone" in result["reason"] and ran.by == []


async def test_a_failing_post_hook_changes_nothing_and_is_told() -> None:
    ran = Ran()

    class Hooks:
        async def pre_tool(self, call: ToolCall, *, user_id: str | None = None) -> PermissionDecision:
            return PermissionDecision.allow_()

        async def post_tool(self, call: ToolCall, result: Any) -> None:
            raise RuntimeError("post bug")

        async def on_event(self, event: Any) -> None:
            events.append(event)

    events: list[Any] = []
    agent = Agent("x", model=model(), tools=[ran.tool()], hooks=Hooks())
    assert (await agent.run("go", user_id="u")).output == "done"
    assert ran.by == ["u"]
    assert any(event.payload.get("name") == "hook.failed" for event in events)


async def test_policies_are_per_user_at_the_same_time() -> None:
    import anyio

    ran = Ran()
    erase = ran.tool()
    policies = PerUserPermissions(
        policies={"admin": StandardPermissions(mode=Mode.BYPASS)},
        default=StandardPermissions(denied_tools=["erase"]),
    )
    outcomes: dict[str, bool] = {}

    async def one(user: str) -> None:
        (result,) = await results(Agent("x", model=model(), tools=[erase], permissions=policies), user_id=user)
        outcomes[user] = result["ok"]

    async with anyio.create_task_group() as group:
        for user in ("admin", "guest", "other"):
            group.start_soon(one, user)
    assert outcomes == {"admin": True, "guest": False, "other": False}
    assert ran.by == ["admin"]


async def test_the_audit_log_tells_the_story_in_order_with_the_user() -> None:
    ran, log = Ran(), InMemoryAuditLog(secret="s")
    agent = Agent("x", model=model(), tools=[ran.tool()], permissions=StandardPermissions(), audit_log=log)
    await agent.run("go", user_id="alice", session_id="s1")
    entries = await log.query(user_id="alice")
    assert [one.action for one in entries] == ["run_started", "tool_call", "tool_result", "run_completed"]
    assert [one.actor for one in entries] == ["user", "model", "system", "system"]
    assert entries[1].payload["destructive"] is True
    assert entries[2].payload["denied"] is True
    assert {one.session_id for one in entries} == {"s1"}
    assert await log.query(user_id="bob") == []


async def test_a_model_cannot_talk_a_destructive_tool_harmless() -> None:
    ran = Ran()
    harmless = ToolCall(tool="erase", args={"path": "/"}, destructive=False)
    agent = Agent("x", model=model(harmless), tools=[ran.tool()], permissions=StandardPermissions())
    (result,) = await results(agent)
    assert result["denied"] and ran.by == []


async def test_parallel_calls_keep_their_order_and_one_denial_leaves_the_others() -> None:
    import anyio

    started, release = anyio.Event(), anyio.Event()

    @tool
    async def slow() -> str:
        """Waits for the other."""
        started.set()
        await release.wait()
        return "slow"

    @tool
    async def quick() -> str:
        """Lets the other go."""
        await started.wait()
        release.set()
        return "quick"

    calls = (ToolCall(id="1", tool="slow"), ToolCall(id="2", tool="quick"), ToolCall(id="3", tool="forbidden"))
    agent = Agent(
        "x", model=model(*calls), tools=[slow, quick], permissions=StandardPermissions(denied_tools=["forbidden"])
    )
    with anyio.fail_after(5):
        await agent.run("go")
    sent = agent.model.requests[1].messages[-3:]  # type: ignore[attr-defined]
    assert [(one.tool_call_id, one.content) for one in sent][:2] == [("1", "slow"), ("2", "quick")]
    assert sent[2].content.startswith("DENIED")


async def test_unreadable_arguments_become_an_error_the_model_sees() -> None:
    ran = Ran()
    broken = ToolCall(id="1", tool="erase", error="the arguments are not valid JSON: {path:")
    agent = Agent("x", model=model(broken), tools=[ran.tool()])
    (result,) = await results(agent)
    assert not result["ok"] and "not valid JSON" in result["error"] and ran.by == []


async def test_a_host_that_raises_gives_an_error_result() -> None:
    class Host:
        async def list_tools(self, *, query: str | None = None) -> list[Any]:
            return []

        async def call(self, name: str, args: Any, *, call_id: str = "") -> Any:
            raise OSError("socket gone")

        async def watch(self) -> Any:
            yield

    agent = Agent("x", model=model(), tools=Host())
    (result,) = await results(agent)
    assert result["error"] == "OSError: socket gone"


async def test_a_hook_may_ask_for_a_person_and_a_denial_elsewhere_still_wins() -> None:
    ran, asked = Ran(), []

    async def approve(call: ToolCall, user_id: str | None) -> bool:
        asked.append(call.tool)
        return True

    for permissions, runs in ((None, 1), (StandardPermissions(denied_tools=["erase"]), 0)):
        agent = Agent("x", model=model(), tools=[ran.tool()], permissions=permissions, approval_handler=approve)

        @agent.before_tool
        async def ask(call: ToolCall) -> PermissionDecision:
            return PermissionDecision.ask_("looks odd")

        (result,) = await results(agent)
        assert result["ok"] is bool(runs)
    assert len(ran.by) == 1 and asked == ["erase"]


@pytest.mark.filterwarnings("ignore:.*hook")
async def test_a_failing_post_hook_of_a_registry_is_told_in_the_stream() -> None:
    ran = Ran()
    agent = Agent("x", model=model(), tools=[ran.tool()])

    @agent.after_tool
    async def broken(call: ToolCall, result: Any) -> None:
        raise RuntimeError("post bug")

    names = [e.payload for e in [e async for e in agent.stream("go")] if e.payload.get("name") == "hook.failed"]
    assert len(names) == 1 and "post bug" in names[0]["error"]
