"""Foreign code in a process of its own: its limits, its clean environment, and its end with all that it started."""

import contextlib
import math
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import anyio
from anyio.abc import ByteReceiveStream, Process


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` of wall time; ``memory_mb`` of address space; ``output_kb`` on both outputs together."""

    seconds: float = 10.0
    memory_mb: int = 1024
    output_kb: int = 64

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and math.isfinite(self.seconds) and self.memory_mb > 0 and self.output_kb > 0):
            raise ValueError("seconds, memory_mb and output_kb are numbers above 0")


async def run_contained(
    command: Sequence[str], fed: bytes, folder: Path, limits: Limits
) -> tuple[bytes, str | None, int | None]:
    """Run ``command`` in ``folder`` with ``fed`` as its input: what it wrote, why it was stopped, its exit code.

    It has an environment without anything of ours. It is killed with its whole process group when it takes too long or
    writes too much, and when this call is cancelled. Setting memory and CPU limits is the command's own first duty.
    """
    process = await anyio.open_process(
        list(command),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=folder,
        env=clean_environment(folder),
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
                kill_group(process)
        if clock.cancelled_caught:
            stopped = f"it took longer than {limits.seconds:g} s"
    finally:
        with anyio.CancelScope(shield=True):
            kill_group(process)
            await process.wait()
            await process.aclose()
    return bytes(written[: limits.output_kb * 1024]), stopped, process.returncode


def kill_group(process: Process) -> None:
    """Kill a process that began a session of its own, and everything in it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def clean_environment(folder: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a contained process may know of ours: where programs are, UTF-8, and ``folder`` as its home."""
    here = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder), "PYTHONUTF8": "1"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    windows = {key: os.environ[key] for key in ("SYSTEMROOT", "WINDIR") if key in os.environ}
    return {**here, **threads, **windows, **(extra or {})}
