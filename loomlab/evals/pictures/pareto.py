"""Quality against cost, with how sure both are."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.display.pictures import ParetoPoint, pareto_drawing
from loomlab.evals.intervals import Interval, mean_interval
from loomlab.evals.pictures.picture import Picture
from loomlab.evals.summary import ArmSummary
from loomlab.evals.trial import Trial

MEASURES = ("cost_usd", "tokens", "latency_ms")
"""What quality can be weighed against, each the mean of a trial."""


def pareto_picture(
    summaries: Sequence[ArmSummary], trials: Mapping[str, Sequence[Trial]], against: str, confidence: float
) -> Picture:
    """Every arm with its score and its ``against``, the cheapest first. An arm of which any trial's cost is not known
    has no cost and is on no frontier."""
    if against not in MEASURES:
        raise ConfigError(f"quality is weighed against {', '.join(MEASURES)}; {did_you_mean(against, MEASURES)}")
    costs = {row.arm: _cost(trials[row.arm], against, confidence) for row in summaries}
    means = {arm: mean for arm, (mean, _) in costs.items()}
    points = []
    for row in summaries:
        mean, interval = costs[row.arm]
        points.append(
            ParetoPoint(
                name=row.arm,
                score=row.score,
                low=row.low,
                high=row.high,
                cost=mean,
                cost_low=interval.low,
                cost_high=interval.high,
                frontier=_undominated(row, summaries, means),
            )
        )
    points.sort(key=lambda one: (one.cost is None, one.cost or 0.0))
    numbers: dict[str, list[Any]] = {
        "arm": [one.name for one in points],
        "score": [one.score for one in points],
        "low": [one.low for one in points],
        "high": [one.high for one in points],
        against: [one.cost for one in points],
        f"{against}_low": [one.cost_low for one in points],
        f"{against}_high": [one.cost_high for one in points],
        "frontier": [one.frontier for one in points],
    }
    return Picture(pareto_drawing(points, against, confidence), numbers)


def _undominated(row: ArmSummary, rows: Sequence[ArmSummary], costs: Mapping[str, float | None]) -> bool:
    cost, score = costs[row.arm], row.score
    if cost is None or score is None:
        return False
    return not any(
        other.score is not None
        and (theirs := costs[other.arm]) is not None
        and other.score >= score
        and theirs <= cost
        and (other.score > score or theirs < cost)
        for other in rows
    )


def _cost(trials: Sequence[Trial], against: str, confidence: float) -> tuple[float | None, Interval]:
    found = [_figure(trial, against) for trial in trials]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None, Interval()
    units = [trial.cluster or trial.case_id for trial in trials]
    interval = mean_interval(known, units, confidence)
    low = None if interval.low is None else max(0.0, interval.low)
    # Costs that happen to be 0 or 1 are no shares: they have no interval of shares.
    return fmean(known), Interval() if interval.method == "wilson" else Interval(low, interval.high, interval.method)


def _figure(trial: Trial, against: str) -> float | None:
    if against == "tokens":
        known = trial.tokens_in is not None and trial.tokens_out is not None
        return float((trial.tokens_in or 0) + (trial.tokens_out or 0)) if known else None
    value = trial.cost_usd if against == "cost_usd" else trial.latency_ms
    return None if value is None else float(value)
