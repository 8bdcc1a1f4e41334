"""Those who watch: scoped, process-wide, and harmless when they fail."""

import pytest

from loomlab import Agent, Event
from loomlab.core import current_observers, observe_process, observing

pytestmark = pytest.mark.anyio


class Watch:
    wants_chunks = False

    def __init__(self, *, fails: bool = False) -> None:
        self.kinds: list[str] = []
        self.fails = fails

    def on_event(self, event: Event) -> None:
        self.kinds.append(event.kind.value)
        if self.fails:
            raise RuntimeError("watcher bug")


async def test_a_scoped_observer_sees_its_block_only_and_once() -> None:
    watch, agent = Watch(), Agent("x", model="echo")
    await agent.run("before")
    with observing(watch), observing(watch):
        await agent.run("inside")
    await agent.run("after")
    assert watch.kinds.count("started") == 1 == watch.kinds.count("completed") and current_observers() == ()


async def test_a_process_observer_sees_everything_until_it_is_stopped() -> None:
    watch = Watch()
    stop = observe_process(watch)
    try:
        with observing(watch):
            await Agent("x", model="echo").run("one")
    finally:
        stop()
    await Agent("x", model="echo").run("two")
    assert watch.kinds.count("started") == 1


async def test_a_failing_observer_is_reported_once_and_the_run_goes_on() -> None:
    watch = Watch(fails=True)
    with observing(watch), pytest.warns(RuntimeWarning, match="watcher bug") as caught:
        result = await Agent("x", model="echo").run("go")
    assert result.output == "Echo: go" and len(caught) == 1 and watch.kinds[-1] == "completed"


async def test_an_agents_own_log_sees_its_runs_and_those_below_them() -> None:
    from loomlab import ScriptedModel, ScriptedTurn, ToolCall, tool

    worker = Agent("w", model="echo")

    @tool
    async def ask() -> str:
        """Ask."""
        return (await worker.run("sub")).output

    watch = Watch()
    model = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="ask")]), ScriptedTurn(text="end")])
    await Agent("x", model=model, tools=[ask], run_log=watch).run("go")
    assert watch.kinds.count("started") == 2
