"""Evaluation: cases, arms, scorers, and a table that says how right, how sure, how dear and how slow.

Open ``runner.py`` first: ``evaluate`` is the one verb. ``dataset.py`` says where cases come from, ``scorers/`` how
answers are judged, ``summary.py`` what the table holds, ``suite.py`` how a TOML file says all of it.
"""

from loomlab.evals import scorers
from loomlab.evals.card import DatasetCard
from loomlab.evals.case import Case
from loomlab.evals.case_budget import CaseBudget
from loomlab.evals.case_tools import CaseTools
from loomlab.evals.compare import Comparison, Verdict, compare
from loomlab.evals.controls import Controls
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.expectation import Expectation, ExpectationNotMet, ExpectationResult
from loomlab.evals.judging import (
    Duel,
    JudgeCard,
    Labelled,
    PairState,
    PairVerdict,
    PairwiseJudge,
    duel,
    examine_judge,
    judge_card,
)
from loomlab.evals.paired import Paired, paired
from loomlab.evals.pairs import compare_pairs
from loomlab.evals.progress import Progress
from loomlab.evals.promote import promote
from loomlab.evals.recorded import load_evaluation, save_evaluation
from loomlab.evals.replies import ReplyCache
from loomlab.evals.rescore import rescore
from loomlab.evals.runner import evaluate
from loomlab.evals.score import Score, ScoreState, Spent
from loomlab.evals.sequence import ConfidenceSequence
from loomlab.evals.sequential import Looks, Sequential
from loomlab.evals.suite import ArmSpec, Suite
from loomlab.evals.suitefile import load_suite
from loomlab.evals.summary import ArmSummary
from loomlab.evals.trial import Trial, TrialState
from loomlab.evals.votes import Vote, Votes

__all__ = [
    "ArmSpec",
    "ArmSummary",
    "Case",
    "CaseBudget",
    "CaseTools",
    "Comparison",
    "ConfidenceSequence",
    "Controls",
    "Dataset",
    "DatasetCard",
    "Duel",
    "Evaluation",
    "Expectation",
    "ExpectationNotMet",
    "ExpectationResult",
    "JudgeCard",
    "Labelled",
    "Looks",
    "PairState",
    "PairVerdict",
    "Paired",
    "PairwiseJudge",
    "Progress",
    "ReplyCache",
    "Score",
    "ScoreState",
    "Sequential",
    "Spent",
    "Status",
    "Suite",
    "Trial",
    "TrialState",
    "Verdict",
    "Vote",
    "Votes",
    "compare",
    "compare_pairs",
    "duel",
    "evaluate",
    "examine_judge",
    "judge_card",
    "load_evaluation",
    "load_suite",
    "paired",
    "promote",
    "rescore",
    "save_evaluation",
    "scorers",
]
