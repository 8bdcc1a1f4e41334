"""Old segments into Parquet: smaller and faster to ask, and nobody loses a row or sees one twice while it happens.

The order makes it safe against a crash at any point: Parquet files complete and on disk, then the manifest that makes
them count (and the segments not), then the segments removed.
"""

import contextlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.ids import new_id
from loomlab.runlog import statements
from loomlab.runlog.home import Home
from loomlab.runlog.locking import Holder, holder, lock
from loomlab.runlog.manifest import Manifest
from loomlab.runlog.schema import TABLES
from loomlab.runlog.segment import segment_files
from loomlab.runlog.snapshot import Snapshot

_STALE_S = 600


def compact(home: Home) -> int:
    """Turn the segments of processes that are gone into Parquet; how many. 0 also while another process does it."""
    if not home.segments.exists():
        return 0
    try:
        fd = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            return _compact(home) if lock(fd) else 0
        finally:
            os.close(fd)
    except OSError as error:
        raise ConfigError(
            f"the run log {home.path} can't be compacted: {error.strerror or error}; make room or make it writable"
        ) from None


def loose_bytes(home: Home) -> int:
    """How many bytes lie in segments of processes that are gone."""
    manifest, total = Manifest.read(home), 0
    for file in _dead(home, manifest).values():
        with contextlib.suppress(FileNotFoundError):  # compacted by somebody else just now
            total += file.stat().st_size
    return total


def _dead(home: Home, manifest: Manifest) -> dict[str, Path]:
    return {
        file.stem: file
        for file in segment_files(home)
        if file.stem not in manifest.replaces and holder(file) is Holder.DEAD
    }


def _compact(home: Home) -> int:
    manifest = Manifest.read(home)
    sweep(home, manifest)
    dead = _dead(home, manifest)
    if not dead:
        return 0
    snapshot = Snapshot(home, closed=False, only=frozenset(dead))
    snapshot.refresh()
    generation = new_id()
    folder = home.compacted / generation
    folder.mkdir(parents=True)
    for table in TABLES.values():
        file = folder / f"{table.name}.parquet"
        snapshot.connection.execute(
            f"COPY (FROM store.all_{table.name} ORDER BY {table.order}) TO {statements.text(str(file))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        sync(file)
    sync(folder)
    problems = snapshot.problems
    snapshot.connection.close()
    Manifest(generation, frozenset(dead) | manifest.replaces, tuple(problems)).write(home)
    sync(home.folder)
    _remove(home, dead, {str(problem["segment"]) for problem in problems if "torn" not in str(problem["problem"])})
    if manifest.generation:
        shutil.rmtree(home.compacted / manifest.generation, ignore_errors=True)
    return len(dead)


def _remove(home: Home, files: dict[str, Path], damaged: set[str]) -> None:
    for name, file in files.items():
        if name in damaged:
            home.damaged.mkdir(exist_ok=True)
            file.replace(home.damaged / file.name)
        else:
            file.unlink(missing_ok=True)


def sweep(home: Home, manifest: Manifest) -> None:
    """Remove what a compaction that was killed has left."""
    left = {file.stem: file for file in segment_files(home) if file.stem in manifest.replaces}
    _remove(home, left, {str(problem["segment"]) for problem in manifest.problems})
    if home.compacted.exists():
        for folder in home.compacted.iterdir():
            if folder.name != manifest.generation:
                shutil.rmtree(folder, ignore_errors=True)
    for draft in (*home.segments.glob("*.new"), *home.folder.glob("*.tmp")):
        if time.time() - draft.stat().st_mtime > _STALE_S:
            draft.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk when this returns."""
    if path.is_dir() and sys.platform == "win32":
        return  # folders cannot be opened there
    fd: Any = os.open(path, os.O_RDONLY if sys.platform != "win32" else os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
