"""What a scorer is, and what they share."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import Score

Said = Score | float | bool | None
"""What a scorer may return; None means it has nothing to say about the case."""

Scorer = Callable[[RunResult, Case], Said | Awaitable[Said]]
"""A judge of one answer."""

F = TypeVar("F", bound=Callable[..., Any])


def scorer(name: str) -> Callable[[F], F]:
    """Give a scoring function the name its column will have."""

    def named(function: F) -> F:
        function.__name__ = name
        return function

    return named


def scorer_name(one: Any) -> str:
    """The name of a scorer: its ``name``, its function's name, or its class's."""
    name = getattr(one, "name", None) or getattr(one, "__name__", None) or type(one).__name__
    return str(name)


def targets_of(case: Case) -> list[Any]:
    """The right answers of a case: the members of a list, else the one target."""
    return list(case.target) if isinstance(case.target, (list, tuple)) else [case.target]
