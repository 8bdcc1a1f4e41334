"""What a scorer says about one answer. "Unscored" and "failed" are states of their own, never a 0 and never a NaN."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ScoreState(StrEnum):
    """Whether there is a score, and if not, why."""

    SCORED = "scored"
    UNSCORED = "unscored"
    FAILED = "scorer failed"


@dataclass(frozen=True, slots=True)
class Spent:
    """What a scorer that asks a model has used: calls, tokens, US dollars (None: the price is not known)."""

    model: str
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        known = self.cost_usd is not None and other.cost_usd is not None
        return Spent(
            self.model,
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


@dataclass(frozen=True, slots=True)
class Score:
    """A number (1 right, 0 wrong, or between), with a reason where the scorer gives one.

    ``value`` is None exactly when ``state`` is not ``scored``. ``spent`` is what judging cost, None where no model was
    asked; ``details`` is anything else the scorer tells, JSON-ready.
    """

    value: float | None
    reason: str | None = None
    state: ScoreState = ScoreState.SCORED
    spent: Spent | None = None
    details: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if (self.value is None) is (self.state is ScoreState.SCORED):
            raise ValueError("a score has a value exactly when its state is 'scored'")

    @property
    def cost_usd(self) -> float | None:
        """What judging cost, in US dollars: 0 where no model was asked, None where its price is not known."""
        return 0.0 if self.spent is None else self.spent.cost_usd

    @property
    def tokens(self) -> int:
        """Tokens that judging took, in and out."""
        return 0 if self.spent is None else self.spent.tokens_in + self.spent.tokens_out

    @classmethod
    def unscored(cls, reason: str, *, spent: Spent | None = None, details: Mapping[str, Any] | None = None) -> "Score":
        """The scorer has nothing to say about this case, and why."""
        return cls(None, reason, ScoreState.UNSCORED, spent, details)

    @classmethod
    def failed(cls, reason: str, *, spent: Spent | None = None, details: Mapping[str, Any] | None = None) -> "Score":
        """The scorer itself broke."""
        return cls(None, reason, ScoreState.FAILED, spent, details)


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
