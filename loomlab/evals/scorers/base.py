"""What a scorer is, and what they share."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from loomlab.core.messages import ToolCall
from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import Score

Said = Score | float | bool | None
"""What a scorer may return; None means it has nothing to say about the case."""

CallScorer = Callable[[RunResult, Case, Sequence[ToolCall]], Said | Awaitable[Said]]
"""A judge that looks at the tool calls of the run too."""

Scorer = Callable[[RunResult, Case], Said | Awaitable[Said]] | CallScorer
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


def wants_calls(one: Any) -> bool:
    """Whether a scorer takes the tool calls of the run as a third argument."""
    try:
        parameters = inspect.signature(one).parameters.values()
    except (TypeError, ValueError):
        return False
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one for one in parameters if one.kind in by_place and one.default is inspect.Parameter.empty]
    return len(needed) > 2


def targets_of(case: Case) -> list[Any]:
    """The right answers of a case: the members of a list, else the one target."""
    return list(case.target) if isinstance(case.target, (list, tuple)) else [case.target]
