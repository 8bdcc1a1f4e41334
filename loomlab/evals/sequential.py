"""Ask only as many cases as the question needs: stop as soon as two arms can be told apart, at any look."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.display.pictures import Look
from loomlab.evals.pictures import Picture, evidence_picture
from loomlab.evals.sequence import ConfidenceSequence
from loomlab.evals.trial import Trial

if TYPE_CHECKING:
    from loomlab.evals.arms import Arm
    from loomlab.evals.case import Case
    from loomlab.evals.evaluation import Evaluation

_EVEN = 0.5
"""The share of extra draws that fall on every case alike; the rest falls on discordant ones."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Where a sequential comparison stands: ``pairs`` seen, the mean difference b - a with an interval that is valid at
    every look, whether that ``decided`` it, and how many trials of those planned were ``saved``.
    """

    a: str
    b: str
    scorer: str
    pairs: int
    mean: float
    low: float
    high: float
    decided: bool
    saved: int


class Sequential:
    """Stop an evaluation of two arms when it is decided: ``evaluate(…, until=Sequential(margin=0.05))``.

    Decided means that no difference lies outside an interval which stays valid under peeking after every case
    (``ConfidenceSequence``), or that the whole interval lies within ``margin``. Cases are asked in an order drawn from
    ``seed``. When all were asked once, further epochs (up to ``epochs`` of the evaluation a case) go half to every
    case alike and half to those on which the arms disagreed, each weighted by the inverse of its chance, so that the
    mean stays that of all cases. Scores lie between 0 and 1.
    """

    def __init__(self, *, margin: float | None = None, confidence: float = 0.95, scorer: str | None = None) -> None:
        if margin is not None and margin <= 0:
            raise ConfigError(f"margin is a difference above 0, not {margin}")
        self.margin = margin
        self.confidence = confidence
        self._scorer = scorer
        self._sequence = ConfidenceSequence(confidence=confidence)
        self._evaluation: Evaluation | None = None
        self._waiting: list[tuple[str, int, float]] = []  # case, epoch and weight of pairs under way, in drawing order
        self._seen = 0
        self._scores: dict[tuple[str, int], dict[str, float | None]] = {}
        self._discordant: set[str] = set()
        self._path: list[Look] = []
        self._first_round = 0

    def jobs(
        self, evaluation: Evaluation, arms: Mapping[str, Arm], seed: int | None
    ) -> Iterator[tuple[int, Case, int, Arm, int]]:
        """The work, drawn as it is needed: number of the case, the case, number of the arm, the arm, the epoch."""
        if len(arms) != 2:
            raise ConfigError(f"a sequential evaluation compares two arms, not {len(arms)}")
        if self._evaluation is not None:
            raise ConfigError("a Sequential serves one evaluation; make another")
        self._evaluation = evaluation
        if self._scorer is not None and self._scorer not in evaluation.scorers:
            raise ConfigError(f"there is no scorer {self._scorer!r}; {did_you_mean(self._scorer, evaluation.scorers)}")
        draws = random.Random(0 if seed is None else seed)
        cases = list(enumerate(evaluation.dataset))
        draws.shuffle(cases)
        asked = dict.fromkeys((case.id for _, case in cases), 0)
        for number, case in self._drawn(cases, asked, evaluation.epochs, draws):
            for place, arm in enumerate(arms.values()):
                yield number, case, place, arm, asked[case.id]

    def _drawn(
        self, cases: list[tuple[int, Case]], asked: dict[str, int], epochs: int, draws: random.Random
    ) -> Iterator[tuple[int, Case]]:
        for number, case in cases:
            if self.decided:
                return
            asked[case.id] = 1
            self._waiting.append((case.id, 1, 1.0))
            yield number, case
        while not self.decided:
            chances = self._chances(cases)
            place = draws.choices(range(len(cases)), chances)[0]
            number, case = cases[place]
            if asked[case.id] == epochs:
                return
            asked[case.id] += 1
            self._waiting.append((case.id, asked[case.id], 1 / (len(cases) * chances[place])))
            yield number, case

    def _chances(self, cases: list[tuple[int, Case]]) -> list[float]:
        even = 1 / len(cases)
        if not self._discordant:
            return [even] * len(cases)
        share = (1 - _EVEN) / len(self._discordant)
        return [_EVEN * even + (share if case.id in self._discordant else 0.0) for _, case in cases]

    def see(self, trial: Trial) -> None:
        """Take a finished trial in. Pairs count in the order in which they were drawn, whichever is done first."""
        evaluation = self._evaluation
        assert evaluation is not None
        scorer = self._scorer or evaluation.scorers[0]
        value = trial.score(scorer)
        if value is not None and not 0 <= value <= 1:
            raise ConfigError(f"a sequential evaluation needs scores between 0 and 1, and {scorer!r} gave {value}")
        self._scores.setdefault((trial.case_id, trial.epoch), {})[trial.arm] = value
        while self._seen < len(self._waiting):
            case, epoch, weight = self._waiting[self._seen]
            pair = self._scores.get((case, epoch), {})
            if len(pair) < 2:
                return
            self._seen += 1
            a, b = (pair[arm] for arm in evaluation.arms)
            if a is None or b is None or self.decided:
                continue
            if a != b:
                self._discordant.add(case)
            bound = 1.0 if epoch == 1 else 1 / _EVEN
            self._sequence.add((b - a) * weight, -bound, bound)
            self._path.append(Look(self._sequence.count, self._sequence.mean, *self._sequence.interval))
            self._first_round += epoch == 1

    @property
    def decided(self) -> bool:
        """Nothing more needs to be asked."""
        low, high = self._sequence.interval
        if low > 0 or high < 0:
            return True
        return self.margin is not None and -self.margin < low and high < self.margin

    @property
    def looks(self) -> Looks:
        """Where it stands."""
        evaluation = self._evaluation
        if evaluation is None:
            raise ConfigError("nothing was evaluated yet: give it to evaluate(…, until=…)")
        low, high = self._sequence.interval
        a, b = evaluation.arms
        return Looks(
            a,
            b,
            self._scorer or evaluation.scorers[0],
            self._sequence.count,
            self._sequence.mean,
            low,
            high,
            self.decided,
            evaluation.expected - len(evaluation),
        )

    def picture(self) -> Picture:
        """The interval after every pair, and when it was decided."""
        looks = self.looks
        pairs_planned = self._evaluation.expected // 2 if self._evaluation is not None else 0
        return evidence_picture(
            self._path,
            looks.a,
            looks.b,
            margin=self.margin,
            confidence=self._sequence.confidence,
            decided=looks.pairs if looks.decided else None,
            planned=pairs_planned,
            cases=self._first_round,
            saved=looks.saved,
        )
