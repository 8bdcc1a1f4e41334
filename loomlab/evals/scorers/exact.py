"""The answer is the target, to the letter."""

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import NO_TARGET, RIGHT, WRONG, Score
from loomlab.evals.scorers.base import Scorer, scorer


def exact(*, ignore_case: bool = False, strip: bool = True) -> Scorer:
    """Right when the answer equals the target, or any target of a list.

    ``strip`` leaves white space around both out; ``ignore_case`` compares by case folding. Where the run has a
    parsed object, that object is compared as it is too.
    """

    def plain(text: str) -> str:
        text = text.strip() if strip else text
        return text.casefold() if ignore_case else text

    @scorer("exact")
    def judge(result: RunResult, case: Case) -> Score:
        target = case.target
        if target is None:
            return NO_TARGET
        answer = plain(result.output)
        if type(target) is str:
            return RIGHT if answer == plain(target) else WRONG
        if result.parsed is not None and result.parsed == target:
            return RIGHT
        wanted = target if isinstance(target, (list, tuple)) else (target,)
        return RIGHT if any(answer == plain(str(one)) for one in wanted) else WRONG

    return judge
