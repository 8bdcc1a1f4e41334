"""The MCP servers of one notebook: added by a command, tried at once, ended with the notebook."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from loomlab import mcp
from loomlab.core.errors import ConfigError, MCPError
from loomlab.core.messages import ToolDef
from loomlab.core.nearest import did_you_mean
from loomlab.notebook.bridge import answer

if TYPE_CHECKING:
    from loomlab.mcp import MCPClient, MCPRegistry, MCPServerSpec

T = TypeVar("T")
Ask = Callable[[Callable[[], Awaitable[Any]]], Any]
"""Runs work on the loop of the notebook's runs, and waits."""


class Servers:
    """An ``MCPRegistry`` that a user fills by name. The variables that hold it see every change at once."""

    def __init__(self) -> None:
        self._registry: MCPRegistry | None = None

    @property
    def registry(self) -> "MCPRegistry":
        """The registry itself: a tool host. Raises ``MCPError`` without the package mcp."""
        if self._registry is None:
            self._registry = mcp.MCPRegistry()
        return self._registry

    @property
    def names(self) -> list[str]:
        """The servers, as they were added."""
        return [] if self._registry is None else self._registry.server_names

    def spec(self, name: str) -> "MCPServerSpec":
        """How a server is reached. ConfigError for a name that is not here."""
        self._known(name)
        return self.registry.client(name).spec

    def add(self, spec: "MCPServerSpec", ask: Ask) -> list[ToolDef]:
        """Start a server, or connect to it; its tools. ``MCPError`` with its last words where that can't be done: it is
        then not added.
        """
        if spec.name in self.names:
            raise ConfigError(f"there is an MCP server {spec.name!r} already: %loom mcp remove {spec.name} comes first")
        client: MCPClient = mcp.MCPClient(spec)

        async def tried() -> list[ToolDef]:
            try:
                return await client.list_tools()
            except BaseException:
                await client.aclose()
                raise

        tools: list[ToolDef] = ask(tried)
        self.registry.add(client)
        return tools

    def listed(self, ask: Ask) -> tuple[list[ToolDef], dict[str, str]]:
        """All tools, asked for anew, and what is wrong with servers that did not answer."""
        if not self.names:
            return [], {}

        async def refreshed() -> list[ToolDef]:
            await self.registry.refresh()
            return await self.registry.list_tools()

        return ask(refreshed), dict(self.registry.failures)

    def remove(self, name: str, ask: Ask) -> None:
        """End a server, and take its tools out of the registry. ConfigError for a name that is not here."""
        self._known(name)
        ask(lambda: self.registry.remove(name))

    def close(self) -> None:
        """End all servers."""
        registry, self._registry = self._registry, None
        if registry is not None and registry.server_names:
            with suppress(MCPError, OSError, RuntimeError):  # on the way out, a server that is gone is gone
                answer(registry.aclose)

    def _known(self, name: str) -> None:
        if name not in self.names:
            raise ConfigError(f"there is no MCP server {name!r} in this notebook: {did_you_mean(name, self.names)}")
