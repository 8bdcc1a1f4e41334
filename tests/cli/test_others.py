"""The other commands: runs, lab, doctor, version, and what happens where packages are missing."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent
from loomlab.cli import doctor, lab, main
from loomlab.runlog import RunLog, recording


def record(home: Path, *users: str | None) -> None:
    async def run() -> None:
        for user in users:
            agent = Agent("Say.", model="echo")
            await agent.run(f"hello from {user}", user_id=user)

    with recording(home):
        anyio.run(run)


def test_runs_are_listed_newest_first_for_everybody_or_one_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(tmp_path / "log", "alice", "bob", "alice", None)
    assert main(["runs", "--home", str(tmp_path / "log")]) == 0
    everybody = capsys.readouterr().out
    assert everybody.index("hello from None") < everybody.index("hello from bob")
    assert main(["runs", "--user", "alice", "--home", str(tmp_path / "log")]) == 0
    alice = capsys.readouterr().out
    assert alice.count("hello from alice") == 2
    assert "bob" not in alice and "None" not in alice
    assert main(["runs", "--limit", "1", "--home", str(tmp_path / "log")]) == 0
    assert capsys.readouterr().out.count("hello from") == 1


def test_a_user_is_data_and_not_sql(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path / "log", "alice")
    assert main(["runs", "--user", "x' OR '1'='1", "--home", str(tmp_path / "log")]) == 0
    out, err = capsys.readouterr()
    assert "hello" not in out
    assert "there is no run for the user" in err


def test_an_empty_log_says_what_to_do_and_is_not_created(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--home", str(tmp_path / "none")]) == 0
    assert "record some with `loomlab eval" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_the_doctor_names_what_is_there_and_never_a_value_of_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-this-is-a-secret-value-1234")
    monkeypatch.setenv("LOOMLAB_CACHE", str(tmp_path / "cache"))
    assert main(["doctor", "--home", str(tmp_path / "log")]) == 0
    out = capsys.readouterr().out
    assert f"loomlab {version('loomlab')}" in out
    assert "keys set: OPENAI_API_KEY" in out
    assert "secret" not in out
    assert "weights are not here yet: loomlab fetch local" in out
    assert "nothing recorded yet" in out
    assert not (tmp_path / "log").exists()
    record(tmp_path / "log", "alice")
    assert main(["doctor", "--home", str(tmp_path / "log")]) == 0
    assert re.search(r"✓ run log: .*log \([\d.,]+ (bytes|KB)\)", capsys.readouterr().out)


def test_the_doctor_gives_the_command_for_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = doctor.installed
    monkeypatch.setattr(doctor, "installed", lambda name: None if name in ("openai", "scipy") else real(name))
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(
        line.startswith("✕ openai") and "openai missing: pip install 'loomlab[openai]'" in line for line in lines
    )
    assert any(line.startswith("✕ evals") and "scipy missing: pip install 'loomlab[evals]'" in line for line in lines)
    assert any(line.startswith("✓ cli") for line in lines)


def test_every_extra_is_looked_at_with_the_packages_of_those_it_includes() -> None:
    extras = doctor.packages_of_extras()
    assert {"openai", "anthropic", "litellm", "local", "log", "cli", "notebook", "evals"} <= set(extras)
    assert not {"all", "test"} & set(extras)
    assert {"scipy", "statsmodels", "duckdb", "typer", "rich"} <= set(extras["evals"])


def test_the_doctor_tells_of_a_log_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main(["doctor", "--home", str(tmp_path / "file")]) == 0
    assert "✕ run log: " in capsys.readouterr().out


Started = list[tuple[list[str], Any]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What would have been started, and where."""
    found: Started = []

    def run(command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        found.append((command, options["cwd"]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(lab.subprocess, "run", run)
    return found


def test_the_lab_opens_the_first_of_the_tutorials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: Started
) -> None:
    (tmp_path / "notebooks").mkdir()
    for name in ("01_second", "00_first", "gallery"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text("{}", encoding="utf-8")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    assert main(["lab", "--no-browser", "--port=9999"]) == 0
    ((command, folder),) = started
    assert command == [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=9999", "00_first.ipynb"]
    assert folder == tmp_path / "notebooks"


def test_the_lab_opens_what_it_is_told_to_and_then_from_here(started: Started) -> None:
    assert main(["lab", "mine.ipynb"]) == 0
    assert started == [([sys.executable, "-m", "jupyterlab", "mine.ipynb"], None)]


def test_without_a_checkout_the_first_notebook_comes_out_of_the_package_and_keeps_what_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "package" / "first"
    (packed / "cassettes").mkdir(parents=True)
    (packed / "00_first.ipynb").write_text("{}", encoding="utf-8")
    (packed / "cassettes" / "00_first.jsonl").write_text("tape", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setattr(lab, "tutorials", lambda: None)
    monkeypatch.setattr(lab, "files", lambda package: packed.parent)
    copies = tmp_path / "empty" / "loomlab-notebooks"
    assert main(["lab"]) == 0
    assert started == [([sys.executable, "-m", "jupyterlab", "00_first.ipynb"], copies)]
    assert str(copies) in capsys.readouterr().out
    assert (copies / "cassettes" / "00_first.jsonl").read_text(encoding="utf-8") == "tape"
    (copies / "00_first.ipynb").write_text("mine", encoding="utf-8")
    assert main(["lab"]) == 0
    assert (copies / "00_first.ipynb").read_text(encoding="utf-8") == "mine"


def test_where_the_package_has_no_notebook_the_lab_opens_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lab, "tutorials", lambda: None)
    monkeypatch.setattr(lab, "files", lambda package: tmp_path)
    assert main(["lab"]) == 0
    assert started == [([sys.executable, "-m", "jupyterlab"], None)]
    assert "opening this folder instead" in capsys.readouterr().out


def test_without_jupyterlab_one_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert main(["lab"]) == 2
    assert capsys.readouterr().err == "loomlab: the lab needs the package jupyterlab: pip install 'loomlab[notebook]'\n"


@pytest.mark.parametrize("arguments", [["--version"]])
def test_the_version_needs_no_package(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"loomlab {version('loomlab')}\n"


def test_without_typer_one_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["doctor"]) == 2
    said = capsys.readouterr().err
    assert said == "loomlab: the command line needs the packages typer and rich: pip install 'loomlab[cli]'\n"


def test_without_statsmodels_an_evaluation_says_so_before_it_spends_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels", None)
    suite = pytestconfig.rootpath / "evals/quickstart.toml"
    assert main(["eval", str(suite), "--model", "echo", "--home", str(tmp_path / "home")]) == 2
    out, err = capsys.readouterr()
    assert err == "loomlab: the table needs the packages scipy and statsmodels: pip install 'loomlab[evals]'\n"
    assert out == ""
    assert not (tmp_path / "home").exists()


def test_no_heavy_package_is_loaded_for_help() -> None:
    code = (
        "import sys; from loomlab.cli import main; main(['--help']); "
        "heavy = ('pandas', 'duckdb', 'scipy', 'statsmodels', 'numpy', 'openai'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("eval", "runs", "lab", "doctor", "fetch"):
        assert command in done.stdout


def test_a_log_of_the_default_place_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOMLAB_HOME", str(tmp_path / "by-variable"))
    record(Path(tmp_path / "by-variable"), "alice")
    assert RunLog.open().path == tmp_path / "by-variable"
    assert main(["runs"]) == 0
