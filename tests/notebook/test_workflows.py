"""Workflows in a notebook: one tree in ``%loom runs``, shown again from the log, results that look our way."""

import pytest
from ipython_shell import Shell

pytest.importorskip("duckdb")

SETUP = """
from loomlab import Agent, Workflow

writer = Agent("Write.", model="echo", name="writer")
judge = Agent("Judge.", model="echo", name="judge")
letters = Workflow.chain([writer, Workflow.chain([str.upper, judge], name="inner")], name="letters")
"""


@pytest.fixture
def letters(echo: Shell) -> Shell:
    """A notebook in which a workflow has run for alice, and a plain question was asked for bob."""
    echo.ok(SETUP)
    echo.ok('result = await letters.run("hello", user_id="alice")')
    echo.ok("%%loom --user bob\nhi")
    return echo


def test_runs_shows_a_workflow_as_one_tree_with_its_agents_below_it(letters: Shell) -> None:
    frame = letters.ok("%loom runs").value
    assert list(frame["run"]) == ["1", "1.1", "1.2", "1.2.1", "2"]
    assert list(frame["agent"])[:4] == ["letters", "writer", "inner", "judge"]
    assert list(frame["node"].fillna(""))[:4] == ["", "writer", "inner", "judge"]
    assert list(frame["user_id"]) == ["alice"] * 4 + ["bob"]
    assert next(iter(frame["architecture"])) == "workflow"
    assert "ended" not in frame.columns, "every run was answered, so there is nothing to tell"


def test_a_run_inside_of_another_is_shown_by_its_number(letters: Shell) -> None:
    assert letters.ok("%loom show 1").text.startswith("Echo: ECHO: HELLO")
    assert letters.ok("%loom show 1.1").text.startswith("Echo: hello")
    assert "inner" in letters.ok("%loom show 1.2").text
    assert letters.ok("%loom show 2").text.startswith("Echo: hi")
    said = letters.run("%loom show 1.9")
    assert "there is no run 1.9 in this notebook" in f"{said.text} {said.error}"


def test_why_a_run_ended_is_a_column_where_any_was_not_answered(letters: Shell) -> None:
    assert letters.run("await Workflow.chain([lambda text: 1 / 0]).run('x')").error is not None
    frame = letters.ok("%loom runs").value
    assert list(frame["ended"]) == ["answered"] * 5 + ["error"]


def test_a_result_of_a_workflow_at_the_end_of_a_cell_looks_our_way(letters: Shell) -> None:
    cell = letters.ok("result")
    assert cell.text.startswith("Echo: ECHO: HELLO") and "✓ answered · workflow · letters" in cell.text
    assert "<table" in cell.html and "user alice" in cell.html
