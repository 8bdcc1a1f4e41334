"""Votes, expectations and running evaluations: what their faces say, and that hostile text stays text in them."""

import pytest
from hostile import PAYLOADS
from safe import wrong

from loomlab.display import RunTrace
from loomlab.display import format as fmt
from loomlab.display.ab import Pair, pair_html, pair_text
from loomlab.display.expected import Expected, expected_html, expected_svg, expected_text
from loomlab.display.side_by_side import Column
from loomlab.display.theme import HTML_CAP
from loomlab.display.trials import LastTrial, RunningArm, trials_shot
from loomlab.display.votes import PairVotes, VoteFigures, verdict, votes_html, votes_svg, votes_text
from loomlab.testing.events import sample_run


def pair(text: str, **more: object) -> Pair:
    columns = [
        Column(f"{name}{text}", RunTrace(sample_run(run_id=f"run_{name}", hostile=text))) for name in ("one", "two")
    ]
    return Pair(columns, **more)  # type: ignore[arg-type]


def votes(text: str = "", a_won: int = 3, b_won: int = 9) -> VoteFigures:
    one = PairVotes(f"one{text}", f"two{text}", a_won, b_won, 2, 1, 0.75, 0.43, 0.94, 0.146)
    return VoteFigures([one], [(f"asked{text}", "two", text)], "")


def expected(text: str = "", **more: object) -> Expected:
    figures: dict[str, object] = {"value": 0.8, "low": 0.7, "high": 0.9, "bound": 0.75, "where": "above"}
    return Expected(f"accuracy(a) >= 0.75{text}", None, f"Not decided: {text}", shown=fmt.score, **{**figures, **more})  # type: ignore[arg-type]


def shot(text: str = "") -> dict[str, object]:
    arms = [RunningArm(f"one{text}", 10, 4, 3, 1.5, 120, None, 800.0), RunningArm("two", 10)]
    last = LastTrial(f"one{text}", "q1", f"asked{text}", f"said{text}", None)
    return trials_shot(arms, last, done=4, total=20, cost_usd=None, failed=1, title=f"title{text}")


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_hostile_text_stays_text(name: str) -> None:
    text = PAYLOADS[name]
    made = shot(text)
    faces = [
        pair_html(pair(text, blind=True)),
        pair_html(pair(text, choice="a", reason=text, note=text)),
        votes_html(votes(text)),
        expected_html(expected(text)),
        str(made["table_html"]),
        str(made["last_html"]),
    ]
    for html in faces:
        assert wrong(html) == []
        assert len(html.encode()) <= HTML_CAP
    texts = (pair_text(pair(text)), votes_text(votes(text)), expected_text(expected(text)), str(made["title"]))
    assert not any(mark in one for one in texts for mark in ("\x1b", "\u202e"))


def test_a_blind_pair_shows_neither_names_nor_figures() -> None:
    hidden = pair("", blind=True)
    for face in (pair_html(hidden), pair_text(hidden)):
        assert "onetwo" not in face.replace(" ", "")
        assert not any(word in face for word in ("<strong>one", "<strong>two", "tokens", "Trace"))
    assert "one" in pair_text(pair("", blind=True, choice="tie"))


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("a", "A is better: one, not two."),
        ("b", "B is better: two, not one."),
        ("tie", "A tie"),
        ("bad", "Both are bad"),
    ],
)
def test_a_vote_is_one_sentence(choice: str, said: str) -> None:
    assert pair_text(pair("", choice=choice)).startswith(said)


def test_the_tally_says_who_leads_and_how_sure_that_is() -> None:
    assert verdict(votes().pairs[0]) == (
        "two leads, but it is not decided between it and one: "
        "it won 9 of 12 decided votes (75 %, between 43 % and 94 %)."
    )
    sure = PairVotes("one", "two", 30, 3, 0, 0, 3 / 33, 0.02, 0.24, 0.0)
    assert verdict(sure).startswith("one is preferred to two: it won 30 of 33 decided votes (91 %, between 76 %")
    assert verdict(PairVotes("one", "two", 0, 0, 2, 0, None, None, None, 1.0)).startswith("No vote has decided")
    assert verdict(PairVotes("one", "two", 4, 4, 0, 0, 0.5, 0.2, 0.8, 1.0)) == "one and two won 4 each."


def test_the_bar_of_votes_says_the_same_in_words() -> None:
    svg = votes_svg(votes().pairs[0])
    assert 'aria-label="one 3, ties 2, both bad 1, two 9"' in svg
    assert svg.count("<rect") == 4
    assert votes_svg(PairVotes("one", "two", 0, 0, 0, 0, None, None, None, 1.0)) == ""


def test_an_expectation_without_an_interval_has_no_picture() -> None:
    assert expected_svg(expected(low=None, high=None)) == ""
    assert "interval from 0.700 to 0.900; expected above 0.750" in expected_svg(expected())
    assert expected_svg(expected(low=0.75, high=0.75, value=0.75)) != ""


def test_a_running_evaluation_says_where_each_arm_stands() -> None:
    made = shot()
    assert (made["done"], made["total"], made["spent"]) == (4, 20, "cost unknown · 1 without a score")
    assert "0.500" in str(made["table_html"])
    assert "4/10" in str(made["table_html"])
    assert "no score" in str(made["last_html"])
