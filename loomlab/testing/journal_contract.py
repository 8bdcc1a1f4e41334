"""The tests that a store for journals has to pass. Subclass, give one fixture, and run pytest.

.. code-block:: python

    class TestMyStore(JournalStoreContract):
        @pytest.fixture
        def open_store(self, tmp_path):
            return lambda: MyStore(tmp_path / "journal")

A store of the five published methods sets ``durable = False``; one that opens sessions (``open``, ``write``, …) is
tried on leases, epochs, erasing and forks too. Needs pytest, and anyio's plugin for it (which comes with anyio).
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from inspect import isawaitable
from typing import Any
from uuid import UUID

import pytest

from loomlab.core.errors import RuntimeJournalError
from loomlab.core.ids import new_id
from loomlab.core.messages import Message, ModelChunk, Role, ToolCall, ToolResult, Usage
from loomlab.core.remembered import Episode
from loomlab.runtime.journal.owner import gone, new_owner
from loomlab.runtime.journal.store import Held, JournalStore, Opened, Opening, user_key

OpenStore = Callable[[], JournalStore | Awaitable[JournalStore]]

VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -(2**70),
    1.5,
    float("inf"),
    "",
    "naïve \x00 \ud800 \N{GRINNING FACE}",
    [1, [2, {"a": None}]],
    (1, (2,)),
    {"$": "not a kind", "b": [(1,)]},
    {1: "a", (2, 3): "b"},
    {1, 2},
    frozenset({"a"}),
    b"\x00\xff",
    datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    date(2026, 1, 2),
    timedelta(days=-1, microseconds=3),
    Decimal("1.10"),
    UUID(int=7),
    ("text", [ToolCall(id="t1", tool="add", args={"a": [1]})], Usage(input_tokens=1, cost_usd=None), "stop"),
    ToolResult.success("t1", {"rows": [1, 2]}),
    Message(role=Role.USER, content="hi"),
    Episode(session_id="s", input="a", output="b", embedding=[0.5]),
)
"""Values that come back as they were."""


@asynccontextmanager
async def opened(open_store: OpenStore) -> AsyncIterator[Any]:
    """A store, closed at the end."""
    made = open_store()
    store: Any = await made if isawaitable(made) else made
    try:
        yield store
    finally:
        await store.aclose()


class JournalStoreContract:
    """Entries come back as they were, users are kept apart, one holder at a time, nothing is left after erasing.

    ``survives``: whether a store that is opened anew finds what was written before. ``durable``: whether it opens
    sessions, beyond the five published methods.
    """

    pytestmark = pytest.mark.anyio
    survives = True
    durable = True

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """A function that opens the store over one and the same place."""
        pytest.fail("override the fixture open_store: return a function that opens your store")

    @pytest.fixture
    def session(self) -> str:
        """A session that nobody has used, for stores whose place is shared."""
        return f"session-{new_id()}"

    # ---- the five methods ------------------------------------------------------------------------------

    async def test_values_come_back_with_their_types_and_the_time(self, open_store: OpenStore, session: str) -> None:
        """Every kind of value that a step may have."""
        began = datetime.now(UTC) - timedelta(seconds=1)
        async with opened(open_store) as store:
            for number, value in enumerate(VALUES):
                await store.put_step(session, f"step_{number}", value)
            for number, value in enumerate(VALUES):
                entry = await store.get_step(session, f"step_{number}")
                assert entry is not None and entry.value == value and type(entry.value) is type(value)
                assert began <= entry.created_at <= datetime.now(UTC) + timedelta(seconds=1)

    async def test_what_is_not_there_is_none_and_what_is_written_again_is_replaced(
        self, open_store: OpenStore, session: str
    ) -> None:
        """Steps and streams have names of their own."""
        async with opened(open_store) as store:
            assert await store.get_step(session, "a") is None and await store.get_stream(session, "a") is None
            await store.put_step(session, "a", 1)
            await store.put_step(session, "a", 2)
            await store.put_stream(session, "a", [ModelChunk(kind="text", text="x"), 3])
            assert (await store.get_step(session, "a")).value == 2
            assert (await store.get_stream(session, "a")).value == [ModelChunk(kind="text", text="x"), 3]
            assert await store.get_step(session, "A") is None and await store.get_step(session + "x", "a") is None

    async def test_users_with_one_session_id_never_share_an_entry(self, open_store: OpenStore, session: str) -> None:
        """Nobody in particular is a user of his own, and so is the empty name."""
        users = [None, "", "u:", "alice", "ALICE", "'; DROP TABLE journal_steps; --"]
        async with opened(open_store) as store:
            for number, user in enumerate(users):
                await store.put_step(session, "a", number, user_id=user)
                await store.put_stream(session, "a", [number], user_id=user)
            for number, user in enumerate(users):
                assert (await store.get_step(session, "a", user_id=user)).value == number
                assert (await store.get_stream(session, "a", user_id=user)).value == [number]
            assert await store.get_step(session, "a", user_id="bob") is None

    async def test_what_json_cannot_carry_is_refused_with_the_remedy(self, open_store: OpenStore, session: str) -> None:
        """Nothing is written then, and nothing is pickled."""
        if not self.durable:
            pytest.skip("such a store takes what it likes")
        async with opened(open_store) as store:
            with pytest.raises(RuntimeJournalError, match="dataclass, or a pydantic model"):
                await store.put_step(session, "a", object())
            assert await store.get_step(session, "a") is None

    async def test_entries_outlive_the_store(self, open_store: OpenStore, session: str) -> None:
        """What was put is there when the place is opened anew."""
        if not self.survives:
            pytest.skip("this store keeps its entries in the process")
        async with opened(open_store) as store:
            await store.put_step(session, "a", [1])
        async with opened(open_store) as store:
            assert (await store.get_step(session, "a")).value == [1]

    # ---- sessions -----------------------------------------------------------------------------------------

    async def test_one_prompt_after_another_is_one_epoch_after_another(
        self, open_store: OpenStore, session: str
    ) -> None:
        """Cut off: gone on with. At its end: only a resume goes back to it."""
        async with self._sessions(open_store) as store:
            assert (await self._once(store, session, "p1", "a", done=False)).epoch == 1
            again = await self._once(store, session, "p1", "b", done=True)
            assert again.epoch == 1 and again.steps == {"a": '"a"', "b": '"b"'} and again.origin == "run_1"
            assert (await self._once(store, session, "p1", "a", done=True)).epoch == 2
            assert (await self._once(store, session, "p2", "a", done=False)).epoch == 3
            assert (await self._once(store, session, "p1", "c", done=True, resume=True)).epoch == 2
            assert (await self._once(store, session, "p3", "a", done=True, resume=True)).epoch == 4
            assert (await store.get_step(session, "epoch_3/a")).value == "a"
            assert (await store.get_step(session, "a")).value == "a"

    async def test_one_holder_at_a_time_and_who_lost_the_session_writes_nothing(
        self, open_store: OpenStore, session: str
    ) -> None:
        """A holder that is gone is replaced at once; what it still tries to write is refused."""
        async with self._sessions(open_store) as store:
            first = await store.open(self._wish(session, "p"))
            with pytest.raises(Held):
                await store.open(self._wish(session, "p"))
            other = await store.open(self._wish(session, "p", user="bob"))
            assert await store.renew(first, time.time() + 60)
            gone(first.owner)  # as if its process had died
            second = await store.open(self._wish(session, "p"))
            assert not await store.write(first, "step", "a", "1") and not await store.renew(first, time.time())
            await store.close(first, done=True)
            assert await store.write(second, "step", "a", "2") and await store.write(other, "stream", "a", "[3]")
            await store.close(second, done=False)
            assert (await store.get_step(session, "a")).value == 2
            assert (await self._once(store, session, "p", "b", done=True)).epoch == 1

    async def test_a_step_that_was_only_begun_has_no_outcome(self, open_store: OpenStore, session: str) -> None:
        """Whoever opens the session next sees that it was begun."""
        async with self._sessions(open_store) as store:
            held = await store.open(self._wish(session, "p"))
            assert await store.write(held, "step", "pay", None)
            await store.close(held, done=False)
            assert await store.get_step(session, "pay") is None
            held = await store.open(self._wish(session, "p"))
            assert held.steps == {"pay": None}
            await store.write(held, "step", "pay", "1")
            await store.close(held, done=True)
            assert (await store.get_step(session, "pay")).value == 1

    async def test_erasing_takes_one_user_one_session_or_what_is_old(self, open_store: OpenStore, session: str) -> None:
        """And leaves the others."""
        ana, bob = f"ana-{session}", f"bob-{session}"
        async with self._sessions(open_store) as store:
            held: Any = None
            for user in (ana, bob):
                for number in (1, 2):
                    held = await self._once(store, f"{session}{number}", "p", "a", done=True, user=user)
                    await store.put_stream(f"{session}{number}", "s", [1], user_id=user)
            before = time.time() - 60
            assert await store.erase(user_key=user_key(ana), before=before) == 0
            assert await store.erase(user_key=user_key(ana), session_id=f"{session}1") == 2
            assert await store.get_step(f"{session}1", "a", user_id=ana) is None
            assert (await store.get_step(f"{session}2", "a", user_id=ana)).value == "a"
            assert await store.erase(user_key=user_key(ana)) == 2
            assert await store.erase(user_key=user_key(ana)) == 0
            assert (await store.get_stream(f"{session}2", "s", user_id=bob)).value == [1]
            assert held.epoch == 1
            assert (await self._once(store, f"{session}1", "p", "a", done=True, user=ana, resume=True)).epoch == 1

    async def test_a_run_is_found_and_its_rows_begin_another_session(self, open_store: OpenStore, session: str) -> None:
        """In the order in which they were written, under names of the epoch that they come to."""
        async with self._sessions(open_store) as store:
            await self._once(store, session, "p0", "x", done=True)
            run = f"run_{new_id()}"
            held = await store.open(self._wish(session, "p", run=run))
            for kind, name in (("step", "b"), ("stream", "a"), ("step", "c")):
                await store.write(held, kind, name, '["v"]')
            await store.close(held, done=True)
            place = await store.find_run(run)
            assert (place.session_id, place.user_id, place.epoch, place.prompt) == (session, None, 2, "say p")
            rows = await store.rows(place)
            assert [(one.kind, one.name) for one in rows] == [
                ("step", "epoch_2/b"),
                ("stream", "epoch_2/a"),
                ("step", "epoch_2/c"),
            ]
            assert await store.find_run("run_nobody") is None
            copy = type(place)(f"{session}-copy", None, 1, "digest of p", "run_9", "say p")
            await store.seed(copy, rows[:2])
            held = await store.open(self._wish(f"{session}-copy", "p", resume=True))
            assert held.steps == {"b": '["v"]'} and held.streams == {"a": '["v"]'} and held.epoch == 1
            await store.write(held, "step", "d", "1")
            assert [one.name for one in await store.rows(copy)] == ["b", "a", "d"]
            await store.close(held, done=True)

    @asynccontextmanager
    async def _sessions(self, open_store: OpenStore) -> AsyncIterator[Any]:
        if not self.durable:
            pytest.skip("a store of five methods opens no sessions")
        async with opened(open_store) as store:
            yield store

    def _wish(
        self, session: str, prompt: str, *, resume: bool = False, user: str | None = None, run: str = "run_1"
    ) -> Opening:
        digest = f"digest of {prompt}"
        return Opening(session, user, digest, f"say {prompt}", resume, run, new_owner(), 30.0, time.time())

    async def _once(
        self,
        store: Any,
        session: str,
        prompt: str,
        step: str,
        *,
        done: bool,
        resume: bool = False,
        user: str | None = None,
    ) -> Opened:
        """Open, do one step, close; what was known then, that step included."""
        held: Opened = await store.open(self._wish(session, prompt, resume=resume, user=user))
        assert await store.write(held, "step", step, f'"{step}"')
        held.steps[step] = f'"{step}"'
        await store.close(held, done=done)
        gone(held.owner)
        return held
