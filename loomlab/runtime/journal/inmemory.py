"""A journal in this process: for tests, and for runs that need not outlive it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from loomlab.runtime.journal.coded import CodedStore
from loomlab.runtime.journal.owner import is_alive
from loomlab.runtime.journal.store import (
    Held,
    Kind,
    Opened,
    Opening,
    Place,
    Row,
    chosen,
    epoch_of,
    prefix_of,
    user_key,
    user_of,
)

_Rows = dict[str, tuple[int, Row]]


@dataclass(slots=True)
class _Epoch:
    digest: str
    origin: str
    prompt: str = ""
    done: bool = False


@dataclass(slots=True)
class _Session:
    epochs: dict[int, _Epoch] = field(default_factory=dict)
    rows: dict[Kind, _Rows] = field(default_factory=lambda: {"step": {}, "stream": {}})
    lease: tuple[str, float] | None = None
    runs: set[str] = field(default_factory=set)


class InMemoryJournalStore(CodedStore):
    """Entries in dicts, as JSON text like everywhere else. Past ``max_sessions`` the one longest unused is let go."""

    name = "memory"
    beats = False

    def __init__(self, *, max_sessions: int = 10_000) -> None:
        if max_sessions < 1:
            raise ValueError(f"max_sessions must be at least 1, not {max_sessions}")
        self.max_sessions = max_sessions
        self._sessions: OrderedDict[tuple[str, str], _Session] = OrderedDict()
        self._runs: dict[str, tuple[tuple[str, str], int]] = {}

    def step_keys(self) -> list[tuple[str, str]]:
        """Session and name of each step that is done, of all users."""
        return self._keys("step")

    def stream_keys(self) -> list[tuple[str, str]]:
        """The same of streams."""
        return self._keys("stream")

    def _keys(self, kind: Kind) -> list[tuple[str, str]]:
        return [
            (session_id, name)
            for (session_id, _), session in self._sessions.items()
            for name, (_, row) in session.rows[kind].items()
            if row.text is not None
        ]

    async def _read(self, kind: Kind, session_id: str, key: str, name: str) -> tuple[str | None, float] | None:
        session = self._sessions.get((session_id, key))
        found = None if session is None else session.rows[kind].get(name)
        return None if found is None else (found[1].text, found[1].at)

    async def _put(self, kind: Kind, session_id: str, key: str, name: str, text: str) -> None:
        session = self._session(session_id, key)
        epoch = epoch_of(name)
        seq = 1 + max(
            (row.seq for each in session.rows.values() for at, row in each.values() if at == epoch), default=0
        )
        session.rows[kind][name] = epoch, Row(kind, name, seq, text, time.time())

    async def open(self, wish: Opening) -> Opened:
        """Take the session for ``wish``; raises Held."""
        key = user_key(wish.user_id)
        session = self._session(wish.session_id, key)
        if session.lease is not None and is_alive(session.lease[0]):
            raise Held(*session.lease)
        number = max(session.epochs, default=0)
        latest = (number, session.epochs[number].digest, session.epochs[number].done) if number else None
        same = max((at for at, one in session.epochs.items() if one.digest == wish.digest), default=None)
        epoch, new = chosen(wish, latest, same)
        if new:
            session.epochs[epoch] = _Epoch(wish.digest or "", wish.run_id, wish.prompt)
        session.lease = wish.owner, wish.now
        if wish.digest is not None:
            session.epochs[epoch].done = False
            session.runs.add(wish.run_id)
            self._runs[wish.run_id] = (wish.session_id, key), epoch
        origin = session.epochs[epoch].origin if epoch in session.epochs else ""
        held = Opened(wish.session_id, key, epoch, wish.owner, origin)
        return held.take(row for rows in session.rows.values() for at, row in rows.values() if at == epoch)

    async def write(self, held: Opened, kind: Kind, name: str, text: str | None) -> bool:
        """Keep one outcome."""
        session = self._sessions.get((held.session_id, held.user_key))
        if session is None or session.lease is None or session.lease[0] != held.owner:
            return False
        held.seq += 1
        full = held.prefix + name
        session.rows[kind][full] = held.epoch, Row(kind, full, held.seq, text, time.time())
        return True

    async def renew(self, held: Opened, expires: float) -> bool:
        """Nothing to renew: the holder lives in this process."""
        session = self._sessions.get((held.session_id, held.user_key))
        return session is not None and session.lease is not None and session.lease[0] == held.owner

    async def close(self, held: Opened, *, done: bool) -> None:
        """Give the session back."""
        session = self._sessions.get((held.session_id, held.user_key))
        if session is not None and session.lease is not None and session.lease[0] == held.owner:
            session.lease = None
            if done and held.epoch in session.epochs:
                session.epochs[held.epoch].done = True

    async def erase(self, *, user_key: str | None, session_id: str | None = None, before: float | None = None) -> int:
        """Erase entries; how many."""
        gone = 0
        for name, session in list(self._sessions.items()):
            if (session_id is not None and name[0] != session_id) or (user_key is not None and name[1] != user_key):
                continue
            for rows in session.rows.values():
                for one in [at for at, (_, row) in rows.items() if before is None or row.at < before]:
                    del rows[one]
                    gone += 1
            if not any(session.rows.values()):
                self._drop(name)
        return gone

    async def find_run(self, run_id: str) -> Place | None:
        """Where a run stands."""
        if run_id not in self._runs:
            return None
        (session_id, key), number = self._runs[run_id]
        epoch = self._sessions[session_id, key].epochs[number]
        return Place(session_id, user_of(key), number, epoch.digest, epoch.origin, epoch.prompt)

    async def rows(self, place: Place) -> list[Row]:
        """What an epoch holds."""
        session = self._sessions.get((place.session_id, user_key(place.user_id)))
        if session is None:
            return []
        found = (row for rows in session.rows.values() for at, row in rows.values() if at == place.epoch)
        return sorted(found, key=lambda row: row.seq)

    async def seed(self, place: Place, rows: Sequence[Row]) -> None:
        """Begin a session with rows from elsewhere."""
        session = self._session(place.session_id, user_key(place.user_id))
        session.epochs[place.epoch] = _Epoch(place.digest, place.origin, place.prompt)
        for row in rows:
            name = prefix_of(place.epoch) + row.name[len(prefix_of(epoch_of(row.name))) :]
            session.rows[row.kind][name] = place.epoch, replace(row, name=name)

    async def aclose(self) -> None:
        """Nothing to let go of; the entries stay for as long as the store does."""

    def _session(self, session_id: str, key: str) -> _Session:
        name = session_id, key
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = _Session()
            if len(self._sessions) > self.max_sessions:
                idle = (one for one, other in self._sessions.items() if other.lease is None and other is not session)
                if (oldest := next(idle, None)) is not None:
                    self._drop(oldest)
        else:
            self._sessions.move_to_end(name)
        return session

    def _drop(self, name: tuple[str, str]) -> None:
        session = self._sessions[name]
        for run in session.runs:
            self._runs.pop(run, None)
        if session.lease is None:
            del self._sessions[name]
        else:
            session.runs.clear()
            session.epochs = {number: _Epoch("", "") for number in session.epochs}
