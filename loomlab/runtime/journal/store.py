"""What a journal is kept in: the published protocol of five methods, and what a store for durable runs has besides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, runtime_checkable

Kind = Literal["step", "stream"]

_EPOCH = re.compile(r"epoch_(\d+)/")


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """The outcome of one step (``value``; of a stream, the list of its items), and when it was written."""

    value: Any
    created_at: datetime


@runtime_checkable
class JournalStore(Protocol):
    """Outcomes by session, step name and user. Values are whatever the codec of the journal can carry."""

    async def get_step(self, session_id: str, step_name: str, *, user_id: str | None = None) -> JournalEntry | None:
        """The outcome of a step, None where there is none."""

    async def put_step(self, session_id: str, step_name: str, value: Any, *, user_id: str | None = None) -> None:
        """Keep the outcome of a step, in place of an earlier one."""

    async def get_stream(self, session_id: str, step_name: str, *, user_id: str | None = None) -> JournalEntry | None:
        """The items of a stream that was consumed to its end, None where there is none."""

    async def put_stream(
        self, session_id: str, step_name: str, chunks: Sequence[Any], *, user_id: str | None = None
    ) -> None:
        """Keep the items of a stream."""

    async def aclose(self) -> None:
        """Let go of what the store opened itself."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A wish to begin or go on: which session of whom, with what (a digest of the prompt), and by which holder.

    ``digest`` None: a session that somebody scopes by hand; it has one epoch. ``now`` is in seconds since 1970.
    """

    session_id: str
    user_id: str | None
    digest: str | None
    prompt: str
    resume: bool
    run_id: str
    owner: str
    lease_s: float
    now: float

    @property
    def expires(self) -> float:
        """When the lease ends if nobody renews it."""
        return self.now + self.lease_s


@dataclass(slots=True)
class Opened:
    """A session that is held: its epoch, and what was done in that epoch so far, as JSON text by step name.

    A step whose text is None was begun, and nobody knows how it ended. ``origin`` is the first run of the epoch.
    ``lazy``: entries are read one by one, when they are asked for.
    """

    session_id: str
    user_key: str
    epoch: int
    owner: str
    origin: str
    steps: dict[str, str | None] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    seq: int = 0
    lazy: bool = False

    @property
    def prefix(self) -> str:
        """What the names of this epoch begin with in the store."""
        return prefix_of(self.epoch)

    def take(self, rows: Iterable[Row]) -> Opened:
        """The same with these rows of the epoch."""
        for row in rows:
            name = row.name.removeprefix(self.prefix)
            if row.kind == "step":
                self.steps[name] = row.text
            elif row.text is not None:
                self.streams[name] = row.text
            self.seq = max(self.seq, row.seq)
        return self


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the journal: its name as stored, its place in the order of the epoch, seconds since 1970."""

    kind: Kind
    name: str
    seq: int
    text: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands in a journal."""

    session_id: str
    user_id: str | None
    epoch: int
    digest: str
    origin: str
    prompt: str = ""


class Held(Exception):
    """Somebody else holds the session."""

    def __init__(self, owner: str, since: float) -> None:
        super().__init__(owner)
        self.owner = owner
        self.since = since


class DurableStore(JournalStore, Protocol):
    """A store that runs can be resumed from: it opens a session as a whole, for one holder at a time.

    ``beats``: a lease has to be renewed, for the holder may be on another machine.
    """

    beats: bool

    async def open(self, wish: Opening) -> Opened:
        """Take the lease, choose the epoch, and read what it holds; raises Held where somebody else is at it."""

    async def fetch(self, held: Opened, name: str) -> None:
        """Read what there is of a name; only of a session that is ``lazy``."""

    async def write(self, held: Opened, kind: Kind, name: str, text: str | None) -> bool:
        """Keep one outcome (None: the step begins); False where the lease is lost and nothing was written."""

    async def renew(self, held: Opened, expires: float) -> bool:
        """Keep the lease; False where it is lost."""

    async def close(self, held: Opened, *, done: bool) -> None:
        """Give the lease back; ``done``: the run of this epoch came to its end."""

    async def erase(self, *, user_key: str | None, session_id: str | None = None, before: float | None = None) -> int:
        """Erase entries (``user_key`` None: of everybody); how many."""

    async def find_run(self, run_id: str) -> Place | None:
        """Where a run stands."""

    async def rows(self, place: Place) -> list[Row]:
        """What an epoch holds, in the order in which it was written."""

    async def seed(self, place: Place, rows: Sequence[Row]) -> None:
        """Begin a session with rows from elsewhere, as an epoch that has not come to its end."""


def user_key(user_id: str | None) -> str:
    """A user as a text that is never empty for a user: nobody in particular is the empty one."""
    return "" if user_id is None else f"u:{user_id}"


def user_of(key: str) -> str | None:
    """The user again."""
    return key[2:] if key else None


def prefix_of(epoch: int) -> str:
    """What step names of an epoch begin with; those of the first have no prefix."""
    return "" if epoch == 1 else f"epoch_{epoch}/"


def epoch_of(step_name: str) -> int:
    """The epoch that a stored name belongs to."""
    found = _EPOCH.match(step_name)
    return int(found[1]) if found else 1


def chosen(wish: Opening, latest: tuple[int, str, bool] | None, same: int | None) -> tuple[int, bool]:
    """Which epoch a wish means, and whether it is new.

    ``latest`` is the newest epoch with its digest and whether it came to its end; ``same`` the newest that had this
    very prompt. A run goes on with an epoch of the same prompt that was cut off, and begins one otherwise; ``resume``
    goes back to the newest of the same prompt, whether it was cut off or not.
    """
    if wish.digest is None:
        return 1, False
    if wish.resume and same is not None:
        return same, False
    if latest is None:
        return 1, True
    number, digest, done = latest
    if digest == wish.digest and not done:
        return number, False
    return number + 1, True


def moment(at: float) -> datetime:
    """Seconds since 1970 as an aware instant."""
    return datetime.fromtimestamp(at, UTC)
