"""An evaluation as logs of inspect_ai, one an arm: what ``inspect view`` opens."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic_core import from_json, to_json

from loomlab.core.errors import ConfigError
from loomlab.core.redact import redact_data
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.interop.inspect_messages import OURS
from loomlab.evals.interop.inspect_sample import sample_of, summed
from loomlab.evals.interop.packages import apart, inspect_log_module
from loomlab.evals.ledger import arm_ledger
from loomlab.evals.recorded import evaluation_row
from loomlab.evals.rescore import RunStore
from loomlab.evals.trial import Trial, TrialState

_STATUS = {
    Status.RUNNING: "started",
    Status.DONE: "success",
    Status.CANCELLED: "cancelled",
    Status.ERROR: "error",
}


def to_inspect(
    evaluation: Evaluation,
    folder: str | Path,
    *,
    run_log: RunStore | None = None,
    kind: Literal["eval", "json"] = "eval",
) -> list[Path]:
    """Write a log for each arm into ``folder``; where they lie. ``inspect view --log-dir`` shows them.

    ``run_log`` is the log that recorded the runs (default: the one that the evaluation was written to): with it,
    samples have their messages and a transcript of model calls, tool calls and notes. ``kind`` is inspect_ai's own
    format or JSON. What looks like a key or a password is masked. Needs the extra ``inspect``; ConfigError says so.
    """
    module = inspect_log_module()
    if kind not in ("eval", "json"):
        raise ConfigError(f"a log of inspect_ai is 'eval' or 'json', not {kind!r}")
    store = run_log if run_log is not None else evaluation.log
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, arm in enumerate(evaluation.arms):
        log = module.EvalLog.model_validate(log_data(evaluation, arm, store if isinstance(store, RunStore) else None))
        # inspect_ai takes a .json for a log of its own only where the name begins with the time.
        began = evaluation.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%S+00-00")
        name = f"{began}_{_plain(evaluation.name)}-{_plain(arm)}_{_plain(evaluation.id)}-{number + 1}.{kind}"
        apart(module.write_eval_log_async, log, str(folder / name), format=kind)
        paths.append(folder / name)
    return paths


def log_data(evaluation: Evaluation, arm: str, store: RunStore | None) -> dict[str, Any]:
    """The log of one arm as plain data, secrets masked."""
    trials = [trial for trial in evaluation.trials if trial.arm == arm]
    made = evaluation.manifest.get(arm) or {}
    model = str(made.get("model") or made.get("function") or "none")
    began, ended = evaluation.started_at, evaluation.finished_at
    data = {
        "version": 2,
        "status": _STATUS[evaluation.status],
        "eval": {
            "eval_set_id": evaluation.id,
            "eval_id": f"{evaluation.id}-{evaluation.arms.index(arm) + 1}",
            "run_id": evaluation.id,
            "created": began.isoformat(),
            "task": f"{evaluation.name}-{arm}",
            "task_id": f"{evaluation.id}-{evaluation.arms.index(arm) + 1}",
            "task_display_name": f"{evaluation.name} · {arm}",
            "solver": str(made.get("architecture") or made.get("kind") or arm),
            "dataset": {
                "name": evaluation.dataset.name,
                "samples": len(evaluation.dataset),
                "sample_ids": [case.id for case in evaluation.dataset],
                "shuffled": False,
            },
            "model": model,
            "config": {"epochs": evaluation.epochs, "fail_on_error": False},
            "packages": {OURS: version(OURS)},
            "metadata": {
                "arm": arm,
                OURS: {
                    "arm": arm,
                    "evaluation": evaluation_row(evaluation),
                    "cases": [case.as_row() for case in evaluation.dataset],
                },
            },
            "scorers": [{"name": name} for name in evaluation.scorers],
        },
        "plan": {"name": "plan", "steps": [{"solver": str(made.get("architecture") or "arm"), "params": made}]},
        "results": None if evaluation.status is Status.RUNNING else _results(evaluation, arm, trials),
        "stats": {
            "started_at": began.isoformat(),
            "completed_at": "" if ended is None else ended.isoformat(),
            "model_usage": summed(arm_ledger(evaluation, arm), "model"),
            "role_usage": summed(arm_ledger(evaluation, arm), "role"),
        },
        "samples": [sample_of(trial, evaluation.dataset[trial.case_id], model, store, began) for trial in trials],
    }
    plain: dict[str, Any] = redact_data(_plain_data(data))
    return plain


def _results(evaluation: Evaluation, arm: str, trials: list[Trial]) -> dict[str, Any]:
    return {
        "total_samples": len(evaluation.dataset) * evaluation.epochs,
        "completed_samples": sum(trial.state is TrialState.ANSWERED for trial in trials),
        "scores": [_metrics(evaluation, arm, name, trials) for name in evaluation.scorers],
    }


def _metrics(evaluation: Evaluation, arm: str, scorer: str, trials: list[Trial]) -> dict[str, Any]:
    (row,) = evaluation.only(arms=[arm]).arm_summaries(scorer=scorer)
    figures = {"mean": row.score, "ci_low": row.low, "ci_high": row.high, "scored": row.scored}
    return {
        "name": scorer,
        "scorer": scorer,
        "reducer": "mean" if evaluation.epochs > 1 else None,
        "scored_samples": row.scored,
        "unscored_samples": len(trials) - row.scored,
        "metrics": {name: {"name": name, "value": one} for name, one in figures.items() if one is not None},
    }


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60] or "log"


def _plain_data(value: Any) -> Any:
    """JSON-ready, but for figures that are none: those stay, for inspect_ai writes them in its own way."""
    if isinstance(value, float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain_data(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_data(one) for one in value]
    if value is None or isinstance(value, (str, int)):
        return value
    return value.isoformat() if isinstance(value, datetime) else from_json(to_json(value, fallback=repr))
