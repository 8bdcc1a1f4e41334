"""The built-in tools that run programs or search: limits hold, nothing leaks, nothing is left behind."""

import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab.core import ConfigError
from loomlab.tools import InProcessToolHost, bash_tool, glob_tool, grep_tool, ls_tool, python_tool
from loomlab.tools.child import Ended

pytestmark = pytest.mark.anyio


@pytest.fixture
def host(tmp_path: Path) -> InProcessToolHost:
    made = (bash_tool, python_tool, ls_tool, glob_tool, grep_tool)
    return InProcessToolHost([one(tmp_path) for one in made])


async def said(host: InProcessToolHost, tool: str, **args: Any) -> str:
    result = await host.call(tool, args)
    assert result.ok, result
    return str(result.output)


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text(encoding="utf-8").split()[2] != "Z"


async def test_a_command_runs_in_the_folder_and_tells_code_and_outputs(host: InProcessToolHost, tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("x", encoding="utf-8")
    output = await said(host, "bash", command="ls; echo oops >&2; exit 3")
    assert output == "exit code: 3\nstdout:\nhere.txt\nstderr:\noops"


async def test_no_key_reaches_a_program(host: InProcessToolHost, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL"):
        monkeypatch.setenv(name, "sk-secret")
    assert "sk-secret" not in await said(host, "bash", command="env")
    assert "sk-secret" not in await said(host, "python", code="import os; print(dict(os.environ))")


async def test_what_is_added_to_the_environment_is_there(tmp_path: Path) -> None:
    host = InProcessToolHost([bash_tool(tmp_path, extra_env={"CITY": "Lyon"})])
    assert "Lyon" in await said(host, "bash", command="echo $CITY")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been run. Nothing is: a command that should be refused must do no harm when it is not."""
    commands: list[list[str]] = []

    async def note(command: list[str], **_: Any) -> Ended:
        commands.append(command)
        return Ended(0, "", "")

    monkeypatch.setattr("loomlab.tools.running.run_child", note)
    return commands


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf /",
        "rm -rf / --no-preserve-root",
        "rm --no-preserve-root -rf /",
        "rm -rf /*",
        "rm -r -f ~",
        "rm -rf ~/ && echo gone",
        "rm -rf $HOME",
        'rm -rf "$HOME"/',
        "rm notes.txt -rf /",
        "cd /; rm -rf build /; ls",
        "echo hi; sudo ls",
        "ls | xargs sudo rm",
        "mkfs.ext4 /dev/sda",
        "dd if=/dev/zero of=/dev/sda",
        "cat x > /dev/sda",
        ":(){ :|:& };:",
        "chmod -R 777 /",
    ],
)
async def test_a_plain_slip_is_refused(host: InProcessToolHost, started: list[list[str]], command: str) -> None:
    assert (await said(host, "bash", command=command)).startswith("ERROR: this command is refused")
    assert started == []


@pytest.mark.parametrize(
    "command", ["rm -rf ./build", "rm -rf /tmp/x/build", "rm ~/notes.txt", "echo sudoku", "chmod 777 /tmp/nothing-here"]
)
async def test_a_harmless_command_that_looks_like_one_is_not(
    host: InProcessToolHost, started: list[list[str]], command: str
) -> None:
    assert "refused" not in await said(host, "bash", command=command)
    assert started == [["/bin/sh", "-c", command]]


async def test_whoever_decides_decides_alone(tmp_path: Path) -> None:
    host = InProcessToolHost([bash_tool(tmp_path, allow_pattern=lambda command: command.startswith("echo "))])
    assert "exit code: 0" in await said(host, "bash", command="echo hi")
    assert "not allowed" in await said(host, "bash", command="ls")


async def test_what_takes_too_long_is_ended_with_its_children(host: InProcessToolHost, tmp_path: Path) -> None:
    command = "sleep 60 & echo $! > pid; echo begun; wait"
    output = await said(host, "bash", command=command, timeout_sec=0.5)
    assert output.startswith("ERROR: stopped after 0.5 s")
    assert "begun" in output
    assert not alive(int((tmp_path / "pid").read_text(encoding="utf-8")))


async def test_what_a_program_leaves_behind_is_ended_and_not_waited_for(
    host: InProcessToolHost, tmp_path: Path
) -> None:
    began = time.monotonic()
    assert "exit code: 0" in await said(host, "bash", command="sleep 50 & echo $! > pid", timeout_sec=40)
    assert time.monotonic() - began < 40
    assert not alive(int((tmp_path / "pid").read_text(encoding="utf-8")))


async def test_a_cancelled_call_ends_its_program(host: InProcessToolHost, tmp_path: Path) -> None:
    pid = anyio.Path(tmp_path / "pid")
    async with anyio.create_task_group() as group:
        group.start_soon(
            host.call, "bash", {"command": "echo $$ > pid.new; mv pid.new pid; sleep 60", "timeout_sec": 50}
        )
        with anyio.fail_after(20):
            while not await pid.exists():  # noqa: ASYNC110 - another process makes it
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    assert not alive(int(await pid.read_text(encoding="utf-8")))


async def test_a_flood_is_read_to_its_end_and_cut(host: InProcessToolHost) -> None:
    output = await said(
        host, "python", code="import sys\nfor _ in range(300): sys.stdout.write('x' * 100_000)\nprint('end')"
    )
    assert len(output) < 12_000
    assert "bytes more were not kept" in output


async def test_a_program_in_python_says_what_it_prints(host: InProcessToolHost) -> None:
    assert await said(host, "python", code="print('é', 1 + 1)") == "exit code: 0\nstdout:\né 2"
    assert "ZeroDivisionError" in await said(host, "python", code="1 / 0")
    assert "ERROR: it can't be run" in await said(host, "python", code="print('\0')")


def test_a_time_limit_is_a_time() -> None:
    with pytest.raises(ConfigError, match="above 0"):
        bash_tool(timeout=0)


# ------------------------------------------------------------------------------------------------- looking around


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in {
        "a.py": "import os\nprint('tea')\n",
        "sub/b.py": "# tea time\n",
        "sub/c.txt": "Tea\n",
        ".git/d.py": "tea\n",
        "x.bin": "tea\0\n",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret.py").write_text("tea\n", encoding="utf-8")
    (tmp_path / "link.py").symlink_to(outside / "secret.py")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    return tmp_path


async def test_a_folder_is_listed_folders_first(host: InProcessToolHost, tree: Path) -> None:
    assert (await said(host, "ls")).splitlines() == [".git/", "sub/", "a.py  23", "link.py  4", "x.bin  5"]
    assert (await said(host, "ls", path="..")).startswith("ERROR:")
    assert (await said(host, "ls", path="nowhere")).startswith("ERROR:")


async def test_files_are_found_by_name_and_only_inside(host: InProcessToolHost, tree: Path) -> None:
    found = (await said(host, "glob", pattern="**/*.py")).splitlines()
    assert {"a.py", "sub/b.py"} <= set(found)
    assert "link.py" not in found
    assert (await said(host, "glob", pattern="../*")).startswith("ERROR:")
    assert await said(host, "glob", pattern="*.rs") == "[no file fits *.rs]"


async def test_lines_are_found_with_their_places(host: InProcessToolHost, tree: Path) -> None:
    assert (await said(host, "grep", pattern="tea")).splitlines() == [
        "a.py:2: print('tea')",
        "sub/b.py:1: # tea time",
    ]
    assert "sub/c.txt:1: Tea" in await said(host, "grep", pattern="TEA", ignore_case=True)
    assert await said(host, "grep", pattern="tea", glob="*.txt") == "[nothing fits tea]"
    assert (await said(host, "grep", pattern="tea", path="a.py")) == "a.py:2: print('tea')"
    assert "no regular expression" in await said(host, "grep", pattern="(")
    assert (await said(host, "grep", pattern="x", path="../..")).startswith("ERROR:")


async def test_a_search_that_never_ends_is_stopped(
    host: InProcessToolHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loomlab.tools.searching._SECONDS", 1.0)
    (tmp_path / "a.txt").write_text("a" * 40 + "b\n", encoding="utf-8")
    assert "took longer" in await said(host, "grep", pattern="(a+)+$")
