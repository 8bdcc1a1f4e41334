"""Points in time that can be compared: a time without a zone is taken as UTC."""

from datetime import UTC, datetime


def instant(at: datetime) -> datetime:
    """``at`` as an aware time in UTC."""
    if at.tzinfo is UTC:
        return at
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
