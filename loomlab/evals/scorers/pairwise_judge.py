"""A model says which of two answers is better."""

from loomlab.core.protocols import Model
from loomlab.evals.judging.pairwise import RUBRIC, PairwiseJudge


def pairwise_judge(
    model: Model | str,
    rubric: str = RUBRIC,
    *,
    swap: bool = True,
    temperature: float = 0.0,
    max_tokens: int = 500,
    column: str = "pairwise_judge",
) -> PairwiseJudge:
    """Ask ``model`` which of two answers is better, in both orders unless ``swap`` is off.

    As a scorer it compares the answer with the case's target: 1 better, 0.5 as good, 0 worse, and unscored where the
    judge prefers whatever comes first. ``await judge.compare(case, a, b)`` compares any two answers, and
    ``evals.duel(evaluation, "a", "b", judge)`` two arms.
    """
    return PairwiseJudge(model, rubric, swap=swap, temperature=temperature, max_tokens=max_tokens, column=column)
