"""The signed record: numbering, filters, signatures that break on any change, secrets that never enter."""

from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomlab.core import AuditEntry, AuditLog
from loomlab.security import InMemoryAuditLog, verify_signature

pytestmark = pytest.mark.anyio


async def write(log: InMemoryAuditLog, user_id: str | None = "alice", **changes: Any) -> AuditEntry:
    fields: dict[str, Any] = {"session_id": "s1", "actor": "model", "action": "tool_call", "payload": {"tool": "read"}}
    return await log.append(**{**fields, **changes}, user_id=user_id)


async def test_it_is_an_audit_log_numbered_from_one() -> None:
    log = InMemoryAuditLog(secret="k")
    assert isinstance(log, AuditLog)
    assert [(await write(log)).seq for _ in range(3)] == [1, 2, 3]
    assert [one.seq for one in await log.all_entries()] == [1, 2, 3]
    assert (await log.all_entries())[0].timestamp.tzinfo is not None


async def test_filters_are_joined_by_and_and_users_do_not_see_each_other() -> None:
    log = InMemoryAuditLog()
    await write(log, "alice")
    await write(log, "bob")
    await write(log, "bob", session_id="s2")
    await write(log, None, action="run_started")
    assert [one.seq for one in await log.query(user_id="bob")] == [2, 3]
    assert [one.seq for one in await log.query(user_id="bob", session_id="s1")] == [2]
    assert [one.seq for one in await log.query(action="run_started")] == [4]
    assert await log.query(user_id="alice", action="run_started") == []
    assert len(await log.query()) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 2},
        {"session_id": "s2"},
        {"user_id": "bob"},
        {"user_id": None},
        {"actor": "user"},
        {"action": "tool_result"},
        {"payload": {"tool": "write"}},
        {"payload": {}},
        {"signature": ""},
        {"signature": "ä"},
    ],
)
async def test_any_change_breaks_the_signature(change: dict[str, Any]) -> None:
    entry = await write(InMemoryAuditLog(secret="k"))
    assert verify_signature(entry, "k")
    assert not verify_signature(entry.model_copy(update=change), "k")
    assert not verify_signature(entry.model_copy(update={"timestamp": entry.timestamp + timedelta(seconds=1)}), "k")
    assert not verify_signature(entry, "other")


async def test_a_signature_survives_storing_as_json() -> None:
    entry = await write(InMemoryAuditLog(secret="k"), payload={"b": [1, 2.5, None], "a": "Zoë 😀"})
    assert verify_signature(AuditEntry.model_validate_json(entry.model_dump_json()), "k")


async def test_secrets_in_a_payload_are_masked_before_they_are_signed() -> None:
    log = InMemoryAuditLog(secret="k")
    key = "sk-" + "a" * 24
    entry = await write(log, payload={"args": {"api_key": "hunter2hunter2", "text": f"use {key} now"}})
    assert "hunter2" not in entry.model_dump_json()
    assert key not in entry.model_dump_json()
    assert verify_signature(entry, "k")


async def test_what_json_cannot_carry_is_kept_as_text() -> None:
    entry = await write(
        InMemoryAuditLog(), payload={"path": PurePosixPath("a/b"), "error": ValueError("x"), "raw": b"\xff"}
    )
    assert entry.payload == {"path": "a/b", "error": "x", "raw": "_w=="}


async def test_a_payload_changed_afterwards_does_not_change_the_record() -> None:
    log = InMemoryAuditLog(secret="k")
    payload = {"args": {"n": 1}}
    entry = await write(log, payload=payload)
    payload["args"]["n"] = 2
    assert entry.payload == {"args": {"n": 1}}
    assert verify_signature(entry, "k")


async def test_entries_of_many_tasks_have_numbers_of_their_own() -> None:
    log = InMemoryAuditLog()

    def from_thread(user: str) -> None:
        anyio.run(write, log, user)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(write, log, f"user{number % 2}")
            group.start_soon(anyio.to_thread.run_sync, from_thread, f"user{number % 2}")
    assert [one.seq for one in await log.all_entries()] == list(range(1, 41))
    assert len(await log.query(user_id="user0")) == 20


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists),
        max_size=4,
    )
)
def test_every_payload_can_be_signed_and_verified(payload: dict[str, Any]) -> None:
    async def run() -> AuditEntry:
        return await write(InMemoryAuditLog(secret="k"), payload=payload)

    entry = anyio.run(run)
    assert verify_signature(entry, "k")
    assert verify_signature(AuditEntry.model_validate_json(entry.model_dump_json()), "k")
