"""Logs of inspect_ai as an evaluation of ours: ours again where we wrote them, else an arm for each log."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from loomlab.core.errors import ConfigError
from loomlab.core.events import Event
from loomlab.evals.evaluation import Evaluation
from loomlab.evals.interop.inspect_messages import OURS
from loomlab.evals.interop.inspect_others import evaluation_of, run_of
from loomlab.evals.interop.inspect_runs import own_events
from loomlab.evals.interop.inspect_scores import added_scores
from loomlab.evals.interop.packages import apart, inspect_log_module
from loomlab.evals.journal import EvaluationLog, log_trial
from loomlab.evals.recorded import restored

_Log = Mapping[str, Any]


@runtime_checkable
class RunWriter(Protocol):
    """The part of a run log that takes runs."""

    def on_event(self, event: Event) -> None:
        """Write down what an event tells."""

    def runs(self, *, limit: int | None = None, **filters: Any) -> Any:
        """The runs that are there."""


def from_inspect(*files: str | Path, run_log: EvaluationLog | None = None, name: str | None = None) -> Evaluation:
    """Read logs of inspect_ai (``.eval`` or ``.json``, or folders of them) as one evaluation.

    Logs that ``to_inspect`` wrote become the evaluation that they came from, with scores that were added or edited
    since. Of other logs each is an arm, named by its model where the models differ, else by task and solver; samples
    are cases, epochs and scores stay. A score that is no number has no value, and its reason says what was there.
    ``run_log`` takes the evaluation, its trials and scores, and each sample's messages as a run; a second import of the
    same log changes nothing. ``name`` is another name for the evaluation. ConfigError where a file is no such log, is
    damaged, or where logs do not belong together.
    """
    logs = [_read(path) for path in _paths(files)]
    own = [_own(log) for log in logs]
    if all(own):
        evaluation = _again(logs)
    elif any(own):
        raise ConfigError("these logs do not belong together: some are of loomlab and some are not; import them apart")
    else:
        evaluation = evaluation_of(logs)
    evaluation.name = name or evaluation.name
    if run_log is not None:
        _keep(evaluation, logs, run_log)
    return evaluation


def _paths(files: Sequence[str | Path]) -> list[Path]:
    found: list[Path] = []
    for file in map(Path, files):
        inside = sorted(one for kind in ("eval", "json") for one in file.glob(f"*.{kind}")) if file.is_dir() else [file]
        if not inside:
            raise ConfigError(f"there is no log of inspect_ai in {file}: its files end in .eval or .json")
        found += inside
    if not found:
        raise ConfigError("name at least one log of inspect_ai to import")
    return found


def _read(path: Path) -> dict[str, Any]:
    module = inspect_log_module()
    if not path.is_file():
        raise ConfigError(f"there is no file {path} to import")
    try:
        log = apart(module.read_eval_log_async, str(path), resolve_attachments="full")
        data: dict[str, Any] = log.model_dump(mode="json", exclude_none=True)
    except Exception as exc:  # whatever a damaged file makes their reader raise
        reason = str(exc).split("\n")[0]
        raise ConfigError(f"{path} can't be read as a log of inspect_ai: {type(exc).__name__}: {reason}") from None
    if not data.get("samples"):
        raise ConfigError(f"{path} has no samples: it was cut off before the first, or written without them")
    return data


def _own(log: _Log) -> Mapping[str, Any] | None:
    found = (log["eval"].get("metadata") or {}).get(OURS)
    return found if isinstance(found, Mapping) and "evaluation" in found else None


def _again(logs: Sequence[_Log]) -> Evaluation:
    heads = [_own(log) or {} for log in logs]
    head = heads[0]
    if len({one["evaluation"]["id"] for one in heads}) > 1:
        raise ConfigError("these logs are of more than one evaluation; import the logs of each by themselves")
    rows: list[dict[str, Any]] = [{"recorded": "case", **case} for case in head["cases"]]
    added: list[str] = []
    for log in logs:
        for sample in log["samples"]:
            row = {**sample["metadata"][OURS]["trial"]}
            row["scores"] = added_scores(row["scores"], sample.get("scores") or {})
            added += [one for one in row["scores"] if one not in added]
            rows.append(row)
    known = head["evaluation"]["scorers"]
    scorers = [*known, *(one for one in added if one not in known)]
    try:
        return restored({**head["evaluation"], "scorers": scorers}, rows)
    except (KeyError, TypeError, ValueError) as exc:
        raise ConfigError(f"this log of loomlab is not whole: {type(exc).__name__}: {exc}") from exc


def _keep(evaluation: Evaluation, logs: Sequence[_Log], run_log: EvaluationLog) -> None:
    run_log.append("evaluations", [evaluation.as_row()])
    trials = {(trial.arm, trial.case_id, trial.epoch): trial for trial in evaluation.trials}
    writer = run_log if isinstance(run_log, RunWriter) else None
    runs = [trial.run_id for trial in evaluation.trials if trial.run_id]
    known = set(writer.runs(run_id=runs)["run_id"]) if writer is not None and runs else set()
    for number, log in enumerate(logs):
        own = _own(log)
        arm = str(own["arm"]) if own is not None else evaluation.arms[number]
        for sample in log["samples"]:
            trial = trials[arm, str(sample["id"]), int(sample["epoch"])]
            told = own_events(sample.get("events") or ()) if own is not None else run_of(sample, trial, evaluation)
            began = sample.get("started_at")
            at = datetime.fromisoformat(began) if began else evaluation.started_at
            if writer is not None and told and told[0].run_id not in known:
                for event in told:
                    writer.on_event(event)
            log_trial(run_log, evaluation.id, trial, evaluation.dataset[trial.case_id], at.astimezone(UTC))
