"""``%%loom --ab``: an evaluation in a cell, two answers beside each other, and what a person says of them."""

import pytest
from ipython_shell import Shell

from loomlab.core.errors import CancelledByUser, ConfigError
from loomlab.evals import Evaluation, Status
from loomlab.evals.votes import Votes
from loomlab.notebook.pairing import Pairing
from loomlab.runlog import RunLog

DATA = """
from loomlab.evals import Case, Dataset
ds = Dataset([Case(id=f"q{i}", input=str(i), target=str(i)) for i in range(12)], name="numbers")
asked = []
def right(question):
    asked.append(question)
    return question
def half(question):
    return question if int(question) % 2 else "no"
"""


@pytest.fixture
def lab(echo: Shell) -> Shell:
    echo.ok(DATA)
    return echo


def test_an_evaluation_ends_as_the_decision_and_is_bound(lab: Shell) -> None:
    cell = lab.ok("%%loom --ab right,half --on ds --out ev\n")
    ev = lab["ev"]
    assert isinstance(ev, Evaluation)
    assert lab["_loom"] is ev
    assert (ev.status, len(ev), ev.scorers) == (Status.DONE, 24, ("includes",))
    assert len(cell.outputs) == 1
    assert cell.text.startswith("right is better than half, by 0.500")
    assert "numbers · 12 cases · scored by includes · seed 0" in cell.text
    assert "<script" not in cell.html


@pytest.mark.parametrize("magic", ["%%loom", "%loom"])
def test_a_line_alone_is_enough(lab: Shell, magic: str) -> None:
    lab.ok(f"{magic} --ab react --on ds --out ev")
    assert [(one.arm, one.n, one.score) for one in lab["ev"].arm_summaries()] == [("react", 12, 1.0)]


def test_the_body_is_what_the_agents_are_told(lab: Shell) -> None:
    lab.ok("town = 'Lyon'")
    lab.ok("%%loom --ab react,self-refine --on ds --n 2 --out ev\nYou know {town}.")
    told = {made["instructions"] for made in lab["ev"].manifest.values()}
    assert told == {lab["ev"].manifest["react"]["instructions"]}
    lab.ok("%%loom --ab react --on ds --n 2 --out other\nYou know {town} well.")
    assert lab["other"].manifest["react"]["instructions"] not in told


def test_a_sample_is_the_same_each_time_and_another_with_another_seed(lab: Shell) -> None:
    found = []
    for seed in ("1", "1", "2"):
        lab.ok(f"%%loom --ab right --on ds --n 4 --seed {seed} --out ev\n")
        found.append(tuple(case.id for case in lab["ev"].dataset))
    assert found[0] == found[1] != found[2]


def test_more_than_two_arms_have_a_verdict_for_each_pair(lab: Shell) -> None:
    cell = lab.ok("%%loom --ab right,half,react --on ds\n")
    assert "right is better than half" in cell.text
    assert cell.html.count("<details") >= 3


def test_epochs_scorers_and_margin_reach_the_evaluation(lab: Shell) -> None:
    cell = lab.ok("%%loom --ab right,half --on ds --epochs 2 --scorer exact,includes --margin 0.6 --out ev\n")
    assert (lab["ev"].epochs, lab["ev"].scorers) == (2, ("exact", "includes"))
    assert "pass^2" in cell.text


def test_what_fails_is_named_and_the_rest_goes_on(lab: Shell) -> None:
    lab.ok(
        "def broken(question):\n    if question == '3':\n        raise OSError('the disk is <b>full</b>')\n"
        "    return question"
    )
    cell = lab.ok("%%loom --ab right,broken --on ds\n")
    assert "OSError" in cell.text
    assert "the disk is <b>full</b>" in cell.text
    assert "<b>full" not in cell.html


def test_a_stop_leaves_the_partial_table_and_resume_asks_the_rest_only(lab: Shell) -> None:
    lab.ok(
        "import os, signal\nstop = True\n"
        "async def slow(question):\n"
        "    import anyio\n"
        "    asked.append(question)\n"
        "    if stop and len(asked) == 6:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        await anyio.sleep(30)\n"
        "    return question"
    )
    cell = lab.run("%%loom --ab slow --on ds --at-once 1 --out ev\n")
    assert isinstance(cell.error, CancelledByUser)
    assert lab["ev"].status is Status.CANCELLED
    assert len(lab["ev"]) == 5
    assert "Stopped early: 5 of 12 trials were done. Run the cell again with --resume" in cell.text
    assert len(cell.outputs) == 1  # the table says it; no card says it again
    lab.ok("stop = False\nasked.clear()")
    again = lab.ok("%%loom --ab slow --on ds --at-once 1 --resume --out ev\n")
    assert len(lab["asked"]) == 7
    assert (len(lab["ev"]), lab["ev"].status) == (12, Status.DONE)
    assert "Stopped" not in again.text


def test_quiet_shows_nothing(lab: Shell) -> None:
    assert lab.ok("%%loom --ab right,half --on ds --quiet --out ev\n").outputs == []
    assert len(lab["ev"]) == 24


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--ab right,reakt --on ds", "did you mean 'react'"),
        ("--ab right,right --on ds", "twice"),
        ("--ab right,,half --on ds", "gap"),
        ("--ab supervisor --on ds", "Team.supervisor"),
        ("--ab right --on capitas", "did you mean 'capitals'"),
        ("--ab right --on ds --n 0", "a whole number from 1"),
        ("--ab right --on ds --n many", "a whole number from 1"),
        ("--ab right --on ds --scorer exakt", "did you mean 'exact'"),
        ("--ab right --on ds --margin -1", "a number above 0"),
        ("--ab right --on ds --margin nan", "a number above 0"),
        ("--ab right --on ds --arch react", "--arch"),
        ("--ab right --on ds --blind", "--blind"),
        ("--on ds", "add --ab"),
        ("--n 5", "belongs to an evaluation"),
        ("--blind", "add --ab"),
        ("--ab react,rewoo --agent x", "--ab names the arms"),
        ("--ab react,rewoo,self-refine", "between two arms"),
        ("--ab react,right", "beside each other stand agents"),
    ],
)
def test_mistakes_are_told_before_anything_runs(lab: Shell, line: str, said: str) -> None:
    cell = lab.run(f"%%loom {line}\nhello")
    assert isinstance(cell.error, ConfigError)
    assert said in str(cell.error)
    assert lab["asked"] == []


def test_two_answers_stand_beside_each_other_and_ask_for_a_vote(lab: Shell) -> None:
    cell = lab.ok("%%loom --ab react,self-refine --out pair\nhello")
    assert isinstance(lab["pair"], Pairing)
    assert list(lab["pair"]) == ["react", "self-refine"]
    assert "A · react" in cell.text
    assert 'Which is better? %loom vote a|b|tie|bad "why"' in cell.text


def test_a_blind_pair_hides_its_names_until_the_vote(lab: Shell) -> None:
    cell = lab.ok("%%loom --ab react,self-refine --blind --out pair\nhello")
    for face in (cell.text, cell.html, repr(lab["pair"])):
        assert "react" not in face
        assert "self-refine" not in face
        assert "turn" not in face
    after = lab.ok('%loom vote a "shorter"')
    assert "A is better: " in after.text
    assert "“shorter”" in after.text
    assert "react" in lab.ok("pair").text


def test_the_blind_order_is_drawn_and_the_same_when_the_notebook_is_run_again(lab: Shell) -> None:
    def orders() -> list[str]:
        found = []
        for number in range(8):
            lab.ok(f"%%loom --ab react,rewoo --blind --quiet --out pair\nquestion {number}")
            found.append(next(iter(lab["pair"])))
        return found

    first = orders()
    assert set(first) == {"react", "rewoo"}
    lab.ok("%unload_ext loomlab")
    lab.ok("%load_ext loomlab")
    lab.ok("%loom model=echo user=alice")
    assert orders() == first


def test_votes_are_labels_in_the_log_and_are_counted(lab: Shell) -> None:
    choices = ["a", "a", "b", "tie"]
    for number, choice in enumerate(choices):
        lab.ok(f"%%loom --ab react,self-refine --quiet\nquestion {number}")
        lab.ok(f'%loom vote {choice} "because {number}"')
    log = RunLog.open()
    rows = log.labels().to_dict("records")
    assert [row["choice"] for row in rows] == choices
    assert {row["user_id"] for row in rows} == {"alice"}
    found = lab.ok("%loom votes").value
    assert isinstance(found, Votes)
    assert [vote.answers[0] is not None for vote in found] == [True] * 4
    (pair,) = found.tally()
    assert (pair.a_won, pair.b_won, pair.ties) == (2, 1, 1)
    shown = lab.ok("%loom votes")
    assert "react leads, but it is not decided" in shown.text
    assert "because 3" in shown.text
    assert len(found.labelled()) == 6


def test_a_second_thought_replaces_the_vote(lab: Shell) -> None:
    lab.ok("%%loom --ab react,self-refine --quiet\nhello")
    lab.ok("%loom vote a")
    lab.ok("%loom vote tie")
    assert [vote.choice for vote in lab.ok("%loom votes").value] == ["tie"]


def test_what_is_said_is_shown_as_it_was_said(lab: Shell) -> None:
    lab.ok("%%loom --ab react,self-refine --quiet\nhello")
    cell = lab.ok('%loom vote a "<img src=x onerror=alert(1)> is bold"')
    assert "<img" not in cell.html
    assert "<img" in cell.text


@pytest.mark.parametrize(
    ("line", "said"),
    [("vote a", "nothing to vote on"), ("vote", "says which is better"), ("vote c", "a, b, tie or bad")],
)
def test_a_vote_that_can_not_be_cast_says_why(lab: Shell, line: str, said: str) -> None:
    cell = lab.run(f"%loom {line}")
    assert isinstance(cell.error, ConfigError)
    assert said in str(cell.error)


def test_no_vote_yet_says_what_to_type(lab: Shell) -> None:
    assert "%%loom --ab react,rewoo" in lab.ok("%loom votes").text


def test_neither_answer_joins_the_conversation(lab: Shell) -> None:
    lab.ok("%%loom --ab react,self-refine --quiet\nthe secret is 4711")
    lab.ok("%%loom --out after --quiet\nhello")
    assert "4711" not in lab["after"].output


def test_faces_for_a_judge_and_a_duel(lab: Shell) -> None:
    lab.ok(
        "from loomlab.evals import Duel, PairState, PairVerdict, judge_card\n"
        "from loomlab.evals.score import Spent\n"
        "card = judge_card({'a': 1.0, 'b': 0.0, 'c': 1.0}, {'a': 1, 'b': 0, 'c': 0})\n"
        "def said(winner):\n"
        "    spent = Spent('judge', calls=2, cost_usd=0.01)\n"
        "    return PairVerdict(winner, PairState.DECIDED, winner, winner, 'why', spent)\n"
        "duel = Duel('one', 'two', tuple((str(n), 1, said('b' if n < 7 else 'a')) for n in range(8)))"
    )
    assert "The judge agrees with" in lab.ok("card").text
    assert "<svg" in lab.ok("card").html
    shown = lab.ok("duel")
    assert shown.text.startswith("two won 7 and one won 1 of 8 pairs")
    assert "decided pairs that two won" in shown.text
    assert "judge calls 16" in shown.text
    assert "<svg" in shown.html
