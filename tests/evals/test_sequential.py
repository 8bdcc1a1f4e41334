"""Stopping early: valid under peeking, whichever trial ends first, and honest about what it saved."""

import random

import anyio
import numpy
import pytest

from loomlab.core.errors import ConfigError
from loomlab.evals import Case, ConfidenceSequence, Dataset, Sequential, Verdict, compare, evaluate, scorers

pytestmark = pytest.mark.anyio


def pairs(draws: numpy.random.Generator, only_b: float, only_a: float, n: int) -> list[float]:
    u = draws.random(n)
    return [1.0 if x < only_b else -1.0 if x < only_b + only_a else 0.0 for x in u]


@pytest.mark.parametrize("share", [0.05, 0.15, 0.3])
def test_no_more_than_five_in_a_hundred_are_ever_told_of_a_difference_that_is_not_there(share: float) -> None:
    draws = numpy.random.default_rng(round(share * 100))
    alarms = 0
    for _ in range(200):
        sequence = ConfidenceSequence()
        for value in pairs(draws, share, share, 250):
            sequence.add(value)
            low, high = sequence.interval
            if low > 0 or high < 0:
                alarms += 1
                break
    assert alarms <= 0.05 * 200


def test_a_real_difference_is_found_with_about_as_many_cases_as_a_planned_test_needs() -> None:
    draws = numpy.random.default_rng(4)
    needed = []
    for _ in range(60):
        sequence = ConfidenceSequence()
        for value in pairs(draws, 0.3, 0.1, 500):
            sequence.add(value)
            if sequence.interval[0] > 0:
                break
        needed.append(sequence.count)
    assert numpy.median(needed) < 110  # a paired t-test with 80 % power needs 71


def test_the_interval_only_ever_shrinks_around_a_mean_it_holds() -> None:
    draws = numpy.random.default_rng(8)
    sequence = ConfidenceSequence()
    before = sequence.interval
    for value in pairs(draws, 0.4, 0.2, 300):
        sequence.add(value)
        low, high = sequence.interval
        assert before[0] <= low <= high <= before[1]
        before = (low, high)
    assert before[0] <= 0.2 <= before[1]


def test_an_observation_out_of_its_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="not between"):
        ConfidenceSequence().add(1.5)


def dataset(n: int) -> Dataset:
    return Dataset(Case(id=f"q{i}", input=str(i), target="yes") for i in range(n))


def coin(share: float, seed: int):
    def answer(question: str) -> str:
        return "yes" if random.Random(f"{seed} {question}").random() < share else "no"

    return answer


async def test_it_stops_as_soon_as_it_is_decided_and_says_what_that_saved() -> None:
    until = Sequential()
    ev = await evaluate(
        dataset(400), {"poor": coin(0.3, 1), "good": coin(0.7, 2)}, scorers=scorers.exact(), until=until
    )
    looks = until.looks
    assert looks.decided
    assert looks.low > 0
    assert looks.saved == 800 - len(ev) > 400
    assert compare(ev, "poor", "good").verdict is Verdict.B_BETTER
    assert compare(ev, "good", "poor").verdict is Verdict.A_BETTER
    assert compare(ev, "good", "poor").looks.high == -looks.low


async def test_who_answers_first_does_not_matter() -> None:
    async def slow(question: str) -> str:
        answer = coin(0.7, 2)(question)
        for _ in range(3 if answer == "yes" else 0):
            await anyio.lowlevel.checkpoint()
        return answer

    seen = []
    for width in (1, 16):
        until = Sequential()
        await evaluate(
            dataset(300), {"a": coin(0.3, 1), "b": slow}, scorers=scorers.exact(), until=until, max_concurrency=width
        )
        seen.append((until.looks.pairs, until.looks.mean))
    assert seen[0] == seen[1]


async def test_further_epochs_go_to_discordant_cases_and_leave_the_mean_where_it_is() -> None:
    tries: dict[tuple[str, str], int] = {}

    def shaky(name: str):
        def answer(question: str) -> str:
            number = tries[name, question] = tries.get((name, question), 0) + 1
            if int(question) >= 10:
                return "yes"
            return "yes" if random.Random(f"{name}{question}{number}").random() < 0.5 else "no"

        return answer

    until = Sequential()
    ev = await evaluate(
        dataset(40), {"a": shaky("a"), "b": shaky("b")}, scorers=scorers.exact(), epochs=12, until=until
    )
    shaken = sum(count for (_, question), count in tries.items() if int(question) < 10)
    steady = sum(count for (_, question), count in tries.items() if int(question) >= 10)
    assert shaken / 10 > 2 * steady / 30
    assert not until.looks.decided
    assert until.looks.low < 0 < until.looks.high
    assert abs(until.looks.mean) < 0.15
    assert compare(ev, "a", "b").verdict is Verdict.OPEN


async def test_with_a_margin_two_equal_arms_are_found_equal() -> None:
    until = Sequential(margin=0.1)
    ev = await evaluate(
        dataset(300), {"a": lambda q: "yes", "b": lambda q: "yes"}, scorers=scorers.exact(), until=until
    )
    assert until.looks.decided
    assert len(ev) < 600
    assert compare(ev, "a", "b", margin=0.1).verdict is Verdict.EQUIVALENT


async def test_cases_without_a_score_are_no_evidence() -> None:
    def fails(question: str) -> str:
        raise RuntimeError("no")

    until = Sequential()
    ev = await evaluate(dataset(30), {"a": lambda q: "yes", "b": fails}, scorers=scorers.exact(), until=until)
    assert (len(ev), until.looks.pairs, until.looks.decided) == (60, 0, False)


async def test_three_arms_or_a_used_one_are_refused_with_the_remedy() -> None:
    yes = {"a": lambda q: "yes", "b": lambda q: "yes"}
    with pytest.raises(ConfigError, match="two arms, not 3"):
        await evaluate(dataset(3), {**yes, "c": yes["a"]}, scorers=scorers.exact(), until=Sequential())
    until = Sequential()
    await evaluate(dataset(3), yes, scorers=scorers.exact(), until=until)
    with pytest.raises(ConfigError, match="make another"):
        await evaluate(dataset(3), yes, scorers=scorers.exact(), until=until)
