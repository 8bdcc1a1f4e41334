"""Points in time that can be compared: a time without a zone is taken as UTC."""

from datetime import UTC, datetime


def instant(at: datetime) -> datetime:
    """``at`` as an aware time."""
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
