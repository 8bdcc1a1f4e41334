"""How old a certified value may be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from loomlab.core import CertifiedValue, ConfigError, FreshnessError
from loomlab.core.messages import utc_now

AHEAD = timedelta(minutes=5)
"""How far in the future a value may have been fetched: clocks differ, but not by more."""


@dataclass(frozen=True, slots=True)
class FreshnessPolicy:
    """The greatest age a source's values may have.

    ``per_source`` are pairs of the beginning of a source's name and an age; the first that fits counts. ``default`` is
    for all other sources, None: they may be of any age. Whatever the policy, a value past its ``valid_until`` is stale.

    Raises ConfigError for an age that is no ``timedelta`` of zero or more.
    """

    per_source: tuple[tuple[str, timedelta], ...] = ()
    default: timedelta | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "per_source", tuple((str(prefix), age) for prefix, age in self.per_source))
        ages: list[tuple[str, Any]] = [*self.per_source, ("default", self.default)]
        for name, age in ages:
            if age is not None and (not isinstance(age, timedelta) or age < timedelta(0)):
                raise ConfigError(
                    f"the greatest age of {name!r} is a datetime.timedelta of zero or more, not {age!r}: "
                    "timedelta(minutes=5)"
                )

    @classmethod
    def from_dict(
        cls,
        per_source: Mapping[str, timedelta | float] | None = None,
        *,
        default: timedelta | float | None = None,
    ) -> "FreshnessPolicy":
        """A policy from a mapping of sources to ages, in the mapping's order; a number is an age in seconds."""
        ages = tuple((prefix, _age(age)) for prefix, age in (per_source or {}).items())
        return cls(ages, None if default is None else _age(default))

    def max_age_for(self, source: str) -> timedelta | None:
        """The greatest age of values of this source; None: any."""
        return next((age for prefix, age in self.per_source if source.startswith(prefix)), self.default)


def check_freshness(value: CertifiedValue, policy: FreshnessPolicy, *, now: datetime | None = None) -> bool:
    """Whether the value is fresh: not past ``valid_until``, no older than allowed, and not fetched in the future."""
    return staleness(value, policy, now=now) is None


def require_freshness(value: CertifiedValue, policy: FreshnessPolicy, *, now: datetime | None = None) -> None:
    """Raise FreshnessError, with source, age and what is allowed, where the value is not fresh."""
    why = staleness(value, policy, now=now)
    if why is not None:
        raise FreshnessError(f"the value from {value.source!r} is stale: {why}; fetch it again")


def staleness(value: CertifiedValue, policy: FreshnessPolicy, *, now: datetime | None = None) -> str | None:
    """Why the value is not fresh, None where it is."""
    at = aware(now or utc_now())
    age = at - aware(value.fetched_at)
    if value.valid_until is not None and at > aware(value.valid_until):
        return f"it was valid until {aware(value.valid_until).isoformat(timespec='seconds')}"
    if age < -AHEAD:
        return f"it claims to be fetched {lasting(-age)} in the future"
    most = policy.max_age_for(value.source)
    if most is not None and age > most:
        return f"it is {lasting(age)} old, and at most {lasting(most)} is allowed"
    return None


def aware(at: datetime) -> datetime:
    """A time with a zone; one without is UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def lasting(age: timedelta) -> str:
    """A length of time as a person says it: ``45 s``, ``12 min``, ``3 h 20 min``, ``2 d 4 h``."""
    return " ".join(list(_parts(age.total_seconds()))[:2])


def _parts(seconds: float) -> Iterator[str]:
    if seconds < 60:
        yield f"{seconds:.3g} s"
        return
    left = round(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            yield f"{count} {unit}"


def _age(age: Any) -> Any:
    return timedelta(seconds=age) if isinstance(age, (int, float)) and not isinstance(age, bool) else age
