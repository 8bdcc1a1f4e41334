"""Evaluations in a real kernel: shown live while a cell awaits them, stopped, interrupted, and none left behind."""

import os
from collections.abc import Iterator

import pytest
from real_kernel import Done, Kernel, running_kernel

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

WIDGET = "application/vnd.jupyter.widget-view+json"
DATA = """
import anyio
from loomlab.evals import Case, Dataset, evaluate, scorers
ds = Dataset([Case(id=f"q{i}", input=str(i), target=str(i)) for i in range(60)], name="numbers")
async def slow(question):
    await anyio.sleep(0.05)
    if question == "9":
        print("under way", flush=True)
    return question
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    environment = {**os.environ, "LOOMLAB_HOME": str(folder / "log"), "IPYTHONDIR": str(folder / "ipython")}
    with running_kernel(str(folder), environment) as one:
        one.ok(DATA)
        one.ok("%load_ext loomlab")
        yield one


def _under_way(done: Done) -> bool:
    return "under way" in done.text


def _shown(done: Done) -> list[set[str]]:
    return [set(content["data"]) for kind, content in done.messages if kind.endswith("display_data")]


@pytest.mark.parametrize("loop", ["portal", "kernel"])
def test_an_interrupt_leaves_a_readable_table_and_what_was_done(kernel: Kernel, loop: str) -> None:
    kernel.ok(f"%loom loop={loop}")
    done = kernel.run("%%loom --ab slow --on ds --at-once 2 --out ev", interrupt_when=_under_way)
    assert done.status == "error"
    assert done.seconds_after_interrupt < 5
    assert "Stopped early: " in done.text
    kept, logged = kernel.ok(
        "from loomlab.runlog import RunLog\nprint(len(ev), len(RunLog.open().trials(evaluation_id=ev.id)))"
    ).text.split()
    assert 0 < int(kept) < 60
    assert kept == logged
    again = kernel.ok("%%loom --ab slow --on ds --at-once 20 --resume --out ev")
    assert "Stopped" not in again.text
    assert "60 done" in kernel.ok("print(len(ev), ev.status.value)").text
    kernel.ok("%loom loop=")


def test_an_evaluation_that_a_cell_awaits_is_shown_while_it_runs_and_leaves_its_value(kernel: Kernel) -> None:
    done = kernel.run("ev = await evaluate(ds, {'a': slow}, scorers=scorers.exact(), max_concurrency=4)", person=True)
    assert done.status == "ok"
    shown = _shown(done)
    assert shown[0] == {WIDGET}
    assert shown[-1] == set()
    assert "60" in kernel.ok("print(len(ev))").text
    assert kernel.ok("from ipywidgets.widgets.widget import _instances\nprint(len(_instances))").text == "0\n"


def test_where_nobody_watches_nothing_is_added_to_the_cell(kernel: Kernel) -> None:
    done = kernel.run("ev = await evaluate(ds, {'a': slow}, scorers=scorers.exact())")
    assert _shown(done) == []


def test_an_awaited_evaluation_that_is_interrupted_leaves_its_table(kernel: Kernel) -> None:
    done = kernel.run(
        "other = await evaluate(ds, {'mine': slow}, scorers=scorers.exact(), max_concurrency=2)",
        person=True,
        interrupt_when=_under_way,
    )
    assert done.status == "error"
    assert "mine" in done.text
    assert "Stopped early: " in done.text
    failed = kernel.run("%loom expect accuracy(mine) >= 0.5")
    assert failed.error.startswith("ExpectationNotMet")
    assert "The evaluation is not whole" in failed.error


def test_tab_offers_arms_datasets_scorers_choices_and_figures(kernel: Kernel) -> None:
    assert {"slow", "react"} <= set(kernel.complete("%%loom --ab "))
    assert {"ds"} <= set(kernel.complete("%%loom --ab react --on "))
    assert "tool_calls" in kernel.complete("%%loom --ab react --on ds --scorer t")
    assert set(kernel.complete("%loom vote ")) == {"a", "b", "tie", "bad"}
    kernel.ok("%%loom --ab slow --on ds --n 2 --at-once 2 --quiet --out ev")
    assert "accuracy(slow)" in kernel.complete("%loom expect acc")
    assert "ev" in kernel.complete("%loom expect accuracy(slow) >= 0.5 of ")
