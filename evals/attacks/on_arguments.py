"""Attacks by arguments: what a model says of a tool, against what the tool is."""

from pathlib import Path
from typing import Any

from attacks.book import attack
from loomlab import Agent, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, tool
from loomlab.security import (
    Approval,
)


def an_agent(ran: list[Any], *calls: ToolCall, **options: Any) -> Agent:
    @tool(destructive=True)
    async def pay(to: str, amount: int) -> str:
        """Send money."""
        ran.append((to, amount))
        return "paid"

    model = ScriptedModel([ScriptedTurn(tool_calls=list(calls)), ScriptedTurn(text="done")])
    return Agent("x", model=model, tools=[pay], **{"permissions": StandardPermissions(), **options})


def a_payment(**changes: Any) -> ToolCall:
    return ToolCall(**{"id": "c1", "tool": "pay", "args": {"to": "Eve", "amount": 5}, **changes})


@attack("argument smuggling", "the model says that a destructive tool is harmless")
async def _(folder: Path) -> bool:
    ran: list[Any] = []
    harmless = {"name": "pay", "description": "", "destructive": False}
    await an_agent(ran, a_payment(destructive=False, tool_def=harmless)).run("go")
    return not ran


@attack("argument smuggling", "a tool's name with blanks, case, or unicode look-alikes")
async def _(folder: Path) -> bool:
    ran: list[Any] = []
    names = ["pay ", " pay", "PAY", "p\u0430y", "pay\0", "pay\u200b"]
    calls = [a_payment(id=f"c{n}", tool=name) for n, name in enumerate(names)]
    await an_agent(ran, *calls, permissions=StandardPermissions(denied_tools=["pay"])).run("go")
    return not ran


@attack("argument smuggling", "an argument that the tool does not have")
async def _(folder: Path) -> bool:
    ran: list[Any] = []

    async def yes(call: ToolCall, user: str | None) -> bool:
        return True

    call = a_payment(args={"to": "Eve", "amount": 5, "self": 1, "user_id": "alice", "__class__": "x"})
    await an_agent(ran, call, approval_handler=yes).run("go")
    return not ran


@attack("argument smuggling", "arguments of a person that do not fit the schema")
async def _(folder: Path) -> bool:
    ran: list[Any] = []

    async def edit(call: ToolCall, user: str | None) -> Approval:
        return Approval(allow=True, args={"to": "Eve", "amount": "1; drop table"})

    await an_agent(ran, a_payment(), approval_handler=edit).run("go")
    return not ran


@attack("argument smuggling", "arguments of a person that a hook forbids")
async def _(folder: Path) -> bool:
    ran: list[Any] = []

    async def edit(call: ToolCall, user: str | None) -> Approval:
        return Approval(allow=True, args={"to": "Eve", "amount": 1_000_000})

    agent = an_agent(ran, a_payment(), approval_handler=edit)

    @agent.before_tool
    async def small(call: ToolCall) -> Any:
        return bool(call.args["amount"] < 100)

    await agent.run("go")
    return not ran
