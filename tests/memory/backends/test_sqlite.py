import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab.core import Episode, Fact, MemoryStoreError
from loomlab.core.upgrading import UpgradeNotice
from loomlab.memory import HashEmbedder, SqliteFactStore, SqliteMemory
from loomlab.testing.record_samples import INSTANTS

pytestmark = pytest.mark.anyio


def fact(user: str | None, object_: str, **more: Any) -> Fact:
    return Fact(user_id=user, subject="u", predicate="lives_in", object=object_, valid_from=INSTANTS[0], **more)


def episode(user: str | None, text: str) -> Episode:
    return Episode(session_id="s", user_id=user, input=text, output="")


async def test_the_file_has_tables_that_a_person_can_read(tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "bot.db")
    await memory.remember(episode("alice", "green tea"))
    await memory.facts.append(fact("alice", "Lyon"))
    await memory.update_block("human", "hello", user_id=None)
    await memory.aclose()
    connection = sqlite3.connect(tmp_path / "bot.db")
    assert connection.execute("SELECT user_id, session_id, input FROM episodes").fetchall() == [
        ("alice", "s", "green tea")
    ]
    assert connection.execute("SELECT user_id, subject, object FROM facts").fetchall() == [("alice", "u", "Lyon")]
    assert connection.execute("SELECT user_id, name, content FROM working_blocks").fetchall() == [
        (None, "human", "hello")
    ]
    connection.close()


async def test_a_store_of_facts_shares_the_file_with_a_memory(tmp_path: Path) -> None:
    memory, facts = SqliteMemory(tmp_path / "bot.db"), SqliteFactStore(tmp_path / "bot.db", embedder=HashEmbedder(8))
    await facts.append(fact("u", "Lyon"))
    assert [one.object for one in await memory.recall_facts("u lives in", user_id="u")] == ["Lyon"]
    await memory.forget(user_id="u")
    assert await facts.all_facts() == []
    assert facts.path == memory.path
    await memory.aclose()
    await facts.aclose()


# ------------------------------------------------------------------------------------------------ processes

WRITER = """
import sys, anyio
from loomlab.core import Episode, Fact
from loomlab.memory import SqliteMemory, HashEmbedder
async def main(path, user):
    memory = SqliteMemory(path, embedder=HashEmbedder(8))
    number = 0
    while True:
        facts = [Fact(id=f"{user} {number} {part}", user_id=user, subject=str(number), predicate="p", object=str(part))
                 for part in range(5)]
        await memory.facts.append_many(facts)
        await memory.remember(Episode(id=f"{user} {number}", session_id="s", user_id=user, input="tea", output=""))
        print(number, flush=True)
        number += 1
anyio.run(main, sys.argv[1], sys.argv[2])
"""


def start_writer(path: Path, user: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), user]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def read_until(writer: subprocess.Popen[str], number: int) -> int:
    assert writer.stdout is not None
    return next(int(line) for line in writer.stdout if int(line) >= number)


async def test_three_processes_write_and_one_is_killed_in_the_middle_and_nothing_is_half_there(tmp_path: Path) -> None:
    path, users = tmp_path / "bot.db", ("al", "Al", "bo")
    writers = {user: start_writer(path, user) for user in users}
    said: dict[str, int] = {}
    try:
        said["al"] = await anyio.to_thread.run_sync(read_until, writers["al"], 20)
        writers["al"].send_signal(signal.SIGKILL)
        for user in ("Al", "bo"):
            said[user] = await anyio.to_thread.run_sync(read_until, writers[user], 40)
    finally:
        for writer in writers.values():
            writer.kill()
            writer.communicate()
    memory = SqliteMemory(path)
    for user in users:
        export = await memory.export(user_id=user)
        numbers = sorted({int(one.subject) for one in export.facts})
        # What was said to be stored is stored, what was begun is there whole or not at all.
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > said[user]
        assert len(export.facts) == 5 * len(numbers)
        assert all(one.valid_until is not None for one in export.facts if one.object != "4")
        assert len(export.episodes) in (len(numbers), len(numbers) - 1)
        assert {one.user_id for one in (*export.facts, *export.episodes)} == {user}
    await memory.aclose()


async def test_a_write_waits_for_another_process_and_then_happens(tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "bot.db")
    await memory.update_block("b", "1", user_id="u")
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ("COMMIT",))
    release.start()
    await memory.update_block("b", "2", user_id="u")
    release.join()
    assert [one.content for one in await memory.working(user_id="u")] == ["2"]
    other.close()
    await memory.aclose()


async def test_a_write_that_waited_too_long_says_so_and_works_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loomlab.memory.sqlite_file._PATIENCE", 0.05)
    memory = SqliteMemory(tmp_path / "bot.db")
    await memory.update_block("b", "1", user_id="u")
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(MemoryStoreError, match=r"memory in SQLite \(.*bot.db\): database is locked; another process"):
        await memory.update_block("b", "2", user_id="u")
    assert [one.content for one in await memory.working(user_id="u")] == ["1"]
    other.close()
    await memory.update_block("b", "3", user_id="u")
    assert [one.content for one in await memory.working(user_id="u")] == ["3"]
    await memory.aclose()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_opens_the_file_for_itself(tmp_path: Path) -> None:
    code = """
import os, sys, warnings, anyio
warnings.simplefilter("ignore")
from loomlab.memory import SqliteMemory
memory = SqliteMemory(sys.argv[1])
anyio.run(memory.update_block, "b", "parent")
if (child := os.fork()) == 0:
    anyio.run(memory.append_block, "b", " child")
    os._exit(0)
os.waitpid(child, 0)
anyio.run(memory.append_block, "b", " parent")
print(anyio.run(memory.working)[0].content)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "bot.db")], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stdout.strip() == "parent child parent", done.stderr


# ------------------------------------------------------------------------------------------------ what goes wrong


async def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    code = """
import resource, signal, sys, anyio
from loomlab.core import Episode, MemoryStoreError
from loomlab.memory import HashEmbedder, SqliteMemory
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
async def main():
    memory = SqliteMemory(sys.argv[1], embedder=HashEmbedder(8))
    stored = 0
    try:
        for number in range(200):
            await memory.remember(Episode(session_id="s", user_id="u", input="x" * 3000, output=""))
            stored += 1
    except MemoryStoreError as error:
        print(error)
    print(stored, len((await memory.export(user_id="u")).episodes))
anyio.run(main)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "bot.db")]
    done = await anyio.run_process(command)
    error, counts = done.stdout.decode().splitlines()
    assert error.startswith(f"memory in SQLite ({tmp_path / 'bot.db'}): ")
    assert "free some space" in error or "look at its disk" in error
    stored, found = map(int, counts.split())
    assert stored == found > 0
    memory = SqliteMemory(tmp_path / "bot.db")
    assert (await memory.profile(user_id="u")).episode_count == stored
    await memory.remember(episode("u", "there is room again"))
    await memory.aclose()


async def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Alice, " * 100, encoding="utf-8")
    with pytest.raises(MemoryStoreError, match="not a database; that file is something else"):
        await SqliteMemory(path).working()
    assert path.read_text(encoding="utf-8") == "Dear Alice, " * 100


async def test_a_place_where_no_file_can_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for path in (tmp_path / "file" / "bot.db", tmp_path):
        with pytest.raises(MemoryStoreError, match=r"memory in SQLite \(.*\): .*; make its folder"):
            await SqliteMemory(path).working()


def let(mode: int, *paths: Path) -> None:
    for path in paths:
        path.chmod(mode)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write anywhere, so give it up for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_file_that_may_only_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    memory = SqliteMemory(path)
    await memory.update_block("b", "1")
    await memory.aclose()
    let(0o755, tmp_path, *tmp_path.parents[:3])
    let(0o444, path)
    with unprivileged():
        with pytest.raises(MemoryStoreError, match=r"bot.db\): .*; make (the file and its folder writable|its folder)"):
            await memory.update_block("b", "2")
        await memory.aclose()
    let(0o644, path)
    await memory.update_block("b", "3")
    assert [one.content for one in await memory.working()] == ["3"]
    await memory.aclose()


async def test_a_file_of_a_newer_make_is_left_alone(tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "bot.db")
    await memory.update_block("b", "1")
    await memory.aclose()
    connection = sqlite3.connect(tmp_path / "bot.db")
    connection.execute("UPDATE loomlab_memory SET version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(MemoryStoreError, match=r"written by a newer loomlab.*upgrade loomlab"):
        await SqliteMemory(tmp_path / "bot.db").working()


# ------------------------------------------------------------------------------------------------ older files, erasing

OLDER = """
CREATE TABLE episodes (id TEXT PRIMARY KEY, session_id TEXT, occurred_at TEXT, input TEXT, output TEXT, embedding BLOB);
CREATE TABLE working_blocks (name TEXT PRIMARY KEY, content TEXT, updated_at TEXT, pinned_order INTEGER);
CREATE TABLE facts (id TEXT PRIMARY KEY, subject TEXT, predicate TEXT, object TEXT, confidence REAL, valid_from TEXT,
  valid_until TEXT, recorded_at TEXT, sources TEXT);
INSERT INTO episodes VALUES ('e1', 's', '2025-01-01T10:00:00+00:00', 'green tea', 'ok', NULL);
INSERT INTO working_blocks VALUES ('human', 'hello', '2025-01-01T10:00:00+00:00', 3);
INSERT INTO facts VALUES ('f1', 'u', 'lives_in', 'Paris', 0.5, '2025-01-01T10:00:00+00:00', '2025-02-01T10:00:00+00:00',
  '2025-01-01T10:00:00+00:00', '["e1"]');
"""


async def test_a_file_without_a_column_for_users_is_brought_up_to_date(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.executescript(OLDER)
    connection.close()
    for time in range(2):
        memory = SqliteMemory(tmp_path / "old.db")
        with pytest.warns(UpgradeNotice) if time == 0 else nullcontext():
            assert [one.id for one in await memory.recall("green tea")] == ["e1"]
        assert [(one.name, one.content, one.pinned_order) for one in await memory.working()] == [("human", "hello", 3)]
        (old,) = await memory.facts.query()
        assert (old.object, old.confidence, old.sources, str(old.valid_until)[:10]) == (
            "Paris",
            0.5,
            ["e1"],
            "2025-02-01",
        )
        assert (await memory.profile(user_id="u")).fact_count == 0
        await memory.aclose()


async def test_a_file_with_users_keeps_them_and_one_that_cannot_be_read_is_left_as_it_was(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.executescript(OLDER.replace("embedding BLOB", "user_id TEXT"))
    connection.execute("UPDATE episodes SET user_id = 'alice'")
    connection.commit()
    memory = SqliteMemory(tmp_path / "old.db")
    with pytest.warns(UpgradeNotice):
        assert [one.id for one in await memory.recall("green tea", user_id="alice")] == ["e1"]
    await memory.aclose()
    strange = sqlite3.connect(tmp_path / "strange.db")
    strange.executescript("CREATE TABLE facts (a TEXT); INSERT INTO facts VALUES ('mine');")
    with pytest.raises(MemoryStoreError, match="the table facts is of a form that is not known here"):
        await SqliteMemory(tmp_path / "strange.db").working()
    assert strange.execute("SELECT * FROM facts").fetchall() == [("mine",)]
    for one in (connection, strange):
        one.close()


async def test_what_is_forgotten_leaves_the_bytes_of_the_file(tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "bot.db")
    for user in ("u", "v"):
        for number in range(30):
            await memory.remember(episode(user, f"marzipan {user} {number}"))
            await memory.facts.append(fact(user, f"marzipan {user} {number}"))
        await memory.update_block("b", f"marzipan {user}", user_id=user)
    await memory.forget(user_id="u")
    content = b"".join([await one.read_bytes() async for one in anyio.Path(tmp_path).iterdir()])
    assert b"marzipan v 29" in content
    assert b"marzipan u" not in content
    await memory.aclose()


async def test_recall_among_many_sees_each_write_of_others_at_once(tmp_path: Path) -> None:
    one, other = (SqliteMemory(tmp_path / "bot.db", embedder=HashEmbedder(32)) for _ in range(2))
    async with anyio.create_task_group() as group:
        for number in range(300):
            group.start_soon(one.remember, episode("u", f"item {number} of many"))
    assert len(await other.recall("item", user_id="u", limit=400)) == 300
    await one.remember(episode("u", "the needle"))
    assert [found.input for found in await other.recall("needle", user_id="u", limit=1)] == ["the needle"]
    await one.forget(user_id="u", session_id="s")
    assert await other.recall("needle", user_id="u") == []
    await one.aclose()
    await other.aclose()


def test_event_loops_in_several_threads_share_a_memory(tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "bot.db")

    async def use(user: str) -> None:
        for number in range(20):
            await memory.remember(episode(user, f"tea {number}"))
            assert len(await memory.recall("tea", user_id=user, limit=99)) == number + 1

    threads = [threading.Thread(target=anyio.run, args=(use, user)) for user in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for user in ("a", "b", "c"):
        assert anyio.run(lambda user=user: memory.profile(user_id=user)).episode_count == 20
    anyio.run(memory.aclose)
