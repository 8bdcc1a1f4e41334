"""Other scorers for answers that are there already: from an evaluation, or from the run log; no arm runs again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from inspect import isawaitable
from typing import Any, Protocol, runtime_checkable

import anyio
from anyio import to_thread

from loomlab.core.errors import ConfigError
from loomlab.core.messages import ToolCall
from loomlab.core.results import EndReason, RunResult
from loomlab.evals.case import Case
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.journal import EvaluationLog, log_scores
from loomlab.evals.offered import CallRecorder
from loomlab.evals.resume import ReadableLog, plain_data, score_of, trial_of
from loomlab.evals.score import Score, as_score
from loomlab.evals.scorers import Scorer, scorer_name, wants_calls
from loomlab.evals.trial import Trial, TrialState
from loomlab.runtime.together import together

_NO_CALLS = "the tool calls of this run were not kept: rescore from the run log that recorded it"


@runtime_checkable
class RunStore(Protocol):
    """The part of a run log that holds the runs of trials."""

    def run(self, run: str | int = "last", *, user_id: str | None = None) -> Any:
        """One run with its events."""


async def rescore(
    source: Any,
    evaluation_id: str | None = None,
    scorers: Sequence[Scorer] | Scorer = (),
    *,
    dataset: Dataset | None = None,
    run_log: EvaluationLog | None = None,
    max_concurrency: int = 10,
) -> Evaluation:
    """Score the answers of an evaluation with other scorers, without running the arms again.

    ``source`` is the evaluation, or the run log it was written to, with ``evaluation_id`` (None: the newest). The
    result has the new scorers first and keeps the scores of the others; the evaluation that was given stays as it is.
    New scores go to ``run_log``, else to the log that was read; a scorer of the same name replaces its earlier scores.

    The log keeps inputs and targets but not a case's metadata: a scorer that looks there (``code``, ``end_state``)
    needs the dataset, which is looked up by its name where its digest is still the same, or given as ``dataset``.
    Scorers of tool calls need a log that recorded the runs. Raises ``ConfigError`` for an evaluation that is not there,
    a dataset that lacks its cases, and scorers that make no sense.
    """
    judges = _judges(scorers)
    if max_concurrency < 1:
        raise ConfigError("max_concurrency is a whole number from 1")
    if isinstance(source, Evaluation):
        old, log = source, run_log
        if evaluation_id not in (None, source.id):
            raise ConfigError(f"this evaluation is {source.id}, not {evaluation_id}")
    else:
        if not isinstance(source, ReadableLog):
            raise ConfigError(f"rescore takes an evaluation or a run log, not {type(source).__name__}")
        old = await to_thread.run_sync(_read, source, evaluation_id, dataset)
        log = run_log or (source if isinstance(source, EvaluationLog) else None)
    logs: tuple[Any, ...] = (source, log)
    store = next((one for one in logs if isinstance(one, RunStore)), None)
    new = _copy(old, dataset or old.dataset, tuple(judges))
    slots = anyio.CapacityLimiter(max_concurrency)

    async def again(trial: Trial) -> None:
        async with slots:
            result, calls = await to_thread.run_sync(_answer, trial, store)
            scores = {
                name: await _scored(judge, result, new.dataset[trial.case_id], calls) for name, judge in judges.items()
            }
            trial.scores = {**scores, **{name: one for name, one in trial.scores.items() if name not in scores}}
            if log is not None:
                await to_thread.run_sync(log_scores, log, new.id, trial, scores)

    await together([partial(again, trial) for trial in new.trials if trial.state is TrialState.ANSWERED])
    if log is not None:
        await to_thread.run_sync(log.append, "evaluations", [new.as_row()])
    return new


def _judges(scorers: Sequence[Scorer] | Scorer) -> dict[str, Any]:
    given: list[Any] = [scorers] if callable(scorers) else list(scorers)
    judges = {scorer_name(one): one for one in given}
    if not judges or not all(map(callable, given)):
        raise ConfigError("there is no scorer: give at least one, as in scorers=[scorers.f1()]")
    if len(judges) < len(given):
        raise ConfigError("two scorers have the same name; give one of them another")
    return judges


def _copy(old: Evaluation, dataset: Dataset, judges: tuple[str, ...]) -> Evaluation:
    new = Evaluation(
        id=old.id,
        name=old.name,
        dataset=dataset,
        arms=old.arms,
        scorers=judges + tuple(name for name in old.scorers if name not in judges),
        epochs=old.epochs,
        seed=old.seed,
        user_id=old.user_id,
        manifest=old.manifest,
        until=old.until,
    )
    new.status, new.started_at, new.finished_at, new.elapsed_s = (
        old.status,
        old.started_at,
        old.finished_at,
        old.elapsed_s,
    )
    places, arms = {case.id: number for number, case in enumerate(dataset)}, list(old.arms)
    for trial in old.trials:
        if trial.case_id not in places:
            raise ConfigError(f"the dataset {dataset.name!r} has no case {trial.case_id!r} of this evaluation")
        fresh = Trial(**{name: getattr(trial, name) for name in Trial.__dataclass_fields__})
        fresh.scores = dict(trial.scores)
        new.put(places[trial.case_id], arms.index(trial.arm), trial.epoch, fresh)
    return new


def _read(log: ReadableLog, evaluation_id: str | None, dataset: Dataset | None) -> Evaluation:
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
    data = dataset or _same_dataset(row) or _told(trials, str(row["dataset"]))
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


def _told(trials: Sequence[Mapping[str, Any]], name: str) -> Dataset:
    cases: dict[str, Case] = {}
    for row in trials:
        cluster = (plain_data(row["metadata"]) or {}).get("cluster")
        case = Case(row["case_id"], plain_data(row["input"]), plain_data(row["target"]), cluster)
        cases.setdefault(case.id, case)
    return Dataset(cases.values(), name=name)


def _answer(trial: Trial, store: RunStore | None) -> tuple[RunResult, list[ToolCall] | None]:
    """What the arm answered, and its tool calls where they are known."""
    record = None
    if store is not None and trial.run_id:
        try:
            record = store.run(trial.run_id)
        except ConfigError:  # recorded elsewhere, or scrubbed
            record = None
    calls: list[ToolCall] | None = None
    if record is not None:
        recorder = CallRecorder()
        for event in record.events:
            recorder.on_event(event)
        calls = recorder.calls
    elif not trial.run_id:
        calls = []  # a plain function calls no tools of ours
    if record is not None and record.result is not None:
        return record.result, calls
    now = datetime.now(UTC)
    result = RunResult(
        session_id="",
        output=trial.output or "",
        turns=trial.turns or 0,
        tokens_in=trial.tokens_in or 0,
        tokens_out=trial.tokens_out or 0,
        cost_usd=trial.cost_usd,
        started_at=now,
        finished_at=now,
        interrupted=trial.interruption is not None,
        interruption_reason=trial.interruption,
        ended=EndReason(trial.ended) if trial.ended else EndReason.ANSWERED,
        run_id=trial.run_id,
        user_id=trial.user_id,
        duration_ms=trial.latency_ms,
    )
    return result, calls


async def _scored(judge: Any, result: RunResult, case: Case, calls: list[ToolCall] | None) -> Score:
    try:
        if not wants_calls(judge):
            said = judge(result, case)
        elif calls is None:
            return Score.unscored(_NO_CALLS)
        else:
            said = judge(result, case, calls)
        return as_score(await said if isawaitable(said) else said)
    except Exception as exc:
        return Score.failed(f"{type(exc).__name__}: {exc}")
