"""A journal in one SQLite file, which several processes may use at once: one commit a step."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

from loomlab.core.errors import ConfigError
from loomlab.runtime.journal.coded import CodedStore
from loomlab.runtime.journal.owner import is_alive
from loomlab.runtime.journal.sqlite_file import JournalFile
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

_TABLE: dict[Kind, str] = {"step": "journal_steps", "stream": "journal_streams"}
_AGAIN = "ON CONFLICT DO UPDATE SET seq = excluded.seq, value = excluded.value, created_at = excluded.created_at"
_WRITE: dict[Kind, str] = {
    kind: f"INSERT INTO {table} SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS "
    f"(SELECT 1 FROM journal_leases WHERE session_id = ?1 AND user_key = ?2 AND owner = ?8) {_AGAIN}"
    for kind, table in _TABLE.items()
}
_PUT: dict[Kind, str] = {
    kind: f"INSERT INTO {table} SELECT ?1, ?2, ?3, ?4, "
    "1 + max((SELECT coalesce(max(seq), 0) FROM journal_steps WHERE session_id = ?1 AND user_key = ?2 AND epoch = ?3), "
    "(SELECT coalesce(max(seq), 0) FROM journal_streams WHERE session_id = ?1 AND user_key = ?2 AND epoch = ?3)), "
    f"?5, ?6 WHERE true {_AGAIN}"
    for kind, table in _TABLE.items()
}
_ROWS = (
    "SELECT 'step', step_name, seq, value, created_at FROM journal_steps "
    "WHERE session_id = ?1 AND user_key = ?2 AND epoch = ?3 UNION ALL "
    "SELECT 'stream', step_name, seq, value, created_at FROM journal_streams "
    "WHERE session_id = ?1 AND user_key = ?2 AND epoch = ?3 ORDER BY 3"
)
_MINE = "session_id = ? AND user_key = ?"
_EPOCH = "INSERT INTO journal_epochs VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO UPDATE SET done = 0"


class SqliteJournalStore(CodedStore):
    """Entries in the tables ``journal_steps`` and ``journal_streams`` of one file.

    An entry is in the file when the method returns, whatever becomes of the process (``kill -9`` included). A power cut
    may take the last moments along unless ``sync="full"``, which waits for the disk at every step. The file is made
    readable for its owner alone, for it holds what was said and returned as it was. ``:memory:`` is no file at all.
    """

    name = "sqlite"

    def __init__(self, path: str | os.PathLike[str], *, sync: Literal["normal", "full"] = "normal") -> None:
        if sync not in ("normal", "full"):
            raise ConfigError(
                f"sync is 'normal' (safe when the process dies) or 'full' (a power cut too), not {sync!r}"
            )
        self._file = JournalFile(path, sync)

    @property
    def path(self) -> str:
        """The file."""
        return self._file.path

    async def _read(self, kind: Kind, session_id: str, key: str, name: str) -> tuple[str | None, float] | None:
        question = f"SELECT value, created_at FROM {_TABLE[kind]} WHERE {_MINE} AND step_name = ?"
        found: Any = await self._file.run(lambda file: file.execute(question, (session_id, key, name)).fetchone())
        return None if found is None else (found[0], found[1])

    async def _put(self, kind: Kind, session_id: str, key: str, name: str, text: str) -> None:
        values = session_id, key, epoch_of(name), name, text, time.time()
        await self._file.run(lambda file: file.execute(_PUT[kind], values))

    async def open(self, wish: Opening) -> Opened:
        """Take the session for ``wish`` in one transaction; raises Held."""
        return await self._file.run(partial(_open, wish))

    async def write(self, held: Opened, kind: Kind, name: str, text: str | None) -> bool:
        """Keep one outcome: one statement, one commit, refused where somebody else has taken the session over."""
        held.seq += 1
        values = (
            held.session_id,
            held.user_key,
            held.epoch,
            held.prefix + name,
            held.seq,
            text,
            time.time(),
            held.owner,
        )
        statement = _WRITE[kind]
        return await self._file.run(lambda file: file.execute(statement, values).rowcount) == 1

    async def renew(self, held: Opened, expires: float) -> bool:
        """Keep the lease."""
        statement = f"UPDATE journal_leases SET expires = ? WHERE {_MINE} AND owner = ?"
        values = expires, held.session_id, held.user_key, held.owner
        return await self._file.run(lambda file: file.execute(statement, values).rowcount) == 1

    async def close(self, held: Opened, *, done: bool) -> None:
        """Give the session back, in one transaction."""
        mine = held.session_id, held.user_key

        def work(file: sqlite3.Connection) -> None:
            file.execute("BEGIN IMMEDIATE")
            gone = file.execute(f"DELETE FROM journal_leases WHERE {_MINE} AND owner = ?", (*mine, held.owner)).rowcount
            if done and gone:
                file.execute(f"UPDATE journal_epochs SET done = 1 WHERE {_MINE} AND epoch = ?", (*mine, held.epoch))
            file.execute("COMMIT")

        await self._file.run(work)

    async def erase(self, *, user_key: str | None, session_id: str | None = None, before: float | None = None) -> int:
        """Erase entries, and overwrite where they stood; how many."""
        given = {"user_key = ?": user_key, "session_id = ?": session_id}
        where = " AND ".join(["1", *(text for text, value in given.items() if value is not None)])
        values = [value for value in given.values() if value is not None]

        def work(file: sqlite3.Connection) -> int:
            file.execute("BEGIN IMMEDIATE")
            gone = 0
            for table in _TABLE.values():
                old, at = ("", ()) if before is None else (" AND created_at < ?", (before,))
                gone += file.execute(f"DELETE FROM {table} WHERE {where}{old}", (*values, *at)).rowcount
            left = " AND ".join(
                f"NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.session_id = {{0}}.session_id "
                f"AND {table}.user_key = {{0}}.user_key AND {table}.epoch = {{0}}.epoch)"
                for table in _TABLE.values()
            )
            for table in ("journal_runs", "journal_epochs"):
                file.execute(f"DELETE FROM {table} WHERE {where} AND {left.format(table)}", values)
            file.execute("COMMIT")
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what was erased is in the log too
            return gone

        return await self._file.run(work)

    async def find_run(self, run_id: str) -> Place | None:
        """Where a run stands."""
        question = (
            "SELECT session_id, user_key, epoch, digest, origin, prompt FROM journal_runs "
            "JOIN journal_epochs USING (session_id, user_key, epoch) WHERE run_id = ?"
        )
        found: Any = await self._file.run(lambda file: file.execute(question, (run_id,)).fetchone())
        return None if found is None else Place(found[0], user_of(found[1]), *found[2:])

    async def rows(self, place: Place) -> list[Row]:
        """What an epoch holds."""
        mine = place.session_id, user_key(place.user_id), place.epoch
        return await self._file.run(lambda file: [Row(*values) for values in file.execute(_ROWS, mine)])

    async def seed(self, place: Place, rows: Sequence[Row]) -> None:
        """Begin a session with rows from elsewhere, in one transaction."""
        mine = place.session_id, user_key(place.user_id), place.epoch

        def work(file: sqlite3.Connection) -> None:
            file.execute("BEGIN IMMEDIATE")
            file.execute(_EPOCH, (*mine, place.digest, place.origin, place.prompt, time.time()))
            for row in rows:
                name = prefix_of(place.epoch) + row.name[len(prefix_of(epoch_of(row.name))) :]
                statement = f"INSERT INTO {_TABLE[row.kind]} VALUES (?, ?, ?, ?, ?, ?, ?) {_AGAIN}"
                file.execute(statement, (*mine, name, row.seq, row.text, row.at))
            file.execute("COMMIT")

        await self._file.run(work)

    async def aclose(self) -> None:
        """Let go of the file; the next use opens it again."""
        self._file.close()


def _open(wish: Opening, file: sqlite3.Connection) -> Opened:
    mine = wish.session_id, user_key(wish.user_id)
    file.execute("BEGIN IMMEDIATE")
    lease = file.execute(f"SELECT owner, since, expires FROM journal_leases WHERE {_MINE}", mine).fetchone()
    if lease is not None:
        alive = is_alive(lease[0])
        if alive or (alive is None and lease[2] > wish.now):
            raise Held(lease[0], lease[1])
    question = f"SELECT epoch, digest, done FROM journal_epochs WHERE {_MINE} ORDER BY epoch DESC LIMIT 1"
    latest = None if wish.digest is None else file.execute(question, mine).fetchone()
    same = None
    if wish.resume:
        question = f"SELECT max(epoch) FROM journal_epochs WHERE {_MINE} AND digest = ?"
        (same,) = file.execute(question, (*mine, wish.digest)).fetchone()
    epoch, _ = chosen(wish, latest and (latest[0], latest[1], bool(latest[2])), same)
    file.execute(
        "INSERT OR REPLACE INTO journal_leases VALUES (?, ?, ?, ?, ?)", (*mine, wish.owner, wish.now, wish.expires)
    )
    origin = ""
    if wish.digest is not None:
        file.execute(_EPOCH, (*mine, epoch, wish.digest, wish.run_id, wish.prompt, wish.now))
        file.execute("INSERT OR REPLACE INTO journal_runs VALUES (?, ?, ?, ?)", (wish.run_id, *mine, epoch))
        question = f"SELECT origin FROM journal_epochs WHERE {_MINE} AND epoch = ?"
        (origin,) = file.execute(question, (*mine, epoch)).fetchone()
    held = Opened(*mine, epoch, wish.owner, origin)
    held.take(Row(*values) for values in file.execute(_ROWS, (*mine, epoch)))
    file.execute("COMMIT")
    return held
