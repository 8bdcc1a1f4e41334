"""Files of an older make that are brought up to date: how the file as it was is kept, and how it is said."""

from datetime import UTC, datetime
from pathlib import Path


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
