"""The tools of the case under way, for agents that are not asked the case themselves: the members of a team."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from loomlab.core.messages import ToolDef, ToolResult
from loomlab.core.protocols import ToolHost
from loomlab.core.records import ToolEvent
from loomlab.tools import InProcessToolHost, Tool

_current: ContextVar[ToolHost | None] = ContextVar("loomlab_case_tools", default=None)
_NONE = InProcessToolHost()


class CaseTools:
    """A tool host for team members: ``Agent(…, tools=CaseTools())``. Outside an evaluation it has no tool.

    A team with such a member gets a case's tools there and only there; any other agent gets them itself.
    """

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """The tools of the case."""
        return await (_current.get() or _NONE).list_tools(query=query)

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Run one of them."""
        return await (_current.get() or _NONE).call(tool, args, call_id=call_id)

    def watch(self) -> AsyncIterator[ToolEvent]:
        """They do not change during a case."""
        return _NONE.watch()


@contextmanager
def offering(tools: list[Tool]) -> Iterator[None]:
    """Let every ``CaseTools`` in the block be these."""
    token = _current.set(InProcessToolHost(tools))
    try:
        yield
    finally:
        _current.reset(token)


def has_case_tools(agent: Any) -> bool:
    """Whether some member of a team, at any depth, is to get the tools of the case."""
    seen: set[int] = set()
    waiting = [agent]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(getattr(one, "tool_host", None), CaseTools):
            return True
        architecture = getattr(one, "architecture", None)
        declared = getattr(architecture, "declared_workers", None)
        if callable(declared):
            waiting.extend(declared().values())
    return False
