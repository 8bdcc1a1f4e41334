"""The faces of what judges said, people and models: votes, duels, judge cards, expectations."""

from typing import Any

from loomlab.display import empty_html, empty_text
from loomlab.display import format as fmt
from loomlab.display.expected import Expected, expected_html, expected_text
from loomlab.display.judge_card import JudgeFigures, Measure, judge_card_html, judge_card_text
from loomlab.display.votes import PairVotes, VoteFigures, votes_html, votes_text
from loomlab.evals import Duel, JudgeCard
from loomlab.evals.expectation import ExpectationResult
from loomlab.evals.judging.words import judge_figures
from loomlab.evals.votes import Vote, Votes
from loomlab.notebook.face import Face

_SIDES = {">=": "above", ">": "above", "<=": "below", "<": "below", "==": "around"}
_ENOUGH = 10
"""Decided votes from which on the place of the winner is worth a word."""


def judged_face(value: Any) -> Face | None:
    """The faces of such a value; None for anything else."""
    if isinstance(value, JudgeCard):
        card = judge_figures(value)
    elif isinstance(value, Duel):
        card = duel_figures(value)
    elif isinstance(value, Votes):
        return votes_face(value)
    elif isinstance(value, ExpectationResult):
        return expected_face(value)
    else:
        return None
    return Face(judge_card_html(card), judge_card_text(card))


def duel_figures(duel: Duel) -> JudgeFigures:
    """A duel as a card: who won, by how much, and whether the place decided."""
    counts, spent = duel.counts(), duel.spent
    wins, bias = duel.b_wins, duel.position_bias
    measures = [Measure(f"decided pairs that {duel.b} won", wins.value, wins.low, wins.high, wins.n, duel.p_value)]
    if bias.n:
        measures.append(Measure("the place decided, not the answer", bias.value, bias.low, bias.high, bias.n))
    facts = [(f"{duel.a} won", f"{counts['a']:,}"), (f"{duel.b} won", f"{counts['b']:,}")]
    facts += [("ties", f"{counts['tie']:,}")]
    facts += [("no answer in one arm", f"{duel.left_out:,}")] if duel.left_out else []
    if spent is not None:
        facts += [("judge calls", f"{spent.calls:,}"), ("cost", fmt.cost(spent.cost_usd))]
    return JudgeFigures("duel", [duel.said()], measures if wins.n else measures[1:], facts)


def votes_face(votes: Votes) -> Face:
    """The tally of votes; what to type where there is none."""
    if not len(votes):
        parts = ("No vote yet.", "%%loom --ab react,rewoo and a prompt below it")
        return Face(empty_html(*parts), empty_text(*parts))
    pairs = [
        PairVotes(
            one.a,
            one.b,
            one.a_won,
            one.b_won,
            one.ties,
            one.both_bad,
            one.b_wins.value,
            one.b_wins.low,
            one.b_wins.high,
            one.p_value,
        )
        for one in votes.tally()
    ]
    said = [(vote.prompt, _said(vote), vote.reason or "–") for vote in reversed(votes)]
    figures = VoteFigures(pairs, said, _note(votes))
    return Face(votes_html(figures), votes_text(figures))


def expected_face(found: ExpectationResult) -> Face:
    """The verdict over an expectation."""
    expectation, measure = found.expectation, found.measure
    one = Expected(
        expectation.text,
        found.ok,
        found.sentence,
        found.value,
        found.low,
        found.high,
        found.bound,
        _SIDES.get(expectation.sign, ""),
        fmt.significant if measure is None else measure.shown,
        expectation.slack,
    )
    return Face(expected_html(one), expected_text(one))


def _said(vote: Vote) -> str:
    return vote.winner or {"tie": "tie", "bad": "both bad"}[vote.choice]


def _note(votes: Votes) -> str:
    blind = sum(vote.blind for vote in votes)
    said = [f"{blind:,} of {fmt.plural(len(votes), 'vote')} blind."]
    first = votes.first_wins()
    if first.value is not None and first.n >= _ENOUGH:
        said.append(
            f"The answer that stood first won {fmt.percent(first.value)} of the decided ones "
            f"(between {fmt.percent(first.low)} and {fmt.percent(first.high)})."
        )
    return " ".join(said)


JUDGED = (JudgeCard, Duel, Votes, ExpectationResult)
"""Types whose values look our way in a notebook."""
