"""What a store keeps and how it is asked: one record, one question, one law of what fits it.

A backend is a ``RecordStore``: five verbs over records. What facts, episodes and recall *mean* is written once, above
it, in ``RecordMemory``. ``loomlab.testing`` publishes the suite that proves a store.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import time_ns
from typing import Any, Protocol, runtime_checkable

from loomlab.core.remembered import Episode, Fact, MemoryBlock
from loomlab.memory.instants import instant

EPISODE, FACT, BLOCK = "episode", "fact", "block"
KINDS = (EPISODE, FACT, BLOCK)

Item = Episode | Fact | MemoryBlock


@dataclass(frozen=True, slots=True)
class Record:
    """One thing remembered. ``(kind, user_id, id)`` is its name; putting it again replaces it.

    ``at`` is aware UTC: when an episode happened, from when a fact holds, when a block was written. ``seq`` grows with
    every write of a process (nanoseconds of its clock, never twice) and breaks ties of ``at``. ``group`` and ``label``
    are what exact questions ask for: an episode's session; a fact's subject and predicate; a block's name.
    A fact is kept as it was claimed: where it ends follows from the claims around it, and is never written.
    """

    kind: str
    user_id: str | None
    id: str
    at: datetime
    seq: int
    item: Item
    group: str = ""
    label: str = ""
    vector: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """A question to a store: every given field must fit. The user always must; None is the anonymous bucket.

    ``since`` is included, ``before`` is not, ``until`` is; ``after_seq`` is not. ``all_users`` lifts the partition
    and is never used to answer a user.
    """

    kind: str | None = None
    user_id: str | None = None
    ids: tuple[str, ...] | None = None
    group: str | None = None
    label: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None
    after_seq: int | None = None
    all_users: bool = False


def sees(where: Where, record: Record) -> bool:
    """The law: whether ``record`` fits ``where``. Every store answers as this function does."""
    return (
        (where.all_users or record.user_id == where.user_id)
        and (where.kind is None or record.kind == where.kind)
        and (where.ids is None or record.id in where.ids)
        and (where.group is None or record.group == where.group)
        and (where.label is None or record.label == where.label)
        and (where.since is None or record.at >= instant(where.since))
        and (where.until is None or record.at <= instant(where.until))
        and (where.before is None or record.at < instant(where.before))
        and (where.after_seq is None or record.seq > where.after_seq)
    )


@runtime_checkable
class RecordStore(Protocol):
    """Where records live. May also have ``nearest`` (see ``NearestStore``) and ``version`` (see ``WatchedStore``).

    A store with an attribute ``exclusive = True`` is read and written by one ``RecordMemory`` only, in this process:
    what that memory knows of it never needs a second look.

    A verb that fails raises ``MemoryStoreError`` that names the backend and the remedy, and has done nothing.
    """

    name: str

    async def put(self, records: Sequence[Record]) -> None:
        """Write all of them, replacing those of the same name, or none: one transaction, on disk when it returns."""

    async def get(self, kind: str, user_id: str | None, ids: Sequence[str]) -> list[Record]:
        """The records there are, in the order of ``ids``, with their vectors."""

    async def scan(
        self, where: Where, *, limit: int | None = None, newest_first: bool = False, vectors: bool = False
    ) -> list[Record]:
        """The records that fit, by ``(at, seq)``; ``vectors=False`` may leave their vectors out."""

    async def delete(self, where: Where) -> int:
        """Erase the records that fit, with everything made from them; how many there were."""

    async def aclose(self) -> None:
        """Let go of what the store opened itself."""


@runtime_checkable
class NearestStore(Protocol):
    """A store that ranks vectors itself, inside one user's partition."""

    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """``(id, cosine)`` of the records that fit ``where`` and have a vector, best first.

        Exact: a record of the user nearer than one in the answer is never left out. Equal cosines: newest first.
        """


@runtime_checkable
class WatchedStore(Protocol):
    """A store that can tell cheaply that nothing has changed, so that indexes built from it are still right."""

    async def version(self, user_id: str | None) -> tuple[Hashable, Hashable]:
        """Two marks. As long as the first is the same, no other process wrote or erased anything of this user.

        As long as the second is the same, nothing of this user was erased. Both may change more often than needed.
        """


_seq_lock = Lock()
_last_seq = 0
_HOUR = 3_600_000_000_000


def next_seq() -> int:
    """A number above all that this process gave before, and by the clock above those of processes before it."""
    global _last_seq
    with _seq_lock:
        _last_seq = max(_last_seq + 1, time_ns())
        return _last_seq


def saw_seq(seq: int) -> None:
    """A number read from a store: this process's next ones are above it, whatever its clock says.

    One that lies more than an hour ahead is a broken clock's, and not followed.
    """
    global _last_seq
    with _seq_lock:
        if _last_seq < seq < time_ns() + _HOUR:
            _last_seq = seq


def dump(item: Item) -> str:
    """An item as JSON text, without its vector."""
    return item.model_dump_json(exclude={"embedding"} if isinstance(item, Episode) else None)


def load(kind: str, text: str | bytes) -> Item:
    """The item behind ``dump``."""
    types: dict[str, Any] = {EPISODE: Episode, FACT: Fact, BLOCK: MemoryBlock}
    item: Item = types[kind].model_validate_json(text)
    return item
