"""What an expectation can speak of: figures of an arm, each with an interval where it can have one."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import TYPE_CHECKING

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.display import format as fmt
from loomlab.evals.intervals import mean_interval
from loomlab.evals.passes import pass_all, pass_at
from loomlab.evals.trial import Trial

if TYPE_CHECKING:
    from loomlab.evals.evaluation import Evaluation

Show = Callable[[float | None], str]

_PASS = re.compile(r"pass([@^])([1-9][0-9]*)")
_SCORE = ("accuracy", "score")
"""Names for the first scorer's score, unless a scorer has that very name."""

_SHOWN: Mapping[str, Show] = {
    "cost": fmt.cost,
    "total_cost": fmt.cost,
    "tokens": fmt.tokens,
    "total_tokens": fmt.tokens,
    "latency": fmt.duration,
    "failures": fmt.count,
    "failure_rate": fmt.percent,
    "turns": fmt.significant,
}
_COUNTS = ("failures", "total_cost", "total_tokens")
"""Sums over all trials: facts of this evaluation, with no interval."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of one arm. ``value`` is None where it is not known, and ``why`` then says so.

    ``low`` and ``high`` are None where no interval was asked for or none can be given. ``n`` counts the trials behind
    it, ``missing`` those that have no such figure, ``units`` the cases or clusters that are independent of each other.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    missing: int = 0
    units: int = 0
    method: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure by name: ``kind`` is ``score``, ``pass`` or one of the figures of a trial; ``scorer`` judges."""

    name: str
    kind: str
    scorer: str
    k: int = 1

    @property
    def is_count(self) -> bool:
        """Whether it is a sum, which has no interval."""
        return self.kind in _COUNTS

    @property
    def is_share(self) -> bool:
        """Whether it is made of scores, so that a trial without one may hide a wrong answer."""
        return self.kind in ("score", "pass")

    def shown(self, value: float | None) -> str:
        """A value, or a difference, of this measure with its unit."""
        show = _SHOWN.get(self.kind, fmt.score)
        return f"{fmt.MINUS}{show(-value)}" if value is not None and value < 0 else show(value)

    def by_case(self, trials: Sequence[Trial], fill: float | None = None) -> dict[str, float]:
        """One figure a case; a case of which any part is not known is left out, or counted as ``fill``."""
        found: dict[str, list[float | None]] = {}
        for trial in trials:
            value = _of_trial(self, trial)
            found.setdefault(trial.case_id, []).append(fill if value is None else value)
        if self.kind == "pass":
            return _passes(self, found)
        # A score that is missing in one epoch leaves the others; a cost that is missing makes the sum unknown.
        partial = self.kind == "score"
        means = {}
        for case, values in found.items():
            known = [value for value in values if value is not None]
            if known and (partial or len(known) == len(values)):
                means[case] = fmean(known)
        return means

    def of(self, trials: Sequence[Trial], confidence: float | None = None, fill: float | None = None) -> Figure:
        """The figure of an arm's ``trials``; with its interval at ``confidence``."""
        if not trials:
            return Figure(None, why="no trial of it is done")
        values = [_of_trial(self, trial) for trial in trials]
        known = [(t, v if v is not None else fill) for t, v in zip(trials, values, strict=True)]
        pairs = [(trial, value) for trial, value in known if value is not None]
        missing = sum(value is None for value in values)
        units = {trial.cluster or trial.case_id for trial, _ in pairs}
        about = Figure(None, n=len(pairs), missing=missing, units=len(units))
        if not pairs or (missing and not self.is_share and self.kind != "latency"):
            what = "has a score" if self.is_share else f"has known {self.kind.removeprefix('total_')}"
            few = "none" if not pairs else f"only {len(pairs):,}"
            return replace(about, why=f"{few} of {fmt.plural(len(trials), 'trial')} {what}")
        if self.kind == "pass":
            cases = self.by_case([trial for trial, _ in pairs] if fill is None else trials, fill)
            clusters = {trial.case_id: trial.cluster or trial.case_id for trial, _ in pairs}
            labels = [clusters[case] for case in cases]
            return _mean(list(cases.values()), labels, confidence, about) if cases else about
        labels = [trial.cluster or trial.case_id for trial, _ in pairs]
        plain = [value for _, value in pairs]
        if self.is_count:
            return replace(about, value=sum(plain))
        if self.kind == "latency":
            return _median(plain, labels, confidence, about)
        return _mean(plain, labels, confidence, about)


def find_measure(name: str | None, scorers: Sequence[str], epochs: int | None = None) -> Measure:
    """The measure of that name; without one the first scorer's score.

    Raises ConfigError with the nearest name for an unknown one, and where pass^k needs more ``epochs`` than there are.
    """
    if name is None:
        return Measure(scorers[0], "score", scorers[0])
    if name in scorers:
        return Measure(name, "score", name)
    if name in _SCORE:
        return Measure(name, "score", scorers[0])
    if name in _SHOWN:
        return Measure(name, name, scorers[0])
    if passed := _PASS.fullmatch(name):
        k = int(passed[2])
        if epochs is not None and k > epochs:
            raise ConfigError(
                f"{name} needs {k} epochs of every case, and this evaluation has {epochs}; evaluate with epochs={k}"
            )
        return Measure(name, "pass", scorers[0], k)
    known = measure_names(scorers)
    raise ConfigError(f"there is no measure {name!r}; {did_you_mean(name, known)}")


def measure_names(scorers: Collection[str]) -> list[str]:
    """Everything that can be measured, scorers first."""
    return [*dict.fromkeys([*scorers, *_SCORE, *_SHOWN]), "pass^2", "pass@2"]


def trials_of(evaluation: "Evaluation", arm: str) -> list[Trial]:
    """The finished trials of one arm."""
    return [trial for trial in evaluation.trials if trial.arm == arm]


def _of_trial(measure: Measure, trial: Trial) -> float | None:
    kind = measure.kind
    if kind in ("score", "pass"):
        return trial.score(measure.scorer)
    if kind in ("failures", "failure_rate"):
        return float(trial.cause(measure.scorer) is not None)
    if kind in ("tokens", "total_tokens"):
        return None if trial.tokens_in is None or trial.tokens_out is None else trial.tokens_in + trial.tokens_out
    if kind in ("cost", "total_cost"):
        return trial.cost_usd
    return trial.turns if kind == "turns" else trial.latency_ms


def _passes(measure: Measure, found: Mapping[str, Sequence[float | None]]) -> dict[str, float]:
    rate = pass_all if measure.name.startswith("pass^") else pass_at
    tallies = {case: [value for value in values if value is not None] for case, values in found.items()}
    return {
        case: rate(sum(value == 1.0 for value in values), len(values), measure.k)
        for case, values in tallies.items()
        if len(values) >= measure.k
    }


def _mean(values: Sequence[float], units: Sequence[str], confidence: float | None, about: Figure) -> Figure:
    if confidence is None:
        return replace(about, value=fmean(values))
    found = mean_interval(values, units, confidence)
    return replace(about, value=fmean(values), low=found.low, high=found.high, method=found.method)


def _median(values: Sequence[float], units: Sequence[str], confidence: float | None, about: Figure) -> Figure:
    if confidence is None:
        return replace(about, value=median(values))
    from scipy import stats

    # What shares a unit is one observation; the interval is that of order statistics, whatever the distribution.
    by_unit: dict[str, list[float]] = {}
    for value, unit in zip(values, units, strict=True):
        by_unit.setdefault(unit, []).append(value)
    singles = [median(of) for of in by_unit.values()]
    found = stats.quantile_test(singles, p=0.5).confidence_interval(confidence)
    low, high = float(found.low), float(found.high)
    if low != low or high != high:  # too few observations for this confidence
        return replace(about, value=median(values))
    return replace(about, value=median(values), low=low, high=high, method="order statistics")
