"""Where a certified value may come from, and what it may be made of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from loomlab.core import CertifiedValue, LineageError


@dataclass(frozen=True, slots=True)
class LineagePolicy:
    """The beginnings of the names of the sources that are allowed; none at all: every source is.

    A value is allowed when its own source is, and the source of every value it was made from.
    """

    allowed_sources: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        given: Any = self.allowed_sources
        object.__setattr__(self, "allowed_sources", frozenset({given} if isinstance(given, str) else given))

    @classmethod
    def from_iter(cls, sources: Iterable[str]) -> "LineagePolicy":
        """A policy that allows these."""
        return cls(frozenset({sources} if isinstance(sources, str) else sources))

    def allows(self, source: str) -> bool:
        """Whether values of this source are allowed."""
        return not self.allowed_sources or source.startswith(tuple(self.allowed_sources))


def check_lineage(value: CertifiedValue, policy: LineagePolicy) -> bool:
    """Whether the value's source and all those behind it are allowed."""
    return foreign(value, policy) is None


def require_lineage(value: CertifiedValue, policy: LineagePolicy) -> None:
    """Raise LineageError, naming the source that is not allowed and those that are."""
    found = foreign(value, policy)
    if found is not None:
        behind = "" if found is value else f", which the value from {value.source!r} was made from,"
        raise LineageError(f"the source {found.source!r}{behind} is not allowed; allowed are: {listed(policy)}")


def foreign(value: CertifiedValue, policy: LineagePolicy) -> CertifiedValue | None:
    """The first value, of this one and those it was made from, whose source is not allowed."""
    return next((one for one in ancestry(value) if not policy.allows(one.source)), None)


def ancestry(value: CertifiedValue) -> Iterator[CertifiedValue]:
    """The value and every value it was made from, each once, nearest first."""
    waiting, seen = [value], {id(value)}
    for one in waiting:
        yield one
        for parent in one.lineage:
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)


def listed(policy: LineagePolicy) -> str:
    """The allowed sources in words."""
    return ", ".join(sorted(policy.allowed_sources)) or "all"
