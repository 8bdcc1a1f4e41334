"""Our agents and tools as an MCP server, spoken to by the SDK's own client."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from loomlab import Agent, Workflow, tool
from loomlab.core import ConfigError
from loomlab.mcp import serve_http
from loomlab.mcp.serve import make_server, served

pytestmark = pytest.mark.anyio

AGENT = """
name = "clerk"
model = "echo"
instructions = "You answer letters."
"""


@pytest.fixture
def clerk(tmp_path: Path) -> Path:
    file = tmp_path / "agent.toml"
    file.write_text(AGENT, encoding="utf-8")
    return file


def command(*args: object) -> list[str]:
    return [sys.executable, "-c", "import sys; from loomlab.cli import main; sys.exit(main())", *map(str, args)]


async def test_an_agent_is_a_tool_of_a_server_over_stdio(clerk: Path) -> None:
    program, *args = command("mcp", "serve", clerk)
    server = StdioServerParameters(command=program, args=args)
    async with stdio_client(server) as streams, ClientSession(*streams) as client:
        assert (await client.initialize()).server_info.name == "clerk"
        (offered,) = (await client.list_tools()).tools
        assert (offered.name, offered.description) == ("clerk", "You answer letters.")
        assert list(offered.input_schema["properties"]) == ["input"]
        answer: Any = await client.call_tool("clerk", {"input": "Dear Sir"})
        assert (answer.is_error, answer.content[0].text) == (False, "Echo: Dear Sir")
        wrong: Any = await client.call_tool("clerk", {"inptu": "Dear Sir"})
        assert wrong.is_error
        assert "did you mean 'input'" in wrong.content[0].text
        unknown: Any = await client.call_tool("clark", {})
        assert "did you mean 'clerk'" in unknown.content[0].text


@pytest.fixture
def over_http(clerk: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "SERVER_TOKEN": "geheim"}
    process = subprocess.Popen(
        command("mcp", "serve", clerk, "--http", "--port", port, "--token-env", "SERVER_TOKEN"), env=environment
    )
    give_up = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert process.poll() is None and time.monotonic() < give_up, "the server did not come up"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (0, 130)


async def test_an_agent_is_a_tool_of_a_server_over_http(over_http: str) -> None:
    async with (
        create_mcp_http_client(headers={"Authorization": "Bearer geheim"}) as http,
        streamable_http_client(over_http, http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as client,
    ):
        await client.initialize()
        answer: Any = await client.call_tool("clerk", {"input": "Dear Sir"})
        assert answer.content[0].text == "Echo: Dear Sir"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer geheim", "Host": "evil.example"}, 421),
        ({"Authorization": "Bearer geheim", "Origin": "http://evil.example"}, 403),
    ],
)
async def test_who_has_no_token_or_comes_from_elsewhere_is_refused(
    over_http: str, headers: dict[str, str], status: int
) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    more = {"Accept": "application/json, text/event-stream"}
    async with create_mcp_http_client() as http:
        answer = await http.post(over_http, json=body, headers={**more, **headers})
    assert answer.status_code == status


async def test_the_world_is_not_served_without_a_token() -> None:
    with pytest.raises(ConfigError, match="give a token"):
        await serve_http(Agent("x", model="echo"), host="0.0.0.0")


async def test_whatever_has_a_function_can_be_served() -> None:
    @tool(destructive=True)
    def wipe() -> dict[str, int]:
        """Wipe."""
        return {"gone": 3}

    def plain(a: int) -> int:
        """Double."""
        return 2 * a

    flow = Workflow.chain([str.strip, str.upper], name="shout")
    host = served([Agent("You help.", model="echo", name="helper"), flow, wipe, plain])
    assert [one.name for one in await host.list_tools()] == ["helper", "shout", "wipe", "plain"]
    assert served(host) is host
    make_server(host)
    with pytest.raises(ConfigError, match="nothing to serve"):
        served([])


def test_a_config_that_reaches_far_is_not_served_unread(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(AGENT + 'tools = ["os:getcwd"]\n', encoding="utf-8")
    done = subprocess.run(command("mcp", "serve", file), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--trust" in done.stderr
    assert done.stdout == ""
