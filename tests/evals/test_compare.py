"""The comparison of two arms: what it says, what it corrects for, what it leaves out."""

import random

import pytest
from statsmodels.stats.multitest import multipletests

from loomlab import Agent, EchoModel, tool
from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset, Evaluation, Sequential, Verdict, compare, evaluate, paired, scorers
from loomlab.evals.decision import decision_card

pytestmark = pytest.mark.anyio


def coin(share: float, seed: int):
    draws = random.Random(seed)

    def answer(question: str) -> str:
        return "yes" if draws.random() < share else "no"

    return answer


def questions(n: int, clusters: int | None = None) -> Dataset:
    label = (lambda i: None) if clusters is None else (lambda i: f"c{i % clusters}")
    return Dataset(Case(id=f"q{i}", input=str(i), target="yes", cluster=label(i)) for i in range(n))


async def tried(n: int = 120, *, epochs: int = 1, clusters: int | None = None, **shares: float) -> Evaluation:
    arms = {name: coin(share, number) for number, (name, share) in enumerate(shares.items())}
    return await evaluate(questions(n, clusters), arms, scorers=scorers.exact(), epochs=epochs, max_concurrency=1)


async def test_a_clear_difference_is_named_whichever_way_it_is_asked() -> None:
    ev = await tried(poor=0.3, good=0.8)
    assert (compare(ev, "poor", "good").verdict, compare(ev, "good", "poor").verdict) == ("b is better", "a is better")
    assert compare(ev, "poor", "good").sentence == compare(ev, "good", "poor").sentence == "good is better."


async def test_it_is_the_plain_paired_test_over_case_means() -> None:
    ev = await tried(epochs=3, one=0.5, two=0.6)
    means = ev.frame().groupby(["arm", "case"])["score"].mean().unstack()
    expected = paired(means.loc["one"].tolist(), means.loc["two"].tolist())
    assert compare(ev, "one", "two").score.p_value == pytest.approx(expected.p_value)
    assert compare(ev, "one", "two").cases == 120


async def test_clusters_count_as_units() -> None:
    ev = await tried(clusters=12, one=0.5, two=0.6)
    result = compare(ev, "one", "two").score
    assert (result.method, result.units, result.n) == ("cluster", 12, 120)


async def test_more_than_two_arms_pay_for_it_by_holms_correction() -> None:
    ev = await tried(a=0.5, b=0.6, c=0.7)
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    raw = [compare(ev, *pair).score.p_value for pair in pairs]
    adjusted = [compare(ev, *pair).p_adjusted for pair in pairs]
    assert adjusted == pytest.approx(list(multipletests(raw, method="holm")[1]), abs=1e-12)
    assert compare(ev, "c", "a").family == 3
    assert compare(ev, "c", "a").p_adjusted == compare(ev, "a", "c").p_adjusted


async def test_equivalence_is_claimed_only_within_a_margin_somebody_set() -> None:
    same = Dataset(Case(id=str(i), input=str(i), target="yes") for i in range(400))
    ev = await evaluate(same, {"a": coin(0.9, 1), "b": coin(0.9, 2)}, scorers=scorers.exact(), max_concurrency=1)
    assert compare(ev, "a", "b").verdict is Verdict.OPEN
    assert compare(ev, "a", "b", margin=0.1).verdict is Verdict.EQUIVALENT
    assert compare(ev, "a", "b", margin=0.1).sentence == "No difference that matters: less than 0.1."
    assert compare(ev, "a", "b", margin=0.005).verdict is Verdict.OPEN


async def test_an_open_question_says_how_many_cases_more() -> None:
    ev = await tried(n=60, a=0.55, b=0.6)
    result = compare(ev, "a", "b")
    assert result.verdict is Verdict.OPEN
    assert result.more == (result.score.needed() or 0) - 60 > 0
    assert result.score.mde > abs(result.score.delta)


async def test_cases_without_a_score_are_counted_not_dropped_in_silence() -> None:
    def fails(question: str) -> str:
        if int(question) % 3 == 0:
            raise RuntimeError("no")
        return "yes"

    ev = await evaluate(questions(30), {"a": coin(0.5, 1), "b": fails}, scorers=scorers.exact())
    result = compare(ev, "a", "b")
    assert (result.cases, result.left_out) == (20, 10)
    assert (result.confounds["b"].errors, result.confounds["a"].clean) == (10, True)
    assert result.confounds["b"].said() == "10 failed"


async def test_a_quarantined_case_is_out_and_the_verdict_can_be_had_with_and_without() -> None:
    def wrong_on_ten(question: str) -> str:
        return "no" if int(question) < 10 else "yes"

    ev = await evaluate(questions(30), {"a": lambda q: "yes", "b": wrong_on_ten}, scorers=scorers.exact())
    assert compare(ev, "a", "b").verdict is Verdict.A_BETTER
    without = compare(ev, "a", "b", quarantine=[f"q{i}" for i in range(10)])
    assert (without.score.delta, without.cases, without.quarantined) == (0, 20, 10)
    assert without.verdict is Verdict.OPEN


async def test_epochs_give_passes_and_the_two_variances() -> None:
    ev = await tried(n=200, epochs=4, a=0.5, b=0.5)
    result = compare(ev, "a", "b")
    assert set(result.passes["a"]) == {1, 2, 3, 4}
    assert result.passes["a"][1][0] == pytest.approx(result.passes["a"][1][1])
    assert result.passes["a"][4][0] == pytest.approx(1 - 0.5**4, abs=0.05)
    assert result.passes["a"][4][1] == pytest.approx(0.5**4, abs=0.05)
    within, between = result.variance["a"]
    assert within == pytest.approx(0.25, abs=0.03)
    assert between == pytest.approx(0, abs=0.03)


@tool
def look_up(name: str) -> str:
    """Look a name up."""
    return name


async def test_it_says_which_factors_differ() -> None:
    def agent(**changes):
        return Agent(**{"instructions": "Answer.", "model": EchoModel(), "tools": [look_up], **changes})

    arms = {
        "plain": agent(),
        "thinks": agent(architecture="self-refine"),
        "twice": agent(instructions="Answer well.", tools=None),
    }
    ev = await evaluate(questions(3), arms, scorers=scorers.exact())
    assert compare(ev, "plain", "thinks").factors == ("architecture",)
    assert compare(ev, "plain", "twice").factors == ("instructions", "tools")
    assert compare(ev, "plain", "thinks").tokens is not None


@pytest.mark.parametrize(
    ("a", "b", "options", "says"),
    [
        ("one", "tow", {}, "did you mean 'two'"),
        ("one", "one", {}, "compared with itself"),
        ("one", "two", {"scorer": "exakt"}, "did you mean 'exact'"),
        ("one", "two", {"margin": 0}, "above 0"),
        ("one", "two", {"quarantine": ["q99x"]}, "has no case 'q99x'"),
    ],
)
async def test_bad_input_is_told_the_remedy(a: str, b: str, options: dict, says: str) -> None:
    ev = await tried(n=4, one=0.5, two=0.5)
    with pytest.raises(ConfigError, match=says):
        compare(ev, a, b, **options)


async def test_quarantine_says_why_and_what_the_verdict_would_be_with_the_cases() -> None:
    def wrong_on_ten(question: str) -> str:
        return "no" if int(question) < 10 else "yes"

    ev = await evaluate(questions(30), {"a": lambda q: "yes", "b": wrong_on_ten}, scorers=scorers.exact())
    found = compare(ev, "a", "b", quarantine={f"q{i}": "the label is wrong" for i in range(10)})
    assert found.verdict_with is Verdict.A_BETTER
    said = " ".join(decision_card(found).why)
    assert "10 cases in quarantine (q0: the label is wrong; q1:" in said
    assert said.endswith("with them the verdict would be that a is better.")
    same = " ".join(decision_card(compare(ev, "a", "b", quarantine=["q20"])).why)
    assert same.endswith("1 case in quarantine; with it the verdict is the same.")
    assert compare(ev, "a", "b").verdict_with is None


async def test_a_sequential_card_shows_the_interval_by_which_it_was_decided_and_what_it_saved() -> None:
    until = Sequential()
    arms = {"bad": lambda q: "no", "good": lambda q: "yes"}
    ev = await evaluate(questions(120), arms, scorers=scorers.exact(), until=until, max_concurrency=1)
    found = compare(ev, "bad", "good")
    card = decision_card(found)
    assert found.looks is not None
    assert (card.low, card.high) == (found.looks.low, found.looks.high)
    assert f"(between {card.low:.3f} and {card.high:.3f})" in card.verdict
    assert f"decided after {found.looks.pairs} pairs, {found.looks.saved} trials saved" in " ".join(card.why)
    assert "p" not in dict(card.facts)
    back = decision_card(compare(ev, "good", "bad"))
    assert back.verdict == card.verdict
