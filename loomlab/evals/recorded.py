"""An evaluation as a text file: kept beside its suite, it can be shown, compared and held against expectations later.

One JSON object a line: first the evaluation, then its cases, then its trials with scores and ledger. Reading it takes
neither the model nor the dataset nor the run log that made it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.redact import redact
from loomlab.evals.case import Case
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.ledger import Entry
from loomlab.evals.score import Score, ScoreState, Spent
from loomlab.evals.trial import Trial, TrialState

FORMAT = 1
_PLAIN = (
    *("output", "error_type", "error", "interruption", "ended", "turns", "tokens_in", "tokens_out", "cost_usd"),
    *("latency_ms", "run_id", "cluster", "told_of_tools"),
)


def save_evaluation(evaluation: Evaluation, path: str | Path) -> Path:
    """Write it to ``path``; what looks like a key or a password is masked. Where it lies."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (redact(json.dumps(row, ensure_ascii=False, allow_nan=False, default=str)) for row in _rows(evaluation))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return path


def load_evaluation(path: str | Path) -> Evaluation:
    """Read what ``save_evaluation`` wrote. Raises ConfigError, naming file and line, for what is no such file."""
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"the recorded evaluation {path} can't be read: {exc}") from exc
    rows = [_parsed(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows or rows[0].get("recorded") != "evaluation":
        raise ConfigError(f"{path} is no recorded evaluation: its first line says nothing of one")
    head = rows[0]
    if head.get("format") != FORMAT:
        raise ConfigError(f"{path} has the format {head.get('format')}, and this version reads {FORMAT}")
    try:
        return restored(head, rows[1:])
    except (KeyError, TypeError, ValueError) as exc:
        raise ConfigError(f"{path} is no whole recorded evaluation: {type(exc).__name__}: {exc}") from exc


def _rows(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    yield evaluation_row(evaluation)
    for case in evaluation.dataset:
        yield {"recorded": "case", **case.as_row()}
    for trial in evaluation.trials:
        yield trial_row(trial)


def evaluation_row(evaluation: Evaluation) -> dict[str, Any]:
    """The first line: all that is known of the evaluation but its cases and trials."""
    row = evaluation.as_row()
    return {
        "recorded": "evaluation",
        "format": FORMAT,
        "loomlab": version("loomlab"),
        "id": evaluation.id,
        "name": evaluation.name,
        "status": evaluation.status.value,
        "dataset": evaluation.dataset.name,
        "dataset_digest": evaluation.dataset.digest,
        "arms": list(evaluation.arms),
        "scorers": list(evaluation.scorers),
        "epochs": evaluation.epochs,
        "seed": evaluation.seed,
        "user_id": evaluation.user_id,
        "manifest": row["arms"],
        "started_at": evaluation.started_at,
        "finished_at": evaluation.finished_at,
        "elapsed_s": round(evaluation.elapsed_s, 3),
        "abandoned": {arm: [one.as_row() for one in found] for arm, found in evaluation.abandoned.items()},
    }


def trial_row(trial: Trial) -> dict[str, Any]:
    """The line of a trial, with its scores and its ledger."""
    row: dict[str, Any] = {
        "recorded": "trial",
        "case": trial.case_id,
        "arm": trial.arm,
        "epoch": trial.epoch,
        "state": trial.state.value,
    }
    for key in _PLAIN:
        value = getattr(trial, key)
        if value is not None:
            row[key] = round(value, 3) if key == "latency_ms" else value
    row["scores"] = {name: _score_row(score) for name, score in trial.scores.items()}
    row["spent"] = [one.as_row() for one in trial.spent]
    return row


def _score_row(score: Score) -> dict[str, Any]:
    row = {"value": score.value, "reason": score.reason, "state": score.state.value, "details": score.details}
    row["spent"] = None if score.spent is None else asdict(score.spent)
    kept = {key: value for key, value in row.items() if value is not None}
    return {key: value for key, value in kept.items() if (key, value) != ("state", "scored")}


def restored(head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Evaluation:
    """An evaluation from its lines. KeyError, TypeError or ValueError where they are not whole."""
    cases = [Case(**{k: v for k, v in row.items() if k != "recorded"}) for row in rows if row["recorded"] == "case"]
    dataset = Dataset(cases, name=head["dataset"])
    if dataset.digest != head["dataset_digest"]:
        raise ValueError("its cases are not those that were asked (another digest)")
    evaluation = Evaluation(
        id=head["id"],
        name=head["name"],
        dataset=dataset,
        arms=tuple(head["arms"]),
        scorers=tuple(head["scorers"]),
        epochs=head["epochs"],
        seed=head["seed"],
        user_id=head["user_id"],
        manifest=head["manifest"],
    )
    evaluation.status = Status(head["status"])
    evaluation.started_at = datetime.fromisoformat(head["started_at"])
    evaluation.finished_at = datetime.fromisoformat(head["finished_at"]) if head["finished_at"] else None
    evaluation.elapsed_s = head["elapsed_s"]
    evaluation.abandoned = {arm: [Entry.of_row(one) for one in found] for arm, found in head["abandoned"].items()}
    places = {arm: number for number, arm in enumerate(evaluation.arms)}
    numbers = {case.id: number for number, case in enumerate(cases)}
    for row in rows:
        if row["recorded"] == "trial":
            trial = _trial(evaluation, row)
            evaluation.put(numbers[trial.case_id], places[trial.arm], trial.epoch, trial)
    return evaluation


def _trial(evaluation: Evaluation, row: Mapping[str, Any]) -> Trial:
    id_ = f"{evaluation.id}:{row['arm']}:{row['case']}:{row['epoch']}"
    return Trial(
        id_,
        row["case"],
        row["arm"],
        row["epoch"],
        evaluation.user_id or id_,
        TrialState(row["state"]),
        scores={name: _score(one) for name, one in row["scores"].items()},
        spent=tuple(Entry.of_row(one) for one in row["spent"]),
        **{key: row[key] for key in _PLAIN if key in row},
    )


def _score(row: Mapping[str, Any]) -> Score:
    spent = Spent(**row["spent"]) if "spent" in row else None
    state = ScoreState(row.get("state", ScoreState.SCORED.value))
    return Score(row.get("value"), row.get("reason"), state, spent, row.get("details"))


def _parsed(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as exc:
        raise ConfigError(f"{path}, line {number}: not JSON ({exc})") from exc
    if not isinstance(row, dict) or "recorded" not in row:
        raise ConfigError(f"{path}, line {number}: no part of a recorded evaluation")
    return row
