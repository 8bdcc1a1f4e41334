"""An evaluation as the run log has it: finished or still running, with the trials that are done so far."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.evals.case import Case
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.resume import ReadableLog, plain_data, score_of, trial_of
from loomlab.evals.score import Score


def logged_evaluation(
    log: ReadableLog, evaluation_id: str | None = None, dataset: Dataset | None = None, *, look_up: bool = True
) -> Evaluation:
    """The evaluation with this id, the newest without one. Raises ConfigError for one that is not there.

    Its cases are those of ``dataset``, else of the dataset of its name where the digest is still the same, else (and
    where not ``look_up``) what the log tells of the cases that were asked.
    """
    chosen = {} if evaluation_id is None else {"evaluation_id": evaluation_id}
    rows = log.evaluations(limit=1, **chosen).to_dict("records")
    if not rows:
        wanted = "no evaluation" if evaluation_id is None else f"no evaluation {evaluation_id!r}"
        raise ConfigError(f"the run log has {wanted}; its evaluations() lists what it has")
    row = rows[0]
    trials = log.trials(evaluation_id=row["evaluation_id"]).to_dict("records")
    scores: dict[str, dict[str, Score]] = {}
    for one in log.scores(evaluation_id=row["evaluation_id"]).to_dict("records"):
        scores.setdefault(one["trial_id"], {})[one["scorer"]] = score_of(one)
    data = dataset or (_same_dataset(row) if look_up else None) or told_cases(trials, str(row["dataset"]))
    about = plain_data(row["metadata"]) or {}
    arms = plain_data(row["arms"]) or {}
    evaluation = Evaluation(
        id=row["evaluation_id"],
        name=row["name"],
        dataset=data,
        arms=tuple(arms) or tuple(dict.fromkeys(one["arm"] for one in trials)),
        scorers=tuple(plain_data(row["scorers"]) or ()),
        epochs=int(row["repeats"]),
        seed=about.get("seed"),
        user_id=row["user_id"] if isinstance(row["user_id"], str) else None,
        manifest=arms,
    )
    evaluation.status = Status(row["status"]) if row["status"] in set(Status) else Status.CANCELLED
    evaluation.started_at = row["started_at"].to_pydatetime()
    ended: Any = row["finished_at"]
    if isinstance(ended, datetime) and ended == ended:  # pandas' missing time is no time
        evaluation.finished_at = ended
        evaluation.elapsed_s = (ended - row["started_at"]).total_seconds()
    places, order = {case.id: number for number, case in enumerate(data)}, list(evaluation.arms)
    for one in trials:
        if one["case_id"] not in places:
            raise ConfigError(f"the dataset {data.name!r} has no case {one['case_id']!r} of this evaluation")
        trial = trial_of(one, scores.get(one["trial_id"], {}))
        evaluation.put(places[trial.case_id], order.index(trial.arm), trial.epoch, trial)
    return evaluation


def _same_dataset(row: Mapping[str, Any]) -> Dataset | None:
    try:
        found = Dataset.load(str(row["dataset"]))
    except ConfigError:
        return None
    return found if found.digest == row["dataset_digest"] else None


def told_cases(trials: Sequence[Mapping[str, Any]], name: str) -> Dataset:
    """The cases as rows of the table ``trials`` tell them."""
    cases: dict[str, Case] = {}
    for row in trials:
        cluster = (plain_data(row["metadata"]) or {}).get("cluster")
        case = Case(row["case_id"], plain_data(row["input"]), plain_data(row["target"]), cluster)
        cases.setdefault(case.id, case)
    return Dataset(cases.values(), name=name)
