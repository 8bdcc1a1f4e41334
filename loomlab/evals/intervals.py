"""How sure a mean is: an interval for it, by statsmodels and scipy."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

_MISSING = "an interval needs the package {}: pip install 'loomlab[evals]'"


@dataclass(frozen=True, slots=True)
class Interval:
    """Lower and upper end, and how they were found. All None where the data allow no interval."""

    low: float | None = None
    high: float | None = None
    method: str | None = None


def mean_interval(values: Sequence[float], units: Sequence[str], confidence: float = 0.95) -> Interval:
    """The interval of the mean of ``values``; those that share a unit are not independent.

    ``wilson`` where every value is 0 or 1 and stands alone; ``t`` for other values that stand alone; ``cluster``
    (cluster-robust, t with units - 1 degrees of freedom) where units repeat. Fewer than two units of
    values that are not 0 or 1 give none. Scores between 0 and 1 have an interval within these bounds.
    """
    if not values:
        return Interval()
    alone = len(set(units)) == len(units)
    binary = all(value in (0.0, 1.0) for value in values)
    if binary and (alone or len(set(values)) == 1):
        return _wilson(values, units, confidence)
    if len(set(units)) < 2:
        return Interval()
    low, high = _t(values, confidence) if alone else _clustered(values, units, confidence)
    if all(0 <= value <= 1 for value in values):
        low, high = max(low, 0.0), min(high, 1.0)
    return Interval(low, high, "t" if alone else "cluster")


def _wilson(values: Sequence[float], units: Sequence[str], confidence: float) -> Interval:
    try:
        from statsmodels.stats.proportion import proportion_confint
    except ImportError:
        raise ImportError(_MISSING.format("statsmodels")) from None
    # Where values repeat within units they are all equal here: each unit counts once.
    count = len(set(units))
    low, high = proportion_confint(round(fmean(values) * count), count, alpha=1 - confidence, method="wilson")
    return Interval(float(low), float(high), "wilson")


def _t(values: Sequence[float], confidence: float) -> tuple[float, float]:
    try:
        from scipy import stats
    except ImportError:
        raise ImportError(_MISSING.format("scipy")) from None
    error = float(stats.sem(values))
    if error == 0:
        return values[0], values[0]
    low, high = stats.t.interval(confidence, len(values) - 1, loc=fmean(values), scale=error)
    return float(low), float(high)


def _clustered(values: Sequence[float], units: Sequence[str], confidence: float) -> tuple[float, float]:
    try:
        from statsmodels.regression.linear_model import OLS
    except ImportError:
        raise ImportError(_MISSING.format("statsmodels")) from None
    codes = {unit: code for code, unit in enumerate(dict.fromkeys(units))}
    groups = [codes[unit] for unit in units]
    fit = OLS(list(values), [1.0] * len(values)).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    low, high = fit.conf_int(alpha=1 - confidence)[0]
    return float(low), float(high)
