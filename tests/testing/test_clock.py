"""The clock that moves only when it is told to."""

from datetime import UTC, datetime, timedelta

import pytest

from loomlab.testing.clock import FakeClock


def test_it_stands_still_until_it_is_moved() -> None:
    clock = FakeClock(datetime(2026, 3, 1, tzinfo=UTC))
    assert (clock(), clock.now()) == (0.0, datetime(2026, 3, 1, tzinfo=UTC))
    assert clock.advance(1.5) == clock.now() == datetime(2026, 3, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert clock() == 86_401.5


def test_it_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        FakeClock().advance(-1)
