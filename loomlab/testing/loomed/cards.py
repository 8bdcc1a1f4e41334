"""What a failed expectation shows: its sentence, the table, the decision cards."""

from loomlab.display import evaluation_text, plain
from loomlab.display.decision import decision_text
from loomlab.evals import Evaluation
from loomlab.evals.arm_spec import PairSpec
from loomlab.evals.decision import decision_card
from loomlab.evals.pairs import compare_pairs
from loomlab.evals.report import display_rows, report_note

MOST = 3
"""Cards in one message."""


def cards_text(evaluation: Evaluation, pairs: tuple[PairSpec, ...]) -> str:
    """The table of the arms, and the cards of ``pairs``."""
    summaries = evaluation.arm_summaries()
    said = [evaluation_text(display_rows(summaries), note=report_note(evaluation, summaries))]
    found = compare_pairs(evaluation, pairs)
    said += [decision_text(decision_card(one)) for one in found[:MOST]]
    if len(found) > MOST:
        said.append(f"{len(found) - MOST} further comparisons are left out")
    return plain("\n\n".join(said))
