"""A signed record in a file: one line of JSON an entry, added and never changed."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio.to_thread
from pydantic import ValidationError

from loomlab.core import AuditEntry
from loomlab.security.audit import signed


class FileAuditLog:
    """An audit log in the file ``path``, made on the first entry, its folders too.

    Entries are signed with ``secret``; numbers go on where the file ends, after reopening too. Payloads are stored with
    keys and passwords masked. Lines that cannot be read are skipped by ``query``. Any thread may append; of several
    processes, each sees what the others have added.
    """

    def __init__(self, path: str | os.PathLike[str], *, secret: str = "") -> None:
        self._path = Path(path)
        self._secret = secret
        self._lock = threading.Lock()
        self._seq = 0
        self._read = 0

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    async def append(
        self, *, session_id: str, actor: str, action: str, payload: Mapping[str, Any], user_id: str | None = None
    ) -> AuditEntry:
        """Write one entry and return it, signed; it is in the file when this returns."""

        def write() -> AuditEntry:
            with self._lock:
                self._catch_up()
                entry = signed(
                    self._seq + 1,
                    self._secret,
                    session_id=session_id,
                    actor=actor,
                    action=action,
                    payload=payload,
                    user_id=user_id,
                )
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as file:
                    # A line that a crash cut short must not swallow this one.
                    cut = file.tell() and not self._ends_whole()
                    file.write((b"\n" if cut else b"") + entry.model_dump_json().encode() + b"\n")
                self._catch_up()
            return entry

        return await anyio.to_thread.run_sync(write)

    async def query(
        self, *, session_id: str | None = None, action: str | None = None, user_id: str | None = None
    ) -> list[AuditEntry]:
        """Entries that match every given field, oldest first."""
        return [
            entry
            for entry in await self.all_entries()
            if session_id in (None, entry.session_id)
            and action in (None, entry.action)
            and user_id in (None, entry.user_id)
        ]

    async def all_entries(self) -> list[AuditEntry]:
        """Every entry that can be read, oldest first."""
        return await anyio.to_thread.run_sync(lambda: _entries(self._lines(0)))

    def _lines(self, start: int) -> list[bytes]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(start)
            return file.read().splitlines(keepends=True)

    def _catch_up(self) -> None:
        """Take note of what was added since, by whomever."""
        if (self._path.stat().st_size if self._path.exists() else 0) < self._read:  # begun anew
            self._read = self._seq = 0
        lines = [line for line in self._lines(self._read) if line.endswith(b"\n")]
        self._read += sum(map(len, lines))
        self._seq = max([self._seq, *(entry.seq for entry in _entries(lines))])

    def _ends_whole(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _entries(lines: list[bytes]) -> list[AuditEntry]:
    found = []
    for line in lines:
        try:
            found.append(AuditEntry.model_validate_json(line))
        except ValidationError:  # cut short, or not ours
            continue
    return found
