"""What a scorer says about one answer. "Unscored" and "failed" are states of their own, never a 0 and never a NaN."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ScoreState(StrEnum):
    """Whether there is a score, and if not, why."""

    SCORED = "scored"
    UNSCORED = "unscored"
    FAILED = "scorer failed"


@dataclass(frozen=True, slots=True)
class Score:
    """A number (1 right, 0 wrong, or between), with a reason where the scorer gives one.

    ``value`` is None exactly when ``state`` is not ``scored``.
    """

    value: float | None
    reason: str | None = None
    state: ScoreState = ScoreState.SCORED

    def __post_init__(self) -> None:
        if (self.value is None) is (self.state is ScoreState.SCORED):
            raise ValueError("a score has a value exactly when its state is 'scored'")

    @classmethod
    def unscored(cls, reason: str) -> "Score":
        """The scorer has nothing to say about this case, and why."""
        return cls(None, reason, ScoreState.UNSCORED)

    @classmethod
    def failed(cls, reason: str) -> "Score":
        """The scorer itself broke."""
        return cls(None, reason, ScoreState.FAILED)


RIGHT = Score(1.0)
WRONG = Score(0.0)
NO_TARGET = Score.unscored("the case has no target")


def as_score(said: Any) -> Score:
    """Whatever a scorer returned, as a ``Score``. None means unscored; anything that is no number is a failure."""
    if said is True:
        return RIGHT
    if said is False:
        return WRONG
    if isinstance(said, Score):
        return said
    if said is None:
        return Score.unscored("the scorer returned None")
    try:
        value = float(said)
    except (TypeError, ValueError):
        return Score.failed(f"the scorer returned {type(said).__name__}, not a number, a bool or a Score")
    if not math.isfinite(value):
        return Score.failed(f"the scorer returned {value}")
    return Score(value)
