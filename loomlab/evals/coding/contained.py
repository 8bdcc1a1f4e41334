"""One run of foreign code from outside: started, fed, watched, and ended with everything it started."""

import contextlib
import json
import math
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
from anyio import to_thread
from anyio.abc import ByteReceiveStream, Process

_INSIDE = Path(__file__).with_name("inside.py")
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` of wall time; ``memory_mb`` of address space; ``output_kb`` on both outputs together."""

    seconds: float = 10.0
    memory_mb: int = 1024
    output_kb: int = 64

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and math.isfinite(self.seconds) and self.memory_mb > 0 and self.output_kb > 0):
            raise ValueError("seconds, memory_mb and output_kb are numbers above 0")


@dataclass(frozen=True, slots=True)
class Ran:
    """``passed`` of ``total`` tests; ``faults`` say which did not and why.

    ``stopped`` is why the process was ended from outside or ended itself before it was done, None where it was not.
    """

    passed: int
    total: int
    faults: tuple[str, ...] = ()
    stopped: str | None = None
    output: str = ""

    @property
    def ok(self) -> bool:
        """Everything passed."""
        return self.stopped is None and not self.faults and self.passed == self.total


async def run_tests(code: str, tests: Sequence[str], limits: Limits | None = None) -> Ran:
    """Run ``code``, then each of ``tests`` in the same namespace; a test fails by raising.

    The process has an empty environment, a folder of its own that goes away afterwards, no network and no processes of
    its own. It is killed with its whole process group when it takes too long or writes too much, and when this call
    is cancelled.
    """
    limits = limits or Limits()
    scratch = await to_thread.run_sync(_folder)
    try:
        folder, verdict, word = Path(scratch, "work"), Path(scratch, "verdict.json"), secrets.token_hex(16)
        job = {
            "code": code,
            "tests": list(tests),
            "word": word,
            "folder": str(folder),
            "verdict": str(verdict),
            "memory": limits.memory_mb * _MB,
            "seconds": math.ceil(limits.seconds) + 1,
            "file_bytes": 16 * _MB,
        }
        output, stopped = await _contained(json.dumps(job).encode() + b"\n", folder, limits)
        said = await to_thread.run_sync(_verdict, verdict, word)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(_remove, scratch)
    text = output.decode("utf-8", "replace")
    if stopped is None and said is None:
        stopped = "the program ended before its tests were done"
    if said is None:
        return Ran(0, len(tests), (), stopped, text)
    return Ran(int(said["passed"]), len(tests), tuple(map(str, said["faults"])), stopped, text)


async def _contained(fed: bytes, folder: Path, limits: Limits) -> tuple[bytes, str | None]:
    process = await anyio.open_process(
        [sys.executable, "-I", "-B", str(_INSIDE)],
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    )
    written, stopped = bytearray(), None

    async def feed() -> None:
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            if process.stdin is not None:
                await process.stdin.send(fed)
                await process.stdin.aclose()

    async def drain(stream: ByteReceiveStream | None) -> None:
        nonlocal stopped
        while stream is not None:
            try:
                written.extend(await stream.receive())
            except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
                return
            if len(written) > limits.output_kb * 1024:
                stopped = f"it wrote more than {limits.output_kb} KB"
                group.cancel_scope.cancel()

    try:
        with anyio.move_on_after(limits.seconds) as clock:
            async with anyio.create_task_group() as group:
                group.start_soon(feed)
                group.start_soon(drain, process.stdout)
                group.start_soon(drain, process.stderr)
                await process.wait()
                # What it left behind may hold the pipes open; nothing of that is waited for.
                _kill(process)
        if clock.cancelled_caught:
            stopped = f"it took longer than {limits.seconds:g} s"
    finally:
        with anyio.CancelScope(shield=True):
            _kill(process)
            await process.wait()
            await process.aclose()
    return bytes(written[: limits.output_kb * 1024]), stopped


def _folder() -> str:
    scratch = tempfile.mkdtemp(prefix="loomlab-code-")
    Path(scratch, "work").mkdir()
    return scratch


def _remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _environment(folder: Path) -> Mapping[str, str]:
    here = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder), "PYTHONUTF8": "1"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    windows = {key: os.environ[key] for key in ("SYSTEMROOT", "WINDIR") if key in os.environ}
    return {**here, **threads, **windows}


def _verdict(path: Path, word: str) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and said.get("word") == word else None
