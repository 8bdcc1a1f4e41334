"""A store that breaks one promise fails the suite."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loomlab.memory.inmemory_store import InMemoryStore
from loomlab.memory.record import Record, Where
from loomlab.testing import RecordStoreContract

pytestmark = pytest.mark.anyio


class SeesOthers(InMemoryStore):
    async def scan(self, where: Where, **how: Any) -> list[Record]:
        return await super().scan(replace(where, all_users=where.group is not None), **how)


class FoldsCase(InMemoryStore):
    async def put(self, records: Sequence[Record]) -> None:
        await super().put([replace(one, user_id=one.user_id and one.user_id.lower()) for one in records])


class LosesMicroseconds(InMemoryStore):
    async def put(self, records: Sequence[Record]) -> None:
        await super().put([replace(one, at=one.at - timedelta(microseconds=one.at.microsecond)) for one in records])


class WritesHalf(InMemoryStore):
    async def put(self, records: Sequence[Record]) -> None:
        for one in records:
            (one.user_id or "").encode()
            await super().put([one])


class KeepsOldVectors(InMemoryStore):
    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        return await super().nearest(where, vector, limit) or [("1", 1.0)]


class PutsTheOldestFirst(InMemoryStore):
    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        found = await super().nearest(where, vector, 99)
        found.reverse()
        return sorted(found, key=lambda one: -one[1])[:limit]


class ErasesTooMuch(InMemoryStore):
    async def delete(self, where: Where) -> int:
        return await super().delete(replace(where, label=None))


class HasABoundOnIds(InMemoryStore):
    async def scan(self, where: Where, **how: Any) -> list[Record]:
        return await super().scan(replace(where, ids=where.ids and where.ids[:999]), **how)


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (SeesOthers, "it_answers_as_the_law_says"),
        (FoldsCase, "two_users_at_once_never_meet"),
        (LosesMicroseconds, "the_ends_of_time_are_times"),
        (WritesHalf, "half_a_character_is_kept_or_refused_in_words"),
        (KeepsOldVectors, "putting_again_replaces_everything_about_a_record"),
        (PutsTheOldestFirst, "equally_near_ones_come_newest_first"),
        (ErasesTooMuch, "any_name_is_a_name"),
        (HasABoundOnIds, "many_are_written_and_read_as_few_are"),
    ],
)
async def test_a_broken_promise_is_found(broken: type[InMemoryStore], test: str) -> None:
    contract = RecordStoreContract()
    contract.survives = False
    arguments = {"seed": 1} if test == "it_answers_as_the_law_says" else {}
    with pytest.raises((AssertionError, ExceptionGroup)):
        await getattr(contract, f"test_{test}")(broken, **arguments)
    await getattr(contract, f"test_{test}")(InMemoryStore, **arguments)


class Forgetful(InMemoryStore):
    place: Any = None


async def test_what_another_does_not_see_is_found() -> None:
    with pytest.raises(AssertionError):
        await RecordStoreContract().test_another_that_opens_the_place_sees_what_was_written(Forgetful)
