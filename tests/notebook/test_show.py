"""``show`` around runs and streams."""

import re
from typing import Any

import pytest
from ipython_shell import Shell

from loomlab import Agent, EventKind, RunResult, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.display import RunTrace
from loomlab.notebook import show
from loomlab.testing.events import sample_run

FIGURES = re.compile(r"(?:<1|[\d.]+) m?s\b")


@pytest.fixture
def space(shell: Shell) -> Shell:
    """A shell with an agent that uses a tool."""
    call = ToolCall(tool="look", args={"city": "Lyon"})

    def look(city: str) -> str:
        """Look."""
        return f"rain in {city}"

    def make() -> Agent:
        turns = [ScriptedTurn(tool_calls=[call]), ScriptedTurn(text="Take a coat.")]
        return Agent("Help.", model=ScriptedModel(turns), tools=[look])

    shell["make"] = make
    shell.ok("from loomlab.notebook import show")
    return shell


def test_a_run_is_shown_and_its_result_given(space: Shell) -> None:
    cell = space.ok("result = await show(make().run('hi', user_id='alice'))")
    assert isinstance(space["result"], RunResult)
    assert cell.text.startswith("Take a coat.")
    assert 'look(city="Lyon") → rain in Lyon' in cell.text
    assert len(cell.outputs) == 1


def test_without_show_a_run_is_recorded_and_not_shown(space: Shell) -> None:
    cell = space.ok("result = await make().run('hi')")
    assert cell.outputs == []
    assert "Take a coat." in space.ok("%loom show last").text


def test_a_stream_is_shown_and_its_events_handed_on(space: Shell) -> None:
    cell = space.ok("events = [event async for event in show(make().stream('hi'))]")
    kinds = [event.kind for event in space["events"]]
    assert (kinds[0], kinds[-1]) == (EventKind.STARTED, EventKind.COMPLETED)
    assert EventKind.TOOL_RESULT in kinds
    assert cell.text.startswith("Take a coat.")
    assert cell.text.count('look(city="Lyon") → rain in Lyon') == 1


def test_a_stream_may_be_awaited_for_its_result(space: Shell) -> None:
    cell = space.ok("result = await show(make().stream('hi'))")
    assert space["result"].output == "Take a coat."
    assert cell.text.startswith("Take a coat.")


def test_a_stream_shows_the_same_as_a_run(space: Shell) -> None:
    first = space.ok("await show(make().run('hi'))\nNone").text
    second = space.ok("await show(make().stream('hi'))\nNone").text
    assert FIGURES.sub("…", first).split() == FIGURES.sub("…", second).split()


def test_leaving_a_stream_early_stops_the_run_and_shows_what_there_was(space: Shell) -> None:
    cell = space.ok(
        "import anyio\n"
        "shown = show(make().stream('hi'))\n"
        "async for event in shown:\n"
        "    break\n"
        "del shown\n"
        "await anyio.sleep(0.1)"
    )
    assert len(cell.outputs) == 1
    assert "stopped" in cell.text


def test_a_run_that_raises_is_shown_and_raises(space: Shell) -> None:
    space.ok(
        "class Broken:\n"
        "    name, network = 'broken', False\n"
        "    async def stream(self, messages, **options):\n"
        "        raise RuntimeError('the wire is cut')\n"
        "        yield"
    )
    cell = space.run("from loomlab import Agent\nawait show(Agent('Help.', model=Broken()).run('hi'))")
    assert cell.error is not None
    assert "failed" in cell.text
    assert len(cell.outputs) == 1


def test_events_that_come_from_elsewhere_are_shown_as_well(space: Shell) -> None:
    async def replay() -> Any:
        for event in sample_run(answer="From a recording."):
            yield event

    space["replay"] = replay
    cell = space.ok("events = [event async for event in show(replay())]")
    assert len(space["events"]) == len(sample_run())
    assert cell.text.startswith("From a recording.")


def test_anything_that_runs_agents_can_be_awaited_in_show(space: Shell) -> None:
    space.ok("async def two():\n    await make().run('one')\n    return (await make().run('two')).output")
    cell = space.ok("said = await show(two())")
    assert space["said"] == "Take a coat."
    assert "2 runs" in cell.text


def test_an_evaluation_ends_as_its_table(space: Shell) -> None:
    pytest.importorskip("scipy")
    space.ok(
        "from loomlab import Agent\n"
        "from loomlab.evals import Case, Dataset, evaluate, scorers\n"
        "data = Dataset([Case('a', 'x', 'Echo: x'), Case('b', 'y', 'nothing')])\n"
        "ev = await show(evaluate(data, {'echo': Agent('Help.', model='echo')}, scorers=scorers.exact()))"
    )
    cell = space.ok("show(ev)")
    assert cell.text.startswith("arm")
    assert "0.5" in cell.text


def test_values_are_shown_at_once(space: Shell) -> None:
    trace = RunTrace(sample_run(answer="From a trace."))
    space["trace"] = trace
    assert space.ok("show(trace)").text.startswith("From a trace.")
    space.ok("result = await make().run('hi')")
    assert space.ok("show(result)").text.startswith("Take a coat.")
    assert space.ok("%loom show last").value is not None
    assert "Take a coat." in space.ok("record = %loom show last\nshow(record)").text


def test_outside_of_a_notebook_the_text_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    show(RunTrace(sample_run(answer="In a script.")))
    assert capsys.readouterr().out.startswith("In a script.")


@pytest.mark.anyio
async def test_outside_of_a_notebook_runs_are_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    result = await show(Agent("Help.", model="echo").run("hi"))
    assert result.output == "Echo: hi"
    assert capsys.readouterr().out.startswith("Echo: hi")
