"""Who holds a session: this process, another one of this machine (is it alive?), or one elsewhere."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from loomlab.core.ids import new_id

_OPEN: set[str] = set()
"""Holders of this process that are in use."""


def new_owner() -> str:
    """A name for one holder: machine, process, when the process began, and a mark of its own."""
    pid = os.getpid()
    owner = f"{_machine()}|{pid}|{_began(pid)}|{new_id()}"
    _OPEN.add(owner)
    return owner


def gone(owner: str) -> None:
    """This holder of ours is done."""
    _OPEN.discard(owner)


def is_alive(owner: str) -> bool | None:
    """Whether that holder still runs; None where it cannot be known from here (another machine)."""
    machine, pid, began, _ = owner.split("|")
    if machine != _machine():
        return None
    if int(pid) == os.getpid():
        return owner in _OPEN
    return _began(int(pid)) == began != ""


def described(owner: str) -> str:
    """The holder as a person reads it."""
    machine, pid, _, _ = owner.split("|")
    if machine != _machine():
        return f"process {pid} of {machine.partition('#')[0]}"
    return "this process" if int(pid) == os.getpid() else f"process {pid}"


@lru_cache(maxsize=1)
def _machine() -> str:
    """Host, boot and process namespace: numbers of processes mean something within these."""
    parts = [socket.gethostname().replace("|", "")]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return "#".join(parts)


def _began(pid: int) -> str:
    """When a process began, as the kernel counts; empty for one that has ended, "?" where nobody tells."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
        if os.name == "nt":  # where the signal 0 is not a question
            return "?"
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        except OSError:
            return "?"
        return "?"
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]
