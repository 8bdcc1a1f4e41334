"""The target stands somewhere in the answer."""

import re
import unicodedata

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import NO_TARGET, RIGHT, WRONG, Score
from loomlab.evals.scorers.base import Scorer, scorer, targets_of


def includes(*, ignore_case: bool = True, words: bool = True, accents: bool = False) -> Scorer:
    """Right when the target, or any target of a list, occurs in the answer.

    ``words`` asks for whole words ("art" is not in "party"); ``ignore_case`` compares by case folding; unless
    ``accents`` is set, "Bogotá" and "Bogota" count as the same. An empty target is never included.
    """

    def plain(text: str) -> str:
        if not accents:
            text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        text = text.casefold() if ignore_case else text
        return " ".join(text.split())

    def occurs(target: str, result: RunResult) -> bool:
        wanted, answer = plain(target), plain(result.output)
        if not wanted:  # nothing, or nothing but accents
            return bool(target.strip()) and target.strip() in result.output
        return bool(re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", answer)) if words else wanted in answer

    @scorer("includes")
    def judge(result: RunResult, case: Case) -> Score:
        if case.target is None:
            return NO_TARGET
        return RIGHT if any(occurs(str(one), result) for one in targets_of(case)) else WRONG

    return judge
