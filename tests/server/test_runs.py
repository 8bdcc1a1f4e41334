"""The list of runs: pages, words, filters, sums; two users in all of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from served import Server

from loomlab.runlog import RunLog
from loomlab.runlog.home import Home
from loomlab.server.runs_routes import EMPTY
from loomlab.testing.events import sample_run

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def write(log: RunLog, number: int, **options: Any) -> None:
    at = NOON + timedelta(minutes=number)
    for event in sample_run(run_id=f"run_{number:04d}", at=at, **options):
        log.on_event(event)


@pytest.fixture(scope="module")
def filled(server: Server) -> Iterator[Server]:
    """Thirty runs, alice's and bob's in turns, in two notebooks; before them a look at the empty log."""
    empty = server.get("runs").json
    assert (empty["total"], empty["rows"], empty["empty"]) == (0, [], EMPTY)
    with pytest.MonkeyPatch.context() as patch:
        for number in range(30):
            if number in (0, 20):  # each kernel has a log object of its own
                name = "b.ipynb" if number else "a.ipynb"
                patch.setenv("JPY_SESSION_NAME", str(server.root / "work" / name))
                log = RunLog(Home.find(server.home))
            user = "alice" if number % 2 else "bob"
            more: dict[str, Any] = {"architecture": "rewoo", "cost_usd": None} if number % 5 == 0 else {}
            if number == 7:
                more |= {"ending": "error"}
            write(log, number, user_id=user, prompt=f"question {number} of {user}", nested=number == 3, **more)
        yield server


def test_the_newest_run_comes_first_and_pages_follow_each_other(filled: Server) -> None:
    found: list[str] = []
    for offset in range(0, 40, 10):
        page = filled.get("runs", offset=offset, limit=10).json
        assert (page["total"], page["offset"]) == (30, offset)
        assert "empty" not in page
        found += [row["run_id"] for row in page["rows"]]
    assert found == [f"run_{number:04d}" for number in range(29, -1, -1)]


def test_a_row_tells_what_the_contract_says(filled: Server) -> None:
    (row,) = filled.get("runs", text="QUESTION 29 of").json["rows"]
    assert row["started_at"] == "2026-01-05T12:29:00+00:00"
    assert (row["user_id"], row["architecture"], row["model"]) == ("alice", "react", "scripted")
    assert (row["status"], row["ended"], row["notebook"]) == ("answered", "answered", "work/b.ipynb")
    assert row["prompt"] == "question 29 of alice"
    assert row["output"].startswith("Light rain")
    assert (row["turns"], row["tokens_out"], row["cost_usd"]) == (2, 40, 0.0024)
    assert row["error_type"] is None


def test_one_users_runs_are_never_anothers(filled: Server) -> None:
    page = filled.get("runs", user="alice", limit=200).json
    assert page["total"] == 15
    assert {row["user_id"] for row in page["rows"]} == {"alice"}
    assert "bob" not in filled.get("runs", user="alice", limit=200).text
    assert filled.get("runs", user="alice", text="of bob").json["total"] == 0
    assert filled.get("runs", user="ali").json["total"] == 0
    assert filled.get("runs", user="").json["total"] == 0


def test_sub_runs_are_listed_when_asked_for(filled: Server) -> None:
    rows = filled.get("runs", top=0, limit=200).json["rows"]
    assert len(rows) == 31
    (inside,) = [row for row in rows if row["parent_run_id"]]
    assert inside["parent_run_id"] == "run_0003"


@pytest.mark.parametrize(
    ("filters", "total"),
    [
        ({"architecture": "rewoo"}, 6),
        ({"model": "scripted"}, 30),
        ({"outcome": "error"}, 1),
        ({"outcome": "answered", "user": "alice"}, 14),
        ({"min_cost": 0.001}, 24),
        ({"max_cost": 0.0}, 0),
        ({"notebook": "work/a.ipynb"}, 20),
        ({"notebook": "work/a.ipynb", "user": "bob", "architecture": "rewoo"}, 2),
        ({"notebook": "nowhere.ipynb"}, 0),
        ({"session": "session_SAMPLE"}, 30),
        ({"text": "slow down"}, 1),
        ({"text": "ALICE"}, 15),
        ({"text": "take a jacket"}, 29),
        ({"text": "%"}, 0),
        ({"text": "question_1"}, 0),
    ],
)
def test_filters_and_words_narrow_the_list(filled: Server, filters: dict[str, Any], total: int) -> None:
    assert filled.get("runs", **filters).json["total"] == total


@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", "'; DROP TABLE runs; --", '" OR "1"="1', "$1", "?", "%' UNION SELECT 1", "\\"]
)
def test_sql_in_the_words_to_search_for_is_plain_text(filled: Server, text: str) -> None:
    assert filled.get("runs", text=text).json["total"] == 0
    assert filled.get("runs", user=text).json["total"] == 0
    assert filled.get("runs").json["total"] == 30


def test_facets_count_outermost_runs_and_name_notebooks_as_jupyterlab_does(filled: Server) -> None:
    facets = filled.get("runs/facets").json
    assert facets["users"] == [{"value": "alice", "count": 15}, {"value": "bob", "count": 15}]
    assert facets["architectures"] == [{"value": "react", "count": 24}, {"value": "rewoo", "count": 6}]
    assert facets["models"] == [{"value": "scripted", "count": 30}]
    assert facets["outcomes"] == [{"value": "answered", "count": 29}, {"value": "error", "count": 1}]
    assert facets["notebooks"] == [{"value": "work/a.ipynb", "count": 20}, {"value": "work/b.ipynb", "count": 10}]


def test_spend_is_todays_and_one_notebooks(filled: Server) -> None:
    spend = filled.get("runs/spend", notebook="work/b.ipynb").json
    assert spend["today"]["calls"] == 0, "the sample runs are of another day"
    own = spend["notebook"]
    assert (own["calls"], own["calls_unpriced"], own["calls_cached"]) == (20, 4, 0)
    assert own["cost_usd"] == pytest.approx(16 * 0.0012)
    assert filled.get("runs/spend").json["notebook"] is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limit": 0}, "limit takes a whole number from 1 to 200, not '0'"),
        ({"limit": 201}, "limit takes a whole number from 1 to 200, not '201'"),
        ({"limit": "many"}, "limit takes a whole number from 1 to 200, not 'many'"),
        ({"offset": -1}, "offset takes a whole number from 0 to 1,000,000,000, not '-1'"),
        ({"min_cost": "nan"}, "min_cost takes a number from 0, not 'nan'"),
        ({"top": "maybe"}, "top takes 1 or 0, not 'maybe'"),
        ({"usr": "alice"}, "there is no parameter 'usr' here; did you mean 'user'?"),
        ({"user": ["alice", "bob"]}, "the parameter 'user' stands there 2 times; give it once"),
        ({"text": "x" * 401}, "text takes at most 400 characters, not 401"),
        ({"text": "a\0b"}, "text takes text without NUL and without half characters"),
    ],
)
def test_a_wrong_parameter_is_refused_in_one_sentence(filled: Server, given: dict[str, Any], said: str) -> None:
    reply = filled.get("runs", **given)
    assert (reply.status, reply.message) == (400, said)


def test_what_jupyterlab_adds_against_caches_is_no_parameter(filled: Server) -> None:
    assert filled.ask(filled.address("runs", limit=1) + "&1732312345678").status == 200
