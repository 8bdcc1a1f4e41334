"""Which episodes no consolidator has read yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loomlab.core.protocols import FactStore
from loomlab.core.remembered import Episode, Fact
from loomlab.memory.episode_index import place
from loomlab.memory.fact_algebra import claim
from loomlab.memory.record import EPISODE, FACT, Record, Where
from loomlab.memory.views import OVERLAP, Views


class Consolidates(Protocol):
    """Turns episodes into facts and puts them into a store."""

    async def consolidate(self, episodes: Sequence[Episode], *, store: FactStore) -> list[Fact]:
        """The facts that were added."""


class Fresh:
    """The episodes that came since the last reading: of this memory, or of every process that writes to the store.

    In a store that outlives the process the first reading begins, for each user, after the last episode that a fact
    came from. What was erased in between is not offered.
    """

    def __init__(self, views: Views) -> None:
        self._views = views
        self._noted: dict[str | None, dict[str, Record]] = {}
        self._read: dict[tuple[str | None, str], int] = {}
        self._since: int | None = None

    def note(self, record: Record) -> None:
        """An episode was stored through this memory."""
        if self._views.exclusive:
            self._noted.setdefault(record.user_id, {})[record.id] = record

    def evicted(self, user_id: str | None, records: Sequence[Record]) -> None:
        """There was no room for these episodes: nobody can read them any more."""
        noted = self._noted.get(user_id, {})
        for record in records:
            noted.pop(record.id, None)

    def erased(self, user_id: str | None, session_id: str | None, before: datetime | None) -> None:
        """A user's episodes are gone, all of them or those that fit; no copy of them stays here."""
        noted = self._noted.pop(user_id, {})
        left = {
            id_: one
            for id_, one in noted.items()
            if (session_id is not None and one.group != session_id) or (before is not None and one.at >= before)
        }
        if left:
            self._noted[user_id] = left

    async def unread(self) -> list[list[Record]]:
        """The episodes to read, each user's by themselves, oldest first."""
        if not self._views.exclusive:
            await self._look()
        there = [
            await self._views.store.get(EPISODE, user_id, list(noted)) for user_id, noted in list(self._noted.items())
        ]
        self._noted = {records[0].user_id: {one.id: one for one in records} for records in there if records}
        return [sorted(records, key=place) for records in there if records]

    def done(self, records: Sequence[Record]) -> None:
        """They were read."""
        for record in records:
            noted = self._noted.get(record.user_id, {})
            known = noted.get(record.id)
            if known is not None and known.seq == record.seq:
                del noted[record.id]
                if not noted:
                    del self._noted[record.user_id]
            if not self._views.exclusive:
                self._read[record.user_id, record.id] = record.seq

    async def _look(self) -> None:
        store = self._views.store
        after = None if self._since is None else self._since - OVERLAP
        cited: dict[str | None, set[str]] = {}
        if after is None:
            for record in await store.scan(Where(kind=FACT, all_users=True)):
                cited.setdefault(record.user_id, set()).update(claim(record).sources)
        found = await store.scan(Where(kind=EPISODE, all_users=True, after_seq=after))
        read_to: dict[str | None, int] = {}
        for record in found:
            if record.id in cited.get(record.user_id, ()):
                read_to[record.user_id] = max(record.seq, read_to.get(record.user_id, 0))
        for record in found:
            name = (record.user_id, record.id)
            self._since = max(record.seq, self._since or 0)
            if record.seq > read_to.get(record.user_id, 0) and self._read.get(name) != record.seq:
                self._noted.setdefault(record.user_id, {})[record.id] = record
        if self._since is not None:
            self._read = {name: seq for name, seq in self._read.items() if seq > self._since - OVERLAP}
