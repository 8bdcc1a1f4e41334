"""Tools that see the files they are given and no others. Whatever they try stays inside the test's own folder."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.core import ConfigError
from loomlab.security import BubblewrapSandbox
from loomlab.security.bubblewrap import working_bubblewrap
from loomlab.tools import InProcessToolHost, tool

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@tool
def look(path: str) -> str:
    """Read a file."""
    return Path(path).expanduser().read_text(encoding="utf-8")


@tool
def put(path: str, text: str) -> str:
    """Write a file."""
    Path(path).expanduser().write_text(text, encoding="utf-8")
    return "written"


@tool
def names(path: str) -> list[str]:
    """What is in a folder."""
    return sorted(one.name for one in Path(path).iterdir())


@tool
def variables() -> list[str]:
    """Names of the environment."""
    return sorted(os.environ)


@tool
def neighbours() -> int:
    """How many processes are to be seen."""
    return sum(one.name.isdigit() for one in Path("/proc").iterdir())


@tool
def reach(port: int) -> str:
    """Connect to this machine."""
    import socket

    with socket.create_connection(("127.0.0.1", port), timeout=3):
        return "connected"


HOST = [look, put, names, variables, neighbours, reach]


@pytest.fixture
def bwrap() -> None:
    """A working ``bwrap``."""
    try:
        working_bubblewrap()
    except ConfigError as exc:
        (pytest.fail if os.environ.get("LOOMLAB_TEST_STRICT") == "1" else pytest.skip)(str(exc))


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("alice", "bob", "shared")}
    for name, path in found.items():
        path.mkdir()
        (path / "note.txt").write_text(f"{name}'s note", encoding="utf-8")
    return found


def machines(path: str) -> Path:
    """The file of that name outside of any sandbox."""
    return Path(path).expanduser()


async def sandbox(**options: Any) -> BubblewrapSandbox:
    # It tries bwrap once when it is made, which blocks.
    return await anyio.to_thread.run_sync(lambda: BubblewrapSandbox(InProcessToolHost(HOST), **options))


@pytest.mark.usefixtures("bwrap")
async def test_a_user_reads_and_writes_what_was_given_and_sees_nothing_of_another(folders: dict[str, Path]) -> None:
    for user, other in (("alice", "bob"), ("bob", "alice")):
        box = await sandbox(readable=[folders["shared"]], writable=[folders[user]], warm=True)
        mine, theirs = folders[user] / "new.txt", folders[other]
        assert (await box.call("put", {"path": str(mine), "text": "mine"})).ok
        assert mine.read_text(encoding="utf-8") == "mine"
        assert (await box.call("look", {"path": str(folders["shared"] / "note.txt")})).output == "shared's note"
        for tried in (
            await box.call("look", {"path": str(theirs / "note.txt")}),
            await box.call("names", {"path": str(theirs)}),
            await box.call("put", {"path": str(theirs / "note.txt"), "text": "mallory"}),
            await box.call("put", {"path": str(folders["shared"] / "note.txt"), "text": "mallory"}),
            await box.call("look", {"path": str(folders[user] / ".." / other / "note.txt")}),
        ):
            assert not tried.ok and "'s note" not in str(tried)
        assert (theirs / "note.txt").read_text(encoding="utf-8") == f"{other}'s note"
        assert (folders["shared"] / "note.txt").read_text(encoding="utf-8") == "shared's note"
        await box.aclose()


@pytest.mark.usefixtures("bwrap")
async def test_a_link_out_of_the_folder_leads_nowhere(folders: dict[str, Path]) -> None:
    (folders["alice"] / "out").symlink_to(folders["bob"])
    box = await sandbox(writable=[folders["alice"]], warm=True)
    for path in (folders["alice"] / "out" / "note.txt", folders["alice"] / "out" / "new.txt"):
        assert not (await box.call("look", {"path": str(path)})).ok
        assert not (await box.call("put", {"path": str(path), "text": "mallory"})).ok
    assert sorted(one.name for one in folders["bob"].iterdir()) == ["note.txt"]
    await box.aclose()


@pytest.mark.usefixtures("bwrap")
async def test_no_key_no_neighbour_and_no_network(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setenv("OPENAI_API_KEY", "not-for-tools")
    box = await sandbox(writable=[folders["alice"]], warm=True)
    assert "OPENAI_API_KEY" not in (await box.call("variables", {})).output
    assert (await box.call("neighbours", {})).output < 10
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not (await box.call("reach", {"port": server.getsockname()[1]})).ok
    await box.aclose()


@pytest.mark.usefixtures("bwrap")
@pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "~"])
async def test_what_one_call_leaves_behind_no_other_finds(folders: dict[str, Path], place: str) -> None:
    box = await sandbox(writable=[folders["alice"]])
    path = f"{place}/loomlab-test-{folders['alice'].parent.name}-{os.getpid()}.txt"
    outside = machines(path)
    try:
        assert (await box.call("put", {"path": path, "text": "alice was here"})).ok
        assert not outside.exists(), "and not the machine either"
        assert not (await box.call("look", {"path": path})).ok
    finally:
        outside.unlink(missing_ok=True)


@pytest.mark.usefixtures("bwrap")
async def test_the_root_of_it_cannot_be_written(folders: dict[str, Path]) -> None:
    box = await sandbox(writable=[folders["alice"]])
    name = f"/loomlab-test-{folders['alice'].parent.name}-{os.getpid()}.txt"
    try:
        assert "Read-only" in str((await box.call("put", {"path": name, "text": "x"})).error)
    finally:
        machines(name).unlink(missing_ok=True)


@pytest.mark.usefixtures("bwrap")
async def test_an_agent_runs_its_tools_there_and_says_what_is_in_force(folders: dict[str, Path]) -> None:
    box = await sandbox(writable=[folders["alice"]])
    theirs = str(folders["bob"] / "note.txt")
    turns = [ScriptedTurn(tool_calls=[ToolCall(tool="look", args={"path": theirs})]), ScriptedTurn(text="no")]
    agent = Agent("Help.", model=ScriptedModel(turns), tools=box)
    events = [one async for one in agent.stream("Read it.", user_id="alice")]
    (result,) = [one.payload["result"] for one in events if one.kind == "tool_result"]
    assert not result["ok"] and "No such file" in result["error"]
    said = await anyio.to_thread.run_sync(lambda: box.protections)
    assert str(folders["alice"]) in said["files"] and "isolation" in said


async def test_a_folder_that_is_not_there_is_refused_before_anything(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no"):
        await sandbox(writable=[tmp_path / "none"])


async def test_without_the_program_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, *_: None)
    with pytest.raises(ConfigError, match="apt install bubblewrap"):
        await sandbox()


@pytest.mark.skipif(sys.platform == "win32", reason="it runs a script")
async def test_a_bwrap_that_the_system_does_not_let_work_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'no namespaces for you' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name, *_: str(program))
    with pytest.raises(ConfigError, match="no namespaces for you"):
        await sandbox()
