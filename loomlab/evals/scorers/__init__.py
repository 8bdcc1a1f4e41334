"""Ways to judge an answer. A scorer is ``(result, case) -> bool | float | Score | None``, sync or async, with a name.

One that takes a third argument is given the tool calls of the run. Open ``exact.py`` first: the others have its shape.
``result`` is a ``RunResult``; ``case.target`` a value, or a list of values of which any is right. A case without a
target is *unscored*, which is not 0.
"""

from loomlab.evals.scorers.base import CallScorer, Scorer, scorer, scorer_name, wants_calls
from loomlab.evals.scorers.code import code
from loomlab.evals.scorers.end_state import end_state
from loomlab.evals.scorers.exact import exact
from loomlab.evals.scorers.f1 import f1
from loomlab.evals.scorers.includes import includes
from loomlab.evals.scorers.json_match import json_match
from loomlab.evals.scorers.model_judge import model_judge
from loomlab.evals.scorers.named import by_case, from_spec, names
from loomlab.evals.scorers.numeric import numeric
from loomlab.evals.scorers.pairwise_judge import pairwise_judge
from loomlab.evals.scorers.regex import regex
from loomlab.evals.scorers.schema import schema
from loomlab.evals.scorers.tool_calls import tool_calls

__all__ = [
    "CallScorer",
    "Scorer",
    "by_case",
    "code",
    "end_state",
    "exact",
    "f1",
    "from_spec",
    "includes",
    "json_match",
    "model_judge",
    "names",
    "numeric",
    "pairwise_judge",
    "regex",
    "schema",
    "scorer",
    "scorer_name",
    "tool_calls",
    "wants_calls",
]
