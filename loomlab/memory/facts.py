"""Facts over two times, in this process."""

from loomlab.core.protocols import Embedder
from loomlab.core.remembered import Fact
from loomlab.memory.inmemory_store import InMemoryStore
from loomlab.memory.record import FACT, Where
from loomlab.memory.record_facts import RecordFactStore, every_fact


class InMemoryFactStore(RecordFactStore):
    """A ``FactStore`` that lives as long as this object. A user's facts are never read for another user.

    With an ``embedder`` facts are found by meaning and by words, without one by the words they share with the question.
    """

    def __init__(self, *, embedder: Embedder | None = None) -> None:
        self._records = InMemoryStore()
        super().__init__(self._records, embedder=embedder)

    def snapshot(self) -> list[Fact]:
        """Every fact of every user, oldest recorded first, without awaiting."""
        return every_fact(self._records.records(Where(kind=FACT, all_users=True)))
