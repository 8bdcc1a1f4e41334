"""Results on their way into the run log, as they come: tables ``evaluations``, ``trials`` and ``scores``."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from loomlab.core.messages import utc_now
from loomlab.core.observers import current_observers
from loomlab.evals.trial import Trial


@runtime_checkable
class EvaluationLog(Protocol):
    """The part of a run log that an evaluation needs."""

    def append(self, table: str, row: Mapping[str, Any]) -> Any:
        """Write one row."""


def ambient_log() -> EvaluationLog | None:
    """The run log that is recording here, if there is one."""
    return next((one for one in current_observers() if isinstance(one, EvaluationLog)), None)


class Journal:
    """Writes one evaluation into a log; does nothing where there is no log."""

    def __init__(self, log: EvaluationLog | None, evaluation_id: str) -> None:
        self.log = log
        self.evaluation_id = evaluation_id

    def evaluation(self, row: Mapping[str, Any]) -> None:
        """A state of the whole evaluation: one row when it starts, one when it ends."""
        if self.log is not None:
            self.log.append("evaluations", {"evaluation_id": self.evaluation_id, **row, "at": utc_now()})

    def trial(self, trial: Trial) -> None:
        """One trial and its scores."""
        if self.log is None:
            return
        key = {"evaluation_id": self.evaluation_id, "case_id": trial.case_id, "arm": trial.arm, "epoch": trial.epoch}
        now = utc_now()
        self.log.append(
            "trials",
            {
                **key,
                "run_id": trial.run_id,
                "state": trial.state.value,
                "output": trial.output,
                "error_type": trial.error_type,
                "error": trial.error,
                "interruption": trial.interruption,
                "tokens_in": trial.tokens_in,
                "tokens_out": trial.tokens_out,
                "cost_usd": trial.cost_usd,
                "latency_ms": trial.latency_ms,
                "turns": trial.turns,
                "cluster": trial.cluster,
                "at": now,
            },
        )
        for name, score in trial.scores.items():
            said = {"scorer": name, "value": score.value, "state": score.state.value, "reason": score.reason}
            self.log.append("scores", {**key, "run_id": trial.run_id, **said, "at": now})
