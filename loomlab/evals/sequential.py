"""Ask only as many cases as the question needs: stop as soon as two arms can be told apart, at any look."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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

_EVEN = 1 / 3
"""The chance of a case on which the arms have agreed so far to be asked in a further round; the others all are."""


class _Turn(NamedTuple):
    """A case's turn: its epoch (0: it is left out), the weight of its difference, and how large that can be."""

    case: str
    epoch: int
    weight: float
    bound: float


@dataclass(frozen=True, slots=True)
class Looks:
    """Where a sequential comparison stands: ``pairs`` seen, the mean difference b - a with an interval that is valid at
    every look, whether that ``decided`` it, and how many trials of those planned were ``saved`` by that.
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
    ``seed``. When all were asked once, further rounds (up to ``epochs`` of the evaluation) ask every case on which the
    arms have disagreed, and one in three of the others; these weigh three times as much, so that the mean stays that of
    all cases. Scores lie between 0 and 1.
    """

    def __init__(self, *, margin: float | None = None, confidence: float = 0.95, scorer: str | None = None) -> None:
        if margin is not None and margin <= 0:
            raise ConfigError(f"margin is a difference above 0, not {margin}")
        self.margin = margin
        self.confidence = confidence
        self._scorer = scorer
        self._sequence = ConfidenceSequence(confidence=confidence)
        self._evaluation: Evaluation | None = None
        self._waiting: list[_Turn] = []  # in the order in which they were drawn
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
            self._waiting.append(_Turn(case.id, 1, 1.0, 1.0))
            yield number, case
        # A case that is left out stands as a difference of 0: weighing those that are asked makes up for it, so that
        # every case counts the same, whether or not its arms have disagreed so far.
        for _ in range(1, epochs):
            draws.shuffle(cases)
            for number, case in cases:
                if self.decided:
                    return
                weight = 1.0 if case.id in self._discordant else 1 / _EVEN
                if weight > 1 and draws.random() >= _EVEN:
                    self._waiting.append(_Turn(case.id, 0, 0.0, weight))
                    continue
                asked[case.id] += 1
                self._waiting.append(_Turn(case.id, asked[case.id], weight, weight))
                yield number, case

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
            turn = self._waiting[self._seen]
            if not turn.epoch:
                self._seen += 1
                self._take(0.0, turn.bound, is_pair=False)
                continue
            pair = self._scores.get((turn.case, turn.epoch), {})
            if len(pair) < 2:
                return
            self._seen += 1
            a, b = (pair[arm] for arm in evaluation.arms)
            if a is None or b is None or self.decided:
                continue
            if a != b:
                self._discordant.add(turn.case)
            self._take((b - a) * turn.weight, turn.bound, is_pair=True)
            self._first_round += turn.epoch == 1

    def _take(self, difference: float, bound: float, *, is_pair: bool) -> None:
        if self.decided:
            return
        self._sequence.add(difference, -bound, bound)
        look = Look(len(self._path) + is_pair, self._sequence.mean, *self._sequence.interval)
        if is_pair or not self._path:
            self._path.append(look)
        else:
            self._path[-1] = look

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
            len(self._path),
            self._sequence.mean,
            low,
            high,
            self.decided,
            evaluation.expected - len(evaluation) if self.decided else 0,
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
