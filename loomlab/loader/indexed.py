"""What a store already knows of files: kept in the store itself, in the first chunk of each file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomlab.core.documents import Chunk, VectorStore
from loomlab.core.ids import deterministic_hash

WHOLE, PARTIAL = "whole", "partial"


@dataclass(frozen=True, slots=True)
class _Head:
    digest: str
    whole: bool
    count: int


class Indexed:
    """The files in a store that were indexed with the same ``metadata``.

    The first chunk of a file carries ``digest``, ``chunk_count``, ``indexed`` (whole or partial) and ``indexed_for``;
    the ids of all its chunks follow from its path and digest. So the store alone says what is in it.
    """

    def __init__(self, store: VectorStore, metadata: Mapping[str, Any]) -> None:
        self._store = store
        self._key = deterministic_hash("indexed", dict(metadata))[:16]
        self._heads: dict[str, list[_Head]] = {}
        self._empty = True

    def mark(self, digest: str, count: int, state: str) -> dict[str, Any]:
        """The metadata of a first chunk."""
        return {"digest": digest, "chunk_count": count, "indexed": state, "indexed_for": self._key}

    async def read(self) -> None:
        """Ask the store for all first chunks."""
        count = await self._store.count()
        self._empty = count == 0
        if self._empty:
            return
        mine = {"indexed_for": self._key}
        size = getattr(getattr(self._store, "embedder", None), "dimensions", None)
        if isinstance(size, int) and size > 0:  # any direction will do, and none has to be paid for
            found = await self._store.search_by_vector([1.0] + [0.0] * (size - 1), k=count, filter=mine)
        else:
            found = await self._store.search("index", k=count, filter=mine)
        for one in found:
            self._note(one.chunk)

    def _note(self, chunk: Chunk) -> None:
        told = chunk.metadata
        head = _Head(str(told.get("digest")), told.get("indexed") == WHOLE, int(told.get("chunk_count") or 1))
        heads = self._heads.setdefault(str(told.get("path")), [])
        if head not in heads:
            heads.append(head)

    def digest(self, where: str) -> str | None:
        """The digest under which a file is wholly there; "partial" if it is not whole, or twice; None if unknown."""
        heads = self._heads.get(where)
        if not heads:
            return None
        return heads[0].digest if len(heads) == 1 and heads[0].whole else PARTIAL

    async def confirmed(self, where: str, digest: str) -> str | None:
        """As ``digest``, but asks by id too: a search over very many chunks may pass one over."""
        if where not in self._heads and not self._empty:
            for one in await self._store.get_by_ids(self.ids(where, digest, 1)):
                self._note(one)
        return self.digest(where)

    def ids(self, where: str, digest: str, count: int) -> list[str]:
        """The ids of a file's chunks."""
        base = deterministic_hash(self._key, where)[:24]
        return [f"{base}-{digest[:16]}-{number}" for number in range(count)]

    async def replaced(self, where: str, digest: str, ids: Sequence[str]) -> None:
        """A file is there with these chunks: take its others away."""
        new = set(ids)
        old = [one for head in self._heads.get(where, []) for one in self.ids(where, head.digest, head.count)]
        if stale := [one for one in old if one not in new]:
            await self._store.delete(stale)
        self._heads[where] = [_Head(digest, True, len(ids))]

    async def remove(self, where: str) -> None:
        """Take a file out of the store."""
        for head in self._heads.pop(where, []):
            await self._store.delete(self.ids(where, head.digest, head.count))

    def under(self, root: str) -> list[str]:
        """The known files that are ``root``, or in it."""
        inside = root.rstrip("/") + "/"
        return sorted(one for one in self._heads if one == root or one.startswith(inside))
