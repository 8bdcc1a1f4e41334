"""``show`` draws agents and workflows, and lights their graphs up."""

import warnings
from typing import Any

import pytest
from ipython_shell import Shell

from loomlab import Agent, Workflow, tool
from loomlab.display.theme import GRAPH
from loomlab.notebook import show
from loomlab.notebook.faces import face_of
from loomlab.notebook.show import graph_of


@tool
def look(city: str) -> str:
    """Look."""
    return "rain"


@pytest.fixture
def space(shell: Shell) -> Shell:
    """A shell with an agent and a workflow."""
    shell["show"] = show
    shell["agent"] = Agent("Help.\nNow.", model="echo", tools=[look], architecture="plan-and-execute", name="desk")
    shell["flow"] = Workflow.chain([str.strip, shell["agent"]], name="pipe")
    return shell


def test_an_agent_is_drawn_before_it_runs(space: Shell) -> None:
    cell = space.ok("show(agent)")
    assert GRAPH in cell.html
    assert cell.text.startswith("desk · plan-and-execute · Help.\n")
    assert "planner" in cell.html
    assert "InMemoryMemory" in cell.html


def test_at_the_end_of_a_cell_it_looks_the_same(space: Shell) -> None:
    assert space.ok("agent").html == space.ok("show(agent)").html
    assert space.ok("flow").text == space.ok("show(flow)").text


def test_a_workflow_is_drawn_with_its_agents(space: Shell) -> None:
    cell = space.ok("show(flow)")
    assert cell.text.startswith("pipe\n")
    assert "desk · plan-and-execute" in cell.text


@pytest.mark.parametrize("call", ["agent.run('hi')", "agent.stream('hi')"])
def test_a_run_leaves_its_graph_lit(space: Shell, call: str) -> None:
    cell = space.ok(f"result = await show({call})")
    assert space["result"].architecture == "plan-and-execute"
    assert GRAPH in cell.html
    assert "1 call · " in cell.html
    assert "Graph · desk · plan-and-execute" in cell.text
    assert len(cell.outputs) == 1


@pytest.mark.parametrize("call", ["flow.run(' hi ')", "flow.stream(' hi ')"])
def test_a_workflow_leaves_its_graph_lit(space: Shell, call: str) -> None:
    cell = space.ok(f"result = await show({call})")
    assert space["result"].visited == ["strip", "desk"]
    assert "Graph · pipe" in cell.text
    assert "strip · step · once" in cell.text


def test_a_stream_that_is_passed_on_is_lit_too(space: Shell) -> None:
    cell = space.ok("events = [event async for event in show(agent.stream('hi'))]")
    assert "Graph · desk" in cell.text


def test_one_model_alone_needs_no_picture_beside_its_answer(space: Shell) -> None:
    cell = space.ok("from loomlab import Agent\nawait show(Agent('x', model='echo').run('hi'))\nNone")
    assert GRAPH not in cell.html


def test_a_strategy_that_draws_itself_wrongly_runs_all_the_same() -> None:
    class Odd:
        name = "odd"

        async def run(self, session: Any, deps: Any, prompt: str) -> Any:
            for event in ():
                yield event

        def declared_workers(self) -> dict[str, Any]:
            return {}

        def shape(self) -> Any:
            raise RuntimeError("no idea")

    with pytest.warns(RuntimeWarning, match="can't be drawn"):
        assert graph_of(Agent("x", model="echo", architecture=Odd())) is None


def test_only_agents_and_workflows_light_up() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert graph_of(None) is None
        assert graph_of("agent") is None


def test_outside_of_a_notebook_the_words_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    show(Agent("x", model="echo", name="desk"))
    assert capsys.readouterr().out.startswith("desk · react")
    assert face_of(Workflow.chain([str.strip])) is not None
