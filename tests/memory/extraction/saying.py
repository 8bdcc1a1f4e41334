"""What the tests of extraction share: claims, episodes, and a consolidator whose model is a script."""

import json
from datetime import UTC, datetime
from typing import Any

from loomlab import Episode, Fact, ScriptedModel, ScriptedTurn
from loomlab.memory import Consolidator, InMemoryFactStore
from loomlab.memory.consolidator import Refused

DAY = datetime(2026, 5, 1, 12, tzinfo=UTC)


def claim(subject: str, predicate: str, object_: str, **more: Any) -> dict[str, Any]:
    return {"subject": subject, "predicate": predicate, "object": object_, **more}


def said(text: str, *, answer: str = "I see.", user: str | None = "alice", at: datetime = DAY, **more: Any) -> Episode:
    return Episode(session_id="s", user_id=user, input=text, output=answer, occurred_at=at, **more)


class Saying:
    """A consolidator whose model says these claims, one answer an episode; it keeps what it was asked."""

    def __init__(self, *answers: Any, **settings: Any) -> None:
        texts = [one if isinstance(one, str) else json.dumps(one) for one in answers]
        self.model = ScriptedModel([ScriptedTurn(text=text) for text in texts])
        self.refused: list[Refused] = []
        self.consolidator = Consolidator(model=self.model, on_refused=self.refused.append, **settings)
        self.store = InMemoryFactStore()
        self.asked: list[str] = []

    async def hear(self, *episodes: Episode, **options: Any) -> list[Fact]:
        async def ask(messages: Any, schema: Any) -> str:
            self.asked.append(messages[-1].content)
            return str((await self.model.complete(messages))[0])

        return await self.consolidator.consolidate(episodes, store=self.store, ask=ask, **options)

    async def known(self, user: str | None = "alice", **filters: Any) -> list[tuple[str, str, str]]:
        facts = await self.store.query(user_id=user, limit=100, **filters)
        return [(one.subject, one.predicate, one.object) for one in reversed(facts)]

    @property
    def reasons(self) -> list[str]:
        return [one.why for one in self.refused]
