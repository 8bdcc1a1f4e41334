"""Tools of a run or of skills, beside the agent's own."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.core.messages import ToolDef, ToolResult
from loomlab.core.protocols import ToolHost
from loomlab.core.records import ToolEvent


class WithExtraTools:
    """Two hosts as one; where a name is in both, the extra one wins."""

    def __init__(self, own: ToolHost, extra: ToolHost) -> None:
        self.own = own
        self.extra = extra
        self._merged: tuple[list[ToolDef], list[ToolDef], list[ToolDef]] | None = None

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """The tools of both."""
        own = await self.own.list_tools(query=query)
        extra = await self.extra.list_tools(query=query)
        if self._merged is not None and self._merged[0] is own and self._merged[1] is extra:
            return self._merged[2]
        names = {one.name for one in extra}
        merged = [one for one in own if one.name not in names] + extra
        self._merged = (own, extra, merged)
        return merged

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Run a tool where it lives."""
        extra = {one.name for one in await self.extra.list_tools()}
        host = self.extra if tool in extra else self.own
        return await host.call(tool, args, call_id=call_id)

    def watch(self) -> AsyncIterator[ToolEvent]:
        """Changes of the agent's own tools; the extra ones do not change during a run."""
        return self.own.watch()
