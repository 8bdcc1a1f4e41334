"""One arm in one row: how right, how sure, how dear, how slow, and what went wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import TypeVar

from loomlab.evals.intervals import Interval, mean_interval
from loomlab.evals.ledger import Entry, total, trial_entries
from loomlab.evals.trial import Trial

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """``n`` trials were done, ``scored`` of them have a score, and the mean and its interval are over those.

    ``low`` and ``high`` are None where no interval can be given. ``tokens_in``, ``tokens_out`` and ``cost_usd`` are
    totals, None as soon as one part is not known. ``latency_ms`` is the median. ``failures`` counts by cause.
    ``full_cost_usd`` adds what the scorers and the work that came to nothing have cost (``Evaluation.ledger`` has the
    parts), None where part of it is not known.
    """

    arm: str
    n: int
    scored: int
    score: float | None
    low: float | None
    high: float | None
    method: str | None
    confidence: float | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    latency_ms: float | None
    failures: Mapping[str, int]
    full_cost_usd: float | None = None

    def causes(self) -> str:
        """The failures as a person reads them: ``2 timeout · 1 RateLimitError``, most frequent first; empty if none."""
        ordered = sorted(self.failures.items(), key=lambda item: (-item[1], item[0]))
        return " · ".join(f"{count} {cause}" for cause, count in ordered)


def summarise(
    arm: str, trials: Sequence[Trial], scorer: str, confidence: float | None, abandoned: Sequence[Entry] = ()
) -> ArmSummary:
    """The summary of an arm's trials under one scorer; without an interval where ``confidence`` is None."""
    scored = [(trial, value) for trial in trials if (value := trial.score(scorer)) is not None]
    values = [value for _, value in scored]
    # Epochs of one case, and cases of one cluster, rise and fall together: the interval counts them as one unit.
    units = [trial.cluster or trial.case_id for trial, _ in scored]
    interval = Interval() if confidence is None else mean_interval(values, units, confidence)
    latencies = [trial.latency_ms for trial in trials if trial.latency_ms is not None]
    return ArmSummary(
        arm=arm,
        n=len(trials),
        scored=len(values),
        score=fmean(values) if values else None,
        low=interval.low,
        high=interval.high,
        method=interval.method,
        confidence=confidence,
        tokens_in=_total([trial.tokens_in for trial in trials]),
        tokens_out=_total([trial.tokens_out for trial in trials]),
        cost_usd=_total([trial.cost_usd for trial in trials]),
        latency_ms=median(latencies) if latencies else None,
        failures=Counter(cause for trial in trials if (cause := trial.cause(scorer)) is not None),
        full_cost_usd=total([*(one for trial in trials for one in trial_entries(trial)), *abandoned]).cost_usd,
    )


def _total(parts: Sequence[N | None]) -> N | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None
