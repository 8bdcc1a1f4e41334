"""Several MCP servers as one tool host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from functools import partial
from typing import Any, Self

from loomlab.core.errors import MCPError
from loomlab.core.messages import ToolDef, ToolResult
from loomlab.core.nearest import did_you_mean
from loomlab.core.records import ToolEvent
from loomlab.mcp.client import MCPClient
from loomlab.mcp.spec import MCPServerSpec
from loomlab.tools.watch import Watchers


class MCPRegistry:
    """The tools of several servers: ``Agent(…, tools=MCPRegistry([spec, spec]))``.

    Servers are connected to at the first use. A name that two servers have becomes ``server.tool`` for both; all
    others stay as they are. A server that can't be reached takes its own tools away and no others: it is named in
    ``failures``, and asked again at the next ``refresh``. What a server says of its tools is data: it reaches the model
    as their description and nothing else.

    Raises TypeError for items that are neither specs nor clients, ``MCPError`` for two servers of one name.
    """

    def __init__(self, items: Iterable[MCPServerSpec | MCPClient] | None = None) -> None:
        self._clients: dict[str, MCPClient] = {}
        self.failures: dict[str, str] = {}
        self._routes: dict[str, tuple[MCPClient, str]] = {}
        self._listed: list[ToolDef] | None = None
        self._changed: set[str] = set()
        self._watchers = Watchers()
        for item in items or ():
            self.add(item)

    def add(self, item: MCPServerSpec | MCPClient) -> MCPClient:
        """Add a server; its tools are there from the next listing on."""
        if not isinstance(item, (MCPServerSpec, MCPClient)):
            raise TypeError(f"MCPRegistry takes MCPServerSpec and MCPClient objects, not {item!r}")
        client = item if isinstance(item, MCPClient) else MCPClient(item)
        if client.name in self._clients:
            raise MCPError(f"two MCP servers are named {client.name!r}; give one of them another name")
        self._clients[client.name] = client
        client.on_change(partial(self._stale, client.name))
        self._listed = None
        return client

    async def remove(self, name: str) -> None:
        """End a server's session and take its tools away. Raises ``MCPError`` for a name that is not here."""
        client = self.client(name)
        del self._clients[name]
        self.failures.pop(name, None)
        await client.aclose()
        await self.refresh()

    @property
    def server_names(self) -> list[str]:
        """The names of the servers, as they were added."""
        return list(self._clients)

    def client(self, name: str) -> MCPClient:
        """The client of a server, for its resources and prompts. Raises ``MCPError`` for a name that is not here."""
        if name not in self._clients:
            raise MCPError(f"no MCP server is named {name!r}: {did_you_mean(name, self._clients)}")
        return self._clients[name]

    async def connect(self) -> None:
        """Connect to all servers and list their tools. Raises ``MCPError`` where one can't be reached."""
        await self.refresh()
        if self.failures:
            raise MCPError("; ".join(self.failures.values()))

    async def aclose(self) -> None:
        """End all sessions."""
        for client in self._clients.values():
            await client.aclose()
        self._listed = None

    async def __aenter__(self) -> Self:
        try:
            await self.connect()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def refresh(self) -> None:
        """List the tools of all servers anew; those who watch hear what came and went."""
        self._changed.clear()
        found: list[tuple[MCPClient, ToolDef]] = []
        failures: dict[str, str] = {}
        for client in list(self._clients.values()):
            try:
                found += [(client, one) for one in await client.list_tools()]
            except MCPError as exc:
                failures[client.name] = str(exc)
        before = {one.name: one for one in self._listed or ()}
        names = [one.name for _, one in found]
        self._routes = {}
        listed: list[ToolDef] = []
        for client, one in found:
            name = one.name if names.count(one.name) == 1 else f"{client.name}.{one.name}"
            self._routes[name] = (client, one.name)
            listed.append(one if name == one.name else one.model_copy(update={"name": name}))
        self._listed, self.failures = listed, failures
        self._tell(before, {one.name: one for one in listed})

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """The tools of all servers, or those whose name or description holds ``query``."""
        if self._listed is None or self._changed:
            await self.refresh()
        listed = self._listed or []
        if query is None:
            return listed
        wanted = query.casefold()
        return [one for one in listed if wanted in one.name.casefold() or wanted in one.description.casefold()]

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Call a tool where it lives; whatever goes wrong is an error result."""
        if self._listed is None or self._changed:
            await self.refresh()
        route = self._routes.get(tool)
        if route is None:
            down = "".join(f"; {one}" for one in self.failures.values())
            return ToolResult.error_(call_id, f"unknown tool {tool!r}: {did_you_mean(tool, self._routes)}{down}")
        client, name = route
        result = await client.call_tool(name, args, call_id=call_id)
        if not result.ok and not client.is_connected:
            self._stale(client.name, "tools")  # what comes up again may have other tools
        return result

    def watch(self) -> AsyncIterator[ToolEvent]:
        """Tools as they come, change and go."""
        return self._watchers.subscribe()

    def _stale(self, server: str, what: str) -> None:
        # Called from the thread of the connections: only a mark is set, and read at the next listing.
        if what == "tools":
            self._changed.add(server)

    def _tell(self, before: dict[str, ToolDef], after: dict[str, ToolDef]) -> None:
        for name, one in after.items():
            if name not in before:
                self._watchers.tell(ToolEvent(kind="added", tool=name))
            elif before[name] != one:
                self._watchers.tell(ToolEvent(kind="updated", tool=name))
        for name in before.keys() - after.keys():
            self._watchers.tell(ToolEvent(kind="removed", tool=name))

    def __repr__(self) -> str:
        return f"MCPRegistry({', '.join(self._clients)})"
