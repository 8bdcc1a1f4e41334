"""Real MCP servers, in processes of their own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loomlab.mcp import MCPServerSpec

HERE = Path(__file__).parent


@pytest.fixture
def shop() -> MCPServerSpec:
    """A server that does on demand what servers should not do."""
    return MCPServerSpec.stdio("shop", sys.executable, [str(HERE / "servers" / "shop.py")])


@pytest.fixture(scope="session")
def web() -> Iterator[str]:
    """The address of a server over Streamable HTTP, written with the SDK."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(HERE / "servers" / "web.py"), str(port)])
    give_up = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert process.poll() is None and time.monotonic() < give_up, "the server did not come up"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    process.kill()
    process.wait()
