"""What a process can do to itself, so that the code it runs next has less: limits, namespaces, a system call filter.

Standard library only, and nothing of ours: contained programs load this file by its path. Everything is best effort;
each function says what is in force afterwards, so that whoever asks for it can say so too.
"""

import contextlib
import ctypes
import os
import platform
import struct
import sys
from pathlib import Path

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_SUBREAPER, _NO_NEW_PRIVILEGES, _DEATH_SIGNAL, _SET_SECCOMP, _DROP_BOUND = 36, 38, 1, 22, 24
_KILL = 9


def limit(*, memory: int = 0, seconds: int = 0, file_bytes: int = 0, files: int = 256, processes: int = 0) -> None:
    """Set resource limits of this process and all that it starts: bytes, seconds of CPU, numbers. 0 sets none."""
    try:
        import resource
    except ImportError:  # a system without them
        return
    wanted = [
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_NPROC, processes),
    ]
    for what, most in [*((what, most) for what, most in wanted if most), (resource.RLIMIT_CORE, 0)]:
        hard = resource.getrlimit(what)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (least, least))
        except (ValueError, OSError):  # macOS refuses some
            continue


def enter_namespaces(*, network: bool = False, processes: bool = True) -> frozenset[str]:
    """Leave the namespaces of the host as far as the kernel lets us: of users, processes and the network.

    Returns what was left, of ``user``, ``processes`` (from the next child on) and ``network``; empty where nothing
    could be. ``network=True`` keeps the host's network.
    """
    libc = _libc()
    if libc is None:
        return frozenset()
    uid, gid = os.getuid(), os.getgid()
    wanted = _NEWUSER | _NEWIPC | (0 if network else _NEWNET)
    if libc.unshare(wanted | (_NEWPID if processes else 0)) != 0:
        processes = False
        if libc.unshare(wanted) != 0:
            return frozenset()
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with contextlib.suppress(OSError):
            Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
    found = {"user"} | ({"processes"} if processes else set()) | (set() if network else {"network"})
    return frozenset(found)


def drop_privileges() -> None:
    """Give up, for good, every capability that entering a namespace gave, and the ways to get one."""
    libc = _libc()
    if libc is None:
        return
    for one in range(64):
        if libc.prctl(_DROP_BOUND, one, 0, 0, 0) != 0:
            break
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0))
    libc.capset(header, ctypes.create_string_buffer(struct.pack("=6I", 0, 0, 0, 0, 0, 0)))


def refuse_sockets() -> bool:
    """Have the kernel refuse new sockets, all but local ones, from here on; whether it does."""
    libc = _libc()
    numbers = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}.get(platform.machine())
    if libc is None or numbers is None:
        return False
    architecture, socket_call = numbers
    allow, refuse, local = 0x7FFF0000, 0x00050000 | 1, 1
    # Load the architecture; another one than ours could number its calls differently, so it is refused whole.
    steps = [
        (0x20, 0, 0, 4),
        (0x15, 1, 0, architecture),
        (0x06, 0, 0, refuse),
        (0x20, 0, 0, 0),
        (0x35, 4, 0, 0x40000000),  # the numbers of a second table of calls, which has sockets too
        (0x15, 3, 0, 425),  # io_uring, which makes sockets without that call
        (0x15, 0, 3, socket_call),
        (0x20, 0, 0, 16),
        (0x15, 1, 0, local),
        (0x06, 0, 0, refuse),
        (0x06, 0, 0, allow),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code)
    program = struct.pack("@HP" if struct.calcsize("@HP") == 16 else "@HxxxxxxP", len(steps), ctypes.addressof(held))
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, 2, ctypes.create_string_buffer(program), 0, 0) == 0)


def die_with_parent() -> None:
    """Be killed when the parent dies; processes that our children leave behind become ours."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_DEATH_SIGNAL, _KILL, 0, 0, 0)
        libc.prctl(_SUBREAPER, 1, 0, 0, 0)


def descendants(pid: int, most: int = 100_000) -> list[int]:
    """The processes below ``pid``, as the kernel knows them; it stops looking after ``most``. Empty where it can't."""
    found: list[int] = []
    rest = [pid]
    while rest and len(found) < most:
        one = rest.pop()
        children: list[int] = []
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{one}/task"):  # noqa: PTH208 - it runs many times a second
                with open(f"/proc/{one}/task/{task}/children", encoding="ascii") as file:  # noqa: PTH123 - as above
                    children += map(int, file.read().split())
        found += children
        rest += children
    return found


def _libc() -> "ctypes.CDLL | None":
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(None, use_errno=True)
    except (OSError, TypeError):
        return None
