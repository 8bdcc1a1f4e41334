"""An evaluation as tables to look at: arms against cases, and quality against cost."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.evals.summary import ArmSummary
from loomlab.evals.trial import Trial

if TYPE_CHECKING:
    from pandas import DataFrame

MEASURES = ("cost_usd", "tokens", "latency_ms")
"""What quality can be weighed against, each per trial."""


def case_matrix(trials: Sequence[Trial], arms: Sequence[str], scorer: str) -> DataFrame:
    """One row a case, one column an arm: the mean score over epochs, NaN where there is none.

    A last column ``spread`` is the largest difference between arms; the cases that tell them apart come first.
    """
    import pandas

    scores: dict[str, dict[str, list[float]]] = {}
    for trial in trials:
        row = scores.setdefault(trial.case_id, {})
        if (value := trial.score(scorer)) is not None:
            row.setdefault(trial.arm, []).append(value)
    frame = pandas.DataFrame(
        {arm: [fmean(row[arm]) if arm in row else None for row in scores.values()] for arm in arms},
        index=pandas.Index(list(scores), name="case"),
        dtype=float,
    )
    frame["spread"] = frame.max(axis=1) - frame.min(axis=1)
    # Stable, so that equal cases keep the dataset's order.
    return frame.sort_values("spread", ascending=False, kind="stable", na_position="last")


def pareto_frame(rows: Sequence[ArmSummary], against: str) -> DataFrame:
    """One row an arm: score with its interval, the measure per trial, and whether no other arm is both better and
    cheaper (``frontier``; an arm whose measure is not known is never on it). The cheapest first.
    """
    import pandas

    if against not in MEASURES:
        raise ConfigError(f"quality is weighed against {', '.join(MEASURES)}; {did_you_mean(against, MEASURES)}")
    costs = {row.arm: _each(row, against) for row in rows}

    def on_frontier(row: ArmSummary) -> bool:
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

    frame = pandas.DataFrame(
        {
            "arm": [row.arm for row in rows],
            "score": pandas.Series([row.score for row in rows], dtype=float),
            "low": pandas.Series([row.low for row in rows], dtype=float),
            "high": pandas.Series([row.high for row in rows], dtype=float),
            against: pandas.Series([costs[row.arm] for row in rows], dtype=float),
            "frontier": [on_frontier(row) for row in rows],
        }
    )
    return frame.sort_values(against, kind="stable", na_position="last", ignore_index=True)


def _each(row: ArmSummary, against: str) -> float | None:
    if against == "latency_ms":
        return row.latency_ms
    if row.n == 0:
        return None
    if against == "cost_usd":
        return None if row.cost_usd is None else row.cost_usd / row.n
    if row.tokens_in is None or row.tokens_out is None:
        return None
    return (row.tokens_in + row.tokens_out) / row.n
