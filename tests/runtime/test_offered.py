"""Tools of a strategy: the same gate as any tool, but their errors are the strategy's and their steps their own."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest

from loomlab import Agent, ConfigError, Event, InProcRuntime, ScriptedModel, ToolCall, tool
from loomlab.core import PermissionDecision
from loomlab.core.messages import ToolDef, ToolResult
from loomlab.runtime import OfferedTool, Run, RunSettled, RunStopped

pytestmark = pytest.mark.anyio


class Offering:
    """A strategy that offers tools and calls them as it is told."""

    name = "offering"

    def __init__(self, calls: list[str], **tools: Callable[[Run, ToolCall], Any]) -> None:
        self.calls = [ToolCall(tool=name, id=f"{number}_{name}") for number, name in enumerate(calls)]
        self.tools = [OfferedTool(ToolDef(name=name, description=name), fn) for name, fn in tools.items()]

    async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
        before = [one.name for one in await deps.list_tools()]
        with deps.offering(*self.tools):
            shown = [one.name for one in await deps.list_tools()]
            results = await deps.act(session, self.calls)
        assert [one.name for one in await deps.list_tools()] == before
        session.output = " ".join([*shown, *(one.for_model() for one in results)])
        yield deps.note(session, "offering.done")

    def declared_workers(self) -> dict[str, Any]:
        return {}


async def fine(run: Run, call: ToolCall) -> ToolResult:
    return ToolResult.success(call.id, f"fine for {run.context.user_id}")


def agent(strategy: Offering, **options: Any) -> Agent:
    return Agent("x", model=ScriptedModel(), architecture=strategy, **options)


@tool
async def own() -> str:
    """Own."""
    return "own"


async def test_they_are_listed_with_the_agent_s_own_and_go_when_the_block_is_over() -> None:
    result = await agent(Offering(["offered", "own"], offered=fine), tools=[own]).run("go", user_id="ana")
    assert result.output == "own offered fine for ana own"


async def test_permissions_see_them() -> None:
    class Never:
        async def check(self, call: ToolCall, *, context: Any, user_id: str | None = None) -> PermissionDecision:
            assert call.tool_def is not None and call.tool_def.description == "offered"
            return PermissionDecision.deny_("no")

    result = await agent(Offering(["offered"], offered=fine), permissions=Never()).run("go")
    assert result.output == "offered DENIED: no"


async def test_names_are_unique() -> None:
    with pytest.raises(ConfigError, match="'own'"):
        await agent(Offering([], own=fine), tools=[own]).run("go")


async def test_their_calls_are_not_journaled_but_those_of_other_tools_are() -> None:
    steps: list[str] = []

    class Journal(InProcRuntime):
        async def step(self, name: str, fn: Any, *args: Any, **kwargs: Any) -> Any:
            steps.append(name)
            return await super().step(name, fn, *args, **kwargs)

    await agent(Offering(["offered", "own"], offered=fine), tools=[own], runtime=Journal()).run("go")
    assert [one for one in steps if one.startswith("tool_call")] == ["tool_call_0_1"]


async def test_what_they_raise_stops_their_neighbours_and_leaves_unwrapped() -> None:
    stopped = anyio.Event()

    async def waits(run: Run, call: ToolCall) -> ToolResult:
        try:
            await anyio.sleep_forever()
        finally:
            stopped.set()
        return ToolResult.success(call.id, "")

    async def breaks(run: Run, call: ToolCall) -> ToolResult:
        await anyio.lowlevel.checkpoint()
        raise ZeroDivisionError("oh")

    with anyio.fail_after(5), pytest.raises(ZeroDivisionError, match="oh"):
        await agent(Offering(["waits", "breaks"], waits=waits, breaks=breaks)).run("go")
    assert stopped.is_set()


@pytest.mark.parametrize(
    ("reason", "interrupted"),
    [(RunSettled("enough"), None), (RunStopped("enough"), "stopped")],
    ids=["settled", "stopped"],
)
async def test_leaving_waits_for_the_calls_under_way(reason: Exception, interrupted: str | None) -> None:
    finished: list[str] = []

    async def leaves(run: Run, call: ToolCall) -> ToolResult:
        run.leave(reason)
        return ToolResult.success(call.id, "bye")

    async def slow(run: Run, call: ToolCall) -> ToolResult:
        await anyio.lowlevel.checkpoint()
        finished.append(call.tool)
        return ToolResult.success(call.id, "")

    result = await agent(Offering(["leaves", "slow"], leaves=leaves, slow=slow)).run("go")
    assert finished == ["slow"] and result.interruption_reason == interrupted and result.output == ""


async def test_a_suffix_used_again_is_a_fresh_session() -> None:
    class Twice(Offering):
        async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
            worker = Agent("w", model="echo")
            sessions = [(await deps.delegate(session, worker, "x", suffix="w")).session_id for _ in range(3)]
            session.output = " ".join(sessions)
            yield deps.note(session, "twice.done")

    assert (await agent(Twice([])).run("go", session_id="s")).output == "s__w s__w_2 s__w_3"
