"""``compare``: is A better, is B better, is there no difference that matters, or is it not decided yet?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.evals.confounds import Confounds, confounds
from loomlab.evals.intervals import Interval, mean_interval
from loomlab.evals.ledger import Entry, merged, trial_entries
from loomlab.evals.manifest import differing_factors
from loomlab.evals.paired import Paired, paired
from loomlab.evals.passes import pass_rates, variance_parts
from loomlab.evals.sequential import Looks

if TYPE_CHECKING:
    from loomlab.evals.evaluation import Evaluation
    from loomlab.evals.trial import Trial


class Verdict(StrEnum):
    """What the data allow to be said."""

    A_BETTER = "a is better"
    B_BETTER = "b is better"
    EQUIVALENT = "no difference that matters"
    OPEN = "not decided yet"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two arms of one evaluation on the cases that both have a score for; epochs of a case count as one pair.

    ``score`` is the paired difference b - a; ``p_adjusted`` its p-value after Holm's correction over the ``family``
    of all pairs of arms. ``margin`` is the difference that is too small to matter (None: none was named, and
    equivalence is never claimed). ``left_out`` counts the cases that were asked and have no score in one arm or both.
    ``passes`` has for each arm pass@k and pass^k by k, ``variance`` the variance within and between cases.
    ``cost_usd``, ``tokens`` and ``latency_ms`` are paired differences too, None where they are not known.
    ``factors`` names what the arms differ in. ``intervals`` are those of each arm alone, over the compared cases;
    ``failures`` counts each arm's by cause. Where the evaluation was sequential, ``looks`` has the interval that is
    valid whenever one stops, and the verdict is its.
    ``reasons`` says why cases are in quarantine, ``verdict_with`` what the verdict would be with them.
    ``spent`` is the ledger of each arm, over all its trials.
    """

    a: str
    b: str
    scorer: str
    verdict: Verdict
    score: Paired
    p_adjusted: float
    family: int
    margin: float | None
    cases: int
    left_out: int
    quarantined: int
    passes: Mapping[str, Mapping[int, tuple[float, float]]] = field(default_factory=dict)
    variance: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    cost_usd: Paired | None = None
    tokens: Paired | None = None
    latency_ms: Paired | None = None
    factors: tuple[str, ...] = ()
    confounds: Mapping[str, Confounds] = field(default_factory=dict)
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    failures: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    looks: Looks | None = None
    spent: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    verdict_with: Verdict | None = None

    @property
    def shown(self) -> tuple[float, float, float]:
        """The difference b - a with the ends of its interval, by which the verdict goes."""
        if self.looks is not None:
            return self.looks.mean, self.looks.low, self.looks.high
        return self.score.delta, self.score.ci_low, self.score.ci_high

    @property
    def more(self) -> int | None:
        """How many more cases (or clusters) would probably decide it; None where it is decided or can't be told."""
        needed = self.score.needed(self.worth_seeing)
        if self.verdict is not Verdict.OPEN or needed is None or needed <= self.score.units:
            return None
        return needed - self.score.units

    @property
    def worth_seeing(self) -> float:
        """The difference that more cases would be there to see: the one found, but none smaller than the margin."""
        return max(abs(self.score.delta), self.margin or 0.0)

    @property
    def sentence(self) -> str:
        """The verdict as one plain sentence."""
        return {
            Verdict.A_BETTER: f"{self.a} is better.",
            Verdict.B_BETTER: f"{self.b} is better.",
            Verdict.EQUIVALENT: f"No difference that matters: less than {self.margin:g}." if self.margin else "",
            Verdict.OPEN: "Not decided yet.",
        }[self.verdict]


def compare(
    evaluation: Evaluation,
    a: str,
    b: str,
    *,
    scorer: str | None = None,
    margin: float | None = None,
    confidence: float = 0.95,
    quarantine: Sequence[str] | Mapping[str, str] = (),
    family: Sequence[tuple[str, str]] | None = None,
) -> Comparison:
    """Compare two arms case by case.

    Better means: the paired difference, cluster-aware where cases come in clusters, is significant after Holm's
    correction over all pairs of arms. No difference that matters means: the interval of a two one-sided test at the
    same confidence lies within ``margin``. Cases named in ``quarantine`` are left out; a mapping of ids to sentences
    says why, and ``verdict_with`` is the verdict with them. ``family`` names the pairs that were meant to be compared,
    before anything was seen: Holm's correction is then over those and no others.

    Raises ``ConfigError`` for an unknown arm, scorer or case, and where fewer than two cases have both scores.
    """
    for name in (a, b):
        if name not in evaluation.arms:
            raise ConfigError(f"this evaluation has no arm {name!r}; {did_you_mean(name, evaluation.arms)}")
    if a == b:
        raise ConfigError(f"an arm can't be compared with itself: both are {a!r}")
    if margin is not None and margin <= 0:
        raise ConfigError(f"margin is a difference above 0, not {margin}")
    judge = evaluation.scorer_named(scorer)
    for one in quarantine:
        evaluation.dataset[one]  # raises for an unknown case
    table = _Table(evaluation, judge, frozenset(quarantine))
    whole = None
    if quarantine:
        options: dict[str, Any] = {"scorer": judge, "margin": margin, "confidence": confidence, "family": family}
        whole = compare(evaluation, a, b, **options).verdict
    return _compared(table, evaluation, a, b, margin, confidence, _family(evaluation, a, b, family), quarantine, whole)


def compare_every(evaluation: Evaluation, *, margin: float | None = None, confidence: float = 0.95) -> list[Comparison]:
    """``compare`` of every two arms that have scores of two cases in common; the family is worked out once."""
    table = _Table(evaluation, evaluation.scorer_named(None), frozenset())
    pairs = list(combinations(evaluation.arms, 2))
    there = [(a, b) for a, b in pairs if table.paired(a, b, "score", confidence) is not None]
    return [_compared(table, evaluation, a, b, margin, confidence, pairs, (), None) for a, b in there]


def _compared(
    table: _Table,
    evaluation: Evaluation,
    a: str,
    b: str,
    margin: float | None,
    confidence: float,
    family: Sequence[tuple[str, str]],
    quarantine: Sequence[str] | Mapping[str, str],
    whole: Verdict | None,
) -> Comparison:
    judge = table.scorer
    result = table.paired(a, b, "score", confidence)
    if result is None:
        raise ConfigError(f"fewer than two cases have a score of {judge!r} in both {a!r} and {b!r}")
    p_adjusted, size = _holm(table, a, b, result, confidence, family)
    looks = _looks(evaluation, a, b, judge, bool(quarantine))
    verdict = _verdict(result, p_adjusted, margin, confidence) if looks is None else _looked(looks, margin)
    scores = {arm: table.scores(arm) for arm in (a, b)}
    both = table.shared(a, b, "score")
    total = len({trial.case_id for arm in (a, b) for trial in table.trials[arm]})
    return Comparison(
        a=a,
        b=b,
        scorer=judge,
        verdict=verdict,
        score=result,
        p_adjusted=p_adjusted,
        family=size,
        margin=margin,
        cases=len(both),
        left_out=total - len(both),
        quarantined=len(table.out),
        passes={arm: pass_rates(scores[arm]) for arm in (a, b)} if evaluation.epochs > 1 else {},
        variance={arm: variance_parts(scores[arm]) for arm in (a, b)},
        cost_usd=table.paired(a, b, "cost_usd", confidence),
        tokens=table.paired(a, b, "tokens", confidence),
        latency_ms=table.paired(a, b, "latency_ms", confidence),
        factors=differing_factors(evaluation.manifest.get(a, {}), evaluation.manifest.get(b, {})),
        confounds={arm: confounds(table.trials[arm], judge) for arm in (a, b)},
        intervals={arm: table.interval(arm, both, confidence) for arm in (a, b)},
        failures={arm: table.failures(arm) for arm in (a, b)},
        looks=looks,
        spent={arm: merged([*table.entries(arm), *evaluation.abandoned.get(arm, ())]) for arm in (a, b)},
        reasons=dict(quarantine) if isinstance(quarantine, Mapping) else {},
        verdict_with=whole,
    )


def _verdict(result: Paired, p_adjusted: float, margin: float | None, confidence: float) -> Verdict:
    if p_adjusted < 1 - confidence:
        return Verdict.B_BETTER if result.delta > 0 else Verdict.A_BETTER
    if margin is not None and result.within(margin):
        return Verdict.EQUIVALENT
    return Verdict.OPEN


def _looks(evaluation: Evaluation, a: str, b: str, scorer: str, quarantined: bool) -> Looks | None:
    """The sequential interval, seen from a to b; none where it was made for another scorer or other cases."""
    if evaluation.until is None or quarantined:
        return None
    looks = evaluation.until.looks
    if looks.scorer != scorer:
        return None
    return looks if looks.a == a else replace(looks, a=a, b=b, mean=-looks.mean, low=-looks.high, high=-looks.low)


def _looked(looks: Looks, margin: float | None) -> Verdict:
    if looks.low > 0:
        return Verdict.B_BETTER
    if looks.high < 0:
        return Verdict.A_BETTER
    return Verdict.EQUIVALENT if margin is not None and -margin < looks.low and looks.high < margin else Verdict.OPEN


def _family(
    evaluation: Evaluation, a: str, b: str, named: Sequence[tuple[str, str]] | None
) -> Sequence[tuple[str, str]]:
    """Each pair once, whichever way round it was named. Raises ConfigError where this one is not among them."""
    if named is None:
        return list(combinations(evaluation.arms, 2))
    pairs = {frozenset(pair): tuple(pair) for pair in named}
    for one in {name for pair in pairs for name in pair}:
        if one not in evaluation.arms:
            raise ConfigError(f"the family names {one!r}, which is no arm; {did_you_mean(one, evaluation.arms)}")
    if frozenset((a, b)) not in pairs:
        raise ConfigError(f"the family does not name {a!r} and {b!r}: what is compared belongs to it")
    return [(first, second) for first, second in pairs.values()]


def _holm(
    table: _Table, a: str, b: str, result: Paired, confidence: float, pairs: Sequence[tuple[str, str]]
) -> tuple[float, int]:
    if len(pairs) == 1:
        return result.p_value, 1
    adjusted = table.adjusted(tuple(pairs), confidence)
    return adjusted[(a, b) if (a, b) in adjusted else (b, a)], len(adjusted)


class _Table:
    """An evaluation by arm and case."""

    def __init__(self, evaluation: Evaluation, scorer: str, out: frozenset[str]) -> None:
        self.scorer, self.out = scorer, out
        self.clusters = {case.id: case.cluster or case.id for case in evaluation.dataset}
        self.trials: dict[str, list[Trial]] = {arm: [] for arm in evaluation.arms}
        for trial in evaluation.trials:
            if trial.case_id not in out:
                self.trials[trial.arm].append(trial)
        self._means: dict[tuple[str, str], dict[str, float]] = {}
        self._pairs: dict[tuple[str, str, str, float], Paired | None] = {}
        self._adjusted: dict[tuple[tuple[tuple[str, str], ...], float], dict[tuple[str, str], float]] = {}

    def scores(self, arm: str) -> dict[str, list[float]]:
        """The scores of each case's epochs."""
        found: dict[str, list[float]] = {}
        for trial in self.trials[arm]:
            value = trial.score(self.scorer)
            if value is not None:
                found.setdefault(trial.case_id, []).append(value)
        return found

    def means(self, arm: str, what: str) -> dict[str, float]:
        """One figure a case: the mean over its epochs, left out where any of a cost is not known."""
        if (arm, what) not in self._means:
            self._means[arm, what] = {case: fmean(values) for case, values in self._values(arm, what).items()}
        return self._means[arm, what]

    def _values(self, arm: str, what: str) -> dict[str, list[float]]:
        if what == "score":
            return self.scores(arm)
        found: dict[str, list[float | None]] = {}
        for trial in self.trials[arm]:
            found.setdefault(trial.case_id, []).append(_figure(trial, what))
        return {case: [v for v in values if v is not None] for case, values in found.items() if None not in values}

    def interval(self, arm: str, cases: Sequence[str], confidence: float) -> Interval:
        """The interval of an arm's mean score over these cases."""
        means = self.means(arm, "score")
        return mean_interval([means[case] for case in cases], [self.clusters[case] for case in cases], confidence)

    def entries(self, arm: str) -> list[Entry]:
        """The ledger of its trials."""
        return [one for trial in self.trials[arm] for one in trial_entries(trial)]

    def failures(self, arm: str) -> Mapping[str, int]:
        """How often each cause occurred."""
        return Counter(cause for trial in self.trials[arm] if (cause := trial.cause(self.scorer)) is not None)

    def shared(self, a: str, b: str, what: str) -> list[str]:
        """The cases that both arms have a figure for."""
        theirs = self.means(b, what)
        return [case for case in self.means(a, what) if case in theirs]

    def paired(self, a: str, b: str, what: str, confidence: float) -> Paired | None:
        """The difference of two arms in one figure, None where there is too little to compare."""
        key = (a, b, what, confidence)
        if key not in self._pairs:
            self._pairs[key] = self._paired(a, b, what, confidence)
        return self._pairs[key]

    def adjusted(self, pairs: tuple[tuple[str, str], ...], confidence: float) -> dict[tuple[str, str], float]:
        """The p-values of those pairs that can be compared, after Holm's correction over them."""
        if (pairs, confidence) not in self._adjusted:
            from statsmodels.stats.multitest import multipletests

            found = {pair: self.paired(*pair, "score", confidence) for pair in pairs}
            known = {pair: one.p_value for pair, one in found.items() if one is not None}
            values = multipletests(list(known.values()), method="holm")[1]
            self._adjusted[pairs, confidence] = dict(zip(known, map(float, values), strict=True))
        return self._adjusted[pairs, confidence]

    def _paired(self, a: str, b: str, what: str, confidence: float) -> Paired | None:
        cases = self.shared(a, b, what)
        labels = [self.clusters[case] for case in cases]
        if len(set(labels)) < 2:
            return None
        first, second = self.means(a, what), self.means(b, what)
        return paired([first[c] for c in cases], [second[c] for c in cases], clusters=labels, confidence=confidence)


def _figure(trial: Trial, what: str) -> Any:
    if what == "tokens":
        return None if trial.tokens_in is None or trial.tokens_out is None else trial.tokens_in + trial.tokens_out
    return getattr(trial, what)
