"""Results on their way into the run log, as they come: tables ``evaluations``, ``trials`` and ``scores``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from loomlab.core.messages import utc_now
from loomlab.core.observers import current_observers
from loomlab.evals.case import Case
from loomlab.evals.trial import Trial, TrialState


@runtime_checkable
class EvaluationLog(Protocol):
    """The part of a run log that an evaluation needs."""

    def append(self, table: str, row: Mapping[str, Any]) -> Any:
        """Write one row."""


def ambient_log() -> EvaluationLog | None:
    """The run log that is recording here, if there is one."""
    return next((one for one in current_observers() if isinstance(one, EvaluationLog)), None)


def log_trial(log: EvaluationLog, evaluation_id: str, trial: Trial, case: Case, started_at: datetime) -> None:
    """Write one trial and its scores. The log counts repetitions from 0."""
    key = {
        "evaluation_id": evaluation_id,
        "trial_id": trial.id,
        "case_id": trial.case_id,
        "arm": trial.arm,
        "repeat": trial.epoch - 1,
        "user_id": trial.user_id,
    }
    now = utc_now()
    log.append(
        "trials",
        {
            **key,
            "run_id": trial.run_id or None,
            "status": _status(trial),
            "input": case.input,
            "target": case.target,
            "output": trial.output,
            "error": trial.error,
            "turns": trial.turns,
            "tokens_in": trial.tokens_in,
            "tokens_out": trial.tokens_out,
            "cost_usd": trial.cost_usd,
            "duration_ms": trial.latency_ms,
            "started_at": started_at,
            "finished_at": now,
            "metadata": {
                "state": trial.state.value,
                "error_type": trial.error_type,
                "interruption": trial.interruption,
                "cluster": trial.cluster,
            },
        },
    )
    for name, score in trial.scores.items():
        said = score.reason
        log.append(
            "scores",
            {
                **key,
                "scorer": name,
                "metric": "",
                "value": score.value,
                "explanation": said if score.value is not None else None,
                "error": said if score.value is None else None,
                "scored_at": now,
                "metadata": {"state": score.state.value},
            },
        )


def _status(trial: Trial) -> str:
    if trial.state is not TrialState.ANSWERED:
        return "error"
    return "answered" if trial.interruption is None else "interrupted"
