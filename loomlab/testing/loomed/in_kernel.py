"""What a kernel is asked after a cell of its notebook failed. Loaded there, and nowhere else."""

import sys
from typing import Any

from loomlab.evals import Evaluation
from loomlab.evals.arm_spec import PairSpec
from loomlab.evals.expectation import ExpectationNotMet
from loomlab.notebook.notebook import NAME
from loomlab.testing.loomed.cards import cards_text


def cards(shell: Any, name: str | None) -> str:
    """The cards of the evaluation in the variable ``name``, else of the last one; empty where there is none."""
    value = shell.user_ns.get(name) if name else shell.__dict__[NAME].evaluations.last
    if not isinstance(value, Evaluation):
        return ""
    first, *others = value.arms
    return cards_text(value, tuple(PairSpec(first, other) for other in others))


def missed() -> str:
    """The expectation that failed last, as it was written; empty where none did."""
    error = getattr(sys, "last_value", None)
    return error.result.expectation.text if isinstance(error, ExpectationNotMet) else ""
