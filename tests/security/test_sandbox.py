"""The sandbox that is none passes everything through."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from loomlab.core import ToolDef, ToolEvent, ToolHost, ToolResult
from loomlab.security import NoSandbox

pytestmark = pytest.mark.anyio


class Inner:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        self.seen.append(query)
        return [ToolDef(name="read", description="")]

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        self.seen.append((tool, args, call_id))
        return ToolResult.success(call_id, "text")

    async def watch(self) -> AsyncIterator[ToolEvent]:
        yield ToolEvent(kind="added", tool="read")


async def test_no_sandbox_is_a_host_that_adds_nothing() -> None:
    inner = Inner()
    sandbox = NoSandbox(inner)
    assert isinstance(sandbox, ToolHost)
    assert sandbox.inner is inner
    assert [one.name for one in await sandbox.list_tools(query="r")] == ["read"]
    assert (await sandbox.call("read", {"path": "a"}, call_id="c")).output == "text"
    assert [one.tool async for one in sandbox.watch()] == ["read"]
    assert inner.seen == ["r", ("read", {"path": "a"}, "c")]
