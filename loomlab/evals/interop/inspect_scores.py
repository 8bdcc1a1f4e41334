"""Scores of inspect_ai as ours: numbers, letters, verdicts; anything else has no value, and says why."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from loomlab.evals.interop.inspect_messages import OURS
from loomlab.evals.score import Score, ScoreState

_WORDS = {"c": 1.0, "p": 0.5, "i": 0.0, "n": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
"""Correct, partially correct, incorrect, no answer; and verdicts."""


def scores_of(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Score]:
    """All scores of a sample. One with several figures becomes one a figure, ``scorer/figure``."""
    return {name: score for scorer, one in given.items() for name, score in _figures(scorer, one)}


def added_scores(rows: Mapping[str, Any], given: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Our scores as rows, with those that were added, or edited to another value, since we wrote them."""
    made = dict(rows)
    for name, one in scores_of(given).items():
        if name in rows and _same(rows[name].get("value"), one.value):
            continue
        plain = {"value": one.value, "reason": one.reason, "state": one.state.value}
        made[name] = {key: value for key, value in plain.items() if value is not None}
    return made


def _same(ours: float | None, theirs: float | None) -> bool:
    return ours is None or theirs is None if None in (ours, theirs) else math.isclose(float(ours or 0), theirs or 0)


def _figures(scorer: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Score]]:
    value = given.get("value")
    if isinstance(value, Mapping):
        for figure, one in value.items():
            yield f"{scorer}/{figure}", _score(one, given)
    else:
        yield scorer, _score(value, given)


def _score(value: Any, given: Mapping[str, Any]) -> Score:
    said, number = given.get("explanation"), _number(value)
    details = {key: one for key, one in (given.get("metadata") or {}).items() if key != OURS} or None
    if number is not None:
        return Score(number, said, details=details)
    kept = (given.get("metadata") or {}).get(OURS) or {}
    if kept.get("state") == ScoreState.FAILED.value:
        return Score.failed(said or "the scorer failed", details=details)
    nothing = value is None or isinstance(value, float)
    why = said or given.get("reason") or "not scored" if nothing else f"the score {value!r} is no number"
    return Score.unscored(str(why), details=details)


def _number(value: Any) -> float | None:
    if isinstance(value, (bool, int)):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        if value.strip().lower() in _WORDS:
            return _WORDS[value.strip().lower()]
        try:
            number = float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None
    return None
