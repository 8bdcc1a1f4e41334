"""Attacks on the person who is asked, and on what counts as an answer."""

from pathlib import Path
from typing import Any

import anyio

from attacks.book import Attack, attack
from attacks.on_arguments import a_payment, an_agent
from loomlab import Agent, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, tool
from loomlab.security import (
    Approval,
    PerUserPermissions,
    terminal_approval,
)


def _approved(handler: Any) -> Attack:
    async def run(folder: Path) -> bool:
        ran: list[Any] = []
        await an_agent(ran, a_payment(), approval_handler=handler).run("go", user_id="mallory")
        return not ran

    return run


def _answering(value: Any) -> Any:
    async def handler(call: ToolCall, user: str | None) -> Any:
        return value

    return handler


class _Slow:
    timeout_s = 0.05

    async def __call__(self, call: ToolCall, user: str | None) -> bool:
        await anyio.sleep_forever()
        return True


async def _raising(call: ToolCall, user: str | None) -> bool:
    raise ConnectionError("the pager is down")


def _no_line(prompt: str) -> str:
    raise EOFError


for _name, _handler in {
    "nobody to ask": None,
    "a handler that raises": _raising,
    "a handler that never answers": _Slow(),
    "an answer that looks like a yes: 'yes'": _answering("yes"),
    "an answer that looks like a yes: 1": _answering(1),
    "an answer that looks like a yes: a dict": _answering({"allow": True}),
    "no terminal": terminal_approval(read=_no_line, write=lambda _: None),
    "a stray key at the terminal": terminal_approval(read=lambda _: "\x1b[A", write=lambda _: None),
}.items():
    attack("approval spoofing", _name)(_approved(_handler))


@attack("approval spoofing", "alice's 'always' for mallory's call")
async def _(folder: Path) -> bool:
    ran: list[Any] = []
    asked: list[str | None] = []

    async def handler(call: ToolCall, user: str | None) -> Approval:
        asked.append(user)
        return Approval(allow=user == "alice", remember="always")

    @tool(destructive=True)
    async def pay(to: str, amount: int) -> str:
        """Send money."""
        ran.append(to)
        return "paid"

    turns = [ScriptedTurn(tool_calls=[a_payment()]), ScriptedTurn(text="done")] * 4
    agent = Agent(
        "x", model=ScriptedModel(turns), tools=[pay], permissions=StandardPermissions(), approval_handler=handler
    )
    for user in ("alice", "alice", "mallory", None):
        await agent.run("go", user_id=user, session_id="same")
    return len(ran) == 2 and asked == ["alice", "mallory", None]


@attack("approval spoofing", "an approval of one user by the policy of another")
async def _(folder: Path) -> bool:
    ran: list[Any] = []
    policy = PerUserPermissions(
        policies={"admin": StandardPermissions(mode="bypassPermissions")}, default=StandardPermissions()
    )
    for user in ("Admin", "admin ", "admin\0", None):
        await an_agent(ran, a_payment(), permissions=policy).run("go", user_id=user)
    return not ran
