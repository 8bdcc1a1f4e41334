"""How many words the answer and the target share."""

import re
import string
from collections import Counter

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import NO_TARGET, Score
from loomlab.evals.scorers.base import Scorer, scorer, targets_of

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def f1(*, threshold: float | None = None) -> Scorer:
    """Token F1 of the answer against the target, the best of a list: from 0, no word shared, to 1, the same words.

    Words are compared as SQuAD does (Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text",
    2016): lower case, without punctuation and the articles a, an, the; a word that stands twice counts twice. Two
    texts without any word left are equal. With ``threshold`` the score is 1 where F1 reaches it and 0 elsewhere.
    """
    if threshold is not None and not 0 < threshold <= 1:
        raise ValueError(f"threshold lies above 0 and at most at 1, not at {threshold}")

    @scorer("f1")
    def judge(result: RunResult, case: Case) -> Score:
        if case.target is None:
            return NO_TARGET
        answer = words(result.output)
        best = max((overlap(answer, words(str(one))) for one in targets_of(case)), default=0.0)
        if threshold is None:
            return Score(best)
        return Score(float(best >= threshold), f"F1 is {best:.3f}")

    return judge


def words(text: str) -> list[str]:
    """The words of a text as SQuAD counts them."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def overlap(answer: list[str], wanted: list[str]) -> float:
    """The harmonic mean of precision and recall over words."""
    if not answer or not wanted:
        return float(answer == wanted)
    shared = (Counter(answer) & Counter(wanted)).total()
    return 2 * shared / (len(answer) + len(wanted))
