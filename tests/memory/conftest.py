"""Real servers for the tests of memory, each started once a session on loopback, and gone at its end."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loomlab.testing import search_server

pytest.register_assert_rewrite("loomlab.testing.record_store_contract", "loomlab.testing.memory_contract")

STRICT = os.environ.get("LOOMLAB_TEST_STRICT") == "1"


def _lacking(reason: str) -> None:
    (pytest.fail if STRICT else pytest.skip)(reason)


class Server:
    """A Redis server under a test's control."""

    def __init__(self, command: Callable[[int, Path], list[str]]) -> None:
        self._command = command
        self._folder = Path(tempfile.mkdtemp(prefix="loomlab-redis-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(self._command(self.port, self._folder), stdout=log, stderr=log)
        until = time.monotonic() + 20
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                    line.sendall(b"PING\r\n")
                    if line.recv(16).startswith((b"+PONG", b"-NOAUTH")):
                        return
            except OSError:
                time.sleep(0.02)
        self.stop()
        text = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"the Redis server did not start: {text[-500:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def redis_command(port: int, folder: Path, *more: str) -> list[str]:
    server = shutil.which("redis-server")
    if server is None:
        _lacking("redis-server is not installed: sudo apt-get install redis-server")
    return [str(server), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", "", *more]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """Redis as Debian ships it: without a search module."""
    server = Server(redis_command)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def search_server_() -> Iterator[Server]:
    """A Redis-compatible server with the search module."""
    if search_server.available() is None:
        _lacking("the search server is not here: python -m loomlab.testing.search_server fetches it")
    server = Server(lambda port, folder: search_server.command(port, folder) or [])
    yield server
    server.remove()


@pytest.fixture
def new_redis() -> Iterator[Callable[..., Server]]:
    """Starts Redis servers of a test's own, with options."""
    made: list[Server] = []

    def start(*options: str) -> Server:
        made.append(Server(lambda port, folder: redis_command(port, folder, *options)))
        return made[-1]

    yield start
    for server in made:
        server.remove()


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder that no disk slows down, where this machine has one."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="loomlab-", dir=memory))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def kill_writer() -> Callable[..., int]:
    """Runs a program that prints the number of each write it has done, and kills it in the middle of a later one."""

    def run(code: str, place: object, after: int) -> int:
        command = [sys.executable, "-c", code, str(place)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as writer:
            done = next(int(line) for line in writer.stdout or () if int(line) >= after)
            writer.kill()
        return done

    return run
