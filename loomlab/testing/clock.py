"""A clock that moves only when it is told to."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Time under a test's control: ``clock()`` is in seconds, like ``time.monotonic``, ``clock.now()`` a datetime."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2026, 1, 1, tzinfo=UTC)
        self._passed = timedelta()

    def __call__(self) -> float:
        """Seconds since the clock was made."""
        return self._passed.total_seconds()

    def now(self) -> datetime:
        """The present instant, in the time zone of the start (UTC where none was given)."""
        return self._start + self._passed

    def advance(self, step: float | timedelta) -> datetime:
        """Let ``step`` (seconds, or a timedelta) pass; the new instant. Raises ValueError for a step back."""
        passed = step if isinstance(step, timedelta) else timedelta(seconds=step)
        if passed < timedelta():
            raise ValueError(f"time does not run backwards: {step!r}")
        self._passed += passed
        return self.now()
