"""A person's answer: only a clear yes is a yes."""

from typing import Any

import anyio
import pytest

from loomlab.core import ToolCall
from loomlab.security import ask_approval

pytestmark = pytest.mark.anyio

CALL = ToolCall(tool="pay", args={"amount": 5}, destructive=True)


async def test_true_allows_and_the_handler_sees_call_and_user() -> None:
    seen: list[Any] = []

    async def handler(call: ToolCall, user_id: str | None) -> bool:
        seen.append((call, user_id))
        return user_id == "alice"

    assert (await ask_approval(handler, CALL, "alice")).allow
    assert (await ask_approval(handler, CALL, "bob")).deny
    assert seen == [(CALL, "alice"), (CALL, "bob")]


async def test_a_plain_handler_is_asked_in_a_thread() -> None:
    assert (await ask_approval(lambda call, user: True, CALL, None)).allow


async def test_nobody_to_ask_denies() -> None:
    said = await ask_approval(None, CALL, "alice")
    assert said.deny
    assert "approval_handler=" in str(said.reason)


async def test_a_handler_that_raises_denies() -> None:
    async def handler(call: ToolCall, user_id: str | None) -> bool:
        raise ConnectionError("the pager is down")

    said = await ask_approval(handler, CALL, "alice")
    assert said.deny
    assert "ConnectionError: the pager is down" in str(said.reason)


async def test_a_handler_that_takes_too_long_denies() -> None:
    async def handler(call: ToolCall, user_id: str | None) -> bool:
        await anyio.sleep_forever()
        return True

    said = await ask_approval(handler, CALL, "alice", timeout_s=0.02)
    assert said.deny
    assert "within 0.02 s" in str(said.reason)


@pytest.mark.parametrize("answer", [False, None, 1, "yes", "no", [True], object()])
async def test_anything_but_true_denies(answer: Any) -> None:
    async def handler(call: ToolCall, user_id: str | None) -> Any:
        return answer

    assert (await ask_approval(handler, CALL, "alice")).deny
