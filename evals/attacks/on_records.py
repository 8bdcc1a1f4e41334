"""Attacks on what is written down, and on those who read it."""

import threading
from collections.abc import Callable
from pathlib import Path

import anyio

from attacks.book import Attack, attack
from loomlab import ToolCall
from loomlab.core import AuditEntry
from loomlab.display.approval import approval_body, approval_text
from loomlab.display.audit import Shown, audit_html, audit_text
from loomlab.display.clean import sanitise
from loomlab.security import (
    FileAuditLog,
    terminal_approval,
)

_HOSTILE = 'eve\n{"seq": 1, "user_id": "alice"}\r\x1b[2J\x1b]0;pwned\x07<img src=x onerror=alert(1)>\u202e\u200b'


async def _log(folder: Path, count: int = 6) -> tuple[FileAuditLog, Path]:
    path = folder / "audit.jsonl"
    log = FileAuditLog(path, secret="key")
    for number in range(count):
        user = "alice" if number % 2 else "bob"
        await log.append(
            session_id="s", actor="model", action="tool_call", payload={"tool": "pay", "n": number}, user_id=user
        )
    return log, path


@attack("log injection", "line breaks and JSON in a user's id and a tool's name")
async def _(folder: Path) -> bool:
    log, path = await _log(folder, 0)
    entry = await log.append(
        session_id=_HOSTILE, actor=_HOSTILE, action=_HOSTILE, payload={_HOSTILE: _HOSTILE}, user_id=_HOSTILE
    )
    lines = path.read_bytes().splitlines()
    alice = await log.query(user_id="alice")
    return len(lines) == 1 and not alice and (await log.query(user_id=_HOSTILE)) == [entry] and (await log.verify()).ok


def _hostile_entry() -> AuditEntry:
    return AuditEntry(
        seq=1,
        timestamp="2026-01-01T00:00:00Z",
        session_id="s",
        user_id=_HOSTILE,
        actor=_HOSTILE,
        action="tool_call",
        payload={"tool": _HOSTILE, "args": {_HOSTILE: _HOSTILE}},
    )


def _quiet(text: str) -> bool:
    return not any(one in text for one in ("\x1b", "\x07", "\r", "\u202e", "\u200b", "<img"))


@attack("log injection", "ANSI and marks of direction in %loom audit, as text")
async def _(folder: Path) -> bool:
    text = audit_text(Shown([_hostile_entry()], 1))
    return not any(one in text for one in ("\x1b", "\x07", "\r", "\u202e", "\u200b"))


@attack("log injection", "markup in %loom audit, as HTML")
async def _(folder: Path) -> bool:
    return _quiet(audit_html(Shown([_hostile_entry()], 1)))


@attack("log injection", "markup in the approval prompt")
async def _(folder: Path) -> bool:
    body = sanitise(approval_body(_HOSTILE, {_HOSTILE: _HOSTILE}, user_id=_HOSTILE, reason=_HOSTILE))
    text = approval_text(_HOSTILE, {_HOSTILE: _HOSTILE}, user_id=_HOSTILE, reason=_HOSTILE)
    return _quiet(body) and not any(one in text for one in ("\x1b", "\x07", "\r", "\u202e", "\u200b"))


@attack("log injection", "ANSI in the terminal's prompt")
async def _(folder: Path) -> bool:
    said: list[str] = []
    ask = terminal_approval(read=lambda text: said.append(text) or "n", write=said.append)
    await ask(ToolCall(tool=_HOSTILE, args={_HOSTILE: _HOSTILE}), _HOSTILE, _HOSTILE)
    return not any(one in "".join(said) for one in ("\x1b", "\x07", "\r", "\u202e", "\u200b"))


@attack("log injection", "a key in the arguments of an audited call")
async def _(folder: Path) -> bool:
    log, path = await _log(folder, 0)
    key = "sk-ant-" + "a1B2" * 10
    args = {"api_key": "hunter2hunter2", "note": f"use {key}", "url": "postgres://u:hunter2pass@db/x"}
    await log.append(session_id="s", actor="model", action="tool_call", payload={"args": args}, user_id="alice")
    text = path.read_text(encoding="utf-8")
    return key not in text and "hunter2" not in text


def _tampered(change: Callable[[list[bytes], Path], list[bytes]]) -> Attack:
    async def run(folder: Path) -> bool:
        log, path = await _log(folder)
        if not (await log.verify()).ok:
            return False
        lines = change(path.read_bytes().splitlines(keepends=True), path)
        path.write_bytes(b"".join(lines))
        fresh = FileAuditLog(path, secret="key")
        before = (await fresh.verify()).ok
        await fresh.append(session_id="s", actor="a", action="b", payload={}, user_id=None)
        return not before and not (await FileAuditLog(path, secret="key").verify()).ok

    return run


def _resigned(lines: list[bytes], path: Path) -> list[bytes]:
    """An entry of one's own, with the right numbers and links, signed with another key."""
    from loomlab.security.audit import signed

    last = AuditEntry.model_validate_json(lines[-1])
    forged = signed(
        last.seq + 1, "guess", session_id="s", actor="a", action="b", payload={}, user_id=None, previous=last.signature
    )
    return [*lines, forged.model_dump_json().encode() + b"\n"]


def _headless(lines: list[bytes], path: Path) -> list[bytes]:
    path.with_name("audit.jsonl.head").unlink()
    return lines[:-2]


for _name, _change in {
    "edit a field": lambda lines, path: [lines[0].replace(b'"bob"', b'"eve"'), *lines[1:]],
    "edit a payload": lambda lines, path: [*lines[:2], lines[2].replace(b'"n":2', b'"n":9'), *lines[3:]],
    "delete the first entry": lambda lines, path: lines[1:],
    "delete one in the middle": lambda lines, path: lines[:2] + lines[3:],
    "delete the last entry": lambda lines, path: lines[:-1],
    "delete everything": lambda lines, path: [],
    "swap two": lambda lines, path: [lines[1], lines[0], *lines[2:]],
    "repeat one": lambda lines, path: [*lines[:3], lines[2], *lines[3:]],
    "overwrite one with noise": lambda lines, path: [*lines[:2], b"\xff" * 40 + b"\n", *lines[3:]],
    "sign one with another key": _resigned,
    "cut the end and its record": _headless,
}.items():
    attack("audit tampering", _name)(_tampered(_change))


@attack("audit tampering", "put back an older copy of log and record, against an anchor kept elsewhere")
async def _(folder: Path) -> bool:
    log, path = await _log(folder, 3)
    old = {one: one.read_bytes() for one in (path, path.with_name("audit.jsonl.head"))}
    await _log(folder, 3)
    anchor = await log.head()
    for one, held in old.items():
        one.write_bytes(held)
    assert anchor is not None
    return not (await FileAuditLog(path, secret="key").verify(anchors=[anchor])).ok


@attack("audit tampering", "many writers at once, so that numbers repeat")
async def _(folder: Path) -> bool:
    path = folder / "audit.jsonl"

    def write() -> None:
        async def many() -> None:
            log = FileAuditLog(path, secret="key")
            for _ in range(10):
                await log.append(session_id="s", actor="a", action="b", payload={}, user_id=None)

        anyio.run(many)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for one in threads:
        one.start()
    await anyio.to_thread.run_sync(lambda: [one.join() for one in threads])
    report = await FileAuditLog(path, secret="key").verify()
    return report.ok and report.entries == 40
