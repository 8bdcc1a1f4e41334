"""A child process on behalf of a tool: fed, watched, and ended with everything it started."""

import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

import anyio
from anyio.abc import ByteReceiveStream, Process

_PASSED_ON = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("TEMP", "TMP", "SYSTEMROOT", "WINDIR", "COMSPEC"),
)
_KEPT = 1_000_000
"""Bytes kept of each output; the rest is read, so that the child does not wait, and dropped."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code (negative: the signal that ended it), and the beginnings of its outputs.

    ``timed_out`` says that it was ended from here. ``dropped`` counts the bytes of both outputs that were not kept.
    """

    code: int
    stdout: str
    stderr: str
    timed_out: bool = False
    dropped: int = 0


async def run_child(
    command: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    timeout: float,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    kept: int = _KEPT,
) -> Ended:
    """Run a program without a shell until it ends, or for ``timeout`` seconds.

    Of this process's environment the child sees only where programs and temporary files are: no key of a provider.
    ``env`` is added to that. It has a process group of its own, which is killed when it ends, takes too long, or the
    caller is cancelled. Raises ``OSError`` where it can't be started, ``ValueError`` for a text with a NUL in it.
    """
    process = await anyio.open_process(
        list(command),
        stdin=DEVNULL if stdin is None else PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=Path(cwd),
        env={**clean_environment(), **(env or {})},
        start_new_session=True,
    )
    out, err = _Kept(kept), _Kept(kept)
    timed_out = False
    try:
        with anyio.move_on_after(timeout) as clock:
            async with anyio.create_task_group() as group:
                if stdin is not None:
                    group.start_soon(_feed, process, stdin)
                group.start_soon(_drain, process.stdout, out)
                group.start_soon(_drain, process.stderr, err)
                await process.wait()
                # What it left behind may hold its outputs open; nothing of that is waited for.
                _kill(process)
        timed_out = clock.cancelled_caught
    finally:
        with anyio.CancelScope(shield=True):
            _kill(process)
            await process.wait()
            await process.aclose()
    code = process.returncode if process.returncode is not None else -1
    return Ended(code, out.text(), err.text(), timed_out, out.dropped + err.dropped)


def clean_environment() -> dict[str, str]:
    """What a child may know of this process's environment."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


class _Kept:
    """The beginning of an output."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = bytearray()
        self.dropped = 0

    def add(self, piece: bytes) -> None:
        room = self._most - len(self._bytes)
        self._bytes += piece[:room]
        self.dropped += max(0, len(piece) - room)

    def text(self) -> str:
        return self._bytes.decode("utf-8", "replace")


async def _feed(process: Process, text: bytes) -> None:
    # A child may end without reading what it was given.
    with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        if process.stdin is not None:
            await process.stdin.send(text)
            await process.stdin.aclose()


async def _drain(stream: ByteReceiveStream | None, kept: _Kept) -> None:
    while stream is not None:
        try:
            kept.add(await stream.receive())
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            return


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
