"""MCP servers in a config: what is made of their tables, with secrets looked up, and written down by name."""

import sys
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from loomlab import Agent, ConfigError, ToolDef
from loomlab.tools import InProcessToolHost

TEXT = {
    "instructions": "x",
    "model": "echo",
    "mcp": [
        {"name": "files", "command": "serve-files", "args": ["--all"], "env": {"TOKEN_OF": {"env": "FILES_TOKEN"}}},
        {"name": "web", "url": "http://127.0.0.1:9/mcp", "headers": {"authorization": {"secret": "FILES_TOKEN"}}},
    ],
}


class Registry:
    """Stands where a registry would connect to servers."""

    def __init__(self, specs: list[Any]) -> None:
        self.specs = specs

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        return [ToolDef(name=f"{one['name']}_search", description="Search.") for one in self.specs]

    async def call(self, tool: str, args: Any, *, call_id: str = "") -> Any:
        raise AssertionError("nobody calls it here")


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> None:
    def stdio(name: str, command: str, args: Any = None, env: Any = None, *, description: str = "") -> dict[str, Any]:
        return {"name": name, "command": command, "args": args, "env": env}

    def http(name: str, url: str, headers: Any = None, *, description: str = "") -> dict[str, Any]:
        return {"name": name, "url": url, "headers": headers}

    room = SimpleNamespace(MCPRegistry=Registry, MCPServerSpec=SimpleNamespace(stdio=stdio, http=http))
    monkeypatch.setitem(sys.modules, "loomlab.mcp", room)
    monkeypatch.setenv("FILES_TOKEN", "the-token-of-the-files")


@pytest.mark.usefixtures("servers")
def test_servers_bring_their_tools_beside_the_agents_own() -> None:
    agent: Any = Agent.from_dict({**TEXT, "tools": ["builtin:ls"]})
    assert anyio.run(agent.tools_list) == ["ls", "files_search", "web_search"]
    assert isinstance(agent.tool_host.own, InProcessToolHost)
    text = agent.to_toml()
    assert agent.to_config() == {**TEXT, "tools": ["builtin:ls"]}
    assert "the-token" not in text


@pytest.mark.usefixtures("servers")
def test_secrets_of_servers_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(Registry, "__init__", lambda self, specs: made.extend(specs))
    Agent.from_dict(TEXT)
    assert made[0] == {
        "name": "files",
        "command": "serve-files",
        "args": ["--all"],
        "env": {"TOKEN_OF": "the-token-of-the-files"},
    }
    assert made[1]["headers"] == {"authorization": "the-token-of-the-files"}


@pytest.mark.usefixtures("servers")
def test_a_key_that_stood_in_the_file_is_not_written_again() -> None:
    server = {"name": "files", "command": "serve", "env": {"API_KEY": "sk-test-0123456789abcdefghij", "MODE": "quick"}}
    agent = Agent.from_dict({"instructions": "x", "model": "echo", "mcp": [server]})
    with pytest.raises(ConfigError, match="API_KEY"):
        agent.to_config()
    assert agent.to_config(lossy=True)["mcp"] == [{**server, "env": {"MODE": "quick"}}]
