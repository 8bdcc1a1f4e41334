"""Values of ours at the end of a cell."""

import pytest
from ipython_shell import Shell

from loomlab import Agent, tool
from loomlab.display import RunTrace
from loomlab.evals import Case, Dataset
from loomlab.testing.events import sample_run


def test_a_result_shows_its_answer_first(echo: Shell) -> None:
    echo.ok("%%loom --quiet --out a\nhello")
    cell = echo.ok("a")
    assert cell.text.startswith("Echo: hello\n\n✓ answered")
    assert 'class="loom' in cell.html
    assert echo["a"].run_id not in cell.text + cell.html


def test_inside_of_a_list_a_value_stays_on_its_line(echo: Shell) -> None:
    echo.ok("%%loom --quiet --out a\nhello")
    assert "\n" not in echo.ok("[a.output, 1]").text
    assert "RunResult(" in echo.ok("[a]").text


def test_a_tool_shows_what_a_model_is_told(shell: Shell) -> None:
    @tool(destructive=True)
    def wipe(path: str, depth: int = 1) -> str:
        """Wipe a folder.

        Args:
            path: which one
        """
        return path

    shell["wipe"] = wipe
    text = shell.ok("wipe").text
    assert "wipe(path: string, depth: integer)" in text
    assert "Wipe a folder." in text
    assert "which one" in text
    assert "destructive" in text


def test_an_agent_shows_its_parts(shell: Shell) -> None:
    shell["agent"] = Agent("Help <b>people</b>.", model="echo", name="helper")
    cell = shell.ok("agent")
    assert "helper" in cell.text
    assert "InMemoryMemory" in cell.text
    assert "<b>people" not in cell.html


def test_a_dataset_shows_its_first_cases(shell: Shell) -> None:
    shell["data"] = Dataset([Case(str(n), f"question {n}", ["a", "b"]) for n in range(7)], name="small")
    text = shell.ok("data").text
    assert "small · 7 cases" in text
    assert "question 4" in text
    assert "question 5" not in text
    assert "a | b" in text
    assert "2 more rows not shown" in text


def test_a_trace_and_a_record_look_alike(echo: Shell) -> None:
    echo["trace"] = RunTrace(sample_run(answer="Take a coat.", denied=True))
    assert echo.ok("trace").text.startswith("Take a coat.")


def test_unloading_gives_values_their_own_look_back(shell: Shell) -> None:
    shell["agent"] = Agent("Help.", model="echo")
    shell.ok("%unload_ext loomlab")
    assert shell.ok("agent").text.startswith("Agent(model='echo'")


@pytest.mark.parametrize("kind", ["RunResult", "ToolResult", "Event", "Message", "Usage", "Episode", "Fact"])
def test_core_types_carry_no_display_code(kind: str) -> None:
    import loomlab

    assert [name for name in dir(getattr(loomlab, kind)) if name.startswith("_repr_")] == []
