"""A signed record in a file: one line of JSON an entry, added and never changed; each holds the signature before it."""

import json
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread
from pydantic import ValidationError

from loomlab.core import AuditEntry, ConfigError, Secrets
from loomlab.security.audit import mac, signed

if TYPE_CHECKING:
    from loomlab.security.audit_report import AuditReport, Head, Line

T = TypeVar("T")
_HEAD = ("seq", "signature")


class FileAuditLog:
    """An audit log in the file ``path``, made on the first entry, its folders too.

    Entries are signed with ``secret``, or with the key that ``secrets`` has under ``key``; numbers go on where the file
    ends, after reopening too. Payloads are stored with keys and passwords masked, before they are signed. Any thread
    and any process may append; a lock file beside it lets in one at a time. A signed record of where the log ends
    stands beside it too (``….head``), so that a cut end shows. Beyond ``max_bytes`` the file is set aside under a
    numbered name and the chain goes on in a new one. ``query`` and ``verify`` read all of them; ``query`` skips lines
    that can't be read.

    Whoever can write all of these files can put back an older state of all of them together. ``head`` is what to keep
    elsewhere against that, for ``verify(anchors=…)``. Raises ConfigError for a ``key`` that ``secrets`` does not have.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        secret: str = "",
        secrets: Secrets | None = None,
        key: str = "LOOMLAB_AUDIT_KEY",
        max_bytes: int | None = None,
    ) -> None:
        self._path = Path(path)
        if secrets is not None and not secret:
            found = secrets.lookup_sync(key)
            if not found:
                raise ConfigError(f"the audit log is signed with the secret {key!r}, and there is none of that name")
            secret = found
        self._secret = secret
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._seq = self._read = 0
        self._last = ""
        self._file: tuple[int, int] | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    async def append(
        self, *, session_id: str, actor: str, action: str, payload: Mapping[str, Any], user_id: str | None = None
    ) -> AuditEntry:
        """Write one entry and return it, signed; it is in the file when this returns."""

        def write() -> AuditEntry:
            self._catch_up()
            entry = signed(
                self._seq + 1,
                self._secret,
                session_id=session_id,
                actor=actor,
                action=action,
                payload=payload,
                user_id=user_id,
                previous=self._last,
            )
            line = entry.model_dump_json().encode() + b"\n"
            if self._max_bytes is not None and self._read and self._read + len(line) > self._max_bytes:
                self._set_aside()
            with self._path.open("ab") as file:
                # A line that a crash cut short must not swallow this one.
                cut = file.tell() and not self._ends_whole()
                self._read = file.tell() + file.write((b"\n" if cut else b"") + line)
            self._file = _identity(self._path)
            self._seq, self._last = entry.seq, entry.signature
            self._write_head()
            return entry

        return await anyio.to_thread.run_sync(self._alone, write)

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
        lines = await anyio.to_thread.run_sync(self._lines)
        return [line.entry for line in lines if line.entry is not None]

    async def verify(self, *, anchors: "Sequence[Head]" = ()) -> "AuditReport":
        """Whether every line is as it was signed, and none was taken away, moved or added by another.

        ``anchors`` are ends of the log that were kept elsewhere: entries that they name must still be there.
        """
        from loomlab.security.audit_report import AuditProblem, AuditReport, examined

        def examine() -> AuditReport:
            lines = self._lines()
            head, fault = self._read_head()
            found = examined(lines, self._secret, head=head, anchors=anchors)
            if fault and (lines or head is not None) and any(line.entry and line.entry.previous for line in lines):
                found = AuditReport(found.entries, (*found.problems, AuditProblem("head", fault)), found.head)
            return found

        def alone() -> AuditReport:
            writable = os.access(self._path.parent, os.W_OK)
            return self._alone(examine) if writable else examine()  # a copy to look at: nobody writes there

        return await anyio.to_thread.run_sync(alone)

    async def head(self) -> "Head | None":
        """Where the log ends now: keep it elsewhere (another machine, a printout) and check against it later."""
        return (await self.verify()).head

    def _alone(self, work: Callable[[], T]) -> T:
        from loomlab.security.file_lock import locked

        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._beside("lock")):
                return work()

    def _beside(self, what: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{what}")

    def _segments(self) -> list[Path]:
        """The files that were set aside, oldest first."""
        shape = re.compile(re.escape(self._path.stem) + r"\.(\d+)" + re.escape(self._path.suffix))
        if not self._path.parent.exists():
            return []
        found = [(int(match[1]), one) for one in self._path.parent.iterdir() if (match := shape.fullmatch(one.name))]
        return [one for _, one in sorted(found)]

    def _set_aside(self) -> None:
        numbers = [int(one.name.removesuffix(self._path.suffix).rpartition(".")[2]) for one in self._segments()]
        number = max(numbers, default=0) + 1
        self._path.rename(self._path.with_name(f"{self._path.stem}.{number:06d}{self._path.suffix}"))
        self._read, self._file = 0, None

    def _lines(self) -> "list[Line]":
        from loomlab.security.audit_report import Line

        found: list[Line] = []
        files = [one for one in (*self._segments(), self._path) if one.exists()]
        for path in files:
            name = path.name if len(files) > 1 else ""
            lines = path.read_bytes().splitlines()
            found += [Line(_entry(line), number, name) for number, line in enumerate(lines, 1) if line.strip()]
        return found

    def _catch_up(self) -> None:
        """Take note of what was added since, by whomever; of the log before, where the file was begun anew."""
        now, head, fault, chained = _identity(self._path), None, "", False
        if now is None or now != self._file or self._path.stat().st_size < self._read:
            self._seq, self._read, self._last = 0, 0, ""
            head, fault = self._read_head()
            if self._segments():
                last = [line.entry for line in self._lines() if line.entry is not None]
                self._seq, self._last = (last[-1].seq, last[-1].signature) if last else (0, "")
            elif now is None and head is not None:
                self._last = head.signature  # that there was a log before stays visible
            self._file = now
        if now is None:
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            for line in file.read().splitlines(keepends=True):
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                entry = _entry(line)
                if entry is not None and entry.seq > self._seq:
                    self._seq, self._last, chained = entry.seq, entry.signature, bool(entry.previous)
        if fault and chained:
            self._seq += 1  # nobody can say any more whether this is the end: the gap tells so for good
        if head is not None and head.seq > self._seq:  # its end was cut off: going on after it keeps the gap visible
            self._seq, self._last = head.seq, head.signature

    def _ends_whole(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _write_head(self) -> None:
        told = {"seq": self._seq, "signature": self._last}
        beside = self._beside("head.new")
        beside.write_text(json.dumps({**told, "mac": mac(told, self._secret)}), encoding="ascii")
        beside.replace(self._beside("head"))

    def _read_head(self) -> "tuple[Head | None, str]":
        """The signed end of the log, and what is wrong with its file."""
        from loomlab.security.audit_report import Head

        path = self._beside("head")
        try:
            told = json.loads(path.read_bytes())
            plain = {name: told[name] for name in _HEAD}
            fits = mac(plain, self._secret) == told["mac"]
        except FileNotFoundError:
            return None, f"the record of the log's end, {path.name}, is gone"
        except (OSError, ValueError, KeyError, TypeError):
            return None, f"the record of the log's end, {path.name}, can't be read"
        if not fits:
            return None, f"the record of the log's end, {path.name}, was changed, or another key signed it"
        return Head(**plain), ""


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _entry(line: bytes) -> AuditEntry | None:
    try:
        return AuditEntry.model_validate_json(line)
    except ValidationError:  # cut short, or not ours
        return None
