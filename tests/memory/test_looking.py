"""A memory file that is only looked at, who is in it, and facts that are erased one by one."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loomlab.core.errors import MemoryStoreError
from loomlab.core.remembered import Episode, Fact
from loomlab.memory import InMemoryMemory, SqliteMemory

pytestmark = pytest.mark.anyio


def _day(month: int) -> datetime:
    return datetime(2026, month, 1, tzinfo=UTC)


def _fact(user: str | None, city: str, month: int, **more: str) -> Fact:
    at = _day(month)
    return Fact(
        user_id=user, subject=user or "x", predicate="lives_in", object=city, valid_from=at, recorded_at=at, **more
    )


async def _filled(path: Path) -> None:
    memory = SqliteMemory(path)
    await memory.facts.append(_fact("alice", "Paris", 1))
    await memory.facts.append(_fact("alice", "Lyon", 3))
    await memory.facts.append(_fact("bob", "Rome", 2))
    await memory.remember(Episode(session_id="s", user_id="bob", input="I live in Rome.", output="Noted."))
    await memory.facts.append(_fact(None, "Oslo", 2))
    await memory.aclose()


async def test_a_file_that_is_only_looked_at_answers_and_stays_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "it's #1?%20.db"
    await _filled(path)
    before = path.read_bytes()
    looking = SqliteMemory(path, read_only=True)
    assert [fact.object for fact in await looking.facts_at(user_id="alice")] == ["Paris", "Lyon"]
    assert (await looking.explain("where does bob live", user_id="bob")).candidates
    for write in (looking.facts.append(_fact("alice", "Nice", 5)), looking.forget(user_id="bob")):
        with pytest.raises(MemoryStoreError):
            await write
    await looking.aclose()
    assert path.read_bytes() == before


async def test_what_another_connection_writes_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    await _filled(path)
    looking, writing = SqliteMemory(path, read_only=True), SqliteMemory(path)
    assert len(await looking.facts_at(user_id="bob")) == 1
    await writing.facts.append(_fact("bob", "Turin", 4))
    assert len(await looking.facts_at(user_id="bob")) == 2
    await writing.forget(user_id="bob")
    assert await looking.facts_at(user_id="bob") == []
    assert [fact.object for fact in await looking.facts_at(user_id="alice")] == ["Paris", "Lyon"]
    await looking.aclose()
    await writing.aclose()


async def test_looking_makes_no_file_and_brings_none_up_to_date(tmp_path: Path) -> None:
    missing = tmp_path / "none.db"
    with pytest.raises(MemoryStoreError):
        await SqliteMemory(missing, read_only=True).facts_at(user_id="alice")
    assert not missing.exists()
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE facts(x)")
    connection.close()
    before = foreign.read_bytes()
    with pytest.raises(MemoryStoreError, match="open it once"):
        await SqliteMemory(foreign, read_only=True).facts_at(user_id="alice")
    assert foreign.read_bytes() == before


async def test_a_census_counts_each_user_and_nobody(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    await _filled(path)
    looking = SqliteMemory(path, read_only=True)
    found = {(user, kind): count for user, kind, count in await looking.store.census()}  # type: ignore[attr-defined]
    assert found == {("alice", "fact"): 2, ("bob", "fact"): 1, (None, "fact"): 1, ("bob", "episode"): 1}
    await looking.aclose()


async def test_a_fact_erased_by_its_id_does_not_bring_an_older_one_back() -> None:
    memory = InMemoryMemory()
    await memory.facts.append(_fact("alice", "Paris", 1, id="one"))
    await memory.facts.append(_fact("alice", "Lyon", 3, id="two"))
    await memory.facts.append(_fact("bob", "Rome", 2, id="three"))
    assert await memory.facts.forget(user_id="alice", ids=["two", "three"]) == 1
    [left] = await memory.facts_at(user_id="alice")
    assert (left.object, left.valid_until) == ("Paris", _day(3))
    assert len(await memory.facts_at(user_id="bob")) == 1
