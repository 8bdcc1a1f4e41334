"""Two arms of an evaluation, answer against answer, before a pairwise judge."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import anyio

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.evals.evaluation import Evaluation
from loomlab.evals.judging.measures import Share, share
from loomlab.evals.judging.pairwise import PairState, PairVerdict, PairwiseJudge
from loomlab.evals.score import Spent
from loomlab.evals.trial import Trial, TrialState
from loomlab.runtime.together import together

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Duel:
    """What a pairwise judge said of two arms' answers; ``verdicts`` are by case id and epoch, ``left_out`` pairs in
    which one arm gave no answer."""

    a: str
    b: str
    verdicts: tuple[tuple[str, int, PairVerdict], ...]
    left_out: int = 0

    def counts(self) -> dict[str, int]:
        """How many pairs a won, b won, were ties, were position-biased, and could not be judged."""
        said = Counter(one.winner or one.state.value for _, _, one in self.verdicts)
        return {key: said[key] for key in ("a", "b", "tie", PairState.BIASED.value, PairState.FAILED.value)}

    @property
    def b_wins(self) -> Share:
        """The share of decided pairs that b won, ties left out, with its interval."""
        counts = self.counts()
        return share(counts["b"], counts["a"] + counts["b"])

    @property
    def p_value(self) -> float:
        """Two-sided sign test that neither wins more often; 1 where there is nothing to test."""
        counts = self.counts()
        n, least = counts["a"] + counts["b"], min(counts["a"], counts["b"])
        return min(1.0, 2 * sum(math.comb(n, k) for k in range(least + 1)) / 2**n) if n else 1.0

    @property
    def position_bias(self) -> Share:
        """The share of pairs asked in both orders in which the same place won twice."""
        both = [one for _, _, one in self.verdicts if one.consistent is not None]
        return share(sum(one.state is PairState.BIASED for one in both), len(both))

    @property
    def spent(self) -> Spent | None:
        """What judging cost in all."""
        parts = [one.spent for _, _, one in self.verdicts]
        return sum(parts[1:], parts[0]) if parts else None

    def said(self) -> str:
        """The outcome in one sentence."""
        counts, wins = self.counts(), self.b_wins
        if wins.value is None:
            return f"No pair was decided between {self.a} and {self.b}."
        tail = f"; the place decided in {counts[PairState.BIASED.value]}" if counts[PairState.BIASED.value] else ""
        tail += f"; {counts[PairState.FAILED.value]} could not be judged" if counts[PairState.FAILED.value] else ""
        return (
            f"{self.b} won {counts['b']} and {self.a} won {counts['a']} of {len(self.verdicts)} pairs, "
            f"{counts['tie']} were ties (p {self.p_value:.3f}){tail}."
        )

    def frame(self) -> "DataFrame":
        """One row a pair."""
        try:
            import pandas
        except ImportError:
            raise ImportError("a DataFrame needs the package pandas: pip install 'loomlab[evals]'") from None
        rows = [
            {
                "case": case,
                "epoch": epoch,
                "winner": {"a": self.a, "b": self.b}.get(one.winner or "", one.winner),
                "state": one.state.value,
                "consistent": one.consistent,
                "reason": one.reason,
                "cost_usd": one.spent.cost_usd,
            }
            for case, epoch, one in self.verdicts
        ]
        frame: DataFrame = pandas.DataFrame(rows)
        return frame


async def duel(evaluation: Evaluation, a: str, b: str, judge: PairwiseJudge, *, max_concurrency: int = 4) -> Duel:
    """Let ``judge`` compare the answers of two arms, case by case and epoch by epoch.

    Raises ``ConfigError`` for an arm that the evaluation does not have.
    """
    for arm in (a, b):
        if arm not in evaluation.arms:
            raise ConfigError(f"this evaluation has no arm {arm!r}; {did_you_mean(arm, evaluation.arms)}")
    if a == b:
        raise ConfigError(f"a duel is between two arms, not {a!r} and itself")
    if max_concurrency < 1:
        raise ConfigError("max_concurrency is a whole number from 1")
    pairs, left_out = _pairs(evaluation.trials, a, b)
    found: dict[tuple[str, int], PairVerdict] = {}
    slots = anyio.Semaphore(max_concurrency)

    async def one(first: Trial, second: Trial) -> None:
        async with slots:
            case = evaluation.dataset[first.case_id]
            found[first.case_id, first.epoch] = await judge.compare(case, first.output or "", second.output or "")

    await together([partial(one, first, second) for first, second in pairs])
    verdicts = tuple((one.case_id, one.epoch, found[one.case_id, one.epoch]) for one, _ in pairs)
    return Duel(a, b, verdicts, left_out)


def _pairs(trials: Sequence[Trial], a: str, b: str) -> tuple[list[tuple[Trial, Trial]], int]:
    by_key = {(one.arm, one.case_id, one.epoch): one for one in trials if one.state is TrialState.ANSWERED}
    keys = {(one.case_id, one.epoch): None for one in trials if one.arm in (a, b)}
    pairs = [(by_key[a, *key], by_key[b, *key]) for key in keys if (a, *key) in by_key and (b, *key) in by_key]
    return pairs, len(keys) - len(pairs)
