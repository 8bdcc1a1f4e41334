"""A destructive tool of an MCP server passes the same gate as any tool; one user's yes is not another's."""

from typing import Any

import pytest

from loomlab import Agent, InMemoryAuditLog, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall
from loomlab.mcp import MCPRegistry, MCPServerSpec
from loomlab.security import Approval

pytestmark = pytest.mark.anyio


async def test_it_asks_and_the_yes_to_alice_is_no_yes_to_bob(shop: MCPServerSpec) -> None:
    asked: list[Any] = []
    log = InMemoryAuditLog(secret="k")

    async def handler(call: ToolCall, user: str | None) -> Approval:
        asked.append((user, call.tool, call.is_destructive()))
        return Approval(allow=user == "alice", remember="always")

    turns = [ScriptedTurn(tool_calls=[ToolCall(tool="wipe", args={})]), ScriptedTurn(text="done")]
    async with MCPRegistry([shop]) as servers:
        options: dict[str, Any] = {"permissions": StandardPermissions(), "audit_log": log}
        agent = Agent("x", model=ScriptedModel(turns * 4), tools=servers, approval_handler=handler, **options)
        for user in ("alice", "alice", "bob", "bob"):
            await agent.run("go", user_id=user)
        alone = Agent("x", model=ScriptedModel(turns), tools=servers, **options)
        await alone.run("go", user_id="carol")
        listed = StandardPermissions(denied_tools=["wipe"])
        denied = Agent("x", model=ScriptedModel(turns), tools=servers, permissions=listed, audit_log=log)
        await denied.run("go", user_id="dave")
    assert asked == [("alice", "wipe", True), ("bob", "wipe", True)]
    results = [(one.user_id, one.payload["ok"]) for one in await log.query(action="tool_result")]
    assert results == [("alice", True)] * 2 + [("bob", False)] * 2 + [("carol", False), ("dave", False)]
