"""Models that judge answers, and how far to trust them.

Open ``asking.py`` first: one question to a judge, its verdict read, what it cost. ``pairwise.py`` compares two answers,
``duel.py`` two arms, ``card.py`` says how good a judge is. The scorer on top is ``scorers/model_judge.py``.
"""

from loomlab.evals.judging.asking import Asker, Verdict
from loomlab.evals.judging.card import JudgeCard, Labelled, examine_judge, judge_card
from loomlab.evals.judging.duel import Duel, duel
from loomlab.evals.judging.grades import Grades
from loomlab.evals.judging.pairwise import PairState, PairVerdict, PairwiseJudge

__all__ = [
    "Asker",
    "Duel",
    "Grades",
    "JudgeCard",
    "Labelled",
    "PairState",
    "PairVerdict",
    "PairwiseJudge",
    "Verdict",
    "duel",
    "examine_judge",
    "judge_card",
]
