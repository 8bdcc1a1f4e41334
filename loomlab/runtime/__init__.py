"""How a run happens: the verbs, the gate, the accountant, the streams. Open ``run.py`` first."""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily
from loomlab.runtime.inproc import InProcRuntime, InProcSession
from loomlab.runtime.offered import Offered, OfferedTool
from loomlab.runtime.reply import Recalled, Reply, RunSettled, RunStopped
from loomlab.runtime.run import Run, current_run
from loomlab.runtime.together import together

if TYPE_CHECKING:
    from loomlab.data import FreshnessPolicy, LineagePolicy
    from loomlab.runtime.certified import ValuePolicies
    from loomlab.runtime.journal.errors import UnknownOutcome
    from loomlab.runtime.journal.inmemory import InMemoryJournalStore
    from loomlab.runtime.journal.postgres import PostgresJournalStore, PostgresRuntime
    from loomlab.runtime.journal.runtime import JournaledRuntime, SqliteRuntime
    from loomlab.runtime.journal.session import JournaledSession
    from loomlab.runtime.journal.sqlite import SqliteJournalStore
    from loomlab.runtime.journal.store import JournalEntry, JournalStore


def value_policies(freshness: "FreshnessPolicy | None", lineage: "LineagePolicy | None") -> "ValuePolicies":
    """What certified values are held to; loaded by those who use it."""
    from loomlab.runtime.certified import ValuePolicies

    return ValuePolicies(freshness, lineage)


__all__ = [
    "InMemoryJournalStore",
    "InProcRuntime",
    "InProcSession",
    "JournalEntry",
    "JournalStore",
    "JournaledRuntime",
    "JournaledSession",
    "Offered",
    "OfferedTool",
    "PostgresJournalStore",
    "PostgresRuntime",
    "Recalled",
    "Reply",
    "Run",
    "RunSettled",
    "RunStopped",
    "SqliteJournalStore",
    "SqliteRuntime",
    "UnknownOutcome",
    "current_run",
    "together",
    "value_policies",
]

__getattr__ = _lazily(
    __name__,
    {
        "InMemoryJournalStore": "journal.inmemory",
        "JournalEntry": "journal.store",
        "JournalStore": "journal.store",
        "JournaledRuntime": "journal.runtime",
        "JournaledSession": "journal.session",
        "PostgresJournalStore": "journal.postgres",
        "PostgresRuntime": "journal.postgres",
        "SqliteJournalStore": "journal.sqlite",
        "SqliteRuntime": "journal.runtime",
        "UnknownOutcome": "journal.errors",
    },
)
