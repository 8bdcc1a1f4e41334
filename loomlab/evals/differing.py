"""The difference of two arms in any measure, as an expectation wants it, and how many cases would settle it."""

import math
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from loomlab.evals.measure import Figure, Measure, trials_of
from loomlab.evals.paired import POWER, paired

if TYPE_CHECKING:
    from loomlab.evals.evaluation import Evaluation


def difference(
    evaluation: "Evaluation",
    measure: Measure,
    left: str,
    right: str,
    confidence: float | None,
    worst: tuple[float, float] | None = None,
) -> Figure:
    """``left`` less ``right`` over the cases that both have a figure for; of counts, the difference of the sums.

    ``worst`` is what missing scores of either side count as. Where the evaluation was sequential, the interval is the
    one that stays valid whenever one stops.
    """
    ours, theirs = trials_of(evaluation, left), trials_of(evaluation, right)
    if measure.is_count:
        first, second = measure.of(ours), measure.of(theirs)
        if first.value is None or second.value is None:
            return first if first.value is None else second
        return Figure(first.value - second.value, n=min(first.n, second.n), units=min(first.units, second.units))
    a, b = measure.by_case(ours, worst and worst[0]), measure.by_case(theirs, worst and worst[1])
    shared = [case.id for case in evaluation.dataset if case.id in a and case.id in b]
    clusters = {case.id: case.cluster or case.id for case in evaluation.dataset}
    labels = [clusters[case] for case in shared]
    missing = sum(trial.score(measure.scorer) is None for trial in (*ours, *theirs)) if measure.is_share else 0
    about = Figure(None, n=len(shared), missing=missing, units=len(set(labels)))
    if not shared:
        return replace(about, why=f"no case has a known {measure.name} in both {left} and {right}")
    until = None if worst is not None else evaluation.until
    if until is not None and measure.kind == "score" and (looks := until.looks).scorer == measure.scorer:
        flip = 1 if looks.b == left else -1
        about = replace(about, value=flip * looks.mean, method="sequential")
        if confidence is None:
            return about
        if confidence > until.confidence:
            sure = f"{until.confidence * 100:g}"
            return replace(
                about, value=None, why=f"the evaluation was to stop when {sure} % sure, and can't be surer now"
            )
        low, high = sorted((flip * looks.low, flip * looks.high))
        return replace(about, low=low, high=high)
    if confidence is None or len(set(labels)) < 2:
        return replace(about, value=fmean(a[case] - b[case] for case in shared))
    found = paired([b[c] for c in shared], [a[c] for c in shared], clusters=labels, confidence=confidence)
    return replace(about, value=found.delta, low=found.ci_low, high=found.ci_high, method=found.method)


def cases_needed(found: Figure, bound: float, confidence: float) -> int | None:
    """How many independent units in all would show on which side of ``bound`` the figure lies, with 80 % power.

    None where the figure lies on the bound itself, or the data say nothing of their scatter. For shares of right and
    wrong by the normal approximation for one proportion (Fleiss, "Statistical Methods for Rates and Proportions",
    1981, 2.2); for all else by the width of the interval, which narrows with the root of the number.
    """
    if found.value is None or found.low is None or found.high is None or found.value == bound:
        return None
    from scipy import stats

    sure, power = float(stats.norm.ppf((1 + confidence) / 2)), float(stats.norm.ppf(POWER))
    away = abs(found.value - bound)
    if found.method == "wilson" and 0 < bound < 1:
        spread = sure * math.sqrt(bound * (1 - bound)) + power * math.sqrt(found.value * (1 - found.value))
        return math.ceil((spread / away) ** 2)
    half = found.value - found.low if found.value > bound else found.high - found.value
    return math.ceil(found.units * (half / away * (sure + power) / sure) ** 2) if half > 0 else None
