"""What ``%loom`` says about runs that were."""

import pytest
from ipython_shell import Shell

from loomlab.runlog import RunLog

pytest.importorskip("duckdb")


@pytest.fixture
def two_users(echo: Shell) -> Shell:
    """A notebook with a run of alice and one of bob; the log holds an older one of another process."""
    from loomlab.testing.events import sample_run

    log = RunLog.open()
    for event in sample_run(run_id="run_ELSEWHERE", user_id="carol"):
        log.on_event(event)
    echo.ok("%%loom --user alice\nfirst")
    echo.ok("%%loom --user bob\nsecond")
    return echo


def test_runs_are_those_of_this_notebook_numbered_in_order(two_users: Shell) -> None:
    cell = two_users.ok("%loom runs")
    assert list(cell.value["run"]) == [1, 2]
    assert list(cell.value["user_id"]) == ["alice", "bob"]
    assert list(cell.value["prompt"]) == ["first", "second"]
    assert "carol" not in cell.text
    assert "run_" not in cell.text + cell.html


def test_all_runs_of_the_log_come_with_their_ids(two_users: Shell) -> None:
    cell = two_users.ok("%loom runs --all")
    assert list(cell.value["user_id"])[:2] == ["bob", "alice"]
    assert "run_ELSEWHERE" in set(cell.value["run_id"])


def test_an_empty_notebook_says_what_to_type_next(echo: Shell) -> None:
    assert "No run yet." in echo.ok("%loom runs").text
    assert "%%loom" in echo.ok("%loom cost").text


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("1", "Echo: first"),
        ("2", "Echo: second"),
        ("last", "Echo: second"),
        ("", "Echo: second"),
        ("-2", "Echo: first"),
        ("run_ELSEWHERE", "Light rain"),
    ],
)
def test_a_run_is_shown_again_from_the_log(two_users: Shell, which: str, said: str) -> None:
    assert two_users.ok(f"%loom show {which}").text.startswith(said)


@pytest.mark.parametrize("which", ["3", "0", "-3"])
def test_a_number_that_no_run_has_is_refused(two_users: Shell, which: str) -> None:
    assert "this notebook has had 2 runs" in two_users.run(f"%loom show {which}").text


def test_cost_counts_this_notebook_and_groups_as_asked(two_users: Shell) -> None:
    cell = two_users.ok("%loom cost")
    assert list(cell.value["model"]) == ["echo"]
    assert list(cell.value["calls"]) == [2]
    assert "$0.00" in cell.text
    by_user = two_users.ok("%loom cost --by user").value
    assert sorted(by_user["user_id"]) == ["alice", "bob"]
    everything = two_users.ok("%loom cost --all --by user").value
    assert "carol" in set(everything["user_id"])


def test_an_unknown_price_is_unknown_and_not_nothing(echo: Shell) -> None:
    from loomlab.testing.events import sample_run

    log = RunLog.open()
    for event in sample_run(run_id="run_UNPRICED", cost_usd=None):
        log.on_event(event)
    assert "unknown" in echo.ok("%loom runs --all").text


def test_sql_takes_values_of_variables_as_values(two_users: Shell) -> None:
    two_users["who"] = "bob' OR '1'='1"
    assert len(two_users.ok("%loom sql SELECT prompt FROM runs WHERE user_id = $who").value) == 0
    two_users["who"] = "bob"
    cell = two_users.ok("found = %loom sql SELECT prompt, '$who' AS literal FROM runs WHERE user_id = $who")
    assert list(two_users["found"]["prompt"]) == ["second"]
    assert list(two_users["found"]["literal"]) == ["$who"]
    assert cell.outputs == []


def test_sql_takes_parts_of_variables_too(two_users: Shell) -> None:
    two_users.ok("%%loom --quiet --out mine\nthird")
    query = "%loom sql SELECT prompt FROM runs WHERE run_id = $mine.run_id AND user_id = $mine.user_id"
    assert list(two_users.ok(query).value["prompt"]) == ["third"]
    assert "'mine' has no 'nope'" in two_users.run("%loom sql SELECT $mine.nope").text


def test_braces_in_a_query_are_left_to_the_engine(two_users: Shell) -> None:
    assert two_users.ok("%loom sql SELECT {'a': 1}.a AS one").value["one"][0] == 1


def test_the_log_is_only_read(two_users: Shell) -> None:
    assert "only read" in two_users.run("%loom sql DROP TABLE runs").text


def test_hostile_text_in_an_answer_of_the_log_stays_text(two_users: Shell) -> None:
    cell = two_users.ok("%loom sql SELECT '<img src=x onerror=alert(1)>' AS answer, '$\\href{javascript:x}{y}$' AS tex")
    assert "<img" not in cell.html
    assert "&lt;img" in cell.html
    assert "mathjax_ignore" in cell.html


def test_parts_of_an_answer_look_the_same(two_users: Shell) -> None:
    two_users.ok("runs = %loom runs")
    assert 'class="loom' in two_users.ok("runs[['run', 'prompt']].head(1)").html
    assert two_users.ok("len(runs)").text == "2"
    assert "loom" not in two_users.ok("import pandas as pd\npd.DataFrame({'a': [1]})").html


def test_help_names_every_command_setting_and_option(echo: Shell) -> None:
    text = echo.ok("%loom help").text
    for word in (
        "%loom runs",
        "%loom show RUN",
        "%loom cost",
        "%loom sql",
        "%loom reset",
        "cassette=",
        "--schema MODEL",
    ):
        assert word in text
