"""Take one user's words out of a log that is never rewritten: rows keep their figures and lose their texts.

A line is overwritten where it stands, at the same length, so that other processes go on appending to their files and
readers keep their places. Compacted rows are written anew (``scrub_compacted.py``). Either way the manifest changes,
and every reader reads again.
"""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from loomlab.core.errors import ConfigError
from loomlab.core.ids import new_id
from loomlab.runlog.compaction import sweep, sync
from loomlab.runlog.home import Home
from loomlab.runlog.locking import Holder, holder, lock
from loomlab.runlog.manifest import Manifest
from loomlab.runlog.owner import Owner, is_text
from loomlab.runlog.schema import TABLES
from loomlab.runlog.scrub_compacted import compacted_pairs, scrub_compacted
from loomlab.runlog.segment import segment_files

_WAIT_S, _AGAIN_S = 10.0, 0.05
_GONE = b'{"t":"scrubbed"}'
"""What a line becomes that cannot be read: readers pass over tables that they do not know."""


def scrub(home: Home, user_id: str | None, *, dry_run: bool = False) -> int:
    """Take out the texts of ``user_id`` (None: of runs for nobody in particular); how many rows had any.

    ``dry_run`` only counts them.
    """
    if not home.segments.exists():
        return 0
    try:
        fd = locked(home)
        try:
            return _scrub(home, user_id, dry_run)
        finally:
            os.close(fd)
    except OSError as error:
        raise ConfigError(
            f"the run log {home.path} can't be scrubbed: {error.strerror or error}; make room or make it writable"
        ) from None


def locked(home: Home, wait_s: float = _WAIT_S) -> int:
    """The lock that compactions take; it is waited for."""
    fd = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + wait_s
    try:
        while not lock(fd):
            if time.monotonic() > until:
                raise ConfigError(f"the run log {home.path} is compacted or copied by another process; try again")
            time.sleep(_AGAIN_S)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _scrub(home: Home, user_id: str | None, dry_run: bool) -> int:
    manifest = Manifest.read(home)
    sweep(home, manifest)
    files = [*segment_files(home), *(sorted(home.damaged.iterdir()) if home.damaged.exists() else ())]
    pairs = compacted_pairs(home, manifest)
    for file in files:
        pairs += [(row.get("run_id"), row.get("user_id")) for _, _, row in _lines(file) if row is not None]
    owner = Owner.among(user_id, pairs)
    count = sum(_scrub_file(file, owner, dry_run) for file in files)
    changed, generation = scrub_compacted(home, manifest, owner, dry_run=dry_run)
    if not dry_run and count + changed:
        replace(manifest, generation=generation, scrubbed=new_id()).write(home)
        sync(home.folder)
        if generation != manifest.generation:
            shutil.rmtree(home.compacted / manifest.generation, ignore_errors=True)
    return count + changed


def _lines(file: Path) -> Iterator[tuple[int, bytes, dict[str, Any] | None]]:
    """Every whole line after the header: where it begins, its bytes, and its row (None: it cannot be read).

    The last line of a file that nobody writes to any more counts as whole.
    """
    dead = holder(file) is Holder.DEAD
    with file.open("rb") as data:
        at = len(data.readline())
        for line in data:
            if line.endswith(b"\n") or dead:
                bare = line.removesuffix(b"\n")
                yield at, bare, _row(bare)
            at += len(line)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = from_json(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _scrub_file(file: Path, owner: Owner, dry_run: bool) -> int:
    marks = [b'"user_id":' + to_json(form) for form in owner.forms]
    count = 0
    with FileIO(file, "r" if dry_run else "r+") as data:
        for at, line, row in _lines(file):
            new = _unreadable(line, marks) if row is None else _without_texts(row, line) if owner.owns(row) else None
            if new is None:
                continue
            count += 1
            if not dry_run:
                data.seek(at)
                _write(data, new.ljust(len(line)))
        if count and not dry_run:
            os.fsync(data.fileno())
    return count


def _write(data: FileIO, line: bytes) -> None:
    while line:
        line = line[data.write(line) :]


def _unreadable(line: bytes, marks: list[bytes]) -> bytes | None:
    """What a torn line becomes where it is the user's, or was being scrubbed when a process was killed."""
    hit = any(mark in line for mark in marks) or line.startswith(_GONE)
    return _GONE[: len(line)] if hit else None


def _without_texts(row: dict[str, Any], line: bytes) -> bytes | None:
    """The row with its figures only, never longer than it was; None where it has no text."""
    table = TABLES.get(str(row.get("t")))
    if table is None:
        return None if row.get("t") == "scrubbed" else _GONE
    kept = {name for name in row if name in ("t", "_at") or (name in table.by_name and not is_text(table, name))}
    if all(value is None for name, value in row.items() if name not in kept):
        return None
    new = to_json({name: value for name, value in row.items() if name in kept and value is not None})
    return new if len(new) <= len(line) else _GONE
