"""What an evaluation found, while it runs and afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError
from loomlab.core.messages import utc_now
from loomlab.core.nearest import did_you_mean
from loomlab.evals.confounds import confounds
from loomlab.evals.dataset import Dataset
from loomlab.evals.frames import confounds_frame, failures_frame, summary_frame, trials_frame
from loomlab.evals.ledger import Entry, ledger_frame
from loomlab.evals.pictures import Picture, Stories, divergence_picture, matrix_picture, pareto_picture
from loomlab.evals.sequential import Sequential
from loomlab.evals.summary import ArmSummary, summarise
from loomlab.evals.trial import Trial

if TYPE_CHECKING:
    from pandas import DataFrame


class Status(StrEnum):
    """Where an evaluation stands. A cancelled or broken one keeps what it had."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    ERROR = "error"


class Evaluation:
    """The trials of one evaluation.

    Attributes: ``id``; ``name``; ``dataset``; ``arms`` and ``scorers`` (names, in order); ``epochs``; ``seed``;
    ``user_id`` (None: each trial had a user of its own); ``status``; ``manifest`` (what each arm was made of);
    ``until`` (what stopped it early, where something did); ``abandoned`` (by arm, the calls of trials that were broken
    off and are no trials); ``started_at``; ``finished_at``; ``elapsed_s``.
    """

    def __init__(
        self,
        *,
        id: str,
        name: str,
        dataset: Dataset,
        arms: tuple[str, ...],
        scorers: tuple[str, ...],
        epochs: int = 1,
        seed: int | None = None,
        user_id: str | None = None,
        manifest: Mapping[str, Any] | None = None,
        until: Sequential | None = None,
    ) -> None:
        self.id = id
        self.name = name
        self.dataset = dataset
        self.arms = arms
        self.scorers = scorers
        self.epochs = epochs
        self.seed = seed
        self.user_id = user_id
        self.manifest = dict(manifest or {})
        self.until = until
        self.log: object = None
        self.status = Status.RUNNING
        self.started_at = utc_now()
        self.finished_at: datetime | None = None
        self.elapsed_s = 0.0
        self.abandoned: dict[str, list[Entry]] = {}
        self._slots: list[Trial | None] = [None] * (len(dataset) * len(arms) * epochs)

    @property
    def expected(self) -> int:
        """How many trials there are when all are done: cases × arms × epochs."""
        return len(self._slots)

    @property
    def trials(self) -> list[Trial]:
        """The trials that are done, by case, arm and epoch."""
        return [trial for trial in self._slots if trial is not None]

    def put(self, case: int, arm: int, epoch: int, trial: Trial) -> None:
        """File a trial under the numbers of its case and arm (from 0) and its epoch (from 1)."""
        self._slots[(case * len(self.arms) + arm) * self.epochs + epoch - 1] = trial

    def at(self, case: int, arm: int, epoch: int) -> Trial | None:
        """The trial under these numbers, None where it is not done."""
        return self._slots[(case * len(self.arms) + arm) * self.epochs + epoch - 1]

    def frame(self) -> "DataFrame":
        """One row a trial. ``score`` is the first scorer's; each scorer has a column ``score_<name>`` too.

        A missing score is NaN, and ``state`` says why; a cost that is not known is NaN.
        """
        return trials_frame(self.trials, self.scorers)

    def summary(self, *, scorer: str | None = None, confidence: float = 0.95) -> "DataFrame":
        """One row an arm: trials, mean score with its interval, tokens, cost, median latency, failures by cause."""
        return summary_frame(self.arm_summaries(scorer=scorer, confidence=confidence))

    def arm_summaries(self, *, scorer: str | None = None, confidence: float = 0.95) -> list[ArmSummary]:
        """The rows of ``summary`` as objects. Needs the packages of the extra ``evals``."""
        if not 0 < confidence < 1:
            raise ConfigError(f"confidence lies between 0 and 1, not {confidence}")
        name = self.scorer_named(scorer)
        lost = self.abandoned
        return [summarise(arm, found, name, confidence, lost.get(arm, ())) for arm, found in self._by_arm().items()]

    def ledger(self) -> "DataFrame":
        """The full cost: one row an arm, part, role and model, and one ``total`` an arm.

        Parts are agent, critic, judge, memory, embedding, retries, abandoned work and the scorers'. A cached call
        counts as what it would have cost; ``cost_usd`` is NaN where part of it is not known, ``known_usd`` the rest.
        """
        return ledger_frame(self)

    def confounds(self, *, scorer: str | None = None) -> "DataFrame":
        """One row an arm: how many of its trials met a limit, were not read, were forced, failed, have no score."""
        name = self.scorer_named(scorer)
        return confounds_frame({arm: confounds(found, name) for arm, found in self._by_arm().items()})

    def only(self, *, arms: Sequence[str] | None = None, cases: Sequence[str] | None = None) -> "Evaluation":
        """A part of it: these arms, these cases. Raises ConfigError for one that is not there, or for none."""
        chosen = tuple(self.arms if arms is None else dict.fromkeys(arms))
        for one in chosen:
            if one not in self.arms:
                raise ConfigError(f"this evaluation has no arm {one!r}; {did_you_mean(one, self.arms)}")
        if not chosen or (cases is not None and not cases):
            raise ConfigError("nothing would be left: name an arm and a case at least")
        dataset = self.dataset if cases is None else self.dataset.select(dict.fromkeys(cases))
        part = Evaluation(
            id=self.id,
            name=self.name,
            dataset=dataset,
            arms=chosen,
            scorers=self.scorers,
            epochs=self.epochs,
            seed=self.seed,
            user_id=self.user_id,
            manifest={arm: made for arm, made in self.manifest.items() if arm in chosen},
        )
        part.status, part.log = self.status, self.log
        part.started_at, part.finished_at, part.elapsed_s = self.started_at, self.finished_at, self.elapsed_s
        part.abandoned = {arm: found for arm, found in self.abandoned.items() if arm in chosen}
        numbers = {case.id: number for number, case in enumerate(dataset)}
        places = {arm: number for number, arm in enumerate(chosen)}
        for trial in self.trials:
            if trial.arm in places and trial.case_id in numbers:
                part.put(numbers[trial.case_id], places[trial.arm], trial.epoch, trial)
        return part

    def failures(self, *, scorer: str | None = None) -> "DataFrame":
        """The trials that have no score or were cut short by a limit, one row each, with the cause."""
        return failures_frame(self.trials, self.scorer_named(scorer))

    def matrix(self, *, scorer: str | None = None) -> Picture:
        """Arms against cases, mean scores over epochs: a picture, what tells arms apart side by side.

        Its ``frame()`` has one row a case and one column an arm; the cases that tell the arms apart come first.
        """
        return matrix_picture(self.trials, self.arms, self.scorer_named(scorer))

    def pareto(self, *, against: str = "cost_usd", scorer: str | None = None, confidence: float = 0.95) -> Picture:
        """Quality against the mean ``cost_usd``, ``tokens`` or ``latency_ms`` of a trial: a picture with intervals.

        Its ``frame()`` has one row an arm, the cheapest first; ``frontier`` marks those that no other arm beats.
        """
        summaries = self.arm_summaries(scorer=scorer, confidence=confidence)
        return pareto_picture(summaries, self._by_arm(), against, confidence)

    def divergence(
        self, a: str, b: str, *, log: Stories | None = None, scorer: str | None = None, wording: bool = False
    ) -> Picture:
        """At which step the runs of two arms part, and how often the score differs then: a picture.

        ``log`` is the run log that recorded the runs; without it, the one that this evaluation was written to. Another
        wording of a model's reply is a parting only with ``wording``: else what it led to counts. ConfigError for an
        unknown arm, and where there is no log.
        """
        for name in (a, b):
            if name not in self.arms:
                raise ConfigError(f"this evaluation has no arm {name!r}; {did_you_mean(name, self.arms)}")
        stories = log if log is not None else self.log
        if not isinstance(stories, Stories):
            raise ConfigError("where runs part is read from a run log: evaluate(…, run_log=log), or give log=")
        return divergence_picture(self.trials, a, b, stories, self.scorer_named(scorer), wording=wording)

    def evidence(self) -> Picture:
        """How the interval of a sequential evaluation narrowed, and when it was decided: a picture.

        ConfigError where the evaluation was not sequential.
        """
        if self.until is None:
            raise ConfigError("only a sequential evaluation has looks to show: evaluate(…, until=Sequential())")
        return self.until.picture()

    def as_row(self, *, report: str | None = None) -> dict[str, Any]:
        """The evaluation as a row of the run log's table ``evaluations``; ``report`` is where a report of it lies."""
        return {
            "evaluation_id": self.id,
            "name": self.name,
            "user_id": self.user_id,
            "status": self.status.value,
            "dataset": self.dataset.name,
            "dataset_digest": self.dataset.digest,
            "cases": len(self.dataset),
            "repeats": self.epochs,
            "arms": self.manifest,
            "scorers": list(self.scorers),
            "summary": None if self.status is Status.RUNNING else self._plain_summary(),
            "report": report,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "metadata": {"seed": self.seed, "done": len(self), "expected": self.expected},
        }

    def _plain_summary(self) -> list[dict[str, Any]]:
        # Without intervals: those need scipy, and can be had from the trials at any time.
        rows = (summarise(arm, trials, self.scorers[0], None) for arm, trials in self._by_arm().items())
        keep = ("arm", "n", "scored", "score", "tokens_in", "tokens_out", "cost_usd", "latency_ms")
        return [{**{key: getattr(row, key) for key in keep}, "failures": dict(row.failures)} for row in rows]

    def scorer_named(self, name: str | None) -> str:
        """The scorer of that name, the first without one. Raises ConfigError for an unknown name."""
        if name is not None and name not in self.scorers:
            raise ConfigError(f"this evaluation has no scorer {name!r}; {did_you_mean(name, self.scorers)}")
        return name or self.scorers[0]

    def _by_arm(self) -> dict[str, list[Trial]]:
        by_arm: dict[str, list[Trial]] = {arm: [] for arm in self.arms}
        for trial in self.trials:
            by_arm[trial.arm].append(trial)
        return by_arm

    def __len__(self) -> int:
        return sum(trial is not None for trial in self._slots)

    def __repr__(self) -> str:
        return f"Evaluation({self.name!r}, {len(self)} of {self.expected} trials, {self.status.value})"
