"""The facts of a memory that is not there yet."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from loomlab.core.remembered import Fact


class LazyFactStore:
    """A ``FactStore`` that is looked up when it is used."""

    def __init__(self, facts: Callable[[], Awaitable[Any]]) -> None:
        self._facts = facts

    async def append(self, fact: Fact) -> str:
        """Store a fact; its id."""
        return str(await (await self._facts()).append(fact))

    async def append_many(self, facts: Sequence[Fact], **options: Any) -> list[str]:
        """Store facts; their ids."""
        store = await self._facts()
        many = getattr(store, "append_many", None)
        ids: list[str] = await many(facts, **options) if many else [await store.append(fact) for fact in facts]
        return ids

    async def query(
        self,
        *,
        subject: str | None = None,
        predicate: str | None = None,
        object_: str | None = None,
        valid_at: datetime | None = None,
        limit: int = 10,
        user_id: str | None = None,
    ) -> list[Fact]:
        """Facts that match every given field, newest recorded first."""
        found: list[Fact] = await (await self._facts()).query(
            subject=subject, predicate=predicate, object_=object_, valid_at=valid_at, limit=limit, user_id=user_id
        )
        return found

    async def recall_text(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """Facts that answer a text, best first."""
        store = await self._facts()
        found: list[Fact] = await store.recall_text(query, limit=limit, valid_at=valid_at, user_id=user_id)
        return found

    async def all_facts(self) -> list[Fact]:
        """Everything, of every user."""
        facts: list[Fact] = await (await self._facts()).all_facts()
        return facts

    async def aclose(self) -> None:
        """Nothing of its own is open: the memory is closed as a whole."""

    async def holds_source(self, user_id: str | None, episode_id: str) -> bool | None:
        """Whether the memory still holds an episode; None where nobody can say."""
        holds = getattr(await self._facts(), "holds_source", None)
        answer: bool | None = await holds(user_id, episode_id) if holds else None
        return answer
