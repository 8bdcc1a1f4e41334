"""Tools in processes that see the files they are given, and no others: with the program bubblewrap."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from loomlab.core import ConfigError, ToolHost
from loomlab.security.protections import Protections, in_force
from loomlab.security.subprocess_sandbox import SubprocessSandbox
from loomlab.security.warm import Outcome

_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
)


class BubblewrapSandbox(SubprocessSandbox):
    """A ``SubprocessSandbox`` whose processes have a file system of their own (Linux with ``bwrap`` installed).

    They see the system's programs and libraries, Python with its packages, the folders ``readable`` (no writing there)
    and ``writable``, a ``/tmp`` of their own that vanishes, and nothing else. Everything of ``SubprocessSandbox`` holds
    too, but for ``warm``: False here, because what waits for calls has one ``/tmp`` for them all. ``warm=True`` answers
    in a tenth of the time; take it where all calls are one user's. Raises ConfigError where ``bwrap`` is missing or the
    system does not let it work.
    """

    def __init__(
        self,
        inner: ToolHost,
        *,
        readable: Iterable[str | os.PathLike[str]] = (),
        writable: Iterable[str | os.PathLike[str]] = (),
        warm: bool = False,
        **options: Any,
    ) -> None:
        self._readable = [Path(one).expanduser().resolve() for one in readable]
        self._writable = [Path(one).expanduser().resolve() for one in writable]
        missing = [str(one) for one in (*self._readable, *self._writable) if not one.exists()]
        if missing:
            raise ConfigError(f"BubblewrapSandbox: there is no {', '.join(missing)}")
        self._program = working_bubblewrap()
        super().__init__(inner, warm=warm, **options)

    @property
    def protections(self) -> Protections:
        """What is in force; files too."""
        writes = ", ".join(map(str, self._writable)) or "no folder"
        reads = ", ".join(map(str, self._readable)) or "no folder of yours"
        files = f"writes {writes}; reads {reads}; else the system's and Python's own files, and a /tmp that vanishes"
        found = in_force(network=self._network, processes=self._processes, files=files)
        return Protections({**found, "isolation": "other processes can be neither seen nor signalled nor read"})

    async def _run(self, job: bytes, seconds: float) -> Outcome:
        if self._warm:
            return await super()._run(job, seconds)
        process = self._make()
        try:
            return await process.call(job, seconds, self._modules)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(process.close)

    def _wrap(self) -> Callable[[Sequence[str], Path], Sequence[str]]:
        def wrap(command: Sequence[str], folder: Path) -> Sequence[str]:
            words = [self._program, "--unshare-all", "--die-with-parent", "--new-session"]
            words += ["--share-net"] if self._network else []
            words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
            for one in _SYSTEM:
                words += _system(Path(one))
            for path in _python():
                words += ["--ro-bind", str(path), str(path)]
            for path in self._readable:
                words += ["--ro-bind", str(path), str(path)]
            for path in (folder, *self._writable):
                words += ["--bind", str(path), str(path)]
            return [
                *words,
                "--remount-ro",
                "/",
                "--chdir",
                str(self._writable[0] if self._writable else folder),
                "--",
                *command,
            ]

        return wrap


def working_bubblewrap() -> str:
    """The path of ``bwrap``; ConfigError where there is none, or where it can't make a sandbox."""
    program = shutil.which("bwrap")
    if program is None:
        raise ConfigError(
            "BubblewrapSandbox needs the program bwrap, which is not installed: apt install bubblewrap (or dnf); "
            "SubprocessSandbox needs no program"
        )
    try:
        done = subprocess.run(
            [program, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"],
            capture_output=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise ConfigError(f"bwrap does not work here: {exc}; SubprocessSandbox needs no program") from exc
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip()
        raise ConfigError(f"this system does not let bwrap work: {why}; SubprocessSandbox needs no program")
    return program


def _system(path: Path) -> list[str]:
    if path.is_symlink():
        return ["--symlink", os.readlink(path), str(path)]  # noqa: PTH115 - Path.readlink would give a Path
    return ["--ro-bind", str(path), str(path)] if path.exists() else []


def _python() -> list[Path]:
    """Where Python, its packages and the tools' modules are; the smallest set of folders that holds them all."""
    wanted = [sys.prefix, sys.base_prefix, sys.executable, str(Path(sys.executable).resolve().parent), *sys.path]
    wanted.append(str(Path(__file__).parents[2]))
    found = sorted({Path(one).absolute() for one in wanted if one and Path(one).exists()}, key=lambda one: one.parts)
    kept: list[Path] = []
    for path in found:
        if path == Path("/") or any(path.is_relative_to(one) for one in (*kept, Path("/usr"))):
            continue
        kept.append(path)
    return kept
