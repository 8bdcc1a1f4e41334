"""Facts without a model: what people say of themselves in so many words."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from loomlab.core.messages import Message, ModelChunk, Usage
from loomlab.core.remembered import Episode
from loomlab.memory.claims import Claim
from loomlab.memory.consolidator import Ask, Consolidator, Refused
from loomlab.memory.evidence import Evidence
from loomlab.memory.known_claims import KnownClaims
from loomlab.memory.statements import read_statements


class PatternConsolidator(Consolidator):
    """A ``Consolidator`` that asks nobody: it reads plain English statements by patterns.

    "I live in Lyon", "I moved from Paris to Lyon in March", "my boss is Priya Nair", "I'm allergic to peanuts": names,
    places, work, diet, likes, pets, languages, relatives. It misses whatever is said in another way and is seldom
    wrong, costs nothing, and works where the model at hand is too small to extract. The guards are the same.
    """

    def __init__(self, *, max_facts_per_episode: int = 20, on_refused: Callable[[Refused], None] | None = None) -> None:
        super().__init__(model=_NoModel(), max_facts_per_episode=max_facts_per_episode, on_refused=on_refused)

    async def _claims(
        self, episode: Episode, told: Evidence, returned: Sequence[str], known: KnownClaims, ask: Ask | None
    ) -> list[Claim]:
        return read_statements(told, episode.occurred_at) if told.said_by_user else []


class _NoModel:
    """What stands where a consolidator has its model."""

    name = "patterns"

    async def stream(self, messages: Sequence[Message], **_: Any) -> AsyncIterator[ModelChunk]:
        """No claims."""
        yield ModelChunk(kind="text", text="[]")
        yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage())
