"""Thousands of operations of several users at once: no word of one is ever in anything that another one gets."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from loomlab.core import Episode, Fact
from loomlab.memory import HashEmbedder, InMemoryMemory, RecordMemory, VectorMemory
from loomlab.memory.inmemory_store import InMemoryStore
from loomlab.memory.record import Record, Where

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::loomlab.core.IsolationWarning")]
T0 = datetime(2024, 1, 1, tzinfo=UTC)
# Ids that are prefixes of one another, differ in case, or look like something else.
USERS = (None, "", "a", "A", "a%", "a'--", "None")
WORDS = ("tea", "coffee", "Paris", "Lyon", "green", "moved", "lives", "dog", "jazz", "March")


class SlowStore:
    """Used by other processes too, and other tasks come between its verbs."""

    name = "slow"

    def __init__(self) -> None:
        self._inner = InMemoryStore()
        self.get, self.aclose = self._inner.get, self._inner.aclose

    async def put(self, records: Sequence[Record]) -> None:
        await anyio.lowlevel.checkpoint()
        await self._inner.put(records)

    async def scan(self, where: Where, **how: object) -> list[Record]:
        await anyio.lowlevel.checkpoint()
        return await self._inner.scan(where, **how)  # type: ignore[arg-type]

    async def delete(self, where: Where) -> int:
        await anyio.lowlevel.checkpoint()
        return await self._inner.delete(where)


def mark(number: int) -> str:
    return f"zq{number}qz"


class User:
    """Acts at random, under a word that nobody else uses."""

    def __init__(self, memory: RecordMemory, number: int, chance: random.Random) -> None:
        self.memory, self.number, self.chance = memory, number, chance
        self.id, self.mark = USERS[number], mark(number)
        self.others = [mark(other) for other in range(len(USERS)) if other != number]
        self.minute = 0

    def text(self) -> str:
        return " ".join([*self.chance.choices(WORDS, k=4), self.mark])

    async def act(self) -> None:
        memory, user = self.memory, self.id
        self.minute += 1
        at = T0 + timedelta(minutes=self.chance.randrange(300))
        # What others wrote is asked for, too.
        query = " ".join([*self.chance.choices(WORDS, k=2), *self.chance.sample(self.others, 2)])
        session = f"s{self.chance.randrange(3)}"
        seen: object = None
        match self.chance.randrange(15):
            case 0 | 1 | 2:
                await memory.remember(
                    Episode(session_id=session, user_id=user, occurred_at=at, input=self.text(), output=self.text())
                )
            case 3 | 4:
                facts = [
                    Fact(
                        user_id=user,
                        subject="she",
                        predicate=self.chance.choice(("lives in", "likes")),
                        object=f"{self.chance.choice(WORDS)} {self.mark}",
                        valid_from=at,
                    )
                    for _ in range(self.chance.randrange(1, 4))
                ]
                seen = await memory.facts.append_many(facts)
            case 5:
                await memory.append_block(self.chance.choice(("notes", "persona")), self.mark, user_id=user)
            case 6:
                seen = await memory.recall(query, user_id=user)
            case 7:
                seen = await memory.search(query, user_id=user, kinds=("episode", "fact"), limit=9)
            case 8:
                seen = await memory.recall_facts(query, user_id=user, limit=9)
            case 9:
                seen = (await memory.explain(query, user_id=user, fact="she likes tea")).candidates
            case 10:
                seen = [await memory.session_messages(session, user_id=user), await memory.working(user_id=user)]
            case 11:
                seen = [await memory.profile(user_id=user), await memory.export(user_id=user)]
            case 12:
                seen = [(await memory.audit(user_id=user)).format(), await memory.diff(T0, at, user_id=user)]
            case 13:
                seen = [await memory.facts_at(user_id=user, true_at=at), await memory.facts.query(user_id=user)]
            case 14:
                if self.chance.random() < 0.3:
                    before = at if self.chance.random() < 0.5 else None
                    await memory.forget(user_id=user, session_id=self.chance.choice((None, session)), before=before)
        text = repr(seen)
        assert not [other for other in self.others if other in text], text


@pytest.mark.parametrize(
    "make",
    [
        InMemoryMemory,
        VectorMemory,
        lambda: RecordMemory(SlowStore()),
        lambda: RecordMemory(SlowStore(), embedder=HashEmbedder(32)),
    ],
    ids=["words", "vectors", "shared", "shared vectors"],
)
async def test_no_word_of_a_user_reaches_another(make) -> None:
    memory = make()

    async def live(number: int) -> None:
        user = User(memory, number, random.Random(number))
        for _ in range(150):
            await user.act()
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        for number in range(len(USERS)):
            group.start_soon(live, number)
    for number, user in enumerate(USERS):
        kept = repr(await memory.export(user_id=user))
        await memory.forget(user_id=user)
        assert mark(number) in kept or "episodes=[], facts=[]" in kept
    assert await memory.store.scan(Where(all_users=True)) == []
    for number, user in enumerate(USERS):
        assert await memory.search(mark(number), user_id=user, kinds=("episode", "fact")) == []
