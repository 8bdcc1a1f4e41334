"""What a process knows of one user's records: indexes that follow every write."""

from collections.abc import Hashable

from loomlab.memory.episode_index import EpisodeIndex
from loomlab.memory.fact_index import FactIndex
from loomlab.memory.record import BLOCK, EPISODE, FACT, Record


class UserView:
    """Episodes, facts and blocks of one user, as far as this process was told of them."""

    def __init__(self, user_id: str | None) -> None:
        self.user_id = user_id
        self.episodes = EpisodeIndex()
        self.facts = FactIndex()
        self.blocks: dict[str, Record] = {}
        self.read_to = 0  # the highest sequence number that a reading of the store has shown
        self.version: tuple[Hashable, Hashable] | None = None
        self.stale = False  # something was erased: whoever holds this view asks for a new one
        self._filling = True
        self._gone: set[str] = set()  # episodes evicted while the view was being filled

    def filled(self) -> None:
        """All that the store held is here."""
        self._filling = False
        self._gone.clear()

    def apply(self, record: Record) -> None:
        """A record was written; one that is older than what is here changes nothing."""
        if record.id in self._gone:
            return
        if record.kind == BLOCK:
            known = self.blocks.get(record.id)
            if known is None or known.seq < record.seq:
                self.blocks[record.id] = record
            return
        index: EpisodeIndex | FactIndex = self.episodes if record.kind == EPISODE else self.facts
        known = (self.episodes.records if record.kind == EPISODE else self.facts.records).get(record.id)
        if known is not None:
            if known.seq >= record.seq:
                return
            index.remove(known)
        index.add(record)

    def evict(self, records: list[Record]) -> None:
        """Episodes were erased to keep a bound; a reading that began earlier must not bring them back."""
        for record in records:
            if self._filling:
                self._gone.add(record.id)
            known = self.episodes.records.get(record.id)
            if known is not None:
                self.episodes.remove(known)

    def get(self, kind: str, record_id: str) -> Record | None:
        """One record, where it is known."""
        known = {EPISODE: self.episodes.records, FACT: self.facts.records, BLOCK: self.blocks}[kind]
        return known.get(record_id)
