"""Evaluations as runs of an MLflow store, and our runs as its traces. Opens no network: the store is a file."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from loomlab.core.redact import redact, redact_data
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.interop.mlflow_trace import log_trace
from loomlab.evals.interop.packages import mlflow_module
from loomlab.evals.interop.page import html_of
from loomlab.evals.rescore import RunStore
from loomlab.runlog import RunRecord

_LONGEST = 5_000
_ENDS = {Status.DONE: "FINISHED", Status.CANCELLED: "KILLED", Status.ERROR: "FAILED", Status.RUNNING: "RUNNING"}
_TABLE = "trials.json"
_PER_TRIAL = (
    "case_id",
    "arm",
    "epoch",
    "state",
    "score",
    "output",
    "tokens_in",
    "tokens_out",
    "cost_usd",
    "latency_ms",
)


def to_mlflow(
    source: Evaluation | RunRecord,
    store: str | Path = "mlflow.db",
    *,
    run_log: RunStore | None = None,
    experiment: str | None = None,
) -> str:
    """Put an evaluation, or one logged run, into an MLflow store; the id of what was made.

    ``store`` is an SQLite file (made where it is not there; artifacts lie beside it) or a tracking URI of MLflow.
    An evaluation becomes a run with a run below it for each arm: the arm's settings as parameters; scores with their
    intervals, tokens, dollars and latency as metrics; the trials as a table; the decision page as an artifact; and with
    ``run_log`` (default: the one it was written to) each trial's run as a trace. A logged run becomes a trace.
    ``experiment`` is the name of theirs (default: the dataset's, else ``loomlab``). What looks like a key or a password
    is masked. Needs the extra ``mlflow``; ConfigError says so. MLflow's own usage reports are off.
    """
    mlflow = mlflow_module()
    name = experiment or (source.dataset.name if isinstance(source, Evaluation) else "loomlab")
    with _tracking(mlflow, store) as (client, artifacts):
        found = client.get_experiment_by_name(name)
        where = client.create_experiment(name, artifact_location=artifacts) if found is None else found.experiment_id
        if isinstance(source, RunRecord):
            made = log_trace(mlflow, source, where)
        else:
            logs = run_log if run_log is not None else source.log
            made = _evaluation(mlflow, client, where, source, logs if isinstance(logs, RunStore) else None)
        mlflow.flush_trace_async_logging()
    return made


@contextmanager
def _tracking(mlflow: Any, store: str | Path) -> Iterator[tuple[Any, str | None]]:
    """A client of the store. Traces go where the process points, so it points there until they are written."""
    local = Path(store).expanduser().absolute() if "://" not in str(store) else None
    uri = str(store)
    if local is not None:
        local.parent.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{local}"
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        artifacts = None if local is None else local.with_name(f"{local.stem}-artifacts").as_uri()
        yield mlflow.MlflowClient(tracking_uri=uri), artifacts
    finally:
        mlflow.set_tracking_uri(before)


def _evaluation(mlflow: Any, client: Any, where: str, evaluation: Evaluation, store: RunStore | None) -> str:
    began = _ms(evaluation.started_at)
    tags = {"loomlab.evaluation": evaluation.id, "loomlab.status": evaluation.status.value}
    whole = str(client.create_run(where, start_time=began, tags=tags, run_name=evaluation.name).info.run_id)
    _params(client, whole, {
        "dataset": evaluation.dataset.name, "dataset_digest": evaluation.dataset.digest, "seed": evaluation.seed,
        "cases": len(evaluation.dataset), "epochs": evaluation.epochs, "arms": ", ".join(evaluation.arms),
        "scorers": ", ".join(evaluation.scorers),
    })  # fmt: skip
    client.log_text(whole, redact(html_of(evaluation)), "evaluation.html")
    rows = redact_data(evaluation.frame().astype(object).to_dict("records"))
    columns = [*_PER_TRIAL, *(f"score_{name}" for name in evaluation.scorers[1:])]
    # As MLflow's own log_table writes it, which goes by ways that pandas is about to leave.
    client.log_dict(whole, {"columns": columns, "data": [[_cell(row.get(key)) for key in columns] for row in rows]},
                    _TABLE)  # fmt: skip
    client.set_tag(whole, "mlflow.loggedArtifacts", json.dumps([{"path": _TABLE, "type": "table"}]))
    ended = None if evaluation.finished_at is None else _ms(evaluation.finished_at)
    for arm in evaluation.arms:
        below = {**tags, "mlflow.parentRunId": whole, "loomlab.arm": arm}
        one = str(client.create_run(where, start_time=began, tags=below, run_name=arm).info.run_id)
        _params(client, one, evaluation.manifest.get(arm) or {})
        for key, value in _metrics(evaluation, arm).items():
            client.log_metric(one, key, value)
        if store is not None:
            for trial in evaluation.trials:
                if trial.arm == arm and trial.run_id:
                    log_trace(mlflow, store.run(trial.run_id), where, run=one)
        client.set_terminated(one, _ENDS[evaluation.status], ended)
    client.set_terminated(whole, _ENDS[evaluation.status], ended)
    return whole


def _metrics(evaluation: Evaluation, arm: str) -> dict[str, float]:
    part = evaluation.only(arms=[arm])
    found: dict[str, float | None] = {}
    for scorer in reversed(evaluation.scorers):  # what is not a score is told as of the first
        (row,) = part.arm_summaries(scorer=scorer)
        key = _key(scorer)
        found |= {key: row.score, f"{key}/ci_low": row.low, f"{key}/ci_high": row.high, f"{key}/scored": row.scored}
        found |= {"trials": row.n, "tokens_in": row.tokens_in, "tokens_out": row.tokens_out, "cost_usd": row.cost_usd}
        found |= {"latency_ms": row.latency_ms, "failures": sum(row.failures.values())}
    return {key: float(value) for key, value in found.items() if value is not None}


def _params(client: Any, run: str, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if value is not None:
            client.log_param(run, _key(key), redact(str(value))[:_LONGEST])


def _key(name: str) -> str:
    """A name as MLflow takes it."""
    return re.sub(r"[^\w\-. /]", "_", name).strip("/. ") or "_"


def _cell(value: Any) -> Any:
    return None if value is None or value != value else value if isinstance(value, (str, int, float)) else str(value)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
