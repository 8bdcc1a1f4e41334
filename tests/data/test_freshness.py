"""How old a value may be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.core import CertifiedValue, ConfigError, FreshnessError
from loomlab.data import FreshnessPolicy, check_freshness, require_freshness
from loomlab.data.freshness import lasting

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def value(source: str = "s", *, age: timedelta = timedelta(0), valid_until: datetime | None = None) -> CertifiedValue:
    return CertifiedValue(value=1, source=source, fetched_at=NOW - age, valid_until=valid_until)


def test_the_first_prefix_that_fits_counts_then_the_default() -> None:
    policy = FreshnessPolicy.from_dict({"erp:stock": timedelta(minutes=1), "erp:": 3600}, default=timedelta(days=1))
    assert policy.max_age_for("erp:stock/7") == timedelta(minutes=1)
    assert policy.max_age_for("erp:orders") == timedelta(hours=1)
    assert policy.max_age_for("web") == timedelta(days=1)
    assert FreshnessPolicy().max_age_for("web") is None


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_fresh_is_no_older_than_allowed(age: int, most: int) -> None:
    policy = FreshnessPolicy(default=timedelta(seconds=most))
    assert check_freshness(value(age=timedelta(seconds=age)), policy, now=NOW) == (age <= most)


def test_past_its_validity_it_is_stale_whatever_the_policy() -> None:
    late = value(valid_until=NOW - timedelta(seconds=1))
    assert not check_freshness(late, FreshnessPolicy(), now=NOW)
    assert check_freshness(value(valid_until=NOW), FreshnessPolicy(), now=NOW)


def test_the_error_names_source_age_and_what_is_allowed() -> None:
    policy = FreshnessPolicy(default=timedelta(hours=1))
    with pytest.raises(FreshnessError, match="'erp' is stale: it is 3 h 20 min old, and at most 1 h is allowed; fetch"):
        require_freshness(value("erp", age=timedelta(minutes=200)), policy, now=NOW)
    require_freshness(value("erp", age=timedelta(minutes=20)), policy, now=NOW)


def test_a_value_from_the_future_is_no_fresh_value_and_clocks_may_differ_a_little() -> None:
    assert not check_freshness(value(age=timedelta(hours=-1)), FreshnessPolicy(), now=NOW)
    assert check_freshness(value(age=timedelta(minutes=-1)), FreshnessPolicy(), now=NOW)


def test_a_time_without_a_zone_is_utc() -> None:
    naive = CertifiedValue(value=1, source="s", fetched_at=datetime(2026, 5, 1, 11))
    assert check_freshness(naive, FreshnessPolicy(default=timedelta(hours=1)), now=NOW)
    assert not check_freshness(naive, FreshnessPolicy(default=timedelta(minutes=59)), now=NOW)


@pytest.mark.parametrize("age", ["1 h", timedelta(seconds=-1), True])
def test_an_age_that_is_none_is_refused(age: object) -> None:
    with pytest.raises(ConfigError, match=r"timedelta\(minutes=5\)"):
        FreshnessPolicy.from_dict({"s": age})  # type: ignore[dict-item]  # that is the point


def test_a_policy_does_not_change() -> None:
    policy = FreshnessPolicy()
    with pytest.raises(AttributeError):
        policy.default = timedelta(0)  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.5, "0.5 s"), (59, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (90_000, "1 d 1 h")]
)
def test_lengths_of_time_read_well(seconds: float, said: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == said
