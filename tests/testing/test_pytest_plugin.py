"""``pytest --loom``, in a pytest of its own."""

import contextlib
import importlib.metadata
import io
import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from loomlab.runlog import RunLog

SUITE = """
[suite]
name = "toy"
scorers = ["includes"]
dataset = "toy.jsonl"
max_concurrency = 1
expect = {expect}

[defaults]
model = "{model}"

[[arm]]
name = "react"

[[arm]]
name = "refine"
architecture = "self-refine"
options = {{ max_rounds = 1 }}
"""
EXPECT = ["accuracy(react) >= 0.4", "accuracy(react) > accuracy(refine) by 0.5", "accuracy(react) >= 0.4 @95%"]
CELLS = (
    "%load_ext loomlab",
    "from loomlab.evals import load_suite\nev = await load_suite('evals/toy.toml').run()",
    "%loom expect failures(react) == 0",
    "%loom expect accuracy(react) >= 0.9 of ev",
    "%loom expect accuracy(react) >= 0.4 @95%",
)


pytestmark = pytest.mark.timeout(240)  # each test starts Python several times


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a suite of which one expectation is met, one missed, and one not decided."""
    for name in ("LOOMLAB_HOME", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
    root = str(Path(__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
    suite(tmp_path)
    return tmp_path


def suite(folder: Path, *, expect: list[str] = EXPECT, model: str = "echo", name: str = "toy") -> None:
    (folder / "evals").mkdir(exist_ok=True)
    rows = [{"id": f"c{n}", "input": f"case {n}", "target": f"case {n % 2}"} for n in range(4)]
    cases = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "evals" / "toy.jsonl").write_text(cases, encoding="utf-8")
    text = SUITE.format(expect=json.dumps(expect), model=model)
    (folder / "evals" / f"{name}.toml").write_text(text, encoding="utf-8")


def notebook(folder: Path, *cells: str) -> None:
    made = [
        {"id": f"c{n}", "cell_type": "code", "metadata": {}, "source": one, "outputs": [], "execution_count": None}
        for n, one in enumerate(cells)
    ]
    data = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "look.ipynb").write_text(json.dumps(data), encoding="utf-8")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *options(), *arguments]


def options() -> list[str]:
    installed = any(one.name == "loomlab" for one in importlib.metadata.entry_points(group="pytest11"))
    return ["-p", "no:cacheprovider", *([] if installed else ["-p", "loomlab_pytest"])]


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """A pytest inside of this one, which is quick, for everything is imported already."""
    said = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main([*options(), "-p", "no:pytester", "-p", "no:timeout", *arguments])
    return int(code), said.getvalue()


def run_apart(folder: Path, *arguments: str) -> tuple[int, str]:
    """A pytest in a process of its own."""
    done = subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout + done.stderr


def trials(folder: Path) -> int:
    return len(RunLog.open(folder / ".loomlab").trials())


def test_the_package_names_the_plugin(pytestconfig: pytest.Config) -> None:
    settings = tomllib.loads((pytestconfig.rootpath / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["entry-points"]["pytest11"] == {"loomlab": "loomlab_pytest"}
    assert (pytestconfig.rootpath / "loomlab_pytest.py").is_file()


def test_without_the_option_nothing_is_collected_and_nothing_is_imported(project: Path) -> None:
    (project / "test_it.py").write_text(
        "import sys\ndef test_it(): assert not [m for m in sys.modules if m.partition('.')[0] == 'loomlab']\n",
        encoding="utf-8",
    )
    code, said = run_apart(project, "-q")
    assert code == 0, said
    assert "1 passed" in said
    code, said = run(project, "--loom-model", "echo")
    assert code == 4
    assert "--loom-model goes with --loom" in said


def test_a_suite_is_a_test_for_each_arm_and_each_expectation_and_failures_show_the_card(project: Path) -> None:
    code, said = run(project, "--loom", "-v")
    assert code == 1
    assert "evals/toy.toml::toy::arm[react] PASSED" in said
    assert "evals/toy.toml::toy::arm[refine] PASSED" in said
    assert "evals/toy.toml::toy::expect[accuracy(react) >= 0.4] PASSED" in said
    assert "evals/toy.toml::toy::expect[accuracy(react) > accuracy(refine) by 0.5] FAILED" in said
    assert "evals/toy.toml::toy::expect[accuracy(react) >= 0.4 @95%] UNDECIDED" in said
    assert "1 failed, 3 passed, 1 undecided" in said
    assert trials(project) == 8  # one evaluation for all of them
    failures, undecided = said.partition("= FAILURES =")[2].partition("= UNDECIDED =")[::2]
    for part in (failures, undecided):
        assert "95 % interval" in part
        assert "log: " in part
        assert "Traceback" not in part
        assert ".py:" not in part
    assert "Not met: accuracy(react) less accuracy(refine)" in failures
    assert "McNemar" in failures  # of the decision card
    assert "Not decided: accuracy(react)" in undecided
    assert "UNDECIDED evals/toy.toml::toy::expect[accuracy(react) >= 0.4 @95%]" in undecided


def test_a_chosen_test_evaluates_only_the_arms_it_looks_at(project: Path) -> None:
    node = "evals/toy.toml::toy::expect[accuracy(react) >= 0.4]"
    code, said = run(project, "--loom", node, "evals/toy.toml::toy::arm[refine]", "-k", "not refine")
    assert (code, "1 passed, 1 deselected" in said) == (0, True), said
    assert trials(project) == 4


def test_model_sample_and_home_are_chosen_on_the_command_line(project: Path) -> None:
    suite(project, expect=["failures(react) == 0"], model="gpt-4o")
    code, said = run(project, "--loom", "--loom-model", "echo", "--loom-sample", "2", "--loom-home", "elsewhere", "-q")
    assert (code, "3 passed" in said) == (0, True), said
    log = RunLog.open(project / "elsewhere")
    assert len(log.trials()) == 4
    assert set(log.runs()["model"]) == {"echo"}
    assert not (project / ".loomlab").exists()


def test_which_files_are_suites_is_a_setting_and_others_can_be_named(project: Path) -> None:
    (project / "evals" / "other.toml").write_text("[something]\nelse = 1\n", encoding="utf-8")
    (project / "pytest.ini").write_text("[pytest]\nloom_suites = quality/*.toml\n", encoding="utf-8")
    assert "no tests" in run(project, "--loom", "--collect-only", "-q")[1]
    assert "5 tests collected" in run(project, "--loom", "--collect-only", "-q", "evals/toy.toml")[1]


def test_mistakes_are_errors_in_one_sentence(project: Path) -> None:
    suite(project, expect=["accuracy(raect) >= 0.4"])
    (project / "look.ipynb").write_text("{ %loom expect", encoding="utf-8")
    code, said = run(project, "--loom")
    assert code == 2
    assert "there is no arm 'raect'; did you mean 'react'?" in said
    assert "no notebook that can be read" in said
    assert "Traceback" not in said
    code, said = run(project, "--loom", "--loom-model", "ecco")
    assert code == 4
    assert "did you mean 'echo'?" in said


def test_an_arm_that_can_not_be_made_fails_with_the_remedy_and_is_tried_once(project: Path) -> None:
    suite(project, expect=["accuracy(react) >= 0.4"])
    toml = project / "evals" / "toy.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("toy.jsonl", "gone.jsonl"), encoding="utf-8")
    code, said = run(project, "--loom")
    assert code == 1
    assert "ConfigError: there is no dataset at" in said
    assert "3 failed" in said
    assert "Traceback" not in said


def test_workers_of_xdist_share_one_evaluation(project: Path) -> None:
    pytest.importorskip("xdist")
    code, said = run_apart(project, "--loom", "-n", "2", "-q")
    assert code == 1
    assert "1 failed, 3 passed, 1 undecided" in said, said
    assert trials(project) == 8


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_what_was_done_before_an_interrupt_stays(project: Path) -> None:
    (project / "slow.py").write_text(
        "from pathlib import Path\nimport anyio\nfrom loomlab.core.messages import ModelChunk\n\n"
        "class Slow:\n    name = 'slow'\n    async def stream(self, messages, **options):\n"
        "        if 'case 2' in messages[-1].content:\n            Path('there').touch()\n"
        "            await anyio.sleep_forever()\n"
        "        yield ModelChunk(kind='text', text='case 0')\n",
        encoding="utf-8",
    )
    (project / "conftest.py").write_text(
        "from loomlab.evals import suite\nfrom slow import Slow\nsuite.resolve_model = lambda name: Slow()\n",
        encoding="utf-8",
    )
    # A shell that runs the tests in the background has its children ignore Ctrl-C.
    heard = (
        "import signal,sys,pytest; signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(pytest.main())"
    )
    arguments = command("--loom", "-k", "arm and react")
    process = subprocess.Popen(
        [sys.executable, "-c", heard, *arguments[3:]],
        cwd=project,
        env={**os.environ, "PYTHONPATH": f"{project}{os.pathsep}{os.environ['PYTHONPATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    while not (project / "there").exists() and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=200)
    assert process.returncode == 2, said
    log = RunLog.open(project / ".loomlab")
    assert list(log.evaluations()["status"]) == ["cancelled"]
    assert trials(project) == 2


@pytest.mark.kernel
def test_cells_of_a_notebook_that_expect_are_tests_in_a_kernel(project: Path) -> None:
    notebook(project, *CELLS)
    code, said = run_apart(project, "--loom", "-v", "look.ipynb", "--loom-home", "home")
    assert code == 1
    assert "look.ipynb::cell-3[failures(react) == 0] PASSED" in said
    assert "look.ipynb::cell-4[accuracy(react) >= 0.9 of ev] FAILED" in said
    assert "look.ipynb::cell-5[accuracy(react) >= 0.4 @95%] UNDECIDED" in said
    assert "Not met: accuracy(react) is 0.500" in said
    told = said.partition("= short test summary info =")[0]  # which repeats failures whole where CI is set
    assert told.count("McNemar") == 2  # both have the card
    assert "Traceback" not in said
    assert len(RunLog.open(project / "home").runs()) >= 8


@pytest.mark.kernel
def test_a_cell_that_breaks_stops_the_tests_below_it_in_one_sentence(project: Path) -> None:
    notebook(project, "%load_ext loomlab", "1 / 0", "%loom expect failures(react) == 0")
    code, said = run_apart(project, "--loom", "look.ipynb")
    assert code == 1
    assert "cell 2 stopped the notebook" in said
    assert "ZeroDivisionError: division by zero" in said


@pytest.mark.kernel
def test_a_cell_that_ends_its_kernel_fails_in_one_sentence(project: Path) -> None:
    notebook(project, "import os\nos._exit(3)", "%loom expect failures(react) == 0")
    code, said = run_apart(project, "--loom", "look.ipynb")
    assert code == 1
    assert "cell 1 stopped the notebook" in said
    assert "the kernel died" in said
    assert "Traceback" not in said


@pytest.mark.kernel
def test_of_several_expectations_in_a_cell_the_one_that_does_not_hold_is_named(project: Path) -> None:
    both = "%loom  expect accuracy(react) >= 0.9 of ev\n%loom expect failures(react) == 0"
    notebook(project, *CELLS[:2], both)
    code, said = run_apart(project, "--loom", "look.ipynb")
    assert code == 1
    shown = said.partition("FAILURES")[2]
    assert "%loom expect accuracy(react) >= 0.9 of ev\n" in shown
    assert "%loom expect failures(react) == 0\n" not in shown
