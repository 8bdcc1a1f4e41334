"""The journal's stores, each tried by the published suite; and what is particular to files and servers."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loomlab import ConfigError
from loomlab.core.errors import RuntimeJournalError
from loomlab.runtime import InMemoryJournalStore, JournaledRuntime, JournalEntry, PostgresJournalStore, SqliteRuntime
from loomlab.runtime import SqliteJournalStore as SqliteStore
from loomlab.testing.journal_contract import JournalStoreContract, OpenStore

pytestmark = pytest.mark.anyio


class TestInMemory(JournalStoreContract):
    survives = False

    @pytest.fixture
    def open_store(self) -> OpenStore:
        return InMemoryJournalStore


class TestSqlite(JournalStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: SqliteStore(tmp_path / "deep" / "journal.db")


class TestSqliteThatWaitsForTheDisk(JournalStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: SqliteStore(tmp_path / "journal.db", sync="full")


class TestPostgres(JournalStoreContract):
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def open_store(self, journal_dsn: str) -> OpenStore:
        async def connect() -> Any:
            store = await PostgresJournalStore.connect(journal_dsn, min_size=1, max_size=3)
            await store.init_schema()
            return store

        return connect


class Five:
    """A store as somebody else may write it: five methods, no users."""

    def __init__(self) -> None:
        self.steps: dict[tuple[str, str], JournalEntry] = {}
        self.streams: dict[tuple[str, str], JournalEntry] = {}

    async def get_step(self, session_id: str, step_name: str) -> JournalEntry | None:
        return self.steps.get((session_id, step_name))

    async def put_step(self, session_id: str, step_name: str, value: Any) -> None:
        self.steps[session_id, step_name] = JournalEntry(value, datetime.now(UTC))

    async def get_stream(self, session_id: str, step_name: str) -> JournalEntry | None:
        return self.streams.get((session_id, step_name))

    async def put_stream(self, session_id: str, step_name: str, chunks: Any) -> None:
        self.streams[session_id, step_name] = JournalEntry(list(chunks), datetime.now(UTC))

    async def aclose(self) -> None:
        pass


async def test_a_store_of_five_methods_is_enough_for_replay() -> None:
    store: Any = Five()
    done: list[int] = []

    async def work(value: int) -> int:
        done.append(value)
        return value + 1

    for user in (None, "alice", None):
        runtime = JournaledRuntime(store)
        async with runtime.session("s", user_id=user):
            assert await runtime.step("a", work, 1) == 2
    assert done == [1, 1] and store.steps["s", "a"].value == 2
    with pytest.raises(ConfigError, match="Five cannot erase"):
        await JournaledRuntime(store).forget(user_id="alice")


def test_what_is_no_store_is_refused_with_what_it_lacks() -> None:
    wrong: Any = object()
    with pytest.raises(ConfigError, match="get_step, put_step, get_stream, put_stream, aclose"):
        JournaledRuntime(wrong)


async def test_the_file_is_json_for_its_owner_alone_in_the_published_tables(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    runtime = SqliteRuntime(path)

    async def work() -> dict[str, Any]:
        return {"rows": (1, 2)}

    async def items() -> Any:
        yield 1

    async with runtime.session("s"):
        await runtime.step("a", work)
        assert [item async for item in runtime.stream_step("b", items)] == [1]
    assert runtime.path == str(path) and stat.S_IMODE(path.stat().st_mode) == 0o600
    with sqlite3.connect(path) as file:
        ((name, text),) = file.execute("SELECT step_name, value FROM journal_steps").fetchall()
        assert name == "a" and json.loads(text) == {"rows": {"$": "tuple", "v": [1, 2]}}
        assert file.execute("SELECT step_name, value FROM journal_streams").fetchall() == [("b", "[1]")]
    file.close()
    await runtime.aclose()


def _bytes(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.iterdir())


async def test_what_was_forgotten_is_neither_in_the_file_nor_in_its_log(tmp_path: Path) -> None:
    runtime = SqliteRuntime(tmp_path / "journal.db")
    secret = "the word nobody may find"

    async def say(text: str) -> str:
        return text

    for user in ("alice", "bob"):
        async with runtime.session("s", user_id=user):
            await runtime.step("a", say, f"{secret} {user}")
    assert await runtime.forget(user_id="alice") == 1
    held = _bytes(tmp_path)
    assert f"{secret} alice".encode() not in held and f"{secret} bob".encode() in held
    assert await runtime.prune(datetime.now(UTC) - timedelta(days=1)) == 0
    assert await runtime.prune(datetime.now(UTC) + timedelta(days=1)) == 1
    await runtime.aclose()


async def test_a_file_that_is_something_else_and_one_of_a_later_release_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and long enough to be looked at " * 20, encoding="utf-8")
    with pytest.raises(RuntimeJournalError, match=r"notes.txt.*give another path"):
        await SqliteStore(tmp_path / "notes.txt").get_step("s", "a")
    with sqlite3.connect(tmp_path / "later.db") as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(RuntimeJournalError, match="install a newer loomlab"):
        await SqliteStore(tmp_path / "later.db").get_step("s", "a")


async def test_the_longest_unused_session_goes_when_a_store_in_memory_is_full() -> None:
    store = InMemoryJournalStore(max_sessions=3)
    runtime = JournaledRuntime(store)

    async def work() -> int:
        return 1

    for number in range(200):
        async with runtime.session(f"s{number % 100}", user_id=f"u{number}"):
            await runtime.step("a", work)
    assert [session for session, _ in store.step_keys()] == ["s97", "s98", "s99"]


@pytest.fixture
def busy_elsewhere(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a session."""
    code = """
import sys, anyio
from loomlab.runtime import SqliteRuntime
async def main():
    runtime = SqliteRuntime(sys.argv[1])
    async with runtime.session("s", user_id="alice"):
        print("held", flush=True)
        await anyio.sleep(60)
anyio.run(main)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "journal.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=os.environ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        yield other
        other.kill()


async def test_a_second_process_is_refused_while_the_first_lives_and_welcome_when_it_was_killed(
    tmp_path: Path, busy_elsewhere: subprocess.Popen[str]
) -> None:
    runtime = SqliteRuntime(tmp_path / "journal.db", wait_s=0.2)
    with pytest.raises(RuntimeJournalError, match=rf"'s' of user 'alice' is being run by process {busy_elsewhere.pid}"):
        async with runtime.session("s", user_id="alice"):
            pytest.fail("two at once")
    async with runtime.session("s", user_id="bob"):
        pass
    busy_elsewhere.kill()
    busy_elsewhere.wait()
    async with runtime.session("s", user_id="alice") as session:
        assert session.user_id == "alice"
    await runtime.aclose()
