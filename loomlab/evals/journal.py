"""Results on their way into the run log, as they come: tables ``evaluations``, ``trials`` and ``scores``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from loomlab.core.messages import utc_now
from loomlab.core.observers import current_observers
from loomlab.evals.case import Case
from loomlab.evals.score import Score
from loomlab.evals.trial import Trial, TrialState


@runtime_checkable
class EvaluationLog(Protocol):
    """The part of a run log that an evaluation needs."""

    def append(self, table: str, rows: Sequence[Mapping[str, Any]]) -> Any:
        """Write rows."""


def ambient_log() -> EvaluationLog | None:
    """The run log that is recording here, if there is one."""
    return next((one for one in current_observers() if isinstance(one, EvaluationLog)), None)


def log_trial(log: EvaluationLog, evaluation_id: str, trial: Trial, case: Case, started_at: datetime) -> None:
    """Write one trial and its scores. The log counts repetitions from 0."""
    # Scores first: a trial that is in the log is whole, so that resuming need not ask it again.
    log_scores(log, evaluation_id, trial, trial.scores)
    log.append("trials", [{**_key(evaluation_id, trial), **_trial_row(trial, case, started_at, utc_now())}])


def log_scores(log: EvaluationLog, evaluation_id: str, trial: Trial, scores: Mapping[str, Score]) -> None:
    """Write scores of a trial; one of the same name replaces the earlier."""
    if scores:
        key, now = _key(evaluation_id, trial), utc_now()
        log.append("scores", [{**key, **_score_row(name, score, now)} for name, score in scores.items()])


def _key(evaluation_id: str, trial: Trial) -> dict[str, Any]:
    return {
        "evaluation_id": evaluation_id,
        "trial_id": trial.id,
        "case_id": trial.case_id,
        "arm": trial.arm,
        "repeat": trial.epoch - 1,
        "user_id": trial.user_id,
    }


def _trial_row(trial: Trial, case: Case, started_at: datetime, finished_at: datetime) -> dict[str, Any]:
    return {
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
        "finished_at": finished_at,
        "metadata": {
            "state": trial.state.value,
            "error_type": trial.error_type,
            "interruption": trial.interruption,
            "ended": trial.ended,
            "cluster": trial.cluster,
            **({} if trial.told_of_tools is None else {"told_of_tools": trial.told_of_tools}),
            **({"spent": [one.as_row() for one in trial.spent]} if trial.spent else {}),
        },
    }


def _score_row(name: str, score: Score, scored_at: datetime) -> dict[str, Any]:
    return {
        "scorer": name,
        "metric": "",
        "value": score.value,
        "explanation": score.reason if score.value is not None else None,
        "error": score.reason if score.value is None else None,
        "scored_at": scored_at,
        "metadata": {
            "state": score.state.value,
            **({} if score.spent is None else {"spent": asdict(score.spent)}),
            **({} if score.details is None else {"details": dict(score.details)}),
        },
    }


def _status(trial: Trial) -> str:
    if trial.state is not TrialState.ANSWERED:
        return "error"
    return "answered" if trial.interruption is None else "interrupted"
