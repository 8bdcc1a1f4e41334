"""What may stand behind an arm's score other than how it thinks: limits, unread answers, errors, unseen tools."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from loomlab.core.results import EndReason
from loomlab.evals.trial import Trial, TrialState


@dataclass(frozen=True, slots=True)
class Confounds:
    """Of ``trials`` trials: how many met a limit (turns, budget, time), had an answer that could not be read or was
    forced out, ended in an error, or have no score; in how many no model call was told of the tools there were
    (``blind``). ``ended`` counts every reason why the runs ended.
    """

    trials: int
    limit: int
    unread: int
    forced: int
    errors: int
    unscored: int
    ended: dict[str, int]
    blind: int = 0

    @property
    def clean(self) -> bool:
        """Nothing of the kind happened."""
        return not (self.limit or self.unread or self.forced or self.errors or self.unscored or self.blind)

    def said(self) -> str:
        """As a person reads it: ``3 met a limit · 1 error``; empty where nothing happened."""
        parts = (
            (self.limit, "met a limit"),
            (self.unread, "could not be read"),
            (self.forced, "had the answer forced out"),
            (self.errors, "failed"),
            (self.unscored, "without a score"),
            (self.blind, "never told the model of the tools"),
        )
        return " · ".join(f"{count} {what}" for count, what in parts if count)


def confounds(trials: Sequence[Trial], scorer: str) -> Confounds:
    """Count them over an arm's trials."""
    ended = Counter(trial.ended for trial in trials if trial.ended)
    answered = [trial for trial in trials if trial.state is TrialState.ANSWERED]
    return Confounds(
        trials=len(trials),
        limit=ended[EndReason.TURN_CAP.value]
        + ended[EndReason.BUDGET.value]
        + sum(trial.state is TrialState.TIMEOUT for trial in trials),
        unread=ended[EndReason.PARSE_FAILURE.value],
        forced=ended[EndReason.FORCED_ANSWER.value],
        errors=sum(trial.state is TrialState.ERROR for trial in trials),
        unscored=sum(trial.score(scorer) is None for trial in answered),
        ended=dict(ended),
        blind=sum(trial.told_of_tools is False for trial in trials),
    )
