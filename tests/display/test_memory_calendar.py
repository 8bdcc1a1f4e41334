"""Times as places and words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.display.memory_calendar import FRESH, Calendar

_INSTANTS = st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1, max_size=30)


@given(_INSTANTS, st.none() | st.datetimes(timezones=st.just(UTC)))
def test_any_times_at_all_stand_in_order_between_the_edges_with_few_ticks(
    instants: list[datetime], fresh: datetime | None
) -> None:
    calendar = Calendar(instants, left=100, right=700, fresh=fresh)
    places = [calendar.x(one) for one in sorted(instants)]
    assert places == sorted(places)
    assert 100 <= places[0] <= places[-1] <= 700
    ticks = calendar.ticks()
    assert 0 <= len(ticks) <= 9
    assert all(100 <= x <= 700 and name for x, name in ticks)
    assert all(calendar.date(one) and calendar.short(one) for one in instants)


@pytest.mark.parametrize(
    ("span", "names"),
    [
        (timedelta(days=200), ["Jan 2026", "Feb", "Mar", "Apr", "May", "Jun", "Jul"]),
        (timedelta(days=5), ["1 Jan", "2 Jan", "3 Jan", "4 Jan", "5 Jan", "6 Jan"]),
        (timedelta(hours=5), ["00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]),
        (timedelta(days=4 * 365), ["2026", "2027", "2028", "2029"]),
    ],
)
def test_ticks_are_round(span: timedelta, names: list[str]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    calendar = Calendar([start, start + span], left=0, right=600)
    assert [name for _, name in calendar.ticks()] == names


def test_what_is_of_this_session_is_one_place_at_the_right() -> None:
    fresh = datetime(2026, 9, 10, 8, tzinfo=UTC)
    calendar = Calendar(
        [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), fresh], left=0, right=600, fresh=fresh
    )
    assert calendar.x(fresh) == calendar.x(fresh + timedelta(days=3)) > calendar.x(datetime(2026, 3, 1, tzinfo=UTC))
    assert calendar.date(fresh) == FRESH
    assert calendar.ticks()[-1][1] == FRESH


def test_a_time_without_a_zone_is_utc() -> None:
    at = datetime(2026, 4, 9)
    assert Calendar([at], left=0, right=600).date(at) == "9 Apr 2026"
