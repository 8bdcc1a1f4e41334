"""A memory that reads what there is and keeps what is new to itself."""

import pytest

from loomlab import Agent
from loomlab.memory import InMemoryMemory
from loomlab.notebook.aside import Aside

pytestmark = pytest.mark.anyio


async def test_it_reads_the_conversation_and_adds_nothing_to_it() -> None:
    memory = InMemoryMemory()
    await Agent("Help.", model="echo", memory=memory).run("hello", user_id="alice", session_id="s")
    aside = Aside(memory)
    await Agent("Help.", model="echo", memory=aside).run("again", user_id="alice", session_id="s")
    said = [message.content for message in await memory.session_messages("s", user_id="alice")]
    assert said == ["hello", "Echo: hello"]
    assert await aside.session_messages("s", user_id="bob") == []


async def test_blocks_are_its_own_once_they_are_written() -> None:
    memory = InMemoryMemory()
    await memory.update_block("notes", "old", user_id="alice")
    one, other = Aside(memory), Aside(memory)
    await one.append_block("notes", " and new", user_id="alice")
    await one.update_block("more", "text", user_id="alice")
    assert {block.name: block.content for block in await one.working(user_id="alice")} == {
        "notes": "old and new",
        "more": "text",
    }
    assert [block.content for block in await other.working(user_id="alice")] == ["old"]
    assert await one.working(user_id="bob") == []
    assert [block.content for block in await memory.working(user_id="alice")] == ["old"]
