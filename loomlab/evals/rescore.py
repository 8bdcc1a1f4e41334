"""Other scorers for answers that are there already: from an evaluation, or from the run log; no arm runs again."""

from collections.abc import Sequence
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
from loomlab.evals.evaluation import Evaluation
from loomlab.evals.journal import EvaluationLog, log_scores
from loomlab.evals.logged import logged_evaluation
from loomlab.evals.offered import CallRecorder
from loomlab.evals.resume import ReadableLog
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
        old = await to_thread.run_sync(logged_evaluation, source, evaluation_id, dataset)
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
