"""What a shell completes: asked in a real bash, through the script that the program prints."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loomlab import Agent, EchoModel
from loomlab.cli import main
from loomlab.runlog import RunLog, recording

# The first lines are for a Python whose path holds a space, which no "#!" can name.
PROGRAM = f"""#!/bin/sh
'''exec' "{sys.executable}" "$0" "$@"
' '''
import sys
from loomlab.cli import main
sys.exit(main())
"""
ASK = """
. "$LOOMLAB_SCRIPT"
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_loomlab_completion loomlab "${COMP_WORDS[$COMP_CWORD]}" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""
SUITE = (
    '[suite]\nname = "s"\nscorers = ["includes"]\n[defaults]\nmodel = "echo"\n[[arm]]\nname = "react"\n'
    '[[dataset]]\ndataset = "toy.jsonl"\n[[dataset]]\ndataset = "toy.jsonl"\nname = "second"\n'
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "loomlab"
    program.parent.mkdir()
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("LOOMLAB_HOME", raising=False)
    work = tmp_path / "work"
    (work / "evals" / "deep").mkdir(parents=True)
    (work / "agent.toml").write_text('instructions = "x"\nmodel = "echo"\n', encoding="utf-8")
    for name in ("evals/first.toml", "evals/deep/second.toml"):
        (work / name).write_text(SUITE, encoding="utf-8")
    (work / "$(touch pwned).toml").write_text(SUITE, encoding="utf-8")
    (work / "with space.toml").write_text(SUITE, encoding="utf-8")
    (work / ".hidden.toml").write_text(SUITE, encoding="utf-8")
    if hasattr(os, "mkfifo"):
        os.mkfifo(work / "pipe.toml")  # whoever read it would wait for ever
    (work / "toy.jsonl").write_text('{"id": "a", "input": "a", "target": "a"}\n', encoding="utf-8")
    monkeypatch.chdir(work)
    script = tmp_path / "completion.sh"
    with script.open("w", encoding="utf-8") as out, contextlib.redirect_stdout(out):
        assert main(["completion", "bash"]) == 0
    monkeypatch.setenv("LOOMLAB_SCRIPT", str(script))
    return work


def bash(*words: str) -> list[str]:
    """What bash offers for the last word."""
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("there is no bash")
    command = [shell, "--norc", "-c", ASK, "bash", "loomlab", *words]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_commands_and_options_complete(folder: Path) -> None:
    offered = set(bash(""))
    assert {"new", "run", "eval", "runs", "audit", "mcp", "lab", "doctor", "fetch", "completion"} <= offered
    assert "--only" in bash("eval", "--o")
    assert bash("mcp", "s") == ["serve"]
    assert {"--install-completion", "--show-completion"} <= set(bash("--"))


def test_files_complete_by_what_they_are(folder: Path) -> None:
    assert bash("run", "") == ["agent.toml"]
    assert bash("eval", "") == ["evals/first.toml", "evals/deep/second.toml"]
    assert bash("eval", f"{folder}/evals/f") == [f"{folder}/evals/first.toml"]
    assert bash("audit", "verify", "t") == ["toy.jsonl"]


def test_values_complete(folder: Path) -> None:
    assert bash("eval", "evals/first.toml", "--only", "") == ["toy", "second"]
    assert bash("eval", "nowhere.toml", "--only", "") == []
    assert bash("new", "x", "--architecture", "re") == ["react", "reflexion", "rewoo"]
    assert bash("run", "agent.toml", "--model", "lo") == ["local"]


@pytest.mark.anyio
async def test_users_and_runs_of_the_log_complete_and_no_shell_reads_a_command_in_them(folder: Path) -> None:
    hostile = "$(touch pwned)`touch pwned`"
    with recording(folder / ".loomlab"):
        agent = Agent("x", model=EchoModel())
        runs = {
            user: (await agent.run("hello", user_id=user)).run_id
            for user in ("alice", "bob", hostile, "a b", "eval_1:react:c1:1")
        }
    assert sorted(bash("runs", "--user", "")) == ["alice", "bob"]
    assert bash("run", "agent.toml", "--user", "a") == ["alice"]
    assert bash("runs", "otlp", "--user", "alice", "") == ["last", runs["alice"]]
    assert set(bash("runs", "otlp", "run")) == set(runs.values())
    elsewhere = folder.parent / "elsewhere"
    assert bash("runs", "--home", str(elsewhere), "--user", "") == []
    assert not elsewhere.exists()
    assert not (folder / "pwned").exists()
    assert RunLog.open(folder / ".loomlab").path.is_dir()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_LOOMLAB_COMPLETE=complete_{shell}" in script


def test_an_unknown_shell_is_named_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fisch"]) == 2
    assert "did you mean 'fish'?" in capsys.readouterr().err


def test_it_installs_itself_into_a_home_of_its_own(folder: Path, tmp_path: Path) -> None:
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("there is no bash")
    home = tmp_path / "home"
    home.mkdir()
    # The shell is found out by its process, so the program must be a child of one.
    done = subprocess.run(
        [shell, "--norc", "-c", "loomlab --install-completion; exit $?"],
        env={**os.environ, "HOME": str(home), "SHELL": shell},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    script = home / ".bash_completions" / "loomlab.sh"
    assert "complete_bash" in script.read_text(encoding="utf-8")
    assert str(script) in (home / ".bashrc").read_text(encoding="utf-8")
