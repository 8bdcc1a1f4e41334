"""Where tools run. ``NoSandbox`` runs them where they are, and says so."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.core import ToolDef, ToolEvent, ToolHost, ToolResult


class NoSandbox:
    """A tool host around another that adds nothing: the place where a sandbox would stand."""

    def __init__(self, inner: ToolHost) -> None:
        self._inner = inner

    @property
    def inner(self) -> ToolHost:
        """The host inside."""
        return self._inner

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """The tools of the host inside."""
        return await self._inner.list_tools(query=query)

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Run a tool of the host inside."""
        return await self._inner.call(tool, args, call_id=call_id)

    def watch(self) -> AsyncIterator[ToolEvent]:
        """Tools as they come and go in the host inside."""
        return self._inner.watch()
