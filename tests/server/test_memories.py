"""The memories of a server, without a server: files come, go and break, and nothing is left beside them."""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filled import fill_memory

from loomlab.server.memories import Memories
from loomlab.server.memory_files import find_memories
from loomlab.server.memory_list import memory_list


@pytest.fixture
def made() -> Iterator[Any]:
    """Memories of a folder; their files are closed after the test."""
    all_of: list[Memories] = []

    def make(root: Path, named: Mapping[str, str] | None = None) -> Memories:
        all_of.append(Memories(named or {}, root, lambda: None))
        return all_of[-1]

    yield make
    for one in all_of:
        one.let_go_of_others(())
        one.pool.shutdown()


def test_looking_for_memories_leaves_no_file_beside_those_of_others(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE a(x)")
    fill_memory(tmp_path / "own.db", "alice")
    assert set(find_memories(tmp_path)) == {"own.db"}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["foreign.db", "own.db"]


def test_a_memory_that_is_being_written_for_the_first_time_is_found(tmp_path: Path) -> None:
    fill_memory(tmp_path / "own.db", "alice")
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE loomlab_memory(version INTEGER NOT NULL, erasures INTEGER NOT NULL)")
        assert set(find_memories(tmp_path)) == {"own.db", "new.db"}


def test_a_damaged_memory_is_listed_with_its_problem_and_the_others_as_ever(tmp_path: Path, made: Any) -> None:
    fill_memory(tmp_path / "own.db", "alice")
    with closing(sqlite3.connect(tmp_path / "torn.db")) as torn:
        torn.execute("CREATE TABLE loomlab_memory(version INTEGER NOT NULL, erasures INTEGER NOT NULL)")
    with closing(sqlite3.connect(fill_memory(tmp_path / "worn.db", "alice"), isolation_level=None)) as worn:
        worn.execute("UPDATE facts SET owner = ''")
    found = {one["name"]: one for one in memory_list(made(tmp_path))["memories"]}
    assert [one["user_id"] for one in found["own.db"]["users"]] == ["alice"]
    assert found["own.db"]["problem"] is None
    assert "can't be read" in str(found["torn.db"]["problem"])
    assert "can't be read" in str(found["worn.db"]["problem"])


def test_a_memory_that_the_settings_name_may_be_a_link(tmp_path: Path, made: Any) -> None:
    fill_memory(tmp_path / "there" / "own.db", "alice")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link.db").symlink_to(tmp_path / "there" / "own.db")
    found = memory_list(made(tmp_path / "here", {"mine": "sqlite:link.db"}))["memories"]
    assert [(one["name"], one["problem"], len(one["users"])) for one in found] == [("mine", None, 1)]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are listed there")
def test_a_memory_that_was_removed_is_held_open_no_longer(tmp_path: Path, made: Any) -> None:
    fill_memory(tmp_path / "work" / "own.db", "alice")
    memories = made(tmp_path)
    memory_list(memories)
    assert _held(tmp_path)
    shutil.rmtree(tmp_path / "work")
    assert "empty" in memory_list(memories)
    assert _held(tmp_path) == []


def _held(folder: Path) -> list[str]:
    links = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(one.readlink()))
        except OSError:
            continue
    return [one for one in links if one.startswith(str(folder))]
