"""Agreement and bias as numbers, from the standard library alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``n``, with the ends of its interval; None where n is 0, or no interval can be given."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Correlation:
    """A rank correlation from -1 to 1 with its two-sided p; None where one side does not vary, or n is below 4."""

    value: float | None
    p_value: float | None
    n: int


def share(count: int, n: int, confidence: float = 0.95) -> Share:
    """A share with Wilson's interval (Wilson, "Probable inference", 1927)."""
    if n == 0:
        return Share(None, None, None, 0)
    z, p = _NORMAL.inv_cdf((1 + confidence) / 2), count / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Share(p, 0.0 if count == 0 else middle - reach, 1.0 if count == n else middle + reach, n)


def kappa(both: int, only_a: int, only_b: int, neither: int, confidence: float = 0.95) -> Share:
    """Cohen's κ of two raters who say yes or no: agreement beyond what their rates of yes would give by chance.

    The interval is from the large-sample error of Fleiss, Cohen and Everitt ("Large sample standard errors of kappa and
    weighted kappa", 1969); there is none where the data show no scatter (perfect agreement, or a rater who always says
    the same). No value where one answer is all that both ever give: κ is then not defined.
    """
    n = both + only_a + only_b + neither
    if n == 0:
        return Share(None, None, None, 0)
    p = [[both / n, only_a / n], [only_b / n, neither / n]]
    rows, columns = [sum(one) for one in p], [p[0][k] + p[1][k] for k in (0, 1)]
    agreed, chance = p[0][0] + p[1][1], rows[0] * columns[0] + rows[1] * columns[1]
    if chance >= 1 - 1e-12:
        return Share(None, None, None, n)
    value = (agreed - chance) / (1 - chance)
    same = sum(p[i][i] * (1 - (rows[i] + columns[i]) * (1 - value)) ** 2 for i in (0, 1))
    apart = (1 - value) ** 2 * sum(p[i][1 - i] * (columns[i] + rows[1 - i]) ** 2 for i in (0, 1))
    variance = (same + apart - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    if variance < 1e-12:
        return Share(value, None, None, n)
    reach = _NORMAL.inv_cdf((1 + confidence) / 2) * math.sqrt(variance)
    return Share(value, max(-1.0, value - reach), min(1.0, value + reach), n)


def rank_correlation(xs: Sequence[float], ys: Sequence[float]) -> Correlation:
    """Spearman's correlation, ties by their mean rank; p by Fisher's transformation with the correction of Bonett and
    Wright ("Sample size requirements for estimating Pearson, Kendall and Spearman correlations", 2000)."""
    n = len(xs)
    a, b = _ranks(xs), _ranks(ys)
    if n < 4 or len(set(a)) < 2 or len(set(b)) < 2:
        return Correlation(None, None, n)
    mean = (n + 1) / 2
    shared = math.fsum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    value = shared / math.sqrt(math.fsum((x - mean) ** 2 for x in a) * math.fsum((y - mean) ** 2 for y in b))
    value = max(-1.0, min(1.0, value))
    if abs(value) >= 1 - 1e-12:
        return Correlation(value, 2 / math.factorial(n) if n < 20 else 0.0, n)
    z = math.atanh(value) * math.sqrt((n - 3) / (1 + value * value / 2))
    return Correlation(value, 2 * (1 - _NORMAL.cdf(abs(z))), n)


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for place in range(at, end + 1):
            ranks[order[place]] = fmean((at, end)) + 1
        at = end + 1
    return ranks
