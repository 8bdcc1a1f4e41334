"""The tests that a whole memory has to pass. Subclass, give one fixture, and run pytest.

.. code-block:: python

    class TestMyMemory(MemoryContract):
        @pytest.fixture
        def open_memory(self, tmp_path):
            return lambda: RecordMemory(MyStore(tmp_path / "records"), embedder=HashEmbedder())

What a memory has to answer is what ``InMemoryMemory`` with the same embedder answers.
"""

import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from inspect import isawaitable
from typing import Any

import pytest
from anyio import create_task_group

from loomlab.core.errors import IsolationWarning
from loomlab.core.protocols import Memory
from loomlab.core.remembered import Episode, Fact
from loomlab.memory.inmemory import InMemoryMemory
from loomlab.testing.memory_history import answers, operations, play
from loomlab.testing.record_samples import HALF_A_CHARACTER, HOSTILE_NAMES, INSTANTS, ODD_NAMES

OpenMemory = Callable[[], Memory | Awaitable[Memory]]


@asynccontextmanager
async def opened(open_memory: OpenMemory) -> AsyncIterator[Any]:
    """A memory, closed at the end."""
    made = open_memory()
    memory: Any = await made if isawaitable(made) else made
    try:
        yield memory
    finally:
        await memory.aclose()


class MemoryContract:
    """Every memory gives the same answers to the same life, keeps users apart, and forgets for good.

    ``survives``: whether a memory that is opened anew finds what was there before. ``rounds``: how many things happen
    in a random life, ``lives``: how many there are.
    """

    pytestmark = pytest.mark.anyio
    survives = True
    rounds = 80
    lives = 2

    @pytest.fixture
    def open_memory(self) -> OpenMemory:
        """A function that opens the memory over one and the same place, which is empty at the beginning of a test."""
        pytest.fail("override the fixture open_memory: return a function that opens your memory")

    async def test_it_answers_as_memory_in_this_process_does(self, open_memory: OpenMemory) -> None:
        """After a random life: recall, facts over both times, sessions, blocks, profile, export."""
        async with opened(open_memory) as memory:
            await memory.working()  # a memory that opens at its first use knows its embedder then
            for life in range(self.lives):
                # Its users have names of their own, but for the anonymous one, whose things are forgotten first.
                await _forget_all(memory)
                expected = InMemoryMemory(embedder=memory.embedder, user_idle_ttl_seconds=None)
                for what in operations(life, self.rounds):
                    assert await play(memory, what) == await play(expected, what), what
                assert await answers(memory) == await answers(expected)

    async def test_it_answers_the_same_when_opened_anew(self, open_memory: OpenMemory) -> None:
        """Nothing of what it says depends on what the process happens to remember."""
        if not self.survives:
            return
        async with opened(open_memory) as memory:
            for what in operations(99, self.rounds):
                await play(memory, what)
            before = await answers(memory)
        async with opened(open_memory) as memory:
            assert await answers(memory) == before

    async def test_two_that_are_open_at_once_agree(self, open_memory: OpenMemory) -> None:
        """What one writes or erases, the other finds or no longer finds, whatever it had read before."""
        if not self.survives:
            return
        async with opened(open_memory) as one, opened(open_memory) as other:
            for number, what in enumerate(operations(7, self.rounds // 2)):
                await play((one, other)[number % 2], what)
                if number % 5 == 0:
                    await one.recall("Lyon", user_id="alice")
                    await other.recall_facts("Lyon", user_id="alice")
            assert await answers(one) == await answers(other)

    async def test_news_that_comes_late_slots_in(self, open_memory: OpenMemory) -> None:
        """Valid time decides which claim holds, arrival breaks ties, and nothing recorded later is known earlier."""
        early, middle, late = INSTANTS
        async with opened(open_memory) as memory:
            for number, (where, since, recorded) in enumerate(
                [("Paris", early, early), ("Rome", late, middle), ("Lyon", middle, late), ("Nice", middle, late)]
            ):
                await memory.facts.append(_fact("u", where, str(number), valid_from=since, recorded_at=recorded))
            assert await _objects(memory, valid_at=early) == ["Paris"]
            assert await _objects(memory, valid_at=middle) == ["Nice"]
            assert await _objects(memory, valid_at=late) == ["Rome"]
            assert await _objects(memory, valid_at=early - timedelta(microseconds=1)) == []
            known = await memory.facts_at(user_id="u", true_at=middle, known_at=middle)
            assert [fact.object for fact in known] == ["Paris"]
            # Forgetting what came later does not bring back what it had ended.
            assert await memory.forget(user_id="u", before=late) >= 2
            assert await _objects(memory, valid_at=early) == []
            assert await _objects(memory, valid_at=middle) == ["Nice"]

    async def test_any_name_is_a_name(self, open_memory: OpenMemory) -> None:
        """Of a user, a session, a block, a subject, a predicate; odd ones, and what looks like commands."""
        async with opened(open_memory) as memory:
            names = [*ODD_NAMES, *HOSTILE_NAMES]
            for name in names:
                await _name_everything(memory, name)
            for name in names:
                await _find_everything(memory, name)
            for number, name in enumerate(names):
                assert await memory.forget(user_id=name, session_id=name) == 1, name
                assert await memory.forget(user_id=name) == 2, name
                assert len(await memory.facts.all_facts()) == len(names) - number - 1, name

    async def test_half_a_character_works_or_is_refused_in_words(self, open_memory: OpenMemory) -> None:
        """No encoding can write it."""
        async with opened(open_memory) as memory:
            try:
                await memory.update_block("name", "content", user_id=HALF_A_CHARACTER)
            except Exception as error:
                assert "surrogate" in str(error)
            else:
                assert len(await memory.working(user_id=HALF_A_CHARACTER)) == 1

    async def test_users_at_the_same_time_never_meet(self, open_memory: OpenMemory) -> None:
        """Each of three of nearly one name finds all of theirs, and nothing of anybody else's."""
        async with opened(open_memory) as memory:
            async with create_task_group() as group:
                for user in ("bob", "Bob", "bob "):
                    group.start_soon(_live, memory, user)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", IsolationWarning)
                assert await memory.recall("secret", limit=99) == []
            for user in ("bob", "Bob", "bob "):
                export = await memory.export(user_id=user)
                assert {one.user_id for one in (*export.episodes, *export.facts)} == {user}
                assert await memory.forget(user_id=user) == 12 + 12 + 1
                assert (await memory.profile(user_id=user)).episode_count == 0

    async def test_what_is_forgotten_is_gone(self, open_memory: OpenMemory) -> None:
        """From every answer, also of a memory that is opened anew, and only what was asked for."""
        early, middle, late = INSTANTS
        async with opened(open_memory) as memory:
            for user in ("u", "v"):
                for at, session in ((early, "a"), (middle, "a"), (late, "b")):
                    await memory.remember(
                        Episode(session_id=session, user_id=user, input="secret", output="", occurred_at=at)
                    )
                await memory.facts.append(_fact(user, "secret", user, valid_from=early, recorded_at=early))
                await memory.update_block("b", "secret", user_id=user)
            assert await memory.forget(user_id="u", session_id="a", before=middle) == 1
            assert await memory.forget(user_id="u", session_id="a") == 1
            assert len(await memory.facts.query(user_id="u")) == 1
            assert await memory.forget(user_id="u", before=late) == 1  # the fact; the block is of today
            assert await memory.forget(user_id="u") == 2
            assert await memory.forget(user_id="u") == 0
            await _nothing(memory, "u")
            assert len((await memory.export(user_id="v")).episodes) == 3
        if self.survives:
            async with opened(open_memory) as memory:
                await _nothing(memory, "u")
                assert len(await memory.recall("secret", user_id="v")) > 0

    async def test_blocks_keep_their_places(self, open_memory: OpenMemory) -> None:
        """A new one comes last, one that is set again stays where it was, one that is added to is made if need be."""
        async with opened(open_memory) as memory:
            for name in ("z", "a", "m"):
                await memory.append_block(name, name, user_id="u")
            await memory.update_block("z", "new", user_id="u")
            await memory.append_block("a", "!", user_id="u")
            blocks = await memory.working(user_id="u")
            assert [(one.name, one.content) for one in blocks] == [("z", "new"), ("a", "a!"), ("m", "m")]
            assert await memory.working(user_id="U") == []


async def _name_everything(memory: Any, name: str) -> None:
    episode = Episode(id=name, session_id=name, user_id=name, input=f"tea {name}", output="", occurred_at=INSTANTS[0])
    assert await memory.remember(episode) == name
    await memory.update_block(name, f"block of {name}", user_id=name)
    fact = Fact(id=name, user_id=name, subject=name, predicate=name, object=f"tea {name}", valid_from=INSTANTS[0])
    assert await memory.facts.append(fact) == name


async def _find_everything(memory: Any, name: str) -> None:
    assert [one.id for one in await memory.recall(f"tea {name}", user_id=name)] == [name]
    assert [one.user_id for one in await memory.recall(name, user_id=name, limit=99)] == [name]
    found = await memory.facts.query(subject=name, predicate=name, user_id=name)
    assert [(one.id, one.user_id, one.object) for one in found] == [(name, name, f"tea {name}")]
    assert len(await memory.session_messages(name, user_id=name)) == 2
    assert [one.content for one in await memory.working(user_id=name)] == [f"block of {name}"]
    export = await memory.export(user_id=name)
    assert (len(export.episodes), len(export.facts)) == (1, 1)


async def _live(memory: Any, user: str) -> None:
    for number in range(12):
        text = f"secret {number} of <{user}>"
        await memory.remember(Episode(session_id="s", user_id=user, input=text, output=""))
        await memory.facts.append(_fact(user, text, f"{number}", predicate=f"p{number}"))
        await memory.update_block("b", text, user_id=user)
        for one in await memory.recall(f"secret {number}", user_id=user, limit=99):
            assert f"<{user}>" in one.input
        for fact in await memory.recall_facts(f"secret {number}", user_id=user, limit=99):
            assert f"<{user}>" in fact.object
        assert [one.content for one in await memory.working(user_id=user)] == [text]


async def _forget_all(memory: Any) -> None:
    for user in {fact.user_id for fact in await memory.facts.all_facts()} | {"alice", "Alice", "alice ", None}:
        await memory.forget(user_id=user)


async def _objects(memory: Any, **question: Any) -> list[str]:
    return [fact.object for fact in await memory.facts.query(user_id="u", **question)]


async def _nothing(memory: Any, user: str) -> None:
    assert await memory.recall("secret", user_id=user) == []
    assert await memory.recall_facts("secret", user_id=user) == []
    assert await memory.working(user_id=user) == []
    assert await memory.session_messages("b", user_id=user) == []
    export, profile = await memory.export(user_id=user), await memory.profile(user_id=user)
    assert (export.episodes, export.facts, profile.episode_count, profile.fact_count) == ([], [], 0, 0)


def _fact(user: str, object_: str, id_: str, **more: Any) -> Fact:
    given = {"subject": "u", "predicate": "lives_in", "valid_from": INSTANTS[0], "recorded_at": INSTANTS[0], **more}
    return Fact(id=id_, user_id=user, object=object_, **given)
