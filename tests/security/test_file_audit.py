"""The signed record in a file: it goes on after reopening, and a damaged line costs no other."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab.core import AuditEntry, AuditLog
from loomlab.security import FileAuditLog, verify_signature

pytestmark = pytest.mark.anyio


async def write(log: FileAuditLog, user_id: str | None = "alice", **changes: Any) -> AuditEntry:
    fields: dict[str, Any] = {"session_id": "s1", "actor": "model", "action": "tool_call", "payload": {"tool": "read"}}
    return await log.append(**{**fields, **changes}, user_id=user_id)


async def test_entries_are_numbered_from_one_and_go_on_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "audit.jsonl"
    log = FileAuditLog(path, secret="k")
    assert isinstance(log, AuditLog) and log.path == path and not path.exists()
    assert [(await write(log)).seq for _ in range(2)] == [1, 2]
    assert (await write(FileAuditLog(str(path), secret="k"))).seq == 3
    assert (await write(log)).seq == 4, "it sees what another one has added"
    assert [one.seq for one in await log.all_entries()] == [1, 2, 3, 4]


async def test_filters_are_joined_by_and_and_users_do_not_see_each_other(tmp_path: Path) -> None:
    log = FileAuditLog(tmp_path / "audit.jsonl")
    await write(log, "alice")
    await write(log, "bob")
    await write(log, "bob", session_id="s2")
    await write(log, None, action="run_started")
    assert [one.seq for one in await log.query(user_id="bob")] == [2, 3]
    assert [one.seq for one in await log.query(user_id="bob", session_id="s1")] == [2]
    assert [one.seq for one in await log.query(action="run_started")] == [4]
    assert await log.query(user_id="alice", action="run_started") == []


async def test_an_entry_read_back_is_the_one_that_was_signed_and_a_changed_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = FileAuditLog(path, secret="k")
    await write(log, payload={"tool": "read", "api_key": "sk-abcdefghijklmnopqrstuv", "when": object})
    (entry,) = await log.query()
    assert verify_signature(entry, "k") and not verify_signature(entry, "other")
    assert "sk-abc" not in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace("alice", "mallory"), encoding="utf-8")
    assert not verify_signature((await log.query())[0], "k")


async def test_damaged_lines_are_skipped_and_a_torn_one_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = FileAuditLog(path)
    await write(log)
    with path.open("ab") as file:
        file.write(b'not json\n{"seq": 7}\n{"seq": 2, "torn')
    assert (await write(log)).seq == 2
    assert [one.seq for one in await FileAuditLog(path).query()] == [1, 2]


async def test_a_file_that_was_begun_anew_is_numbered_anew(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = FileAuditLog(path)
    await write(log)
    path.unlink()
    assert (await write(log)).seq == 1


async def test_many_at_once_each_get_a_number_of_their_own(tmp_path: Path) -> None:
    log = FileAuditLog(tmp_path / "audit.jsonl")
    async with anyio.create_task_group() as group:
        for _ in range(30):
            group.start_soon(write, log)
    assert [one.seq for one in await log.all_entries()] == list(range(1, 31))
