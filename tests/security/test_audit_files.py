"""The signed record over several files and several processes: one chain, and every gap in it shows."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio.to_thread
import pytest

from loomlab.security import FileAuditLog

pytestmark = pytest.mark.anyio

WRITER = """
import sys, anyio
from loomlab.security import FileAuditLog

async def main(path, user, count, most):
    log = FileAuditLog(path, secret="k", max_bytes=most or None)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        await log.append(session_id="s", actor="model", action="tool_call",
                         payload={"tool": "read", "args": {"n": number}}, user_id=user)

anyio.run(main, sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
"""


async def fill(path: Path, entries: int, *, max_bytes: int | None = None) -> FileAuditLog:
    log = FileAuditLog(path, secret="k", max_bytes=max_bytes)
    for number in range(entries):
        user = ("alice", "bob")[number % 2]
        await log.append(session_id="s", actor="model", action="tool_call", payload={"n": number}, user_id=user)
    return log


def files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.suffix == ".jsonl")


def contents(folder: Path) -> dict[Path, bytes]:
    return {one: one.read_bytes() for one in folder.iterdir()}


async def test_a_full_file_is_set_aside_and_the_chain_goes_on(tmp_path: Path) -> None:
    log = await fill(tmp_path / "audit.jsonl", 40, max_bytes=2_000)
    found = files(tmp_path)
    assert len(found) > 4 and found[0].name == "audit.000001.jsonl" and found[-1].name == "audit.jsonl"
    assert all(one.stat().st_size <= 2_000 for one in found)
    assert [one.seq for one in await log.all_entries()] == list(range(1, 41))
    assert [one.payload["n"] for one in await log.query(user_id="bob")] == list(range(1, 40, 2))
    again = FileAuditLog(tmp_path / "audit.jsonl", secret="k", max_bytes=2_000)
    report = await again.verify()
    assert report.ok and report.entries == 40 and not report.problems
    entry = await again.append(session_id="s", actor="model", action="tool_call", payload={}, user_id="alice")
    assert entry.seq == 41 and (await log.verify()).ok


def remove_middle(found: list[Path]) -> None:
    found[2].unlink()


def remove_first(found: list[Path]) -> None:
    found[0].unlink()


def remove_last(found: list[Path]) -> None:
    found[-1].unlink()


def swap(found: list[Path]) -> None:
    one, two = found[1].read_bytes(), found[2].read_bytes()
    found[1].write_bytes(two)
    found[2].write_bytes(one)


def edit(found: list[Path]) -> None:
    found[1].write_text(found[1].read_text(encoding="utf-8").replace("alice", "mallory", 1), encoding="utf-8")


def cut(found: list[Path]) -> None:
    found[1].write_bytes(b"".join(found[1].read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    ("tamper", "kind", "where"),
    [
        (remove_middle, "missing", "are gone"),
        (remove_first, "lost", "begins with entry"),
        (remove_last, "truncated", "was written"),
        (swap, "moved", "moved, or there twice"),
        (edit, "edited", "of audit.000002.jsonl"),
        (cut, "missing", "is gone"),
    ],
)
async def test_what_was_done_to_one_of_the_files_is_told_with_its_place(
    tmp_path: Path, tamper: Callable[[list[Path]], None], kind: str, where: str
) -> None:
    await fill(tmp_path / "audit.jsonl", 40, max_bytes=2_000)
    tamper(files(tmp_path))
    report = await FileAuditLog(tmp_path / "audit.jsonl", secret="k").verify()
    assert not report.ok
    assert any(one.kind == kind and where in one.sentence for one in report.problems), str(report)


async def test_an_entry_larger_than_the_limit_is_written_all_the_same(tmp_path: Path) -> None:
    log = FileAuditLog(tmp_path / "audit.jsonl", secret="k", max_bytes=100)
    for user in ("alice", "bob"):
        await log.append(session_id="s", actor="a", action="x", payload={"text": "z" * 5_000}, user_id=user)
    assert len(files(tmp_path)) == 2 and (await log.verify()).ok


@pytest.mark.timeout(120)
@pytest.mark.parametrize("most", [0, 3_000], ids=["one file", "set aside"])
async def test_four_processes_write_at_once_and_the_chain_is_whole(tmp_path: Path, most: int) -> None:
    path, each, users = tmp_path / "audit.jsonl", 30, ["alice", "bob", "alice", "bob"]
    command = [sys.executable, "-c", WRITER, str(path)]

    def write() -> list[int]:
        started = [
            subprocess.Popen(
                [*command, user, str(each), str(most)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for user in users
        ]
        for one in started:
            assert one.stdout is not None and one.stdout.readline() == "ready\n"
        for one in started:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        codes = []
        for one in started:
            one.communicate(timeout=100)
            codes.append(one.returncode)
        return codes

    assert await anyio.to_thread.run_sync(write) == [0, 0, 0, 0]
    log = FileAuditLog(path, secret="k")
    report = await log.verify()
    assert report.ok and not report.problems and report.entries == 120, str(report)
    assert [one.seq for one in await log.all_entries()] == list(range(1, 121))
    assert len(await log.query(user_id="alice")) == len(await log.query(user_id="bob")) == 60
    assert (len(files(tmp_path)) > 1) == bool(most)


async def test_a_line_that_a_killed_process_left_half_written_costs_no_other(tmp_path: Path) -> None:
    log = await fill(tmp_path / "audit.jsonl", 3)
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(b'{"seq": 4, "timest')
    await fill(tmp_path / "audit.jsonl", 2)
    report = await log.verify()
    assert report.ok and report.entries == 5
    assert [one.kind for one in report.problems] == ["unreadable"]


async def test_an_older_state_put_back_whole_shows_against_an_end_that_was_kept(tmp_path: Path) -> None:
    log = await fill(tmp_path / "audit.jsonl", 3)
    before = contents(tmp_path)
    await fill(tmp_path / "audit.jsonl", 2)
    kept = await log.head()
    assert kept is not None and kept.seq == 5
    for path, content in before.items():
        path.write_bytes(content)
    again = FileAuditLog(tmp_path / "audit.jsonl", secret="k")
    assert (await again.verify()).ok
    report = await again.verify(anchors=[kept])
    assert not report.ok and [one.kind for one in report.problems] == ["truncated"]


async def test_without_the_key_nothing_can_be_forged(tmp_path: Path) -> None:
    await fill(tmp_path / "audit.jsonl", 3)
    forger = FileAuditLog(tmp_path / "audit.jsonl", secret="guess")
    await forger.append(session_id="s", actor="model", action="tool_call", payload={}, user_id="alice")
    report = await FileAuditLog(tmp_path / "audit.jsonl", secret="k").verify()
    assert not report.ok and report.bad
    lines = (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["user_id"] == "alice"
