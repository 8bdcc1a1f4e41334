"""``evaluate``: every case, by every arm, as often as asked, a few at a time."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from inspect import isawaitable
from pathlib import Path
from time import perf_counter
from typing import Any

import anyio
from anyio import to_thread

from loomlab.core.errors import CancelledByUser, ConfigError
from loomlab.core.ids import new_id
from loomlab.core.messages import ToolCall, utc_now
from loomlab.core.observers import Observer, observing
from loomlab.core.results import RunResult
from loomlab.evals.arms import Arm, resolve_arms
from loomlab.evals.around import Around
from loomlab.evals.case import Case
from loomlab.evals.case_budget import CaseBudget
from loomlab.evals.controls import Controls, ambient_watchers
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.journal import EvaluationLog, ambient_log, log_trial
from loomlab.evals.ledger import Meter, total
from loomlab.evals.lost import lost_work
from loomlab.evals.manifest import describe_arms
from loomlab.evals.offered import CallRecorder, tool_names
from loomlab.evals.progress import Progress
from loomlab.evals.replies import ReplyCache
from loomlab.evals.resume import IfSame, ReadableLog, earlier, moment, restore
from loomlab.evals.score import Score, as_score
from loomlab.evals.scorers import Scorer, scorer_name, wants_calls
from loomlab.evals.sequential import Sequential
from loomlab.evals.trial import Trial, TrialState

Job = tuple[int, Case, int, Arm, int]
_BREATHE_S = 0.02
"""An arm that never waits would keep an interrupt and the display out; after this long we let others run."""


async def evaluate(
    dataset: Dataset,
    arms: Mapping[str, Any],
    *,
    scorers: Sequence[Scorer] | Scorer,
    epochs: int = 1,
    max_concurrency: int = 10,
    timeout: float | None = None,
    seed: int | None = None,
    user_id: str | None = None,
    run_log: EvaluationLog | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    name: str | None = None,
    until: Sequential | None = None,
    budget: CaseBudget | None = None,
    cache: ReplyCache | str | Path | None = None,
    per_minute: float | None = None,
    resume: bool | str | IfSame = False,
    controls: Controls | None = None,
) -> Evaluation:
    """Ask every case of every arm ``epochs`` times and score the answers.

    An arm is an agent, or a sync or async function of a case's input (of the case itself where its first parameter is
    named ``case`` or annotated so). A failing arm, a failing scorer, a case that takes longer than ``timeout`` seconds:
    each becomes a state of its trial and the rest goes on. At most ``max_concurrency`` trials run at a time. ``seed``
    shuffles the order in which trials start. Every trial's run belongs to a user of its own, so that what an agent
    remembers of one case does not leak into another; ``user_id`` makes them share one.

    ``budget`` is what each trial may use, the same for every arm. ``cache`` keeps the replies of models in a file,
    apart by arm, case and epoch. ``per_minute`` is how many model calls may begin in a minute, over all arms.
    ``resume`` goes on with an evaluation that was cut off and is in ``run_log`` (True: the newest one that is the same
    in everything; or its id): no finished trial runs again, whether it was right, wrong or an error.

    ``until`` stops an evaluation of two arms as soon as it is decided; ``epochs`` is then the most a case may get.

    Results go to ``run_log``, or to the log that is recording here, as they come. ``on_progress`` is called before the
    first trial and after each; its ``evaluation`` holds what there is when the call is cancelled. ``controls`` pauses
    and stops it from any thread.

    Raises ConfigError for arguments that make no sense, CancelledByUser when it was stopped by ``controls``.
    Cancellation passes through.
    """
    judges = _judges(scorers)
    if epochs < 1 or max_concurrency < 1:
        raise ConfigError("epochs and max_concurrency are whole numbers from 1")
    if timeout is not None and timeout <= 0:
        raise ConfigError("timeout is a number of seconds above 0, or None")
    if len(dataset) == 0:
        raise ConfigError(f"the dataset {dataset.name!r} has no case")
    resolved = resolve_arms(arms, max_concurrency)
    evaluation = Evaluation(
        id=new_id("eval"),
        name=name or dataset.name,
        dataset=dataset,
        arms=tuple(resolved),
        scorers=tuple(judges),
        epochs=epochs,
        seed=seed,
        user_id=user_id,
        manifest=await describe_arms(arms),
        until=until,
    )
    log = evaluation.log = run_log or ambient_log()
    if resume:
        await to_thread.run_sync(_go_on, log, evaluation, resume)
    around = await to_thread.run_sync(Around, budget, cache, per_minute)
    runner = _Runner(evaluation, judges, timeout, user_id, log, on_progress, around, controls)
    with _watched_by(run_log), around:
        jobs = _jobs(dataset, resolved, epochs, seed) if until is None else until.jobs(evaluation, resolved, seed)
        await runner.run(_open(jobs, evaluation), max_concurrency)
    return evaluation


def _go_on(log: object, evaluation: Evaluation, wanted: bool | str | IfSame) -> None:
    """Take over the id and the finished trials of an earlier evaluation, if there is one."""
    found = earlier(log, evaluation, wanted)
    if found is not None and isinstance(log, ReadableLog):
        evaluation.id = str(found["evaluation_id"])
        evaluation.started_at = moment(found["started_at"]) or evaluation.started_at
        for case, arm, epoch, trial in restore(log, evaluation):
            evaluation.put(case, arm, epoch, trial)
        evaluation.abandoned = lost_work(log, evaluation)


def _open(jobs: Iterator[Job], evaluation: Evaluation) -> Iterator[Job]:
    """The jobs that are not done yet."""
    for job in jobs:
        number, _, place, _, epoch = job
        done = evaluation.at(number, place, epoch)
        if done is None:
            yield job
        elif evaluation.until is not None:
            evaluation.until.see(done)


def _watched_by(log: object) -> AbstractContextManager[None]:
    return observing(log) if isinstance(log, Observer) else nullcontext()


def _judges(scorers: Sequence[Scorer] | Scorer) -> dict[str, Scorer]:
    given: list[Any] = [scorers] if callable(scorers) else list(scorers)
    judges: dict[str, Scorer] = {}
    for one in given:
        if not callable(one):
            raise ConfigError(f"a scorer is a function of a result and a case, not {type(one).__name__}")
        if scorer_name(one) in judges:
            raise ConfigError(f"two scorers are named {scorer_name(one)!r}; give one of them another name")
        judges[scorer_name(one)] = one
    if not judges:
        raise ConfigError("there is no scorer: give at least one, as in scorers=[scorers.exact()]")
    return judges


def _jobs(dataset: Dataset, arms: Mapping[str, Arm], epochs: int, seed: int | None) -> Iterator[Job]:
    # The arms of a case start side by side, so that a slow hour of the provider falls on all of them.
    jobs = (
        (number, case, place, arm, epoch)
        for epoch in range(1, epochs + 1)
        for number, case in enumerate(dataset)
        for place, arm in enumerate(arms.values())
    )
    if seed is None:
        return jobs
    shuffled = list(jobs)
    random.Random(seed).shuffle(shuffled)
    return iter(shuffled)


class _Runner:
    """The workers of one evaluation and what they share."""

    def __init__(
        self,
        evaluation: Evaluation,
        judges: dict[str, Scorer],
        timeout: float | None,
        user_id: str | None,
        log: EvaluationLog | None,
        on_progress: Callable[[Progress], None] | None,
        around: Around,
        controls: Controls | None,
    ) -> None:
        self.around = around
        self.watchers = ambient_watchers()
        self.controls = controls or (Controls() if self.watchers else None)
        self.evaluation = evaluation
        self.judges = judges
        self.want_calls = {name for name, judge in judges.items() if wants_calls(judge)}
        self.timeout = timeout
        self.user_id = user_id
        self.log = log
        self.on_progress = on_progress
        self.done = self.restored = len(evaluation)
        self.failed = 0
        self.spent: float | None = 0.0
        self.began = self.breathed = perf_counter()
        self.fault: BaseException | None = None

    async def run(self, jobs: Iterator[Job], workers: int) -> None:
        evaluation = self.evaluation
        self._log_evaluation()
        self._report(None)
        try:
            async with anyio.create_task_group() as group:
                heeding = anyio.CancelScope()
                if self.controls is not None:
                    group.start_soon(self._heed, self.controls, heeding, group.cancel_scope)
                async with anyio.create_task_group() as workers_group:
                    for _ in range(min(workers, evaluation.expected)):
                        workers_group.start_soon(self._work, jobs, group.cancel_scope)
                heeding.cancel()
            _raise(self.fault)
            if self.controls is not None and self.controls.stopped and len(evaluation) < evaluation.expected:
                raise CancelledByUser(
                    f"the evaluation was stopped: {len(evaluation)} of {evaluation.expected} trials are done and kept"
                )
            evaluation.status = Status.DONE
        except anyio.get_cancelled_exc_class():
            evaluation.status = Status.CANCELLED
            raise
        except BaseException as exc:
            failed = isinstance(exc, Exception) and not isinstance(exc, CancelledByUser)
            evaluation.status = Status.ERROR if failed else Status.CANCELLED
            raise
        finally:
            evaluation.finished_at = utc_now()
            self._tell(None)
            self._log_evaluation()

    async def _heed(self, controls: Controls, heeding: anyio.CancelScope, all_of_it: anyio.CancelScope) -> None:
        with heeding:
            await controls.cancel_when_told(all_of_it)

    def _log_evaluation(self) -> None:
        if self.log is not None:
            self.log.append("evaluations", [self.evaluation.as_row()])

    async def _work(self, jobs: Iterator[Job], scope: anyio.CancelScope) -> None:
        # What goes wrong here is ours or the watcher's (a full disk, a callback that raises), never an arm's. It ends
        # the evaluation, which raises the error itself and not a group.
        try:
            for number, case, place, arm, epoch in jobs:
                if self.controls is not None and not await self.controls.may_go_on():
                    return
                started_at = utc_now()
                trial = await self._trial(case, arm, epoch)
                self.evaluation.put(number, place, epoch, trial)
                if self.evaluation.until is not None:
                    self.evaluation.until.see(trial)
                if self.log is not None:
                    log_trial(self.log, self.evaluation.id, trial, case, started_at)
                self._count(trial)
                self._report(trial)
                if perf_counter() - self.breathed > _BREATHE_S:
                    await anyio.lowlevel.checkpoint()
                    self.breathed = perf_counter()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as exc:
            self.fault = self.fault or exc
            scope.cancel()

    async def _trial(self, case: Case, arm: Arm, epoch: int) -> Trial:
        id_ = f"{self.evaluation.id}:{arm.name}:{case.id}:{epoch}"
        trial = Trial(id_, case.id, arm.name, epoch, self.user_id or id_, cluster=case.cluster)
        metadata = {"evaluation_id": self.evaluation.id, "case_id": case.id, "arm": arm.name, "epoch": epoch}
        result: RunResult | None = None
        recorder = CallRecorder() if self.want_calls else None
        meter = Meter((*self.evaluation.manifest.get(arm.name, {}).get("tools", ()), *tool_names(case)))
        began = perf_counter()
        try:
            if self.timeout is None and recorder is None:
                with self.around.trial(trial, meter):
                    result = await arm.answer(case, trial.user_id, metadata)
            else:
                with anyio.move_on_after(self.timeout), _watched_by(recorder), self.around.trial(trial, meter):
                    result = await arm.answer(case, trial.user_id, metadata)
        except anyio.get_cancelled_exc_class() as exc:
            if anyio.current_effective_deadline() == -math.inf:
                # No trial, but it has cost what it has cost.
                self.evaluation.abandoned.setdefault(arm.name, []).extend(meter.entries(abandoned=True))
                raise
            # Nobody cancelled us: the arm lost a task of its own. Passed on, it would end this worker without a word.
            _fail(trial, exc)
        except Exception as exc:
            _fail(trial, exc)
        trial.latency_ms = (perf_counter() - began) * 1000
        if self.user_id is None and arm.forget is not None:
            # That user will never come back. A memory that can't erase keeps a little too much; the trial stands.
            with suppress(Exception):
                await arm.forget(user_id=trial.user_id)
        trial.spent = meter.entries(abandoned=result is None)
        trial.told_of_tools = meter.told_of_tools if trial.spent else None
        if result is None:
            if trial.spent:
                _count_lost(trial)
            if trial.state is TrialState.ANSWERED:
                trial.state, trial.error = TrialState.TIMEOUT, f"no answer within {self.timeout:g} s"
            return trial
        _fill(trial, result)
        for name, judge in self.judges.items():
            seen = recorder.calls if recorder is not None and name in self.want_calls else None
            trial.scores[name] = await _judge(judge, result, case, seen)
        return trial

    def _count(self, trial: Trial) -> None:
        self.done += 1
        if trial.cost_usd is None:
            self.spent = None
        elif self.spent is not None:
            self.spent += trial.cost_usd
        if trial.score(self.evaluation.scorers[0]) is None:
            self.failed += 1

    def _report(self, last: Trial | None) -> None:
        progress = self._tell(last)
        if self.on_progress is not None:
            self.on_progress(progress)

    def _tell(self, last: Trial | None) -> Progress:
        """Work out where it stands, and tell those who watch from outside: their faults are not the evaluation's."""
        ev = self.evaluation
        ev.elapsed_s = perf_counter() - self.began - (0.0 if self.controls is None else self.controls.paused_s)
        progress = Progress(ev, self.done, ev.expected, self.failed, self.spent, ev.elapsed_s, last, self.restored)
        if self.controls is not None:
            for watcher in self.watchers:
                with suppress(Exception):
                    watcher.on_evaluation(progress, self.controls)
        return progress


def _raise(fault: BaseException | None) -> None:
    if fault is not None:
        raise fault


def _fail(trial: Trial, exc: BaseException) -> None:
    trial.state, trial.error_type, trial.error = TrialState.ERROR, type(exc).__name__, str(exc)


def _fill(trial: Trial, result: RunResult) -> None:
    trial.output, trial.run_id = result.output, result.run_id
    trial.interruption = (result.interruption_reason or "interrupted") if result.interrupted else None
    if result.duration_ms is not None:
        trial.latency_ms = result.duration_ms
    trial.cost_usd = result.cost_usd
    if result.turns:  # a plain function has no turns, and what it spent is not known
        trial.tokens_in, trial.tokens_out, trial.turns = result.tokens_in, result.tokens_out, result.turns
        trial.ended = result.ended.value


def _count_lost(trial: Trial) -> None:
    """What a trial without an answer has used, where that is known of every call."""
    lost = total(trial.spent)
    trial.cost_usd = lost.cost_usd
    if not any(one.unknown and not (one.tokens_in or one.tokens_out) for one in trial.spent):
        trial.tokens_in, trial.tokens_out = lost.tokens_in, lost.tokens_out


async def _judge(judge: Any, result: RunResult, case: Case, calls: Sequence[ToolCall] | None) -> Score:
    try:
        said = judge(result, case) if calls is None else judge(result, case, calls)
        if type(said) is Score:
            return said
        return as_score(await said if isawaitable(said) else said)
    except Exception as exc:
        return Score.failed(f"{type(exc).__name__}: {exc}")
