"""The near end of the processes that run tools: one warm process for many calls, each call in a fresh fork of it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from loomlab.core.errors import SandboxError
from loomlab.security.contained import clean_environment
from loomlab.security.warm_child import HEAD, SIZE

_START = "import sys; sys.path[:0] = [{home!r}]; from loomlab.security.warm_child import main; main({descriptor})"
_PIECE = 1 << 20
_END_S = 6.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: ``kind`` one of output, error, denied, big, stopped; ``told`` JSON for output, else text."""

    kind: str
    told: bytes = b""


_KINDS = {b"O": "output", b"E": "error", b"D": "denied", b"T": "big"}


class WarmProcess:
    """A process that has everything loaded and forks for each call. It starts on the first one.

    ``wrap`` makes the command that starts it out of the plain one and of the private folder that is its home.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        extra: Mapping[str, str] | None = None,
        wrap: Callable[[Sequence[str], Path], Sequence[str]] | None = None,
    ) -> None:
        self._settings = dict(settings)
        self._extra = dict(extra or {})
        self._wrap = wrap
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._forget: Any = None
        self._owner = 0

    async def call(self, job: bytes, timeout_s: float, modules: Callable[[], Iterable[str]]) -> Outcome:
        """Run a job in a process of its own; nothing of that process runs any more when this returns.

        ``modules`` are what the warm process imports when it starts; what a job needs beside them it imports itself.
        Raises SandboxError where it can't be started.
        """
        ours, out = await to_thread.run_sync(self._begin, modules)
        try:
            outcome = Outcome("timeout")
            with anyio.move_on_after(timeout_s):
                async with anyio.create_task_group() as group:
                    group.start_soon(_send, ours, SIZE.pack(len(job)) + job)
                    outcome = await _receive(out, int(self._settings["output"]))
                    group.cancel_scope.cancel()
            return outcome if outcome.kind != "stopped" else Outcome("stopped", await _verdict(ours))
        finally:
            with anyio.CancelScope(shield=True):
                with contextlib.suppress(OSError):
                    ours.shutdown(socket.SHUT_WR)
                with anyio.move_on_after(_END_S):
                    await _verdict(ours)
                ours.close()
                os.close(out)

    def close(self) -> None:
        """End the warm process and all that it started."""
        with self._lock:
            self._end()

    def _begin(self, modules: Callable[[], Iterable[str]]) -> tuple[socket.socket, int]:
        """A line to a new guard, and the pipe through which the outcome comes."""
        with self._lock:
            if self._process is None or self._process.poll() is not None or self._owner != os.getpid():
                self._end()
                self._start(modules())
            assert self._control is not None
            ours, theirs = socket.socketpair()
            reading, writing = os.pipe()
            try:
                socket.send_fds(self._control, [b"c"], [theirs.fileno(), writing])
            except OSError as exc:
                ours.close()
                os.close(reading)
                raise SandboxError(f"the sandbox's process is gone: {exc}; the next call starts another") from exc
            finally:
                theirs.close()
                os.close(writing)
        ours.setblocking(False)
        os.set_blocking(reading, False)
        return ours, reading

    def _start(self, modules: Iterable[str]) -> None:
        folder = tempfile.mkdtemp(prefix="loomlab-sandbox-")
        near, far = socket.socketpair()
        home = str(Path(__file__).parents[2])
        command: Sequence[str] = [sys.executable, "-I", "-B", "-c", _START.format(home=home, descriptor=far.fileno())]
        if self._wrap is not None:
            command = self._wrap(command, Path(folder))
        process = None
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=clean_environment(Path(folder), self._extra),
                pass_fds=[far.fileno()],
                start_new_session=True,
            )
            far.close()
            path = [os.path.abspath(one) for one in sys.path]  # noqa: PTH100 - an empty one is the folder we are in
            script = getattr(sys.modules.get("__main__"), "__file__", None)
            known = {"folder": folder, "path": path, "script": script and str(script)}
            told = json.dumps({**self._settings, **known, "modules": sorted(set(modules))}).encode()
            near.sendall(SIZE.pack(len(told)) + told)
            near.settimeout(60)
            ready = near.recv(16)
        except OSError as exc:
            ready, why = b"", str(exc)
        else:
            why = ""
        if ready != b"ready":
            if process is not None:
                process.kill()
                why = why or process.communicate()[1].decode("utf-8", "replace").strip()[-500:]
            near.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise SandboxError(f"the sandbox's process could not be started: {why or 'it ended at once'}")
        near.settimeout(10)
        assert process is not None
        if process.stderr is not None:
            process.stderr.close()
        self._process, self._control, self._owner = process, near, os.getpid()
        self._forget = weakref.finalize(self, _finish, process, near, folder, os.getpid())

    def _end(self) -> None:
        if self._forget is not None:
            self._forget()
        self._forget = self._process = self._control = None


def _finish(process: "subprocess.Popen[bytes]", control: socket.socket, folder: str, owner: int) -> None:
    control.close()
    if os.getpid() != owner:  # a forked child of ours: the process is not its to end
        return
    with contextlib.suppress(OSError):
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    shutil.rmtree(folder, ignore_errors=True)


async def _send(line: socket.socket, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[line.send(rest[:_PIECE]) :]
        except BlockingIOError:
            await anyio.wait_writable(line)
        except OSError:  # it has ended; what it says about that comes the other way
            return


async def _receive(pipe: int, most: int) -> Outcome:
    held = bytearray()
    need = HEAD.size
    while len(held) < need:
        try:
            piece = os.read(pipe, min(_PIECE, need - len(held)))
        except BlockingIOError:
            await anyio.wait_readable(pipe)
            continue
        if not piece:
            return Outcome("stopped")
        held += piece
        if need == HEAD.size == len(held):
            kind, size = HEAD.unpack(held)
            if kind not in _KINDS or size > most:
                return Outcome("big")
            need += size
    return Outcome(_KINDS[bytes(held[:1])], bytes(held[HEAD.size :]))


async def _verdict(line: socket.socket) -> bytes:
    """Why the worker ended, in the guard's words; it comes once all of its processes are gone."""
    told = b""
    while True:
        try:
            piece = line.recv(4096)
        except BlockingIOError:
            await anyio.wait_readable(line)
            continue
        except OSError:
            return told
        if not piece:
            return told
        told += piece
