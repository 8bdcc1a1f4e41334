"""An evaluation that was cut off goes on: what is in the run log is not asked again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable

from pydantic_core import to_json

from loomlab.core.errors import ConfigError
from loomlab.evals.evaluation import Evaluation
from loomlab.evals.ledger import Entry
from loomlab.evals.score import Score, ScoreState, Spent
from loomlab.evals.trial import Trial, TrialState


@runtime_checkable
class ReadableLog(Protocol):
    """The part of a run log that resuming needs."""

    def evaluations(self, *, limit: int | None = None, **filters: Any) -> Any:
        """Evaluations, the newest first."""

    def trials(self, *, limit: int | None = None, **filters: Any) -> Any:
        """Trials."""

    def scores(self, *, limit: int | None = None, **filters: Any) -> Any:
        """Scores."""


@dataclass(frozen=True, slots=True)
class IfSame:
    """Go on with the evaluation of this id, finished or not, if it asks the same; else begin anew."""

    id: str


def cut_off(log: ReadableLog, names: Sequence[str]) -> dict[str, IfSame]:
    """Of evaluations that run one after the other under these names: those of the last round, if it was cut off.

    Empty where there was none, or where it was finished.
    """
    found: dict[str, IfSame] = {}
    done = True
    before: datetime | None = None
    for name in names:
        row = next(iter(log.evaluations(name=name, limit=1).to_dict("records")), None)
        began = None if row is None else moment(row["started_at"])
        if row is None or began is None or (before is not None and began < before):
            done = False  # the last round never came to this one
            break
        found[name], before = IfSame(str(row["evaluation_id"])), began
        done = done and row["status"] == "done"
    return {} if done else found


def earlier(log: object, evaluation: Evaluation, wanted: "bool | str | IfSame") -> Mapping[str, Any] | None:
    """The row of the evaluation in ``log`` that this one goes on with; None where there is none.

    ``wanted`` True takes the newest unfinished one that is the same in dataset, arms, scorers, epochs, seed and user;
    an id takes that one, ``IfSame`` that one where it is the same. Raises ConfigError where the log can't be read, or
    the named one differs or is not there.
    """
    if not isinstance(log, ReadableLog):
        raise ConfigError("resume needs the run log that the evaluation was written to: give run_log=RunLog.open(…)")
    if isinstance(wanted, IfSame):
        rows = log.evaluations(evaluation_id=wanted.id).to_dict("records")
        return next((row for row in rows if not _differing(row, evaluation)), None)
    if isinstance(wanted, str):
        rows = log.evaluations(evaluation_id=wanted).to_dict("records")
        if not rows:
            raise ConfigError(f"the run log has no evaluation {wanted!r}; its evaluations() lists them")
        differing = _differing(rows[0], evaluation)
        if differing:
            raise ConfigError(f"{wanted} can't be resumed with another {', another '.join(differing)}")
        row: Mapping[str, Any] = rows[0]
        return row
    for row in log.evaluations(name=evaluation.name).to_dict("records"):
        if row["status"] != "done" and not _differing(row, evaluation):
            same: Mapping[str, Any] = row
            return same
    return None


def restore(log: ReadableLog, evaluation: Evaluation) -> Iterator[tuple[int, int, int, Trial]]:
    """The trials that are done, each with the numbers of its case and arm and its epoch."""
    cases = {case.id: number for number, case in enumerate(evaluation.dataset)}
    arms = {arm: number for number, arm in enumerate(evaluation.arms)}
    scores: dict[str, dict[str, Score]] = {}
    for row in log.scores(evaluation_id=evaluation.id).to_dict("records"):
        scores.setdefault(row["trial_id"], {})[row["scorer"]] = score_of(row)
    for row in log.trials(evaluation_id=evaluation.id).to_dict("records"):
        trial = trial_of(row, scores.get(row["trial_id"], {}))
        whole = trial.state is not TrialState.ANSWERED or set(trial.scores) == set(evaluation.scorers)
        if trial.case_id in cases and trial.arm in arms and whole:
            yield cases[trial.case_id], arms[trial.arm], trial.epoch, trial


def _differing(row: Mapping[str, Any], evaluation: Evaluation) -> list[str]:
    ours = evaluation.as_row()
    pairs = {
        "dataset": (row["dataset_digest"], ours["dataset_digest"]),
        "arm": (plain_data(row["arms"]), plain_data(ours["arms"])),
        "scorer": (plain_data(row["scorers"]), plain_data(ours["scorers"])),
        "number of epochs": (_known(row["repeats"]), ours["repeats"]),
        "seed": ((plain_data(row["metadata"]) or {}).get("seed"), ours["metadata"]["seed"]),
        "user": (_known(row["user_id"]), ours["user_id"]),
    }
    return [name for name, (theirs, mine) in pairs.items() if theirs != mine]


def trial_of(row: Mapping[str, Any], scores: dict[str, Score]) -> Trial:
    """A row of the table ``trials``."""
    about = plain_data(row["metadata"]) or {}
    return Trial(
        id=row["trial_id"],
        case_id=row["case_id"],
        arm=row["arm"],
        epoch=int(row["repeat"]) + 1,
        user_id=row["user_id"],
        state=TrialState(about.get("state", "answered")),
        output=plain_data(row["output"]),
        scores=scores,
        error_type=about.get("error_type"),
        error=_known(row["error"]),
        interruption=about.get("interruption"),
        ended=about.get("ended"),
        tokens_in=_whole(row["tokens_in"]),
        tokens_out=_whole(row["tokens_out"]),
        cost_usd=_known(row["cost_usd"]),
        latency_ms=_known(row["duration_ms"]),
        turns=_whole(row["turns"]),
        run_id=_known(row["run_id"]) or "",
        cluster=about.get("cluster"),
        told_of_tools=about.get("told_of_tools"),
        spent=tuple(Entry.of_row(one) for one in about.get("spent") or ()),
    )


def score_of(row: Mapping[str, Any]) -> Score:
    """A row of the table ``scores``."""
    about = plain_data(row["metadata"]) or {}
    value = _known(row["value"])
    return Score(
        value,
        _known(row["explanation"]) if value is not None else _known(row["error"]),
        ScoreState(about.get("state", "scored")),
        Spent(**about["spent"]) if about.get("spent") else None,
        about.get("details"),
    )


def _known(value: Any) -> Any:
    """A cell without pandas' ways of saying nothing."""
    return None if value is None or value != value else value


def moment(value: Any) -> datetime | None:
    """A time as the log gave it, with its zone."""
    known = _known(value)
    if known is None:
        return None
    told = known.to_pydatetime() if hasattr(known, "to_pydatetime") else known
    read = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def _whole(value: Any) -> int | None:
    known = _known(value)
    return None if known is None else int(known)


def plain_data(value: Any) -> Any:
    """JSON data, whether the log gave it parsed or as text; tuples and the like as JSON has them."""
    known = _known(value) if not isinstance(value, (dict, list, tuple)) else value
    return json.loads(known) if isinstance(known, str) else json.loads(to_json(known, fallback=repr))
