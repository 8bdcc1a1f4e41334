"""Votes over pairs of answers: the tally, its exact interval, and labels for a judge."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scipy import stats

from loomlab.core.errors import ConfigError
from loomlab.evals import Labelled, examine_judge
from loomlab.evals.score import Score
from loomlab.evals.votes import Vote, Votes, checked_choice
from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def vote(number: int, choice: str, a: str = "react", b: str = "rewoo", **more: object) -> Vote:
    at = NOW + timedelta(seconds=number)
    return Vote(a, b, choice, f"run_{number}a", f"run_{number}b", at=at, prompt=f"question {number}", **more)  # type: ignore[arg-type]


def test_the_tally_is_by_name_whichever_stood_first() -> None:
    votes = [vote(1, "a"), vote(2, "a", "rewoo", "react"), vote(3, "b"), vote(4, "tie"), vote(5, "bad")]
    (pair,) = Votes(votes).tally()
    assert (pair.a, pair.b) == ("react", "rewoo")
    assert (pair.a_won, pair.b_won, pair.ties, pair.both_bad, pair.n) == (1, 2, 1, 1, 5)


def test_the_interval_and_the_p_are_those_of_the_exact_binomial_test() -> None:
    votes = [vote(number, "b" if number < 17 else "a") for number in range(20)]
    (pair,) = Votes(votes).tally()
    test = stats.binomtest(17, 20)
    ends = test.proportion_ci(0.95, method="exact")
    assert (pair.b_wins.low, pair.b_wins.high) == pytest.approx((ends.low, ends.high), abs=1e-12)
    assert pair.p_value == pytest.approx(test.pvalue, abs=1e-12)


def test_ties_decide_nothing() -> None:
    (pair,) = Votes([vote(1, "tie"), vote(2, "bad")]).tally()
    assert (pair.b_wins.value, pair.p_value) == (None, 1.0)


def test_who_stood_first_is_counted_apart_from_who_it_was() -> None:
    votes = [vote(1, "a"), vote(2, "a", "rewoo", "react"), vote(3, "a"), vote(4, "b")]
    assert Votes(votes).first_wins().value == 0.75


def test_votes_go_to_the_log_and_come_back_with_the_answers(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path)
    for run, answer in (("run_1a", "Paris"), ("run_1b", "Lyon")):
        for event in sample_run(run_id=run, answer=answer):
            log.on_event(event)
    first = vote(1, "a", reason="it is right", blind=True, user_id="alice")
    log.append("labels", [first.as_row(), vote(2, "tie").as_row()])
    log.append("labels", [vote(2, "bad").as_row()])
    found = Votes.read(log)
    assert [one.choice for one in found] == ["a", "bad"]
    assert (found[0].answers, found[0].reason, found[0].blind) == (("Paris", "Lyon"), "it is right", True)
    assert found[0].user_id == "alice"
    assert [one.choice for one in Votes.read(log, run_ids=["run_2a"])] == ["bad"]
    assert list(found.frame()["winner"])[:1] == ["react"]


def test_labels_say_good_and_bad_and_leave_ties_out() -> None:
    votes = [
        vote(1, "a", answers=("Paris", "Lyon")),
        vote(2, "b", answers=("no", "yes")),
        vote(3, "tie", answers=("x", "y")),
        vote(4, "bad", answers=("u", None)),
    ]
    labels = Votes(votes).labelled()
    assert [(one.answer, one.label) for one in labels] == [
        ("Paris", 1.0),
        ("Lyon", 0.0),
        ("no", 0.0),
        ("yes", 1.0),
        ("u", 0.0),
    ]
    assert len({one.key for one in labels}) == 5


@pytest.mark.anyio
async def test_a_judge_is_examined_by_the_votes() -> None:
    votes = Votes([vote(number, "a", answers=("good", "bad")) for number in range(10)])

    async def judge(result: object, case: object) -> Score:
        return Score(1.0 if result.output == "good" else 0.0)  # type: ignore[attr-defined]

    labels: list[Labelled] = votes.labelled()
    card = await examine_judge(judge, labels)
    assert (card.n, card.accuracy.value) == (20, 1.0)


def test_a_choice_is_one_of_four() -> None:
    assert checked_choice(" A ") == "a"
    with pytest.raises(ConfigError, match="did you mean 'tie'"):
        checked_choice("tied")
