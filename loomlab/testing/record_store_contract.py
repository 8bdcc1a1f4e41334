"""The tests that a store of records has to pass. Subclass, give one fixture, and run pytest.

.. code-block:: python

    class TestMyStore(RecordStoreContract):
        @pytest.fixture
        def open_store(self, tmp_path):
            return lambda: MyStore(tmp_path / "records")

Needs pytest, and anyio's plugin for it (which comes with anyio).
"""

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from inspect import isawaitable
from typing import Any

import pytest
from anyio import create_task_group

from loomlab.memory.record import BLOCK, EPISODE, FACT, KINDS, NearestStore, Record, RecordStore, WatchedStore, Where
from loomlab.testing.record_samples import (
    EDGES,
    HALF_A_CHARACTER,
    HOSTILE_NAMES,
    INSTANTS,
    ODD_NAMES,
    DictStore,
    RandomRecords,
    plain,
    record,
)

OpenStore = Callable[[], RecordStore | Awaitable[RecordStore]]

_NEAR = 1e-5
"""Stores keep vectors as 32-bit floats."""


@asynccontextmanager
async def opened(open_store: OpenStore) -> AsyncIterator[RecordStore]:
    """A store, closed at the end."""
    made = open_store()
    store: Any = await made if isawaitable(made) else made
    try:
        yield store
    finally:
        await store.aclose()


class RecordStoreContract:
    """Every store answers as ``sees`` says, keeps users apart, writes all or nothing, and forgets for good.

    ``survives``: whether a store that is opened anew finds what was written before. ``rounds``: how many random
    operations are tried.
    """

    pytestmark = pytest.mark.anyio
    survives = True
    rounds = 400

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """A function that opens the store over one and the same place, which is empty at the beginning of a test."""
        pytest.fail("override the fixture open_store: return a function that opens your store")

    @pytest.mark.parametrize("seed", [1, 2])
    async def test_it_answers_as_the_law_says(self, open_store: OpenStore, seed: int) -> None:
        """Random operations on the store and on a dict give the same answers."""
        world, expected = RandomRecords(seed), DictStore()
        async with opened(open_store) as store:
            for _ in range(self.rounds):
                await self._one_operation(store, expected, world)
            everything = Where(all_users=True)
            assert plain(await store.scan(everything)) == plain(expected.scan(everything))

    async def _one_operation(self, store: RecordStore, expected: DictStore, world: RandomRecords) -> None:
        chance, pick = world.random.random(), world.random.choice
        if chance < 0.4:
            records = [world.record() for _ in range(pick([1, 1, 3]))]
            await store.put(records)
            expected.put(records)
        elif chance < 0.7:
            where, limit, newest = world.where(), pick([None, 0, 1, 5]), pick([True, False])
            found = await store.scan(where, limit=limit, newest_first=newest, vectors=True)
            wanted = expected.scan(where, limit, newest)
            assert plain(found) == plain(wanted)
            for one, other in zip(found, wanted, strict=True):
                assert same_vector(one.vector, other.vector)
        elif chance < 0.8:
            kind, user, names = pick(KINDS), pick(world.users), world.random.sample(world.names, 3)
            assert plain(await store.get(kind, user, names)) == plain(expected.get(kind, user, names))
        elif chance < 0.9:
            where = Where(
                kind=pick(KINDS), user_id=pick(world.users), group=pick([None, "s"]), before=pick([None, INSTANTS[1]])
            )
            await self._nearest(
                store, expected, where, pick([[1.0, 0.0, 0.0, 0.0], [0.3, 0.2, 0.1, 0.5], [0.0, 1.0], [0.0] * 4])
            )
        else:
            where = world.where()
            assert await store.delete(where) == expected.delete(where)

    async def _nearest(self, store: RecordStore, expected: DictStore, where: Where, vector: list[float]) -> None:
        if isinstance(store, NearestStore):
            for limit in (1, 3):
                found = await store.nearest(where, vector, limit)
                wanted = nearest(expected.scan(where), vector)[:limit]
                assert [name for name, _ in found] == [name for name, _ in wanted]
                assert all(abs(one - other) < _NEAR for (_, one), (_, other) in zip(found, wanted, strict=True))

    async def test_any_name_is_a_name(self, open_store: OpenStore) -> None:
        """Of a user, a record, a topic: odd ones, and such as look like SQL, a query or a protocol, all at once."""
        async with opened(open_store) as store:
            names = [None, *ODD_NAMES, *HOSTILE_NAMES]
            left = []
            for at, name in enumerate(names):
                text = name or "t"
                one = record(EPISODE, name, text, at, group=text, label=text, vector=[1.0, 0.0], text=text)
                await store.put([one])
                left.append(one)
            for one in list(left):
                await self._find(store, one)
                assert await store.delete(Where(user_id=one.user_id, label="no such label")) == 0
                assert await store.delete(Where(user_id=one.user_id)) == 1
                left.remove(one)
                assert plain(await store.scan(Where(all_users=True))) == plain(left)

    async def _find(self, store: RecordStore, one: Record) -> None:
        assert plain(await store.get(EPISODE, one.user_id, [one.id])) == plain([one])
        where = Where(kind=EPISODE, user_id=one.user_id)
        for question in (
            where,
            replace(where, group=one.group),
            replace(where, label=one.label),
            replace(where, ids=(one.id,)),
        ):
            assert plain(await store.scan(question)) == plain([one])
            if isinstance(store, NearestStore):
                assert [name for name, _ in await store.nearest(question, [1.0, 0.0], 5)] == [one.id]

    async def test_half_a_character_is_kept_or_refused_in_words(self, open_store: OpenStore) -> None:
        """And where it is refused, the others of the same write are not stored either."""
        async with opened(open_store) as store:
            good = record(BLOCK, "u", "good", 1)
            bad = record(BLOCK, HALF_A_CHARACTER, "bad", 2, text="t")
            try:
                await store.put([good, bad])
            except Exception as error:
                assert "surrogate" in str(error)
                assert await store.scan(Where(all_users=True)) == []
            else:
                assert await store.scan(Where(user_id=HALF_A_CHARACTER)) == [bad]

    async def test_many_are_written_and_read_as_few_are(self, open_store: OpenStore) -> None:
        """Bounds on parameters of statements are the store's to know."""
        async with opened(open_store) as store:
            records = [record(FACT, "u", str(at), at, at=INSTANTS[at % 3], group=str(at % 7)) for at in range(1_300)]
            await store.put(records)
            names = [str(at) for at in range(1_299, -1, -1)]
            assert [one.id for one in await store.get(FACT, "u", names)] == names
            assert len(await store.scan(Where(kind=FACT, user_id="u", ids=tuple(names[:1_100])))) == 1_100
            assert [one.seq for one in await store.scan(Where(user_id="u"), limit=2, newest_first=True)] == [
                1_298,
                1_295,
            ]
            assert await store.delete(Where(kind=FACT, user_id="u", ids=tuple(names[:1_100]))) == 1_100
            assert await store.delete(Where(user_id="u")) == 200

    async def test_putting_again_replaces_everything_about_a_record(self, open_store: OpenStore) -> None:
        """Nothing of the old one is found: not by topic, not by time, not by vector."""
        async with opened(open_store) as store:
            first = record(EPISODE, "u", "1", 1, at=INSTANTS[0], group="a", label="x", vector=[1.0, 0.0])
            second = record(EPISODE, "u", "1", 2, at=INSTANTS[1], group="b", label="y", vector=[0.0, 1.0])
            bare = record(EPISODE, "u", "1", 3, at=INSTANTS[2], group="c", label="z")
            await store.put([first])
            if isinstance(store, NearestStore):
                assert await store.nearest(Where(kind=EPISODE, user_id="u"), [1.0, 0.0], 1) == [("1", 1.0)]
            await store.put([second])
            assert await store.scan(Where(user_id="u", group="a")) == []
            assert plain(await store.scan(Where(user_id="u", group="b", since=INSTANTS[1]))) == plain([second])
            if isinstance(store, NearestStore):
                assert await store.nearest(Where(kind=EPISODE, user_id="u"), [0.0, 1.0], 1) == [("1", 1.0)]
            await store.put([bare])
            assert (await store.get(EPISODE, "u", ["1"]))[0].vector is None
            if isinstance(store, NearestStore):
                assert await store.nearest(Where(kind=EPISODE, user_id="u"), [0.0, 1.0], 1) == []

    async def test_the_ends_of_time_are_times(self, open_store: OpenStore) -> None:
        """The first and the last instant there are, and one microsecond, are exact."""
        async with opened(open_store) as store:
            records = sorted((record(BLOCK, "u", str(at), at, at=when) for at, when in enumerate(EDGES)), key=_place)
            await store.put(records)
            assert await store.scan(Where(user_id="u")) == records
            assert await store.scan(Where(user_id="u", until=EDGES[0])) == records[:1]
            assert await store.scan(Where(user_id="u", since=EDGES[1])) == records[2:]
            assert await store.scan(Where(user_id="u", before=EDGES[2])) == records[:1]

    async def test_equally_near_ones_come_newest_first(self, open_store: OpenStore) -> None:
        """Also where more are equal than were asked for."""
        async with opened(open_store) as store:
            if not isinstance(store, NearestStore):
                return
            same = [record(FACT, "u", str(at), at, at=INSTANTS[at % 2], vector=[3.0, 4.0]) for at in range(80)]
            other = [record(FACT, "v", "1", 99, at=INSTANTS[2], vector=[3.0, 4.0])]
            await store.put([*same, *other])
            newest = [one.id for one in sorted(same, key=_place, reverse=True)]
            found = await store.nearest(Where(kind=FACT, user_id="u"), [3.0, 4.0], 5)
            assert found == [(name, 1.0) for name in newest[:5]]
            await store.delete(Where(kind=FACT, user_id="u", ids=(newest[0],)))
            found = await store.nearest(Where(kind=FACT, user_id="u"), [3.0, 4.0], 2)
            assert [name for name, _ in found] == newest[1:3]

    async def test_two_users_at_once_never_meet(self, open_store: OpenStore) -> None:
        """Three of nearly one name write, read and erase at the same time."""
        async with opened(open_store) as store:

            async def use(user: str) -> None:
                for at in range(25):
                    await store.put([record(FACT, user, str(at), at, group=user, vector=[1.0, float(at)], text=user)])
                    found = await store.scan(Where(kind=FACT, user_id=user))
                    assert {one.user_id for one in found} == {user}
                    assert len(found) == at + 1
                    if isinstance(store, NearestStore):
                        assert len(await store.nearest(Where(kind=FACT, user_id=user), [1.0, 0.0], 99)) == at + 1
                assert await store.delete(Where(user_id=user)) == 25

            async with create_task_group() as group:
                for user in ("al", "Al", "al "):
                    group.start_soon(use, user)
            assert await store.scan(Where(all_users=True)) == []

    async def test_another_that_opens_the_place_sees_what_was_written(self, open_store: OpenStore) -> None:
        """At once, with their vectors; what it knew before is brought up to date."""
        if not self.survives:
            return
        kept = [record(kind, user, "1", at, vector=[1.0, 0.0]) for at, kind in enumerate(KINDS) for user in ("u", None)]
        async with opened(open_store) as store, opened(open_store) as second:
            await store.put(kept)
            assert plain(await second.scan(Where(all_users=True))) == plain(await store.scan(Where(all_users=True)))
            await self._news_travel(store, second)
        async with opened(open_store) as third:
            found = await third.scan(Where(all_users=True), vectors=True)
            assert sorted(plain(found), key=_name) == sorted(plain(kept), key=_name)
            assert all(same_vector(one.vector, [1.0, 0.0]) for one in found)

    async def _news_travel(self, store: RecordStore, second: RecordStore) -> None:
        where, news = Where(kind=FACT, user_id="u"), record(FACT, "u", "news", 99, vector=[0.0, 1.0])
        marks = await second.version("u") if isinstance(second, WatchedStore) else None
        if isinstance(second, NearestStore):
            assert len(await second.nearest(where, [0.0, 1.0], 5)) == 1
        await store.put([news])
        if isinstance(second, WatchedStore) and marks is not None:
            now = await second.version("u")
            assert now[0] != marks[0]
            assert now[1] == marks[1]
            mine = await second.version("u")
            await second.put([record(FACT, "u", "own", 98)])
            assert await second.version("u") == mine
            await second.delete(Where(kind=FACT, user_id="u", ids=("own",)))
            assert (await second.version("u"))[1] != mine[1]
        if isinstance(second, NearestStore):
            assert [name for name, _ in await second.nearest(where, [0.0, 1.0], 1)] == ["news"]
        await store.delete(Where(kind=FACT, user_id="u", ids=("news",)))
        if isinstance(second, NearestStore):
            assert [name for name, _ in await second.nearest(where, [0.0, 1.0], 5)] == ["1"]


def nearest(records: Sequence[Record], vector: Sequence[float]) -> list[tuple[str, float]]:
    """``(id, cosine)`` of records, best first, of equals the newest: the slow way."""
    ranked = []
    for one in records:
        lengths = math.hypot(*vector) * math.hypot(*(one.vector or ()))
        if one.vector is not None and len(one.vector) == len(vector) and lengths > 0:
            cosine = sum(a * b for a, b in zip(vector, one.vector, strict=True)) / lengths
            ranked.append((round(cosine, 6), one.at, one.seq, one.id))
    return [(name, cosine) for cosine, _, _, name in sorted(ranked, reverse=True)]


def same_vector(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    """Whether two vectors are equal up to 32 bits. One of zeros has no direction, so a store need not keep it."""
    one, other = (vector if vector is not None and any(vector) else None for vector in (one, other))
    if one is None or other is None:
        return one is None and other is None
    return len(one) == len(other) and all(abs(a - b) < _NEAR for a, b in zip(one, other, strict=True))


def _place(one: Record) -> tuple[Any, int]:
    return one.at, one.seq


def _name(one: Record) -> tuple[str, bool, str]:
    return one.kind, one.user_id is None, one.id
