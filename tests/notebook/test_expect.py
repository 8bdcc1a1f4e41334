"""``%loom expect``: a notebook that fails where an evaluation does not hold what was expected of it."""

import nbformat
import pytest
from ipython_shell import Shell
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from loomlab.core.errors import ConfigError
from loomlab.evals.expectation import ExpectationNotMet, ExpectationResult

DATA = """
from loomlab.evals import Case, Dataset
ds = Dataset([Case(id=f"q{i}", input=str(i), target=str(i)) for i in range(40)], name="numbers")
def right(question):
    return question
def half(question):
    return question if int(question) % 2 else "no"
"""


@pytest.fixture
def lab(echo: Shell) -> Shell:
    echo.ok(DATA)
    echo.ok("%%loom --ab right,half --on ds --scorer exact --out ev\n")
    return echo


def test_what_holds_is_one_line_with_its_interval(lab: Shell) -> None:
    cell = lab.ok("%loom expect accuracy(right) >= 0.7 @95%")
    assert cell.text.startswith("✓ met: accuracy(right) >= 0.7 @95%")
    assert "between 0.912 and 1.000 (40 trials)" in cell.text
    assert "<svg" in cell.html
    assert isinstance(cell.value, ExpectationResult)


@pytest.mark.parametrize("text", ["accuracy(half) >= 0.7 @95%", "half > right", "accuracy(half) >= 0.5 @95%"])
def test_what_does_not_hold_is_shown_and_fails_the_cell(lab: Shell, text: str) -> None:
    cell = lab.run(f"%loom expect {text}")
    assert isinstance(cell.error, ExpectationNotMet)
    assert len(cell.outputs) == 1
    assert cell.text.startswith(("✕ not met: ", "? not decided: "))


def test_an_evaluation_can_be_named(lab: Shell) -> None:
    lab.ok("%%loom --ab half --on ds --n 5 --quiet --out other\n")
    lab.ok("%loom expect accuracy(right) == 1 of ev")
    assert isinstance(lab.run("%loom expect accuracy(right) == 1").error, ConfigError)


def test_it_takes_an_evaluation_that_a_cell_awaited(lab: Shell) -> None:
    lab.ok(
        "from loomlab.evals import evaluate, scorers\nfrom loomlab.notebook import run_sync\n"
        "mine = run_sync(lambda: evaluate(ds, {'mine': right}, scorers=scorers.exact()))"
    )
    assert lab.ok("%loom expect accuracy(mine) == 1").value.n == 40


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "says what must hold"),
        ("accuracy(rihgt) > 0.5", "did you mean 'right'"),
        ("acuracy(right) > 0.5", "did you mean 'accuracy'"),
        ("accuracy(right) > 0.5 of evv", "there is no evaluation 'evv'"),
        ("accuracy(right) > 0.5 of ds", "is a Dataset and not an evaluation"),
        ("right is good", "expects nothing"),
    ],
)
def test_a_slip_says_what_was_meant(lab: Shell, text: str, said: str) -> None:
    cell = lab.run(f"%loom expect {text}")
    assert isinstance(cell.error, ConfigError)
    assert said in str(cell.error)


def test_without_an_evaluation_it_says_how_to_make_one(echo: Shell) -> None:
    cell = echo.run("%loom expect accuracy(a) > 0.5")
    assert isinstance(cell.error, ConfigError)
    assert "%%loom --ab react,rewoo --on capitals" in str(cell.error)


@pytest.mark.kernel
@pytest.mark.timeout(120)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_program_that_executes_the_notebook_fails_there(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOMLAB_HOME", f"{tmp_path}/log")
    cells = [
        f"%load_ext loomlab\n{DATA}",
        "%%loom --ab right,half --on ds --scorer exact",
        "%loom expect right > half by 0.1 @95%",
        "%loom expect accuracy(half) >= 0.9 @95%",
        "print('not reached')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    with pytest.raises(CellExecutionError, match="ExpectationNotMet"):
        NotebookClient(
            notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
        ).execute()
    ran = notebook.cells
    assert [set(output.data) for output in ran[1].outputs] == [{"text/html", "text/plain"}]
    assert "✓ met" in ran[2].outputs[0].data["text/plain"]
    assert "✕ not met" in ran[3].outputs[0].data["text/plain"]
    assert ran[4].outputs == []
