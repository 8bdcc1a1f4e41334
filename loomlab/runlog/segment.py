"""One process's own file: whole lines are added to its end, and nobody else writes to it."""

import contextlib
import os
import sys
import time
from pathlib import Path

from pydantic_core import to_json

from loomlab.core.errors import ConfigError
from loomlab.core.ids import new_id
from loomlab.core.messages import utc_now
from loomlab.runlog.home import Home
from loomlab.runlog.locking import lock
from loomlab.runlog.schema import SCHEMA_VERSION

_MAX_LINES = 64
_MAX_BYTES = 256 * 1024
_MAX_WAIT_S = 0.05
_MAX_UNWRITTEN = 8 * 1024 * 1024
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)


class SegmentWriter:
    """Lines in, one write for many of them. The file, named by a ULID, is made when the first line is written.

    Not safe for threads. What ``flush`` has written survives the death of the process, though not of the machine.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._fd: int | None = None
        self._lines: list[bytes] = []
        self._bytes = 0
        self._rest = b""
        self._size = 0
        self._written_at = 0.0

    def add(self, lines: list[bytes]) -> None:
        """Take whole lines (without line ends); they reach the disk with the next ``flush``."""
        self._lines += lines
        self._bytes += sum(map(len, lines))

    @property
    def due(self) -> bool:
        """Whether enough has been taken, or enough time gone by, for a write."""
        return bool(self._lines) and (
            len(self._lines) >= _MAX_LINES
            or self._bytes >= _MAX_BYTES
            or time.monotonic() - self._written_at > _MAX_WAIT_S
        )

    def flush(self) -> None:
        """Write what was taken. Where the disk refuses, it is kept (up to a bound) for the next time: ConfigError."""
        if not (self._lines or self._rest):
            return
        try:
            fd = self._ready()
            self._join()
            while self._rest:
                written = os.write(fd, self._rest)
                self._rest, self._size = self._rest[written:], self._size + written
        except OSError as error:
            self._join()
            raise ConfigError(
                f"the run log {self._home.path} can't be written: {error.strerror or error}; make room or make it "
                "writable, or choose another folder by RunLog.open(path) or $LOOMLAB_HOME"
            ) from None
        self._written_at = time.monotonic()

    def _ready(self) -> int:
        """The open file. What an interrupt kept us from noting as written, the size of the file tells."""
        if self._fd is not None:
            now = os.fstat(self._fd)
            if now.st_nlink > 0:
                self._rest, self._size = self._rest[max(0, now.st_size - self._size) :], now.st_size
                return self._fd
            self.abandon(keep_lines=True)  # somebody removed the folder: begin anew
        self._fd, self._size = self._begin()
        return self._fd

    def _join(self) -> None:
        rest = self._rest
        if self._lines and len(rest) < _MAX_UNWRITTEN:
            rest += b"\n".join(self._lines) + b"\n"
        # No call comes between these, so an interrupt sees all of them done or none.
        self._rest, self._lines, self._bytes = rest, [], 0

    def close(self) -> None:
        """Write what was taken and let go of the file; from now on readers take it for finished."""
        try:
            self.flush()
        finally:
            self.abandon()

    def abandon(self, *, keep_lines: bool = False) -> None:
        """Let go of the file and forget what was not written: what a forked child does with its parent's."""
        fd, self._fd = self._fd, None
        self._rest = b""
        if not keep_lines:
            self._lines, self._bytes = [], 0
        if fd is not None:
            with contextlib.suppress(OSError):
                os.close(fd)

    def _begin(self) -> tuple[int, int]:
        """Make the file. It gets its name only when it has its lock and its header, so nobody sees it without."""
        self._home.check_version()
        self._home.create()
        writer = new_id()
        name = self._home.segments / f"{writer}.jsonl"
        # Windows cannot rename an open file; readers there look at the header before they look at the lock.
        draft = name if sys.platform == "win32" else name.with_suffix(".new")
        fd = os.open(draft, _APPEND, 0o600)
        try:
            with contextlib.suppress(OSError):  # a file system without locks: readers see it as never finished
                lock(fd)
            size = os.write(fd, header(writer))
            if draft != name:
                draft.rename(name)
        except BaseException:
            os.close(fd)
            raise
        return fd, size


def header(writer: str) -> bytes:
    """The first line of a segment: who writes it, and by which version of the schema."""
    return (
        to_json(
            {
                "t": "segment",
                "schema_version": SCHEMA_VERSION,
                "writer": writer,
                "pid": os.getpid(),
                "started_at": utc_now().isoformat(),
            }
        )
        + b"\n"
    )


def segment_files(home: Home) -> list[Path]:
    """The segments that are there, in the order in which they were begun."""
    try:
        return sorted(file for file in home.segments.iterdir() if file.suffix == ".jsonl")
    except FileNotFoundError:
        return []
