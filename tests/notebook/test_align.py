"""``%loom align``: runs of a notebook side by side."""

import pytest
from ipython_shell import Shell

from loomlab.runlog import Alignment, RunLog

pytest.importorskip("duckdb")


@pytest.fixture
def three(echo: Shell) -> Shell:
    """A notebook with three runs, of which the first and the last are alike; the log holds one of another user."""
    from loomlab.testing.events import sample_run

    log = RunLog.open()
    for event in sample_run(run_id="run_ELSEWHERE", user_id="carol"):
        log.on_event(event)
    for words in ("hello", "goodbye", "hello"):
        echo.ok("%loom reset")
        echo.ok(f"%%loom --user alice\n{words}")
    return echo


def test_two_runs_stand_side_by_side_with_the_step_at_which_they_part(three: Shell) -> None:
    cell = three.ok("%loom align 1 2")
    assert isinstance(cell.value, Alignment) and cell.value.divergence == 0
    assert cell.text.startswith("The runs part at step 1, task: another task.")
    assert "run 1" in cell.text and "run 2" in cell.text and "<table" in cell.html
    assert "run_" not in cell.text + cell.html, "ids would be other ones the next time"


def test_runs_that_did_the_same_are_told_so_and_more_than_two_may_be_named(three: Shell) -> None:
    assert three.ok("%loom align 1 3").text.startswith("The runs are the same in all 3 steps.")
    assert len(three.ok("found = %loom align 1, 2, last").outputs) == 0
    assert three["found"].names == ("1", "2", "last")
    assert three.ok("%loom align last run_ELSEWHERE").value.divergence == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%loom align", "takes two runs or more"),
        ("%loom align 1", "takes two runs or more"),
        ("%loom align 1 1", "named twice"),
        ("%loom align 1 9", "there is no run 9"),
    ],
)
def test_what_cannot_be_aligned_is_refused_in_a_sentence(three: Shell, line: str, said: str) -> None:
    cell = three.run(line)
    assert said in f"{cell.text} {cell.error}" and cell.value is None


def test_a_trace_and_an_alignment_of_the_log_look_our_way_at_the_end_of_a_cell(three: Shell) -> None:
    three.ok("from loomlab.runlog import RunLog")
    assert "model agent" in three.ok("RunLog.open().trace()").text
    assert "The runs" in three.ok("RunLog.open().align(-1, -2)").text
