"""What a sandbox really does on this machine: tried once, in a process that ends at once."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

_TRY = (
    "import importlib.util as u; s = u.spec_from_file_location('confine', {path!r}); m = u.module_from_spec(s); "
    "s.loader.exec_module(m); print(*m.enter_namespaces(), *(['sockets'] if m.refuse_sockets() else []))"
)


class Protections(Mapping[str, str]):
    """What is in force, by name, one sentence each; printed as a list."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._sentences = dict(sentences)

    def __getitem__(self, name: str) -> str:
        return self._sentences[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sentences)

    def __len__(self) -> int:
        return len(self._sentences)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {sentence}" for name, sentence in self._sentences.items())


@lru_cache(maxsize=1)
def kernel_permits() -> frozenset[str]:
    """Of ``user``, ``processes``, ``network`` (namespaces) and ``sockets`` (a system call filter), what works here."""
    path = str(Path(__file__).with_name("confine.py"))
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", _TRY.format(path=path)], capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return frozenset(done.stdout.decode("ascii", "replace").split())


def in_force(*, network: bool, processes: int, files: str = "") -> Protections:
    """The protections of a ``SubprocessSandbox`` here. ``files``: what is done about files, where something is."""
    found = kernel_permits()
    if network:
        net = "open: network=True was asked for"
    elif "network" in found:
        net = "none: an own network namespace with nothing in it"
    elif "sockets" in found:
        net = "none: the kernel refuses to make sockets other than local ones"
    else:
        net = "OPEN: this system permits neither network namespaces nor system call filters"
    counted = "by the kernel" if "user" in found and os.getuid() else "counted 50 times a second from outside"
    return Protections(
        {
            "environment": "clean: none of this process's variables, an empty home folder",
            "network": net,
            "processes": f"at most {processes}, {counted}; all are killed when the call ends",
            "isolation": "other processes can be neither seen nor signalled nor read"
            if "processes" in found
            else "OPEN: the processes of the same user can be signalled, and their environment read from /proc",
            "limits": "wall time, CPU time, memory, file size, open files, size of the result",
            "files": files or "open: as reachable as they are for you",
        }
    )
