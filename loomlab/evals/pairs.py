"""Which arms a suite wants compared: a name without a model means each model, a star means every other arm."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from loomlab.evals.arm_spec import ArmSpec, PairSpec
from loomlab.evals.compare import Comparison, compare
from loomlab.evals.evaluation import Evaluation

EVERY = "*"


def pairs_of(wanted: Iterable[PairSpec], arms: Sequence[ArmSpec]) -> tuple[PairSpec, ...]:
    """The pairs by the full names of arms, each pair once, in the order in which they were asked for."""
    found: dict[frozenset[str], PairSpec] = {}
    for pair in wanted:
        for first, second in _matching(pair, arms):
            found.setdefault(frozenset((first, second)), replace(pair, a=first, b=second))
    return tuple(found.values())


def _matching(pair: PairSpec, arms: Sequence[ArmSpec]) -> Iterable[tuple[str, str]]:
    whole = {one.name for one in arms}
    for a in arms:
        if pair.a not in (a.name, a.base):
            continue
        for b in arms:
            # Where only the arm was named, like is compared with like: the same model on both sides.
            alike = pair.a in whole or pair.b in whole or a.models == b.models
            if b.name != a.name and alike and pair.b in (b.name, b.base, EVERY):
                yield a.name, b.name


def compare_pairs(evaluation: Evaluation, pairs: Sequence[PairSpec], *, confidence: float = 0.95) -> list[Comparison]:
    """The comparisons, as one family: Holm's correction is over these pairs.

    Pairs that have too few scores in common are left out, and so are those whose arms are not in the evaluation.
    """
    here = [one for one in pairs if one.a in evaluation.arms and one.b in evaluation.arms]
    family = [(one.a, one.b) for one in here]
    return [
        compare(
            evaluation,
            one.a,
            one.b,
            scorer=one.scorer,
            margin=one.margin,
            confidence=confidence,
            family=family,
        )
        for one in here
        if _shared(evaluation, one) > 1
    ]


def _shared(evaluation: Evaluation, pair: PairSpec) -> int:
    """How many independent cases have a score in both arms."""
    judge = evaluation.scorer_named(pair.scorer)
    units = {
        arm: {
            t.case_id: t.cluster or t.case_id for t in evaluation.trials if t.arm == arm and t.score(judge) is not None
        }
        for arm in (pair.a, pair.b)
    }
    return len({units[pair.a][case] for case in units[pair.a].keys() & units[pair.b].keys()})
