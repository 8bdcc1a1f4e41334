"""Several runs of one prompt beside each other."""

from typing import Any

from front_desk import FRONT
from golden import assert_golden
from safe import words, wrong

from loomlab.display import GraphTally, RunTrace
from loomlab.display.run import TEXT_CAP
from loomlab.display.side_by_side import Column, side_by_side_html, side_by_side_text, verdict
from loomlab.display.theme import HTML_CAP
from loomlab.testing.events import sample_run


def columns(*endings: Any) -> list[Column]:
    made: list[Column] = []
    for number, ending in enumerate(endings):
        events = sample_run(run_id=f"run_{number}", ending=ending, tools=number, architecture=f"way{number}")
        tally = GraphTally(FRONT)
        for event in events:
            tally.feed(event)
        made.append(Column(f"way{number}", RunTrace(events), tally))
    return made


def test_ways_stand_beside_each_other_as_we_looked_at_them():
    shown = columns("answered", "answered", "cancelled")
    assert_golden("side_by_side.html", side_by_side_html(shown))
    assert_golden("side_by_side.txt", side_by_side_text(shown) + "\n")


def test_many_long_ways_stay_within_the_caps():
    events = sample_run(tools=40, answer="words " * 5_000)
    shown = [Column(f"way{number}", RunTrace(events)) for number in range(6)]
    html = side_by_side_html(shown)
    assert len(html.encode()) <= HTML_CAP
    assert wrong(html) == []
    assert len(side_by_side_text(shown).encode()) <= TEXT_CAP + 2_000


def test_the_verdict_names_a_least_only_where_it_is_one():
    assert verdict(columns("answered", "answered")).startswith("2 of 2 ways answered; fewest tokens: way0")
    assert verdict(columns("answered", "error")) == "1 of 2 ways answered."
    same = [Column(name, RunTrace(sample_run())) for name in ("a", "b")]
    assert verdict(same) == "2 of 2 ways answered."


def test_a_way_that_never_began_says_so():
    shown = [*columns("answered"), Column("late", RunTrace(), None)]
    assert "No run has begun yet." in words(side_by_side_html(shown))
    assert "── late ──\nNo run has begun yet." in side_by_side_text(shown)
