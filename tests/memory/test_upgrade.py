"""A memory file of an earlier format opens, is brought up to date with a backup, loses nothing, and says so."""

import os
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loomlab.core.errors import MemoryStoreError
from loomlab.core.ids import new_id
from loomlab.core.upgrading import UpgradeNotice
from loomlab.memory import sqlite_formats
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.sqlite import SqliteMemory
from loomlab.memory.sqlite_upgrade import Formats
from loomlab.memory.store_rows import pack

pytestmark = pytest.mark.anyio

FIXTURE = Path(__file__).parents[1] / "fixtures" / "memory_format_1.sql"
"""What SqliteMemory wrote when its format was 1: two users, and one turn of nobody named."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return anew(tmp_path / "desk.db")


def anew(path: Path) -> Path:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(FIXTURE.read_text(encoding="utf-8"))
    connection.close()
    return path


def content(path: Path) -> bytes:
    return path.read_bytes()


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.backup"))


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    connection = sqlite3.connect(path)
    columns = "n, owner, id, at, seq, topic, label, item"
    found = {
        table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY n").fetchall()
        for table in ("episodes", "working_blocks", "facts")
    }
    connection.close()
    return found


async def test_it_opens_says_where_the_backup_is_and_loses_nothing(old: Path) -> None:
    before, held = content(old), rows(old)
    memory = SqliteMemory(old)
    with pytest.warns(
        UpgradeNotice, match=r"brought from format 1 to 2; as it was, it is kept in .*desk\.db\.format1-"
    ):
        episodes = await memory.episodes(user_id="alice")
    assert [one.input for one in episodes] == ["I like green tea in the morning", "My cats are called Ada and Bob"]
    assert [one.input for one in await memory.episodes(user_id="bob")] == ["I work in Zürich"]
    assert [one.input for one in await memory.episodes(user_id=None)] == ["Hello there"]
    assert [one.content for one in await memory.working(user_id="alice")] == ["I am the desk."]
    now = await memory.facts_at(user_id="alice")
    assert [one.object for one in now if one.valid_until is None] == ["Lyon"]
    assert [one.object for one in now if one.valid_until is not None] == ["Paris"]
    assert [one.object for one in await memory.facts_at(user_id="bob")] == ["Zürich"]
    await memory.aclose()
    (backup,) = backups(old)
    assert content(backup) == before
    assert rows(old) == held
    assert rows(backup) == held


async def test_the_file_says_in_its_header_what_it_is_and_is_not_brought_up_to_date_twice(old: Path) -> None:
    memory = SqliteMemory(old)
    with pytest.warns(UpgradeNotice):
        await memory.working(user_id="alice")
    await memory.aclose()
    assert content(old)[68:72] == b"LOOM"
    again = SqliteMemory(old)
    assert await again.working(user_id="alice")  # a warning would be an error here
    await again.aclose()
    assert len(backups(old)) == 1


async def test_vectors_of_the_earlier_embedder_are_made_anew_and_others_stay(old: Path) -> None:
    connection = sqlite3.connect(old)
    others = pack([0.25, -0.5, 1.0])
    connection.execute("UPDATE episodes SET vector = ? WHERE id = 'ep_2'", (others,))
    connection.commit()
    connection.close()
    memory = SqliteMemory(old)
    with pytest.warns(UpgradeNotice):
        await memory.working(user_id=None)
    await memory.aclose()
    connection = sqlite3.connect(old)
    stored = dict(connection.execute("SELECT id, vector FROM episodes").fetchall())
    connection.close()
    today = await HashEmbedder().embed("My cats are called Ada and Bob\nLovely cats.")
    assert stored["ep_1"] == pack(today)
    assert stored["ep_2"] == others


async def test_a_look_neither_changes_the_file_nor_needs_it_changed(old: Path) -> None:
    before = content(old)
    memory = SqliteMemory(old, read_only=True)
    assert len(await memory.episodes(user_id="alice")) == 2
    await memory.aclose()
    assert content(old) == before
    assert backups(old) == []


async def test_what_goes_wrong_on_the_way_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(old)

    def breaks(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE facts")
        raise sqlite3.OperationalError("the machine stumbled")

    formats = sqlite_formats.FORMATS
    broken = Formats(formats.holds, formats.of, {**formats.steps, 2: breaks}, formats.mark)
    with monkeypatch.context() as patched:
        patched.setattr("loomlab.memory.sqlite_connection.SqliteConnection.formats", broken)
        with pytest.raises(MemoryStoreError, match="the machine stumbled"):
            await SqliteMemory(old).working()
    assert content(old) == before
    assert backups(old) == []
    with pytest.warns(UpgradeNotice):
        assert len(await SqliteMemory(old).episodes(user_id="alice")) == 2


KILLED = """
import os, sys, anyio
from loomlab.memory import sqlite_formats
from loomlab.memory.sqlite import SqliteMemory
from loomlab.memory.sqlite_connection import SqliteConnection
from loomlab.memory.sqlite_upgrade import Formats
made = sqlite_formats.FORMATS
def dies(connection):
    made.steps[2](connection)
    connection.execute("DELETE FROM facts")
    os._exit(9)
SqliteConnection.formats = Formats(made.holds, made.of, {**made.steps, 2: dies}, made.mark)
anyio.run(SqliteMemory(sys.argv[1]).working)
"""


def killed(path: Path) -> int:
    return subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False).returncode


async def test_a_process_that_dies_on_the_way_leaves_a_file_that_opens(old: Path) -> None:
    held = rows(old)
    assert killed(old) == 9
    assert rows(old) == held
    memory = SqliteMemory(old)
    with pytest.warns(UpgradeNotice):
        assert len(await memory.facts_at(user_id="bob")) == 1
    await memory.aclose()
    assert rows(old) == held


async def test_processes_that_die_on_the_way_leave_one_backup_and_no_half_of_one(old: Path) -> None:
    half = old.with_name(f"{old.name}.{new_id()}.tmp")
    half.write_bytes(content(old)[:4096])
    foreign = old.with_name(f"{old.name}.mine.tmp")
    foreign.write_bytes(b"somebody's")
    before = content(old)
    assert killed(old) == killed(old) == 9
    memory = SqliteMemory(old)
    with pytest.warns(UpgradeNotice) as said:
        await memory.working()
    await memory.aclose()
    (backup,) = backups(old)
    assert rows(backup)
    assert str(backup) in str(said[0].message)
    assert len(content(backup)) == len(before)
    assert sorted(one.name for one in old.parent.iterdir()) == sorted([old.name, foreign.name, backup.name])


OPENED = """
import sys, warnings, anyio
from loomlab.memory.sqlite import SqliteMemory
async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        print(len(await SqliteMemory(sys.argv[1]).episodes(user_id="alice")), len(said), flush=True)
anyio.run(main)
"""


def test_of_processes_that_open_it_at_once_one_brings_it_up_to_date(old: Path) -> None:
    command = [sys.executable, "-c", OPENED, str(old)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    processes = [subprocess.Popen(command, **pipes) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=50)[0].strip() for process in processes)
    assert said == ["2 0", "2 0", "2 1"]
    assert len(backups(old)) == 1


async def test_a_backup_that_is_there_is_never_written_over(old: Path) -> None:
    memory = SqliteMemory(old)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        await memory.working()
        await memory.aclose()
        (first,) = backups(old)
        kept = content(first)
        with closing(sqlite3.connect(anew(old))) as other, other:
            other.execute("DELETE FROM episodes WHERE id = 'ep_2'")
        await memory.working()
        await memory.aclose()
    assert len(said) == 2
    assert content(first) == kept
    assert len(backups(old)) == 2


@pytest.mark.skipif(os.name == "nt", reason="folders of Windows can be written whatever their mode")
async def test_where_no_backup_can_be_written_nothing_is_changed_and_the_remedy_is_said(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(old)

    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loomlab.memory.sqlite_upgrade._back_up", full)
    with pytest.raises(MemoryStoreError, match=r"No space left on device.*; make .*nothing was changed"):
        await SqliteMemory(old).working()
    assert content(old) == before


async def test_a_memory_and_a_journal_may_share_one_file(tmp_path: Path) -> None:
    from loomlab import Agent, EchoModel
    from loomlab.runtime import SqliteRuntime

    path = tmp_path / "both.db"
    runtime, memory = SqliteRuntime(path), SqliteMemory(path)
    await memory.update_block("b", "1", user_id="alice")
    agent = Agent("x", model=EchoModel(), memory=memory, runtime=runtime)
    assert (await agent.run("hello", user_id="alice", session_id="s")).output == "Echo: hello"
    await memory.aclose()
    await runtime.aclose()
    assert [one.content for one in await SqliteMemory(path).working(user_id="alice")] == ["1"]
