"""Bringing an SQLite file of an older format up to date: a backup first, then all of it or nothing.

The write lock of the file itself keeps processes apart, so of several that open an old file at once one brings it up to
date, and the others find it done. A process that dies on the way leaves the old file: SQLite takes half a transaction
back, and a backup gets its name only when it is whole.
"""

import filecmp
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from loomlab.core.upgrading import UpgradeNotice, backup_of, draft_of, drafts_of

_AT_ONCE = 256 * 1024 * 1024
"""Bytes up to which a file is copied through memory, which keeps each byte as it is."""

Step = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of one kind of file.

    ``of`` tells the format of a file, None where it is new and holds nothing of ours. ``steps`` lead from the format
    before to the one they stand under; the last of them is what is written today. ``mark`` notes a format in the file.
    """

    holds: str
    of: Callable[[sqlite3.Connection], int | None]
    steps: Mapping[int, Step]
    mark: Callable[[sqlite3.Connection, int], None]

    @property
    def newest(self) -> int:
        """The format that is written today."""
        return max(self.steps)

    def upgrade(self, connection: sqlite3.Connection, path: str) -> UpgradeNotice | None:
        """Bring the file up to date where it is older; what to say of it, None where there was nothing to do.

        The connection is in no transaction, and waits for locks. Raises sqlite3.Error and OSError, and then the file
        is as it was. A file of a newer format is left as it is.
        """
        before = self.of(connection)
        if before is None or before >= self.newest:
            return None
        with suppress(sqlite3.Error):  # what stands in its log belongs into the backup; a reader may keep it there
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        backup = None
        try:
            before = self.of(connection)
            if before is None or before >= self.newest:
                connection.execute("ROLLBACK")
                return None
            backup = None if path == ":memory:" else _back_up(connection, Path(path), before)
            for number in sorted(self.steps):
                if number > before:
                    self.steps[number](connection)
            self.mark(connection, self.newest)
            connection.execute("COMMIT")
        except BaseException:
            undone = connection.in_transaction
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            if undone and backup is not None:
                backup.unlink(missing_ok=True)
            raise
        return None if backup is None else UpgradeNotice(self.holds, Path(path), before, self.newest, backup)


def _back_up(connection: sqlite3.Connection, path: Path, before: int) -> Path:
    """Copy the file as it is. Through SQLite: whoever opens and closes it otherwise drops this process's locks."""
    draft = draft_of(path)
    try:
        for left in drafts_of(path):  # nobody writes one now: that takes the lock that is held here
            left.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        draft.chmod(path.stat().st_mode & 0o777)
        if path.stat().st_size <= _AT_ONCE and hasattr(connection, "serialize"):
            draft.write_bytes(connection.serialize())
        else:
            # The transaction has changed nothing yet, and another connection sees what it began with.
            address = f"{path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(address, uri=True)) as old, closing(sqlite3.connect(draft)) as new:
                old.backup(new)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        return _named(draft, backup_of(path, before))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _named(draft: Path, wanted: Path) -> Path:
    """Give the copy its name, or the next that is free: no backup is ever written over.

    A process that died after its backup was whole has left the very same one; that is it then.
    """
    number = 1
    while True:
        target = wanted if number == 1 else wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        try:
            os.link(draft, target)
        except FileExistsError:
            if filecmp.cmp(draft, target, shallow=False):
                draft.unlink()
                return target
            number += 1
            continue
        except OSError:  # a file system without links
            if target.exists():
                number += 1
                continue
            draft.rename(target)
            return target
        draft.unlink()
        return target
