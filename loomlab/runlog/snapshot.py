"""The log as DuckDB sees it: what is on disk, read into memory as it grows, with one view a table.

A DuckDB file would shut out every other process while one has it open; here each reader has its own memory, and the
files are only ever read. After the set-up nothing can be asked that touches a file outside the log.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from loomlab.core.errors import ConfigError
from loomlab.runlog import statements
from loomlab.runlog.home import Home, require_version, unreadable
from loomlab.runlog.locking import Holder, holder
from loomlab.runlog.manifest import Manifest
from loomlab.runlog.packages import duckdb_module
from loomlab.runlog.schema import TABLES
from loomlab.runlog.segment import segment_files

if TYPE_CHECKING:
    import duckdb

_BLOCK = 16 * 1024 * 1024
_TRIES = 50


@dataclass
class _Segment:
    """How far a segment was read. ``finished``: its process is gone and everything was read."""

    offset: int = 0
    lines: int = 0
    finished: bool = False


class Snapshot:
    """Everything the log holds, as of the last ``refresh``.

    ``closed`` forbids every access to files other than the compacted ones; ``only`` restricts it to these segments.
    Not safe for threads, except that cursors of ``connection`` may be used while another thread refreshes.
    """

    def __init__(self, home: Home, *, closed: bool = True, only: frozenset[str] | None = None) -> None:
        self._home, self._closed, self._only = home, closed, only
        self._segments: dict[str, _Segment] = {}
        self._manifest: Manifest | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._problems: list[dict[str, Any]] = []

    @property
    def connection(self) -> "duckdb.DuckDBPyConnection":
        """The engine, after a ``refresh``."""
        if self._connection is None:
            self.refresh()
        assert self._connection is not None
        return self._connection

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Lines that could not be read: segment, line (from 1), problem."""
        before = self._manifest.problems if self._manifest else ()
        return [*before, *self._problems]

    @property
    def manifest(self) -> Manifest | None:
        """Which compacted files it looks at."""
        return self._manifest

    def refresh(self) -> None:
        """Take in what was written since. A segment counts by itself or in its compacted form, never both."""
        try:
            self._refresh()
        except OSError as error:
            raise unreadable(self._home.path, error) from None

    def _refresh(self) -> None:
        for _ in range(_TRIES):
            manifest = Manifest.read(self._home)
            files = {file.stem: file for file in segment_files(self._home)}
            gone = not self._segments.keys() <= files.keys()
            try:
                if manifest != self._manifest or self._connection is None or gone:
                    self._rebuild(manifest)
                for name, file in files.items():
                    if name not in manifest.replaces and (self._only is None or name in self._only):
                        self._read(name, file)
            except FileNotFoundError:  # compacted between the listing and the reading
                self._manifest = None
                continue
            if Manifest.read(self._home) == manifest:
                return
        raise ConfigError(f"the run log {self._home.path} changes faster than it can be read; ask again")

    def _rebuild(self, manifest: Manifest) -> None:
        duckdb = duckdb_module()
        connection = duckdb.connect(":memory:", config={"python_enable_replacements": False})
        for statement in ("SET GLOBAL TimeZone = 'UTC'", "SET temp_directory = ''", *statements.create()):
            connection.execute(statement)
        files = []
        for table in TABLES.values():
            file = manifest.parquet(self._home, table.name)
            if file is not None:
                files.append(file)
                path = str(file)
                found = connection.execute("SELECT name FROM parquet_schema(?)", [path]).fetchall()
                connection.execute(statements.old(table, path, {row[0] for row in found}))
            for statement in statements.view(table, compacted=file is not None):
                connection.execute(statement)
        if self._closed:
            allowed = ", ".join(statements.text(str(file)) for file in files)
            for statement in (
                f"SET allowed_paths = [{allowed}]",
                "SET enable_external_access = false",
                "SET lock_configuration = true",
            ):
                connection.execute(statement)
        self._connection, self._manifest = connection, manifest
        self._segments, self._problems = {}, []

    def _read(self, name: str, file: Path) -> None:
        state = self._segments.get(name)
        if state is not None and state.finished:
            return
        with file.open("rb") as data:
            if state is None:
                state = self._begin(name, data.readline())
            # The lock first: what is read after it was found free is all there will ever be.
            dead = state.offset > 0 and holder(file) is Holder.DEAD
            left = os.fstat(data.fileno()).st_size - state.offset
            if left < 0:
                raise FileNotFoundError(file)
            data.seek(state.offset)
            rest = b""
            # Only what is there now: a reader that went on to the end would run after a busy writer for ever.
            while left > 0 and (block := data.read(min(_BLOCK, left))):
                left -= len(block)
                whole, newline, rest = (rest + block).rpartition(b"\n")
                if newline:
                    self._take(name, state, whole)
            if dead:
                self._finish(name, state, rest)

    def _begin(self, name: str, first: bytes) -> _Segment:
        state = _Segment()
        if not first.endswith(b"\n"):
            return state  # not even its header is whole yet: look again next time
        state.offset, state.lines = len(first), 1
        try:
            version = int(from_json(first)["schema_version"])
        except (ValueError, TypeError, KeyError):
            self._problem(name, 1, "the header can't be read")
        else:
            require_version(version, self._home.path)
        self._segments[name] = state
        return state

    def _take(self, name: str, state: _Segment, whole: bytes) -> None:
        connection = self.connection
        lines = whole.decode("utf-8", "replace").split("\n")
        connection.execute("BEGIN")
        try:
            connection.execute(statements.INCOMING, {"lines": lines, "first": state.lines})
            found = [row[0] for row in connection.execute("SELECT DISTINCT t FROM incoming").fetchall()]
            for table in TABLES.values():
                if table.name in found:
                    for statement in statements.take(table):
                        connection.execute(statement, {"segment": name} if "$segment" in statement else None)
            if None in found:
                for (line,) in connection.execute("SELECT n FROM incoming WHERE t IS NULL ORDER BY n").fetchall():
                    self._problem(name, line, "not a row that can be read")
            connection.execute("DELETE FROM incoming")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            self._manifest = None
            raise
        state.offset += len(whole) + 1
        state.lines += len(lines)

    def _finish(self, name: str, state: _Segment, rest: bytes) -> None:
        state.finished = True
        for statement in statements.lose():
            self.connection.execute(statement, {"segment": name})
        if rest:
            self._problem(name, state.lines + 1, "torn: the process ended while it wrote this line")

    def _problem(self, segment: str, line: int, problem: str) -> None:
        self._problems.append({"segment": segment, "line": line, "problem": problem})
