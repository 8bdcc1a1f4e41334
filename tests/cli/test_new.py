"""``loomlab new``: a project that runs at once, and nothing that was there is lost."""

import json
import os
import subprocess
import sys
import tomllib
import unicodedata
from pathlib import Path

import pytest

from loomlab import Agent
from loomlab.cli import main
from loomlab.cli.new import make
from loomlab.cli.project import Choices
from loomlab.core.errors import ConfigError
from loomlab.evals import load_suite
from loomlab.runlog import RunLog

SINGLE = ("react", "self-refine", "reflexion", "plan-and-execute", "rewoo", "tree-of-thoughts")
HOSTILE = 'it\'s "quoted"'.replace('"', "“") + " $HOME {x} `id` [a](b) <b>".replace("<", "(").replace(">", ")")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOMLAB_HOME", raising=False)
    sys.modules.pop("desk_tools", None)  # each project has its own


def test_a_new_project_runs_evaluates_and_passes_its_own_test(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["new", "demo", "--model", "echo"]) == 0
    said = capfd.readouterr().out
    project = tmp_path / "demo"
    for line in ("cd demo", "loomlab run agent.toml", "loomlab eval evals/suite.toml", "pytest --loom"):
        assert line in said
    monkeypatch.chdir(project)
    assert main(["run", "agent.toml", "Where is order 1042?"]) == 0
    assert capfd.readouterr().out == "Echo: Where is order 1042?\n"
    assert main(["eval", "evals/suite.toml"]) == 0
    assert "failures(react) == 0: Met" in capfd.readouterr().out
    assert len(RunLog.open(".loomlab").evaluations()) == 1
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_command_line_is_there_as_a_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loomlab", "new", "demo", "--model", "echo"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "demo" / "agent.toml").is_file()


@pytest.mark.parametrize("architecture", SINGLE)
def test_each_way_to_think_makes_a_project_whose_files_are_valid(tmp_path: Path, architecture: str) -> None:
    assert main(["new", "demo", "--model", "echo", "--architecture", architecture]) == 0
    agent = Agent.from_config(tmp_path / "demo" / "agent.toml")
    assert agent.architecture.name == architecture
    suite = load_suite(tmp_path / "demo" / "evals" / "suite.toml")
    assert suite.arms[0].architecture == architecture
    assert len({arm.architecture for arm in suite.arms}) == 2
    assert len(suite.check_expectations()) == 1
    assert len(suite.load_dataset()) == 6  # its card agrees with it


@pytest.mark.parametrize("name", ["demo", "Žluťoučký kůň", "日本", "a b", HOSTILE[:40].rstrip(" $([`")])
def test_a_name_is_written_as_it_is_into_every_file(tmp_path: Path, name: str) -> None:
    assert main(["new", name, "--model", "echo"]) == 0
    project = tmp_path / unicodedata.normalize("NFC", name)
    agent = tomllib.loads((project / "agent.toml").read_text(encoding="utf-8"))
    assert agent["name"] == unicodedata.normalize("NFC", name)
    assert load_suite(project / "evals" / "suite.toml").name == agent["name"]
    notebook = json.loads((project / "first_look.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "needs a name"),
        ("  ", "needs a name"),
        ("..", "is a path"),
        ("a/b", "is a path"),
        ("a\\b", "is a path"),
        ("/tmp/x", "is a path"),
        (".hidden", "hides it"),
        ("~root", "hides it"),
        ("dot.", "hides it"),
        ("CON", "a device"),
        ("nul.txt", "a device"),
        ("com1", "a device"),
        ("a:b", "not every system"),
        ("a\x00b", "can't be seen"),
        ("a\nb", "can't be seen"),
        ("a\u202eb", "can't be seen"),
        ("ä" * 41, "bytes long"),
    ],
)
def test_a_name_that_is_no_plain_folder_is_refused_and_nothing_is_made(
    tmp_path: Path, name: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "--", name]) == 2
    assert why in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_there_stays_as_it_is(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "demo"
    if kind == "file":
        place.write_text("mine", encoding="utf-8")
    elif kind == "folder":
        place.mkdir()
        (place / "agent.toml").write_text("mine", encoding="utf-8")
    else:
        place.symlink_to(tmp_path / "nowhere")
    assert main(["new", "demo", "--model", "echo"]) == 2
    assert "is there already, and stays as it is" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["demo"]
    if kind != "link":
        assert (place if kind == "file" else place / "agent.toml").read_text(encoding="utf-8") == "mine"


def test_what_appears_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "demo"
    rename = os.rename

    def late(source: Path, target: Path) -> None:
        place.mkdir()
        (place / "mine").touch()
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)
    with pytest.raises(ConfigError, match="is there already"):
        make(place, Choices("demo", "echo", "react"))
    assert [one.name for one in place.iterdir()] == ["mine"]
    assert [one.name for one in tmp_path.iterdir()] == ["demo"]


def test_an_empty_folder_of_that_name_is_taken_and_another_place_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "work" / "demo").mkdir(parents=True)
    assert main(["new", "demo", "--model", "echo", "--in", "work"]) == 0
    assert (tmp_path / "work" / "demo" / "agent.toml").is_file()
    assert main(["new", "demo", "--model", "echo", "--in", "nowhere"]) == 2
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--model", "gpt-4o-mimi", None),
        ("--model", "ecco", "did you mean 'echo'?"),
        ("--architecture", "reakt", "did you mean 'react'?"),
        ("--architecture", "supervisor", "is a team"),
    ],
)
def test_choices_are_checked_before_anything_is_made(
    tmp_path: Path, option: str, value: str, said: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["new", "demo", option, value])
    if said is None:  # any name of a provider's is for the provider to know
        assert (code, (tmp_path / "demo").is_dir()) == (0, True)
        assert "OPENAI_API_KEY" in capsys.readouterr().out
    else:
        assert (code, list(tmp_path.iterdir())) == (2, [])
        assert said in capsys.readouterr().err


def test_the_model_is_the_local_one_where_it_is_here_and_else_echo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("loomlab.model.local_weights.available", lambda: None)
    assert main(["new", "without"]) == 0
    assert "loomlab fetch local" in capsys.readouterr().out
    monkeypatch.setattr("loomlab.model.local_weights.available", lambda: tmp_path)
    monkeypatch.setattr("loomlab.cli.new.find_spec", lambda name: object())
    assert main(["new", "with"]) == 0
    for name, model in (("without", "echo"), ("with", "local")):
        assert tomllib.loads((tmp_path / name / "agent.toml").read_text(encoding="utf-8"))["model"] == model
        assert load_suite(tmp_path / name / "evals" / "suite.toml").arms[0].model == model
