"""Runs page by page: everything in it is a value, nothing a piece of SQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loomlab.core import ConfigError
from loomlab.runlog import Extent, RunLog, RunsPage, Spent
from loomlab.runlog.browse import MOST_VALUES, PREVIEW
from loomlab.testing.events import START, sample_run


def write(log: RunLog, count: int, **options: Any) -> None:
    for number in range(count):
        for event in sample_run(run_id=f"run_{number:04d}", at=START + timedelta(minutes=number), **options):
            log.on_event(event)


def test_an_empty_log_has_an_empty_page(log: RunLog) -> None:
    assert log.page() == RunsPage(0, [])
    assert log.facets("user", "model") == {"user": [], "model": []}
    assert log.extent() == Extent(0, 0, None)
    assert log.spent() == Spent(0, 0, 0, 0.0, 0, 0)


@pytest.mark.parametrize("compacted", [False, True])
def test_pages_cover_all_runs_once_the_newest_first(log: RunLog, compacted: bool) -> None:
    write(log, 23, nested=True, prompt="x" * 5_000, answer="é" * 5_000)
    if compacted:
        log.close()
        assert log.compact() == 1
    found = [row["run_id"] for offset in range(0, 30, 5) for row in log.page(limit=5, offset=offset).rows]
    assert found == [f"run_{number:04d}" for number in reversed(range(23))]
    page = log.page(limit=5, offset=1_000)
    assert (page.total, page.rows) == (23, [])
    (row,) = log.page(limit=1).rows
    assert row["started_at"] == START + timedelta(minutes=22)
    assert (len(row["prompt"]), len(row["output"])) == (PREVIEW, PREVIEW)
    assert log.page(limit=200, outermost=False).total == 46
    assert log.extent() == Extent(46, 0, "run_0022")


def test_words_are_found_in_any_case_and_in_every_text_of_a_run(log: RunLog) -> None:
    write(log, 1, prompt="Straße nach LYON", user_id="Élodie", agent="Planner", answer="100% sure_thing")
    for event in sample_run(run_id="run_bad", ending="error", prompt="x", at=START - timedelta(days=1)):
        log.on_event(event)
    for text in ("lyon", "STRASSE"[:4], "élodie", "ÉLODIE", "planner", "100%", "sure_thing"):
        assert log.page(text=text).total == 1, text
    assert [row["run_id"] for row in log.page(text="SLOW down").rows] == ["run_bad"]
    for text in ("%", "_ure", "1' OR '1'='1"):
        assert log.page(text=text).total == (1 if text == "%" else 0)


def test_facets_name_what_nobody_has_as_none_and_stop_at_a_bound(log: RunLog) -> None:
    for number in range(MOST_VALUES + 5):
        for event in sample_run(run_id=f"run_{number}", user_id=None if number < 3 else f"user {number}", tools=0):
            log.on_event(event)
    users = log.facets("user")["user"]
    assert len(users) == MOST_VALUES
    assert users[0] == (None, 3)
    assert log.page(user="").total == 3


def test_what_was_spent_since_an_instant_and_by_a_notebook(log: RunLog) -> None:
    write(log, 3, cost_usd=0.5)
    assert log.spent() == Spent(6, 900, 120, 3.0, 0, 0)
    assert log.spent(since=START + timedelta(minutes=1)).calls == 4
    assert log.spent(since=datetime(2030, 1, 1, tzinfo=UTC)).calls == 0
    assert log.spent(notebook="/nowhere.ipynb").calls == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"usr": "x"}, "can't be filtered by 'usr'; did you mean 'user'"),
        ({"limit": 0}, "at least one row"),
        ({"offset": -1}, "begins at 0 or later"),
    ],
)
def test_a_page_that_there_cannot_be_is_refused(log: RunLog, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        log.page(**given)


def test_a_facet_that_there_is_not_is_refused(log: RunLog) -> None:
    with pytest.raises(ConfigError, match="no facet 'modell'; did you mean 'model'"):
        log.facets("modell")
