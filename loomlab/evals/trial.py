"""One case, answered once by one arm."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic_core import to_json

from loomlab.evals.ledger import Entry
from loomlab.evals.score import Score, ScoreState


class TrialState(StrEnum):
    """How far a trial came."""

    ANSWERED = "answered"
    ERROR = "error"
    TIMEOUT = "timeout"


@dataclass(slots=True)
class Trial:
    """What came of one case, one arm, one epoch (from 1), in a run for ``user_id``.

    ``latency_ms`` is the run's own wall time. Tokens and ``cost_usd`` are None where they are not known (a plain
    function, an unpriced model). ``interruption`` is why a limit stopped the run, whose answer is scored;
    ``ended`` says why the run ended (``core.EndReason``), None for a plain function. ``spent`` is the ledger of its
    model calls; those of its scorers stand with the scores. ``told_of_tools``: whether any of them knew
    of the tools there were; None where there were none, or it is not known.
    """

    id: str
    case_id: str
    arm: str
    epoch: int
    user_id: str
    state: TrialState = TrialState.ANSWERED
    output: str | None = None
    scores: dict[str, Score] = field(default_factory=dict)
    error_type: str | None = None
    error: str | None = None
    interruption: str | None = None
    ended: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None
    latency_ms: float | None = None
    turns: int | None = None
    run_id: str = ""
    cluster: str | None = None
    spent: tuple[Entry, ...] = ()
    told_of_tools: bool | None = None

    def score(self, scorer: str) -> float | None:
        """The value that ``scorer`` gave, or None."""
        score = self.scores.get(scorer)
        return None if score is None else score.value

    def state_for(self, scorer: str) -> str:
        """``scored``, ``unscored`` or ``scorer failed``; ``error`` or ``timeout`` where the arm gave no answer."""
        if self.state is not TrialState.ANSWERED:
            return self.state.value
        score = self.scores.get(scorer)
        return ScoreState.UNSCORED.value if score is None else score.state.value

    def cause(self, scorer: str) -> str | None:
        """Why this trial has no score, or was cut short: an error's type, ``timeout``, a scorer's fault, a limit."""
        if self.state is TrialState.ERROR:
            return self.error_type
        if self.state is TrialState.TIMEOUT:
            return "timeout"
        state = self.state_for(scorer)
        return self.interruption if state == ScoreState.SCORED.value else state

    def detail(self, scorer: str) -> str | None:
        """The sentence that belongs to ``cause``."""
        if self.error is not None:
            return self.error
        score = self.scores.get(scorer)
        return score.reason if score is not None and score.value is None else self.interruption


def answer_text(output: Any) -> str:
    """An arm's answer as text: JSON for what is no text, so that it can be shown and stored."""
    if isinstance(output, str):
        return output
    return to_json(output, fallback=repr, inf_nan_mode="constants").decode()
