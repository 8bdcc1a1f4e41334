"""Pieces of text with where they come from, and the stores that find them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass(slots=True)
class Document:
    """A whole text. ``len()`` is its characters."""

    content: str
    metadata: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.content)


@dataclass(slots=True)
class Chunk:
    """A piece of a text, as it is searched for. ``len()`` is its characters."""

    content: str
    metadata: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A chunk that was found; ``score`` is the cosine with the query unless the search says otherwise."""

    chunk: Chunk
    score: float
    id: str


@runtime_checkable
class VectorStore(Protocol):
    """Finds the chunks whose meaning is nearest.

    ``filter`` is a Mongo-style condition on the metadata; ``diversity`` from 0 to 1 trades nearness for variety. May
    also have ``forget(*, user_id, before=None)``, which erases what one user taught it.
    """

    name: str

    async def add(self, chunks: Sequence[Chunk], ids: Sequence[str] | None = None) -> list[str]:
        """Store chunks; their ids."""

    async def delete(self, ids: Sequence[str]) -> None:
        """Erase chunks; ids that are not there are skipped."""

    async def search(
        self, query: str, *, k: int = 4, filter: Mapping[str, Any] | None = None, diversity: float | None = None
    ) -> list[SearchResult]:
        """The chunks nearest to a text, best first."""

    async def search_by_vector(
        self,
        vector: Sequence[float],
        *,
        k: int = 4,
        filter: Mapping[str, Any] | None = None,
        diversity: float | None = None,
    ) -> list[SearchResult]:
        """The chunks nearest to a vector, best first."""

    async def count(self) -> int:
        """How many chunks there are."""

    async def get_by_ids(self, ids: Sequence[str]) -> list[Chunk]:
        """Chunks by id, in that order; unknown ones are skipped."""
