"""What a person answers: for one call, one user, one session; with other arguments; on the assembled agent."""

import json
from typing import Any

import pytest

from loomlab import Agent, InMemoryAuditLog, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, tool
from loomlab.security import Approval, terminal_approval

pytestmark = pytest.mark.anyio


def agent(ran: list[Any], handler: Any, runs: int = 1, **options: Any) -> Agent:
    @tool(destructive=True)
    async def pay(to: str, amount: int = 1) -> str:
        """Send money."""
        ran.append((to, amount))
        return f"paid {amount}"

    turns = [ScriptedTurn(tool_calls=[ToolCall(tool="pay", args={"to": "Bob", "amount": 5})]), ScriptedTurn(text="ok")]
    model = ScriptedModel(turns * runs)
    options = {"permissions": StandardPermissions(), **options}
    return Agent("x", model=model, tools=[pay], approval_handler=handler, **options)


async def test_edited_arguments_run_and_everybody_is_told_who_changed_them() -> None:
    ran: list[Any] = []
    log = InMemoryAuditLog(secret="k")

    async def edit(call: ToolCall, user: str | None) -> Approval:
        return Approval(allow=True, args={"to": "Bob", "amount": 2}, by="ann")

    events = [one async for one in agent(ran, edit, audit_log=log).stream("go", user_id="alice")]
    assert ran == [("Bob", 2)]
    (said,) = [one.payload for one in events if one.kind == "permission_decision"]
    assert (said["decision"], said["by"], said["who"], said["args"]) == (
        "allow",
        "approval",
        "ann",
        {"to": "Bob", "amount": 2},
    )
    (entry,) = await log.query(action="tool_approval", user_id="alice")
    assert entry.actor == "ann" and entry.payload["edited"] is True
    assert (entry.payload["asked_args"]["amount"], entry.payload["args"]["amount"]) == (5, 2)
    assert (await log.verify()).ok


@pytest.mark.parametrize("args", [{"to": "Bob", "amount": "many"}, {"amount": 1}, {"to": "Bob", "who": "x"}])
async def test_arguments_that_do_not_fit_deny(args: dict[str, Any]) -> None:
    ran: list[Any] = []

    async def edit(call: ToolCall, user: str | None) -> Approval:
        return Approval(allow=True, args=args)

    events = [one async for one in agent(ran, edit).stream("go")]
    (result,) = [one.payload["result"] for one in events if one.kind == "tool_result"]
    assert not ran and result["denied"] and "do not fit" in result["reason"]


async def test_session_answers_hold_in_that_session_only_and_always_for_that_user_only() -> None:
    ran: list[Any] = []
    asked: list[Any] = []

    async def handler(call: ToolCall, user: str | None) -> Approval:
        asked.append(user)
        return Approval(allow=True, remember="always" if user == "alice" else "session")

    one = agent(ran, handler, runs=8)
    for user, session in [("alice", "a"), ("alice", "b"), ("bob", "a"), ("bob", "a"), ("bob", "b")]:
        await one.run("go", user_id=user, session_id=session)
    assert asked == ["alice", "bob", "bob"] and len(ran) == 5
    await one.run("go", session_id="a")
    await one.run("go", session_id="a")
    await one.run("go", session_id="c")
    assert asked[3:] == [None, None], "without a user, an answer holds in its session"


async def test_a_denial_may_be_remembered_too_and_an_edit_never_is() -> None:
    ran: list[Any] = []
    asked = []

    async def handler(call: ToolCall, user: str | None) -> Approval:
        asked.append(user)
        if user == "bob":
            return Approval(allow=False, remember="always")
        return Approval(allow=True, args={"to": "Bob", "amount": 1}, remember="always")

    one = agent(ran, handler, runs=4)
    for user in ("bob", "bob", "alice", "alice"):
        await one.run("go", user_id=user, session_id="s")
    assert asked == ["bob", "alice", "alice"] and len(ran) == 2


@pytest.mark.parametrize(
    ("typed", "allow", "remember"),
    [("y", True, None), ("S", True, "session"), ("a", True, "always"), ("n", False, None), ("", False, None)],
)
async def test_one_letter_answers_at_the_terminal(typed: str, allow: bool, remember: str | None) -> None:
    said: list[str] = []
    ask = terminal_approval(read=lambda prompt: typed, write=said.append)
    answer = await ask(ToolCall(tool="pay", args={"to": "Bob", "key": "sk-" + "a1" * 12}), "alice", "it pays")
    assert (answer.allow, answer.remember, answer.by) == (allow, remember, "terminal")
    assert "May the agent use pay for alice?  it pays" in "".join(said) and "a1a1" not in "".join(said)


async def test_arguments_are_edited_at_the_terminal_until_they_fit() -> None:
    @tool
    async def pay(to: str, amount: int) -> str:
        """Pay."""
        return to

    lines = iter(["e", "{nonsense", json.dumps({"to": 1}), json.dumps({"to": "Bob", "amount": 3})])
    said: list[str] = []
    ask = terminal_approval(read=lambda prompt: next(lines), write=said.append)
    answer = await ask(ToolCall(tool="pay", args={}, tool_def=pay.to_def()), None)
    assert answer.allow and answer.args == {"to": "Bob", "amount": 3}
    assert "no JSON" in "".join(said) and "amount is missing" in "".join(said)
