"""A judge card in plain words, and as the display shows it."""

from typing import TYPE_CHECKING

from loomlab.display import format as fmt
from loomlab.display.judge_card import JudgeFigures, Measure
from loomlab.evals.judging.measures import Correlation, Share

if TYPE_CHECKING:
    from loomlab.evals.judging.card import JudgeCard

SURE = 0.05
"""The p from which on a correlation counts as shown."""


def judge_sentences(card: "JudgeCard") -> list[str]:
    """Agreement, leniency, consistency, position, length, what was not scored; each only where it was measured."""
    said = [_agreement(card)]
    wrong, missed = card.false_good, card.false_bad
    if wrong.value is not None and missed.value is not None:
        said.append(
            f"It passes {fmt.percent(wrong.value)} of the bad answers "
            f"and fails {fmt.percent(missed.value)} of the good ones."
        )
    if card.consistency.value is not None:
        said.append(f"Asked again, it says the same of {_with_ends(card.consistency)} of the answers.")
    if card.flips.value is not None:
        said.append(
            f"Of {fmt.plural(card.flips.n, 'pair')}, {_with_ends(card.flips)} change the winner with the order."
        )
        if card.first_wins.value is not None and card.first_wins.n > 1:
            first = card.first_wins.value
            place = "first" if first >= 0.5 else "second"
            said.append(f"Where the place decides, the {place} one wins in {fmt.percent(max(first, 1 - first))}.")
    said += [one for one in (_length(card.length, card.length_beyond_label),) if one]
    if card.unscored.value:
        said.append(f"It gave no verdict in {_with_ends(card.unscored)}; those count nowhere as 0.")
    return said


def judge_figures(card: "JudgeCard", name: str = "judge") -> JudgeFigures:
    """The card as the display room wants it."""
    shares = (
        ("agreement with the labels", card.accuracy),
        ("κ (agreement beyond chance)", card.kappa),
        ("bad answers that it passes", card.false_good),
        ("good answers that it fails", card.false_bad),
        ("same verdict when asked again", card.consistency),
        ("winner changes with the order", card.flips),
        ("no verdict", card.unscored),
    )
    measures = [Measure(what, one.value, one.low, one.high, one.n) for what, one in shares if one.n]
    for what, one in (
        ("length and score", card.length),
        ("length and score beyond the label", card.length_beyond_label),
    ):
        if one.value is not None:
            measures.append(Measure(f"{what}, rank correlation", one.value, None, None, one.n, one.p_value))
    facts = [("labels", f"{card.n:,}")]
    if card.label_rate is not None:
        facts += [("labelled good", fmt.percent(card.label_rate)), ("judged good", fmt.percent(card.judge_rate))]
        facts += [("agreement by guessing", fmt.percent(card.guessing))]
    if card.spent is not None:
        facts += [("judge calls", f"{card.spent.calls:,}"), ("cost", fmt.cost(card.spent.cost_usd))]
    return JudgeFigures(name, card.sentences(), measures, facts)


def _agreement(card: "JudgeCard") -> str:
    if card.accuracy.value is None:
        return f"The judge gave no verdict on any of {fmt.plural(card.n, 'labelled answer')}."
    said = f"The judge agrees with {_with_ends(card.accuracy)} of {fmt.plural(card.accuracy.n, 'label')}"
    if card.kappa.value is None:
        return f"{said}; κ is not defined, because labels and verdicts are all the same."
    least = card.kappa.value if card.kappa.low is None else card.kappa.low
    strength = "no better than guessing would" if least <= 0 else f"{_word(card.kappa.value)} beyond chance"
    ends = "" if card.kappa.low is None or card.kappa.high is None else f", {least:.2f} to {card.kappa.high:.2f}"
    return (
        f"{said}, {strength} (κ {card.kappa.value:.2f}{ends}); "
        f"guessing at these rates would agree with {fmt.percent(card.guessing)}."
    )


def _word(kappa: float) -> str:
    """Landis and Koch, "The measurement of observer agreement for categorical data" (1977)."""
    words = ((0.8, "almost perfectly"), (0.6, "substantially"), (0.4, "moderately"), (0.2, "fairly"))
    return next((word for least, word in words if kappa > least), "slightly")


def _with_ends(one: Share) -> str:
    return f"{fmt.percent(one.value)} ({fmt.percent(one.low)} to {fmt.percent(one.high)})"


def _length(plain: Correlation, beyond: Correlation) -> str:
    one = beyond if beyond.value is not None else plain
    if one.value is None or one.p_value is None:
        return ""
    if one.p_value >= SURE:
        return f"No length bias is shown (rank correlation {one.value:+.2f}, p {one.p_value:.2f})."
    more = "Longer" if one.value > 0 else "Shorter"
    p = "<0.001" if one.p_value < 0.001 else f"{one.p_value:.3f}"
    return f"{more} answers get higher scores than their labels explain (rank correlation {one.value:+.2f}, p {p})."
