"""Trials and summaries as DataFrames. pandas is imported when a frame is asked for, not before."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loomlab.evals.confounds import Confounds
from loomlab.evals.summary import ArmSummary
from loomlab.evals.trial import Trial

if TYPE_CHECKING:
    from pandas import DataFrame

_NUMBERS = ("tokens_in", "tokens_out", "cost_usd", "latency_ms", "turns")


def trials_frame(trials: Sequence[Trial], scorers: Sequence[str]) -> "DataFrame":
    """One row a trial."""
    pandas = pandas_()
    first = scorers[0]
    columns: dict[str, object] = {
        "case": [trial.case_id for trial in trials],
        "arm": [trial.arm for trial in trials],
        "epoch": [trial.epoch for trial in trials],
        "score": floats([trial.score(first) for trial in trials]),
        "state": [trial.state_for(first) for trial in trials],
    }
    for name in scorers:
        columns[f"score_{name}"] = floats([trial.score(name) for trial in trials])
    for name in ("output", "error_type", "error", "interruption"):
        columns[name] = pandas.Series([getattr(trial, name) for trial in trials], dtype=object)
    for name in _NUMBERS:
        columns[name] = floats([getattr(trial, name) for trial in trials])
    columns["cluster"] = pandas.Series([trial.cluster for trial in trials], dtype=object)
    columns["run_id"] = [trial.run_id for trial in trials]
    frame: DataFrame = pandas.DataFrame(columns)
    return frame


def summary_frame(rows: Sequence[ArmSummary]) -> "DataFrame":
    """One row an arm."""
    pandas = pandas_()
    frame: DataFrame = pandas.DataFrame(
        {
            "arm": [row.arm for row in rows],
            "n": [row.n for row in rows],
            "scored": [row.scored for row in rows],
            "score": floats([row.score for row in rows]),
            "low": floats([row.low for row in rows]),
            "high": floats([row.high for row in rows]),
            "interval": [row.method for row in rows],
            "tokens_in": floats([row.tokens_in for row in rows]),
            "tokens_out": floats([row.tokens_out for row in rows]),
            "cost_usd": floats([row.cost_usd for row in rows]),
            "full_cost_usd": floats([row.full_cost_usd for row in rows]),
            "latency_ms": floats([row.latency_ms for row in rows]),
            "failures": [row.causes() for row in rows],
        }
    )
    return frame


def failures_frame(trials: Sequence[Trial], scorer: str) -> "DataFrame":
    """One row a trial that has a cause."""
    pandas = pandas_()
    found = [trial for trial in trials if trial.cause(scorer) is not None]
    frame: DataFrame = pandas.DataFrame(
        {
            "case": [trial.case_id for trial in found],
            "arm": [trial.arm for trial in found],
            "epoch": [trial.epoch for trial in found],
            "cause": [trial.cause(scorer) for trial in found],
            "detail": [trial.detail(scorer) for trial in found],
            "run_id": [trial.run_id for trial in found],
        }
    )
    return frame


def confounds_frame(found: Mapping[str, Confounds]) -> "DataFrame":
    """One row an arm."""
    counted = ("trials", "limit", "unread", "forced", "errors", "unscored")
    columns: dict[str, object] = {"arm": list(found)}
    for name in counted:
        columns[name] = [getattr(one, name) for one in found.values()]
    columns["ended"] = [_counts(one.ended) for one in found.values()]
    frame: DataFrame = pandas_().DataFrame(columns)
    return frame


def _counts(counted: Mapping[str, int]) -> str:
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{count} {name}" for name, count in ordered)


def floats(values: Sequence[float | None]) -> object:
    """Numbers as a column; None is NaN."""
    import numpy

    return numpy.array(values, dtype=float)


def pandas_() -> Any:
    """The package pandas. Raises ImportError that says how to get it."""
    try:
        import pandas
    except ImportError:
        raise ImportError("a DataFrame needs the package pandas: pip install 'loomlab[evals]'") from None
    return pandas
