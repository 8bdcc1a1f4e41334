"""Files of an older make that are brought up to date: how the file as it was is kept, and how it is said."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from loomlab.core.ids import new_id

_DRAFT = re.compile(r"\.[0-9A-Z]{26}\.tmp(-journal|-wal|-shm)?")


class UpgradeNotice(UserWarning):
    """A file of an older format was brought up to date. ``backup`` is the file as it was."""

    def __init__(self, holds: str, path: Path, before: int, after: int, backup: Path) -> None:
        self.path, self.before, self.after, self.backup = path, before, after, backup
        super().__init__(
            f"{holds} {path} was brought from format {before} to {after}; as it was, it is kept in {backup} (delete "
            "that when all is well: what is forgotten from now on is still in it)"
        )


def backup_of(path: Path, before: int, now: datetime | None = None) -> Path:
    """Where the file as it was is kept: beside it, with its format and today's date."""
    day = (now or datetime.now(UTC)).date().isoformat()
    return path.with_name(f"{path.name}.format{before}-{day}.backup")


def backups_of(path: Path) -> list[Path]:
    """What is kept beside a file, or a folder, of times before it was brought up to date: the oldest format first."""
    with suppress(OSError):
        start = f"{path.name}.format"
        return sorted(one for one in path.parent.iterdir() if one.name.startswith(start) and one.suffix == ".backup")
    return []


def draft_of(path: Path) -> Path:
    """Where a backup is written until it is whole."""
    return path.with_name(f"{path.name}.{new_id()}.tmp")


def drafts_of(path: Path) -> Iterator[Path]:
    """What processes have left that died while they wrote a backup; for whoever holds the lock of what is kept."""
    for one in path.parent.iterdir():
        if one.name.startswith(path.name) and _DRAFT.fullmatch(one.name, len(path.name)):
            yield one
