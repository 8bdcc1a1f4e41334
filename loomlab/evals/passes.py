"""With several epochs: how often at least one of k tries is right, and how often all of them are."""

from collections.abc import Mapping, Sequence
from math import comb
from statistics import fmean


def pass_at(right: int, tries: int, k: int) -> float:
    """The chance that at least one of ``k`` tries is right, from ``right`` of ``tries``; without bias.

    Source: Chen et al., "Evaluating Large Language Models Trained on Code", 2021 (pass@k).
    """
    return 1.0 - comb(tries - right, k) / comb(tries, k)


def pass_all(right: int, tries: int, k: int) -> float:
    """The chance that all of ``k`` tries are right, from ``right`` of ``tries``; without bias.

    Source: Yao et al., "tau-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains", 2024 (pass^k).
    """
    return comb(right, k) / comb(tries, k)


def pass_rates(scores: Mapping[str, Sequence[float]]) -> dict[int, tuple[float, float]]:
    """For k from 1 to the fewest tries of any case: the mean over cases of pass@k and pass^k.

    ``scores`` holds the epochs of each case; 1 is right and all else is not.
    """
    tallies = [(sum(value == 1.0 for value in values), len(values)) for values in scores.values() if values]
    most = min((tries for _, tries in tallies), default=0)
    return {
        k: (
            fmean(pass_at(right, tries, k) for right, tries in tallies),
            fmean(pass_all(right, tries, k) for right, tries in tallies),
        )
        for k in range(1, most + 1)
    }


def variance_parts(scores: Mapping[str, Sequence[float]]) -> tuple[float | None, float | None]:
    """The variance within cases (how much epochs of one case differ) and between them (how much cases do).

    The first is the mean of the cases' own variances, the second that of the case means less the part that chance
    within cases puts into them, never below 0. None where there are too few epochs or cases to tell.
    """
    groups = [list(values) for values in scores.values() if values]
    repeated = [values for values in groups if len(values) > 1]
    if not repeated:
        return None, None
    within = fmean(_variance(values) for values in repeated)
    if len(groups) < 2:
        return within, None
    chance = within * fmean(1 / len(values) for values in groups)
    return within, max(0.0, _variance([fmean(values) for values in groups]) - chance)


def _variance(values: Sequence[float]) -> float:
    mean = fmean(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
