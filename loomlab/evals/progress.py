"""How far an evaluation is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loomlab.evals.trial import Trial

if TYPE_CHECKING:
    from loomlab.evals.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Progress:
    """Handed to ``on_progress`` before the first trial and after each.

    ``failed`` counts trials without a score. ``cost_usd`` is what has been spent so far, None once any of it is not
    known. ``evaluation`` holds the results so far: keep it, and an interrupt loses nothing. ``restored`` of ``done``
    were there before, from an evaluation that this one goes on with.
    """

    evaluation: "Evaluation"
    done: int
    total: int
    failed: int
    cost_usd: float | None
    elapsed_s: float
    last: Trial | None = None
    restored: int = 0

    @property
    def remaining_s(self) -> float | None:
        """Seconds left at the pace so far; None before the first trial is done."""
        here = self.done - self.restored
        return self.elapsed_s / here * (self.total - self.done) if here else None
