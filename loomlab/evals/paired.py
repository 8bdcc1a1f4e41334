"""Two arms on the same cases: by how much they differ, how sure that is, and what it would take to be surer."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean

from loomlab.core.errors import ConfigError

POWER = 0.8
"""The power at which a minimum detectable effect, and the number of cases still needed, are given."""


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference of two arms over ``n`` pairs. ``delta`` is the mean of b - a, positive where b scores higher.

    ``ci_low`` and ``ci_high`` bound it at ``confidence``; ``p_value`` is two-sided, for no difference. ``mde`` is the
    difference that so many pairs, scattered like these, would show at ``confidence`` with 80 % power. ``units`` is how
    many independent units there are (clusters, or the pairs themselves) and ``df`` the degrees of freedom. Scores that
    are all 0 or 1 also have ``mcnemar_p`` (exact) and the counts of the four outcomes: ``both``, ``only_a``,
    ``only_b``, ``neither``. Where every pair differs by the same amount the data show no scatter; ``method`` is then
    ``exact``: the share of pairs that would differ otherwise is bounded, as in the rule of three; p is a sign test.
    """

    n: int
    delta: float
    ci_low: float
    ci_high: float
    p_value: float
    mde: float
    se: float | None
    df: float
    units: int
    confidence: float
    method: str
    mean_a: float
    mean_b: float
    mcnemar_p: float | None = None
    both: int | None = None
    only_a: int | None = None
    only_b: int | None = None
    neither: int | None = None

    def needed(self, effect: float | None = None) -> int | None:
        """How many units in all would show ``effect`` (default: the difference seen) with 80 % power, None if none."""
        size = abs(self.delta if effect is None else effect)
        if self.se is None or size == 0 or not math.isfinite(size):
            return None
        from scipy import stats

        scatter = self.se * math.sqrt(self.units)
        reach = stats.norm.ppf((1 + self.confidence) / 2) + stats.norm.ppf(POWER)
        return max(2, math.ceil(float(reach * scatter / size) ** 2))

    def within(self, margin: float) -> bool:
        """Whether the difference is shown to be smaller than ``margin``, either way.

        Two one-sided tests, each at 1 - ``confidence`` (Schuirmann, "A comparison of the two one-sided tests procedure
        and the power approach", 1987). Where the pairs show no scatter, the whole interval lies within the margin.
        """
        if self.se is None:
            return max(abs(self.ci_low), abs(self.ci_high)) < margin
        from scipy import stats

        reach = float(stats.t.ppf(self.confidence, self.df)) * self.se
        return -margin < self.delta - reach and self.delta + reach < margin


def paired(
    a: Sequence[float], b: Sequence[float], *, clusters: Sequence[Hashable] | None = None, confidence: float = 0.95
) -> Paired:
    """Compare two arms by their scores of the same cases, in the same order.

    Without ``clusters`` each pair is independent: the paired t-test (scipy). With ``clusters`` (one label a pair)
    pairs of one cluster rise and fall together: the cluster-robust error with the small-sample correction CR2 (Bell
    and McCaffrey, "Bias reduction in standard errors for linear regression with multi-stage samples", 2002), and t
    with as many degrees of freedom as there are clusters of effective size (Kish), less one. With clusters of equal
    size both are those of statsmodels' cluster-robust regression.
    ``evals/calibration.py`` simulates how well all of it keeps what it promises: differences that lean to one side are
    covered a little less often than it says.

    Raises ``ConfigError`` for sequences that do not match, fewer than two units, or values that are no finite numbers.
    """
    first, second, labels = _checked(a, b, clusters, confidence)
    differences = [y - x for x, y in zip(first, second, strict=True)]
    delta = fmean(differences)
    se, df, units = _plain(differences) if labels is None else _clustered(differences, labels)
    if se > 0:
        from scipy import stats

        reach = float(stats.t.ppf((1 + confidence) / 2, df))
        low, high = delta - reach * se, delta + reach * se
        p_value = float(2 * stats.t.sf(abs(delta) / se, df))
        mde = (reach + float(stats.t.ppf(POWER, df))) * se
    else:
        mde = 1 - (1 - confidence) ** (1 / units) if all(0 <= score <= 1 for score in (*first, *second)) else 0.0
        low, high = delta - mde, delta + mde
        p_value = 1.0 if delta == 0 else min(1.0, 2 * 0.5**units)
    counts = _outcomes(first, second)
    return Paired(
        n=len(first),
        delta=delta,
        ci_low=low,
        ci_high=high,
        p_value=p_value,
        mde=mde,
        se=se if se > 0 else None,
        df=df,
        units=units,
        confidence=confidence,
        method="exact" if se == 0 else "t" if labels is None else "cluster",
        mean_a=fmean(first),
        mean_b=fmean(second),
        mcnemar_p=None if counts is None else _mcnemar(counts[1], counts[2]),
        both=counts and counts[0],
        only_a=counts and counts[1],
        only_b=counts and counts[2],
        neither=counts and counts[3],
    )


def _checked(
    a: Sequence[float], b: Sequence[float], clusters: Sequence[Hashable] | None, confidence: float
) -> tuple[list[float], list[float], list[Hashable] | None]:
    try:
        first, second = [float(x) for x in a], [float(y) for y in b]
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"scores are numbers: {exc}; leave out pairs in which one arm has no score") from None
    if len(first) != len(second):
        raise ConfigError(f"paired scores come in pairs: a has {len(first)} of them, b has {len(second)}")
    if not all(map(math.isfinite, (*first, *second))):
        raise ConfigError("a score is not a finite number; leave out pairs in which one arm has no score")
    if not 0 < confidence < 1:
        raise ConfigError(f"confidence lies between 0 and 1, not {confidence}")
    labels = None if clusters is None else list(clusters)
    if labels is not None and len(labels) != len(first):
        raise ConfigError(f"clusters has {len(labels)} labels for {len(first)} pairs: give one a pair")
    if len(first if labels is None else set(labels)) < 2:
        raise ConfigError("a comparison needs at least two " + ("pairs" if labels is None else "clusters"))
    # Clusters of one pair each are no clusters.
    return first, second, None if labels is None or len(set(labels)) == len(labels) else labels


def _plain(differences: list[float]) -> tuple[float, float, int]:
    n = len(differences)
    mean = fmean(differences)
    se = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    # Equal differences of inexact decimals leave rounding behind; that is not scatter.
    return (se if se > 1e-12 * max(1.0, abs(mean)) else 0.0), n - 1, n


def _clustered(differences: list[float], labels: list[Hashable]) -> tuple[float, float, int]:
    n, mean = len(differences), fmean(differences)
    sums: dict[Hashable, float] = {}
    sizes: dict[Hashable, int] = {}
    for difference, label in zip(differences, labels, strict=True):
        sums[label] = sums.get(label, 0.0) + difference - mean
        sizes[label] = sizes.get(label, 0) + 1
    variance = math.fsum(sums[label] ** 2 / (1 - sizes[label] / n) for label in sums) / n**2
    effective = 1 / math.fsum((size / n) ** 2 for size in sizes.values())
    se = math.sqrt(variance)
    return (se if se > 1e-12 * max(1.0, abs(mean)) else 0.0), max(1.0, effective - 1), len(sums)


def _outcomes(a: list[float], b: list[float]) -> tuple[int, int, int, int] | None:
    if not all(score in (0.0, 1.0) for score in (*a, *b)):
        return None
    pairs = list(zip(a, b, strict=True))
    return pairs.count((1.0, 1.0)), pairs.count((1.0, 0.0)), pairs.count((0.0, 1.0)), pairs.count((0.0, 0.0))


def _mcnemar(only_a: int, only_b: int) -> float:
    if only_a + only_b == 0:
        return 1.0
    from scipy import stats

    return float(stats.binomtest(only_a, only_a + only_b, 0.5).pvalue)
