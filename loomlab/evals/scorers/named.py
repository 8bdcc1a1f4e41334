"""Scorers by name, as a suite file writes them."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from loomlab.core.errors import ConfigError, LoomError
from loomlab.core.nearest import did_you_mean
from loomlab.evals.scorers.base import CallScorer, Scorer
from loomlab.evals.scorers.by_case import case_scorer
from loomlab.evals.scorers.code import code
from loomlab.evals.scorers.end_state import end_state
from loomlab.evals.scorers.exact import exact
from loomlab.evals.scorers.f1 import f1
from loomlab.evals.scorers.includes import includes
from loomlab.evals.scorers.json_match import json_match
from loomlab.evals.scorers.model_judge import model_judge
from loomlab.evals.scorers.numeric import numeric
from loomlab.evals.scorers.pairwise_judge import pairwise_judge
from loomlab.evals.scorers.regex import regex
from loomlab.evals.scorers.schema import schema
from loomlab.evals.scorers.tool_calls import tool_calls


def by_case(default: str | Mapping[str, Any] | None = None) -> CallScorer:
    """Score each case by the scorer that its ``metadata["scorer"]`` names, as in a suite; else by ``default``.

    For datasets of several kinds of questions. A case that names none, or one that there is not, is unscored.
    """
    return case_scorer(from_spec, default)


_FACTORIES: dict[str, Callable[..., Scorer]] = {
    "by_case": by_case,
    "code": code,
    "end_state": end_state,
    "exact": exact,
    "f1": f1,
    "includes": includes,
    "json_match": json_match,
    "model_judge": model_judge,
    "numeric": numeric,
    "pairwise_judge": pairwise_judge,
    "regex": regex,
    "schema": schema,
    "tool_calls": tool_calls,
}


def names() -> list[str]:
    """Every scorer that can be named."""
    return sorted(_FACTORIES)


def from_spec(spec: str | Mapping[str, Any]) -> Scorer:
    """The scorer of ``"exact"`` or of ``{"name": "numeric", "tolerance": 0.01}``.

    Raises ConfigError for an unknown name or option, naming the nearest valid one.
    """
    given = {"name": spec} if isinstance(spec, str) else dict(spec)
    name = given.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError('a scorer needs a name, as in scorers = ["exact"] or [{name = "numeric", tolerance = 0.01}]')
    if name not in _FACTORIES:
        raise ConfigError(f"there is no scorer {name!r}; {did_you_mean(name, _FACTORIES)}")
    factory = _FACTORIES[name]
    options = inspect.signature(factory).parameters
    for key in given:
        if key not in options:
            raise ConfigError(f"the scorer {name!r} has no option {key!r}; {did_you_mean(key, options)}")
    try:
        return factory(**given)
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"the scorer {name!r} does not take these options: {exc}") from exc
    except (LoomError, ImportError) as exc:  # a judge's model: an unknown name, a missing key or package
        raise ConfigError(f"the scorer {name!r} can't be made: {exc}") from exc
