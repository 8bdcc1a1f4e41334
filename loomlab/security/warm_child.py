"""The processes behind ``SubprocessSandbox``: a warm one that waits, and for each call a guard and a worker.

The warm process has imported what the tools need and runs nothing of theirs. For a call it forks a *guard*, which
forks the *worker*, confined, that runs the tool. The guard counts the processes of the worker, and when the worker is
done, has too many of them, or the other end lets go, kills every one of them. The job goes to the guard through a
socket, the outcome comes back through a pipe: one letter, eight bytes of length, and that many bytes of JSON or text.
"""

import contextlib
import errno
import importlib
import io
import json
import os
import pickle
import runpy
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
import types
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from loomlab.core.errors import PermissionDenied
from loomlab.security import confine

HEAD = struct.Struct("!cQ")
"""Of an outcome: its kind and its length. ``O`` output, ``E`` error, ``D`` denied, ``T`` too big."""

SIZE = struct.Struct("!Q")
_LOOK_S = 0.02


def main(descriptor: int) -> None:
    """Serve the socket ``descriptor`` until its other end is closed."""
    control = socket.socket(fileno=descriptor)
    settings = json.loads(_received(control, SIZE.unpack(_received(control, SIZE.size))[0]))
    sys.path[:] = settings["path"]
    _warm(settings["modules"], settings["script"])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the guards
    with contextlib.suppress(OSError):
        control.send(b"ready")
    while True:
        try:
            told, fds, _, _ = socket.recv_fds(control, 1, 2)
        except OSError:
            return
        if not told:
            return
        if os.fork() == 0:
            try:
                control.close()
                _guard(socket.socket(fileno=fds[0]), fds[1], settings)
            finally:
                os._exit(0)
        for one in fds:
            os.close(one)


def _warm(modules: list[str], script: str | None) -> None:
    """Import what the tools will need; what can't be imported says so when it is called."""
    devnull = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(devnull, stream)
    for name in ["anyio._backends._asyncio", *modules]:
        with contextlib.suppress(BaseException):
            if name == "__main__":
                _load(script)
            else:
                importlib.import_module(name)


def _load(script: str | None) -> None:
    """Have the functions of the script that our starter is, as multiprocessing does it: under ``__mp_main__``."""
    if script is None or "__mp_main__" in sys.modules:
        return
    found = types.ModuleType("__mp_main__")
    sys.modules["__main__"] = sys.modules["__mp_main__"] = found
    found.__dict__.update(runpy.run_path(script, run_name="__mp_main__"))


def _guard(line: socket.socket, out: int, settings: dict[str, Any]) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    confine.die_with_parent()
    job = _received(line, SIZE.unpack(_received(line, SIZE.size))[0])
    home = _own_home(settings["folder"])
    left = confine.enter_namespaces(network=settings["network"])
    worker = os.fork()
    if worker == 0:
        line.close()
        try:
            _work(job, out, settings, left)
        finally:
            os._exit(1)
    os.close(out)
    verdict = _watch(worker, line, settings["processes"])
    for one in {*confine.descendants(os.getpid()), worker}:
        with contextlib.suppress(OSError):
            os.kill(one, signal.SIGKILL)
    _bury()
    shutil.rmtree(home, ignore_errors=True)  # it follows no links, and refuses a link in its place
    with contextlib.suppress(OSError):
        line.sendall(verdict.encode())


def _own_home(folder: str) -> str:
    """An empty folder for this call alone, in the one that is the home of the process that waits."""
    home = tempfile.mkdtemp(dir=folder, prefix="call-")
    for name in ("HOME", "TMPDIR"):
        if os.environ.get(name) == folder:
            os.environ[name] = home
    if os.getcwd() == folder:  # noqa: PTH109 - a text is compared with a text
        os.chdir(home)
    tempfile.tempdir = None
    return home


def _watch(worker: int, line: socket.socket, most: int) -> str:
    """Wait until the worker is done, or must not go on; the reason why it did not end by itself, or empty."""
    pidfd = os.pidfd_open(worker) if hasattr(os, "pidfd_open") else None
    poll = select.poll()
    for one in (line.fileno(), *([] if pidfd is None else [pidfd])):
        poll.register(one, select.POLLIN)
    while True:
        found = [one for one, _ in poll.poll(_LOOK_S * 1000)]
        ended, status = _ended(worker)
        if ended:
            return _told(status)
        if line.fileno() in found:
            return "stopped"
        count = len(confine.descendants(os.getpid(), most + 2))
        if count > most:
            return f"it started more than {most} processes"


def _ended(worker: int) -> tuple[bool, int]:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True, 0
        if pid in (0, worker):
            return pid == worker, status


def _told(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        why = {signal.SIGXCPU: ": it used too much CPU time", signal.SIGXFSZ: ": it wrote too big a file"}
        return f"it was ended by {signal.Signals(number).name}{why.get(signal.Signals(number), '')}"
    return f"it ended with exit code {os.WEXITSTATUS(status)}" if os.WEXITSTATUS(status) else ""


def _bury() -> None:
    """Wait for all that was killed; what forked meanwhile is killed too."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        for one in confine.descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(one, signal.SIGKILL)
        time.sleep(0.001)


def _work(job: bytes, out: int, settings: dict[str, Any], left: frozenset[str]) -> None:
    """The worker: confine ourselves, run the tool, tell the outcome."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if "processes" not in left:
        confine.die_with_parent()
    if "user" in left:
        confine.drop_privileges()
    if not settings["network"] and "network" not in left:
        confine.refuse_sockets()
    confine.limit(
        memory=settings["memory"],
        seconds=settings["cpu_s"],
        file_bytes=settings["file_bytes"],
        processes=settings["processes"] if "user" in left and os.getuid() else 0,
    )
    kind, told = b"E", b""
    try:
        kind, told = b"O", _called(job, settings["script"])
        if len(told) > settings["output"]:
            kind, told = b"T", b""
    except PermissionDenied as exc:
        kind, told = b"D", _words(exc)
    except MemoryError:
        told = f"MemoryError: it needed more than {settings['memory'] >> 20} MB".encode()
    except BaseException as exc:  # its exit or interrupt is its own
        told = _words(exc)
    rest = memoryview(HEAD.pack(kind, len(told)) + told)
    while rest:
        rest = rest[os.write(out, rest) :]
    os._exit(0)


def _called(job: bytes, script: str | None) -> bytes:
    if b"__main__" in job:
        _load(script)
    # It comes from the process that started us, and from nobody else.
    fn, positional, keywords = pickle.loads(job)  # noqa: S301 - see above
    result = fn(*positional, **keywords)
    if hasattr(result, "__await__"):
        import anyio

        async def whole() -> Any:
            return await result

        result = anyio.run(whole)
    return as_json(result)


def as_json(result: Any) -> bytes:
    """A tool's result as JSON: what JSON has no form for as its text."""
    for how in ("utf8", "base64"):
        try:
            return to_json(result, fallback=_text, bytes_mode=how, inf_nan_mode="constants")
        except (ValueError, RecursionError):  # bytes that are no text, or something that holds itself
            continue
    return to_json(str(result))


def _text(value: Any) -> Any:
    to_list = getattr(value, "tolist", None)
    return to_list() if callable(to_list) else str(value)


def _words(exc: BaseException) -> bytes:
    if isinstance(exc, BaseExceptionGroup):
        return b"; ".join(map(_words, exc.exceptions))
    text = str(exc)[:20_000]
    return (f"{type(exc).__name__}: {text}" if text else type(exc).__name__).encode("utf-8", "replace")


def _received(line: socket.socket, size: int) -> bytes:
    held = io.BytesIO()
    while (missing := size - held.tell()) > 0:
        piece = line.recv(min(missing, 1 << 20))
        if not piece:
            raise OSError(errno.ECONNRESET, "the other end let go")
        held.write(piece)
    return held.getvalue()


def unwrapped(module: str, name: str) -> Any:
    """The function behind a decorated name of a module: what ``@tool`` was put on."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return getattr(found, "fn", found)


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2])]
    main(int(sys.argv[1]))
