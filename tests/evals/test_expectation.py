"""Expectations: what a line may say, when it is met, and what leaves it undecided."""

import random
from collections.abc import Callable

import pytest

from loomlab import Agent, EchoModel
from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset, Evaluation, Sequential, compare, evaluate, scorers
from loomlab.evals.expectation import Expectation, ExpectationNotMet, ExpectationResult

pytestmark = pytest.mark.anyio


def right(share: float, n: int = 100) -> Callable[[str], str]:
    """Right on the first cases, wrong on the rest."""
    return lambda question: "yes" if int(question) < share * n else "no"


def questions(n: int = 100, clusters: int | None = None) -> Dataset:
    label = (lambda i: None) if clusters is None else (lambda i: f"c{i % clusters}")
    return Dataset(Case(id=f"q{i}", input=str(i), target="yes", cluster=label(i)) for i in range(n))


async def tried(n: int = 100, *, epochs: int = 1, clusters: int | None = None, **shares: float) -> Evaluation:
    arms = {name: right(share, n) for name, share in shares.items()}
    return await evaluate(questions(n, clusters), arms, scorers=scorers.exact(), epochs=epochs, max_concurrency=1)


def check(ev: Evaluation, text: str) -> ExpectationResult:
    return Expectation.parse(text).check(ev)


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("accuracy(react) >= 0.8", True),
        ("accuracy(react) > 0.8", False),
        ("score(react) <= 80%", True),
        ("exact(react) < .8", False),
        ("react == 0.8", True),
        ("react != 0.8", False),
        ("react ≥ 0.75", True),
        ("accuracy( 'react' ) >= 0.7", True),
        ('accuracy("react")>=0.7', True),
        ("accuracy(react) >= 0.7 @95%", True),
        ("accuracy(react) >= 0.7 @ 0.95", True),
        ("accuracy(react) >= 0.9 @95%", False),
        ("accuracy(react) >= 0.78 @95%", None),
        ("accuracy(react) <= 0.78 @95%", None),
        ("react > rewoo", True),
        ("react > rewoo by 0.05 @95%", True),
        ("react > rewoo by 0.2", False),
        ("react >= rewoo by 0.2", True),
        ("react > rewoo by 0.2 @95%", None),
        ("rewoo < react by 10 %", True),
        ("rewoo >= react within 0.3 @95%", True),
        ("rewoo >= react within 0.1 @95%", False),
        ("rewoo == react within 0.3 @95%", True),
        ("rewoo == react within 0.1 @95%", False),
        ("rewoo == react within 0.2 @95%", None),
        ("failures(react) == 0", True),
        ("failure_rate(react) <= 5% @95%", True),
        ("failure_rate(react) <= 1% @95%", None),
        ("latency(react) <= 60s @95%", True),
        ("latency(react) <= 1 min", True),
        ("latency(react) <= latency(rewoo) by 60s", False),
        ("pass^1(react) >= 0.7 @95%", True),
    ],
)
async def test_what_is_written_is_what_is_held_against_the_figures(text: str, ok: bool | None) -> None:
    assert check(await tried(react=0.8, rewoo=0.6), text).ok is ok


async def test_the_sentence_says_the_figure_its_interval_and_the_line() -> None:
    found = check(await tried(react=0.8), "accuracy(react) >= 0.7 @95%")
    assert found.sentence == (
        "Met: accuracy(react) is 0.800, at 95 % between 0.711 and 0.867 (100 trials); expected at least 0.700."
    )
    assert (found.state, found.n, found.value) == ("met", 100, 0.8)


async def test_the_interval_of_a_comparison_is_that_of_the_decision_card() -> None:
    ev = await tried(90, clusters=30, react=0.8, rewoo=0.6)
    found, card = check(ev, "react > rewoo @95%"), compare(ev, "rewoo", "react").score
    assert (found.value, found.low, found.high) == (card.delta, card.ci_low, card.ci_high)


async def test_what_is_not_decided_says_how_many_cases_would_settle_it_and_so_many_do() -> None:
    found = check(await tried(react=0.8), "accuracy(react) >= 0.75 @95%")
    assert found.ok is None
    assert found.more is not None and f"About {found.more:,} more cases" in found.sentence
    larger = 100 + found.more
    hits, rng = 0, random.Random(3)
    for _ in range(40):
        answers = [rng.random() < 0.8 for _ in range(larger)]
        dataset = Dataset(Case(id=str(i), input=str(i), target="yes") for i in range(larger))
        ev = await evaluate(
            dataset, {"react": lambda q, a=answers: "yes" if a[int(q)] else "no"}, scorers=scorers.exact()
        )
        hits += check(ev, "accuracy(react) >= 0.75 @95%").ok is True
    assert 24 <= hits <= 39  # 80 % power


async def test_epochs_of_a_case_are_no_cases_of_their_own() -> None:
    once, thrice = await tried(react=0.8), await tried(react=0.8, epochs=3)
    one, three = (check(ev, "react >= 0.7 @95%") for ev in (once, thrice))
    assert three.low is not None and one.low is not None
    assert abs(three.low - one.low) < 0.02
    assert check(thrice, "pass^3(react) >= 0.7 @95%").value == pytest.approx(0.8)


async def test_missing_scores_can_not_make_an_expectation_true() -> None:
    async def shy(question: str) -> str:
        if int(question) >= 90:
            raise ValueError("no answer")
        return "yes"

    ev = await evaluate(questions(), {"shy": shy, "bold": right(0.9)}, scorers=scorers.exact())
    found = check(ev, "accuracy(shy) >= 0.95")
    assert (found.ok, found.value) == (None, 1.0)
    assert "10 trials have no score" in found.sentence
    assert check(ev, "accuracy(shy) >= 0.85").ok is True
    assert check(ev, "accuracy(shy) <= 0.95").ok is False
    assert check(ev, "shy >= bold").ok is True
    assert check(ev, "shy > bold by 0.001").ok is False
    assert check(ev, "bold >= shy").ok is None
    assert check(ev, "failures(shy) == 0").ok is False
    assert check(ev, "failures(shy) <= 10").ok is True


async def test_a_cost_that_is_not_known_decides_nothing_and_one_that_is_does() -> None:
    agent = Agent("Echo.", model=EchoModel())
    ev = await evaluate(questions(5), {"plain": right(1, 5), "echo": agent}, scorers=scorers.exact())
    assert check(ev, "cost(plain) <= $1").ok is None
    assert "known cost" in check(ev, "cost(plain) <= $1").sentence
    assert check(ev, "cost(echo) <= $0.01").ok is True
    assert check(ev, "total_tokens(echo) > 0").ok is True
    assert check(ev, "tokens(echo) <= 1000 @95%").ok is True
    assert check(ev, "turns(echo) == 1").ok is True


async def test_an_evaluation_that_was_stopped_meets_nothing() -> None:
    seen: list[Evaluation] = []

    class Stop(Exception):
        pass

    def watch(step: object) -> None:
        seen.append(step.evaluation)  # type: ignore[attr-defined]
        if len(step.evaluation) == 10:  # type: ignore[attr-defined]
            raise Stop

    with pytest.raises(Stop):
        await evaluate(questions(), {"react": right(1)}, scorers=scorers.exact(), on_progress=watch, max_concurrency=1)
    found = check(seen[-1], "react >= 0.5")
    assert found.ok is None
    assert "10 of 100 trials" in found.sentence


async def test_a_sequential_evaluation_is_held_to_the_interval_that_stands_peeking() -> None:
    until = Sequential()
    ev = await evaluate(
        questions(400), {"good": right(0.9, 400), "poor": right(0.2, 400)}, scorers=scorers.exact(), until=until
    )
    looks = until.looks
    found = check(ev, "good > poor @95%")
    assert found.ok is True
    assert {abs(found.low or 0), abs(found.high or 0)} == {abs(looks.low), abs(looks.high)}
    assert check(ev, "poor > good @95%").ok is False
    assert check(ev, "good > poor @99%").ok is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accuracy(reakt) > 0.5", "did you mean 'react'"),
        ("acuracy(react) > 0.5", "did you mean 'accuracy'"),
        ("exakt(react) > 0.5", "did you mean 'exact'"),
        ("reakt > rewoo", "did you mean 'react'"),
        ("accuracy > 0.5", "write accuracy(react)"),
        ("react > react", "with itself"),
        ("cost(react) < tokens(rewoo)", "one measure"),
        ("pass^2(react) > 0.5", "epochs=2"),
        ("latency(react) < 2", "800ms or 2s"),
        ("cost(react) < 5%", "leave the unit out"),
        ("failures(react) <= 1 @95%", "is a count"),
        ("react == rewoo @95%", "within"),
        ("react == rewoo by 0.1", "'by' goes with"),
        ("react > rewoo by much", "comes a number"),
        ("0.7 < react", "begins with a number"),
        ("react is fine", "expects nothing"),
        ("", "expects nothing"),
        ("react >", "can't be read"),
        ("accuracy(react >= 0.7", "can't be read"),
        ("react > 0.5 @", "after @"),
        ("react > 0.5 @sure", "after @"),
        ("react > 0.5 @100%", "between 50% and 100%"),
        ("react > 0.5 @5%", "between 50% and 100%"),
    ],
)
async def test_a_slip_names_what_was_meant(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=None) as caught:
        check(await tried(10, react=0.8, rewoo=0.6), text)
    assert said in str(caught.value)


async def test_names_can_be_tried_before_anything_runs() -> None:
    expected = Expectation.parse("pass^2(react) > 0.5")
    expected.require_known(["react"], ["exact"], 2)
    with pytest.raises(ConfigError, match="epochs=2"):
        expected.require_known(["react"], ["exact"], 1)


async def test_one_arm_need_not_be_named() -> None:
    assert check(await tried(react=0.8), "accuracy >= 0.7").ok is True


async def test_requiring_raises_what_a_test_runner_reads_as_a_failure() -> None:
    ev = await tried(react=0.8)
    check(ev, "react >= 0.7").require()
    for text in ("react >= 0.9", "react >= 0.78 @95%"):
        with pytest.raises(ExpectationNotMet) as caught:
            check(ev, text).require()
        assert isinstance(caught.value, AssertionError)
        assert caught.value.result.sentence == str(caught.value)
