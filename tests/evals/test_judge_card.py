"""The judge card on judges whose agreement and whose biases are known, because we made them."""

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab import EchoModel
from loomlab.core.errors import ConfigError
from loomlab.core.messages import Usage
from loomlab.display.judge_card import judge_card_html, judge_card_svg, judge_card_text
from loomlab.evals import Case, JudgeCard, Labelled, PairState, PairVerdict, Score, Spent, examine_judge, judge_card
from loomlab.evals.judging.measures import kappa, rank_correlation, share
from loomlab.evals.judging.pairwise import PairwiseJudge
from loomlab.evals.judging.words import judge_figures

COUNTS = st.tuples(*[st.integers(0, 40)] * 4).filter(lambda counts: sum(counts) > 3)


def table(both: int, only_judge: int, only_label: int, neither: int) -> JudgeCard:
    """A judge with these four counts."""
    said = [1.0] * both + [1.0] * only_judge + [0.0] * only_label + [0.0] * neither
    labels = [1.0] * both + [0.0] * only_judge + [1.0] * only_label + [0.0] * neither
    return judge_card(said, labels)


def test_a_table_from_the_literature() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: agreement 0.70, by chance 0.50, κ 0.40
    card = table(20, 5, 10, 15)
    assert card.accuracy.value == pytest.approx(0.7)
    assert card.guessing == pytest.approx(0.5)
    assert card.kappa.value == pytest.approx(0.4)
    assert (card.label_rate, card.judge_rate) == (pytest.approx(0.6), pytest.approx(0.5))
    assert card.false_good.value == pytest.approx(5 / 20)
    assert card.false_bad.value == pytest.approx(10 / 30)
    assert len(card.disputed) == 15


@given(COUNTS)
def test_kappa_its_error_and_the_shares_are_those_of_statsmodels(counts: tuple[int, int, int, int]) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa
    from statsmodels.stats.proportion import proportion_confint

    both, only_a, only_b, neither = counts
    ours = kappa(both, only_a, only_b, neither)
    low, high = proportion_confint(both + neither, sum(counts), method="wilson")
    agreed = share(both + neither, sum(counts))
    assert (agreed.low, agreed.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    if 0 in (both + only_a, only_b + neither, both + only_b, only_a + neither):
        assert ours.value is None or ours.value == pytest.approx(0)  # somebody always says the same
        assert (ours.low, ours.high) == (None, None)
        return
    if only_a == only_b == 0 or (both == neither == 0 and only_a == only_b):  # no scatter
        assert (abs(ours.value), ours.low, ours.high) == (pytest.approx(1), None, None)
        return
    theirs = cohens_kappa([[both, only_a], [only_b, neither]])
    assert ours.value == pytest.approx(theirs.kappa, abs=1e-9)
    reach = 1.959963984540054 * math.sqrt(max(0.0, theirs.var_kappa))
    assert ours.low == pytest.approx(max(-1, theirs.kappa - reach), abs=1e-7)
    assert ours.high == pytest.approx(min(1, theirs.kappa + reach), abs=1e-7)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=40))
def test_the_rank_correlation_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    from scipy import stats

    xs, ys = [float(x) for x, _ in pairs], [float(y) for _, y in pairs]
    ours = rank_correlation(xs, ys)
    if len(set(xs)) < 2 or len(set(ys)) < 2:
        assert ours.value is None
        return
    assert ours.value == pytest.approx(stats.spearmanr(xs, ys).statistic, abs=1e-9)
    assert ours.p_value is not None
    assert 0 <= ours.p_value <= 1


@given(COUNTS)
def test_kappa_is_symmetric_and_at_most_one(counts: tuple[int, int, int, int]) -> None:
    both, only_a, only_b, neither = counts
    one, other = kappa(both, only_a, only_b, neither), kappa(both, only_b, only_a, neither)
    assert one.value is None or one.value <= 1
    assert one.value == (None if other.value is None else pytest.approx(other.value))


def simulated(rng: random.Random, n: int, rate: float, right: float) -> JudgeCard:
    """A judge that says the label with probability ``right``, whatever the label is."""
    labels = [float(rng.random() < rate) for _ in range(n)]
    said = [label if rng.random() < right else 1 - label for label in labels]
    return judge_card(said, labels)


@pytest.mark.parametrize(("rate", "right"), [(0.5, 0.9), (0.5, 0.75), (0.2, 0.9), (0.5, 0.5)])
def test_the_intervals_of_simulated_judges_hold_the_truth(rate: float, right: float) -> None:
    rng = random.Random(11)
    said_good = rate * right + (1 - rate) * (1 - right)
    chance = rate * said_good + (1 - rate) * (1 - said_good)
    true_kappa = (right - chance) / (1 - chance)
    cards = [simulated(rng, 200, rate, right) for _ in range(300)]
    held = sum((card.kappa.low or 0) <= true_kappa <= (card.kappa.high or 0) for card in cards) / len(cards)
    assert 0.91 <= held <= 0.99
    inside = sum((card.accuracy.low or 0) <= right <= (card.accuracy.high or 0) for card in cards) / len(cards)
    assert 0.91 <= inside <= 0.99
    mean = sum(card.kappa.value or 0 for card in cards) / len(cards)
    assert mean == pytest.approx(true_kappa, abs=0.02)


def test_a_judge_that_always_says_yes_is_accurate_and_worth_nothing() -> None:
    labels = [1.0] * 90 + [0.0] * 10
    card = judge_card([1.0] * 100, labels)
    assert card.accuracy.value == pytest.approx(0.9)
    assert card.kappa.value == 0
    assert "no better than guessing" in card.sentences()[0]
    assert judge_card([1.0] * 10, [1.0] * 10).kappa.value is None
    assert "not defined" in str(judge_card([1.0] * 10, [1.0] * 10))
    assert "almost perfectly beyond chance (κ 1.00)" in str(judge_card([1.0, 0.0] * 9, [1.0, 0.0] * 9))


def test_a_length_bias_is_found_and_an_honest_taste_for_long_answers_is_not_one() -> None:
    rng = random.Random(5)
    lengths = [float(rng.randint(10, 1000)) for _ in range(300)]
    by_chance = [float(rng.random() < 0.5) for _ in lengths]
    swayed = [float(length > 500) for length in lengths]
    biased = judge_card(swayed, by_chance, lengths=lengths)
    assert biased.length_beyond_label.value is not None and biased.length_beyond_label.value > 0.4
    assert "Longer answers get higher scores than their labels explain" in str(biased)
    earned = [float(length > 500) for length in lengths]
    honest = judge_card(earned, earned, lengths=lengths)
    assert honest.length.value is not None and honest.length.value > 0.8
    assert honest.length_beyond_label.value is None
    noise = [label if rng.random() < 0.8 else 1 - label for label in by_chance]
    fair = judge_card(noise, by_chance, lengths=lengths)
    assert fair.length_beyond_label.p_value is not None and fair.length_beyond_label.p_value > 0.05
    assert "No length bias is shown" in str(fair)


def test_false_alarms_about_length_are_as_rare_as_they_should_be() -> None:
    rng = random.Random(3)
    ps = []
    for _ in range(400):
        xs, ys = [rng.random() for _ in range(40)], [rng.random() for _ in range(40)]
        ps.append(rank_correlation(xs, ys).p_value or 0.0)
    assert 0.025 <= sum(p < 0.05 for p in ps) / len(ps) <= 0.08


def pair(first: str, second: str) -> PairVerdict:
    state = PairState.BIASED if {first, second} == {"a", "b"} else PairState.DECIDED
    return PairVerdict(first if first == second else None, state, first, second, "", Spent("m", 2, 20, 4, 0.01))


def test_position_bias_is_the_share_of_flips_and_names_the_place() -> None:
    pairs = [pair("a", "b")] * 12 + [pair("b", "a")] * 3 + [pair("a", "a")] * 25
    card = judge_card([1.0, 0.0], [1, 0], pairs=pairs)
    assert card.flips.value == pytest.approx(15 / 40)
    assert card.first_wins.value == pytest.approx(12 / 15)
    assert "the first one wins in 80 %" in str(card)
    assert card.spent is not None
    assert (card.spent.calls, card.spent.cost_usd) == (80, pytest.approx(0.4))


def test_repeats_that_differ_and_verdicts_that_are_missing_are_counted_as_such() -> None:
    failed = Score.failed("judge failed")
    said: dict[str, Any] = {"a": [1, 1, 1], "b": [1, 0, 1], "c": [failed, 1, None], "d": [0, 0], "e": failed}
    card = judge_card(said, {"a": 1, "b": 1, "c": 1, "d": 0, "e": 0})
    assert (card.consistency.value, card.consistency.n) == (pytest.approx(2 / 3), 3)
    assert (card.unscored.value, card.unscored.n) == (pytest.approx(3 / 12), 12)
    assert card.faults == {"scorer failed": 2, "unscored": 1}
    assert (card.accuracy.value, card.accuracy.n, card.n) == (1.0, 3, 5)  # c and e have no first verdict
    assert "those count nowhere as 0" in str(card)
    nothing = judge_card([None, None], [1, 0])
    assert nothing.accuracy.value is None
    assert nothing.sentences()[0] == "The judge gave no verdict on any of 2 labelled answers."


@pytest.mark.parametrize(
    ("said", "labels", "words"),
    [
        ({"a": 1}, {"b": 1}, "'a' is in one of them only"),
        ([1, 0], [1], "'1' is in one of them only"),
        ([], [], "at least one label"),
        ([1], ["good"], "labels are numbers"),
        ("ab", [1, 0], "a mapping of ids, or a sequence"),
    ],
)
def test_what_does_not_match_is_refused(said: Any, labels: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        judge_card(said, labels)


def test_three_faces_say_the_same_and_a_hostile_name_is_text() -> None:
    card = judge_card([1.0] * 8 + [0.0] * 8, [1.0] * 7 + [0.0] * 9, lengths=list(range(16)), pairs=[pair("a", "a")] * 4)
    figures = judge_figures(card, "<script>alert(1)</script>")
    html, text, svg = judge_card_html(figures), judge_card_text(figures), judge_card_svg(figures)
    assert "<script>" not in html
    for face in (html, text):
        assert "0.938" in face
        assert "15" in face or "94 %" in face
    assert text.startswith("The judge agrees with 94 % (")
    assert 'role="img"' in svg and "agreement with the labels 0.938" in svg
    assert judge_card_html(figures) == html
    empty = judge_figures(judge_card([None], [1]))
    assert "no verdict" in judge_card_text(empty)
    assert judge_card_svg(empty)


class Rule(EchoModel):
    """A judge by rule, that knows a good answer by its first word and, asked for a pair, likes what comes first."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def complete(self, messages: Any, **_: Any) -> Any:
        self.asked += 1
        shown = messages[1].content
        grade = "first" if "<first>" in shown else "correct" if "<answer>\ngood" in shown else "incorrect"
        return f"grade: {grade}", [], Usage(input_tokens=3, output_tokens=1, cost_usd=0.001), "stop"


@pytest.mark.anyio
async def test_a_judge_is_asked_and_measured() -> None:
    from loomlab.evals import scorers

    labelled = [
        Labelled(Case(f"c{i}", "q"), f"{'good' if good else 'bad'} {'x' * i}", good, id=f"c{i}-{good}")
        for i in range(6)
        for good in (True, False)
    ]
    model = Rule()
    card = await examine_judge(scorers.model_judge(model), labelled, repeats=3, pairwise=PairwiseJudge(model))
    assert model.asked == 12 * 3 + 6 * 2
    assert (card.n, card.kappa.value, card.consistency.value) == (12, 1.0, 1.0)
    assert (card.flips.value, card.first_wins.value) == (1.0, 1.0)
    assert card.spent is not None and card.spent.cost_usd == pytest.approx(0.048)
    with pytest.raises(ConfigError, match="same id"):
        await examine_judge(scorers.exact(), [labelled[0], labelled[0]])


@pytest.mark.anyio
async def test_a_judge_that_raises_has_given_no_verdict() -> None:
    def broken(*_: Any) -> float:
        raise KeyError("no")

    card = await examine_judge(broken, [Labelled(Case("c", "q"), "x", 1)])
    assert card.unscored.value == 1
    assert card.faults == {"scorer failed": 1}
