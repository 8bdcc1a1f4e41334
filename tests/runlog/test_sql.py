"""Questions in SQL: they read the log and nothing else, and what is wrong with them is said in a sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from loomlab.core import ConfigError, Event
from loomlab.runlog import RunLog

Tell = Callable[..., list[Event]]


def test_a_query_answers_with_a_data_frame_and_takes_parameters(log: RunLog, tell: Tell) -> None:
    tell(user_id="alice")
    query = "SELECT tool, count(*) AS n FROM tool_calls WHERE user_id = {} GROUP BY tool"
    for frame in (log.sql(query.format("?"), ["alice"]), log.sql(query.format("$user"), {"user": "alice"})):
        assert frame.to_dict("records") == [{"tool": "get_weather", "n": 1}]


def test_json_columns_are_read_into_and_times_are_utc(log: RunLog, tell: Tell) -> None:
    tell()
    frame = log.sql("SELECT args->>'city' AS city, started_at FROM tool_calls")
    assert list(frame["city"]) == ["Lyon"]
    assert str(frame["started_at"].dt.tz) == "UTC"


def test_whole_numbers_stay_whole_where_some_are_missing(log: RunLog, tell: Tell) -> None:
    tell(run_id="run_1")
    tell(run_id="run_2", ending="running")
    assert str(log.runs()["turns"].dtype) == "Int64"
    assert str(log.sql("SELECT sum(tokens_in) AS s FROM runs")["s"].dtype) == "Int64"


def test_a_pivot_is_a_question_too(log: RunLog, tell: Tell) -> None:
    tell(run_id="run_1")
    tell(run_id="run_2", ending="cancelled")
    frame = log.sql("PIVOT runs ON status USING count(*) GROUP BY architecture")
    assert frame.to_dict("records") == [{"architecture": "react", "answered": 1, "cancelled": 1}]
    assert "run_id" in list(log.sql("DESCRIBE runs")["column_name"])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT * FROM runz", r"the run log has no table 'runz'; did you mean 'runs'\?"),
        ("SELECT * FROM frame", r"the run log has no table 'frame'; valid: evaluations, events, facts"),
        ("SELECT promt FROM runs", r"no column 'promt' here; did you mean 'prompt'\?"),
        ("SELECT r.promt FROM runs r", r"no column 'promt' here; did you mean 'prompt'\?"),
        ("SELECT runs.promt FROM runs", r"no column 'promt' here; did you mean 'prompt'\?"),
        ("SELECT cuont(*) FROM runs", r"SQL has no function 'cuont'; did you mean 'count'\?"),
        ("SELEC 1", r"the query failed: syntax error at or near \"SELEC\""),
        ("SELECT 'a'::INT", r"the query failed: Could not convert string 'a' to INT32"),
        ("", "the query is empty; try SELECT"),
        ("-- nothing", "the query is empty; try SELECT"),
        ("SELECT 1; SELECT 2", "one query at a time"),
        ("SELECT ?", r"a parameter without a value \(1\); pass params=\[value, …\]"),
        ("SELECT $id", r"a parameter without a value \(id\); pass params=\{'id': value\}"),
    ],
)
def test_a_wrong_query_is_explained_in_one_sentence(log: RunLog, query: str, sentence: str) -> None:
    frame = log.runs()  # a frame of ours that a query must not reach by its name
    assert frame is not None
    with pytest.raises(ConfigError, match=sentence) as caught:
        log.sql(query)
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO store.runs (run_id) VALUES ('x')",
        "DELETE FROM store.runs",
        "UPDATE store.runs SET output = 'x'",
        "DROP VIEW runs",
        "CREATE TABLE mine AS SELECT 1",
        "EXPLAIN ANALYZE DELETE FROM store.runs",
        "COPY (SELECT 1) TO '{out}'",
        "COPY runs TO '{out}'",
        "EXPORT DATABASE '{out}'",
        "ATTACH '{out}'",
        "SET enable_external_access = true",
        "SET threads = 1",
        "PRAGMA enable_external_access",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CALL pragma_version()",
        "BEGIN",
        "USE store",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_blob('{secret}')",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')",
        "FROM sniff_csv('{secret}')",
    ],
)
def test_a_query_changes_nothing_and_reaches_no_file(log: RunLog, tell: Tell, tmp_path: Path, query: str) -> None:
    tell()
    log.close()
    log.compact()
    tell(run_id="run_2")
    secret, out = tmp_path / "secret.csv", tmp_path / "out"
    secret.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        log.sql(query.format(secret=secret, out=out))
    assert not out.exists()
    assert sorted(log.runs()["run_id"]) == ["run_2", "run_SAMPLE0001"]


INJECTIONS = [
    "' OR '1'='1",
    "x'; DROP VIEW runs; --",
    '" OR 1=1 --',
    "$1",
    "?",
    "%",
    "_",
    "\x00",
    "run_' UNION SELECT 1",
    "{0}",
    "☃ \U0001f600",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_names_of_runs_and_users_are_data(log: RunLog, tell: Tell, text: str) -> None:
    tell(run_id="run_other", user_id="other")
    tell(run_id=f"run_{text}", user_id=text, session_id=text)
    assert list(log.runs(user_id=text)["run_id"]) == [f"run_{text}"]
    assert list(log.runs(user_id=[text])["run_id"]) == [f"run_{text}"]
    assert set(log.tool_calls(run_id=f"run_{text}")["user_id"]) == {text}
    assert log.run(f"run_{text}").run_id == f"run_{text}"
    with pytest.raises(ConfigError, match="no such run"):
        log.run(f"zz{text}")
    with pytest.raises(ConfigError, match="has no column"):
        log.runs(**{text: 1})
    with pytest.raises(ConfigError, match="can't be grouped by"):
        log.cost(by=text)
    log.close()
    log.compact()
    assert list(log.runs(user_id=text)["run_id"]) == [f"run_{text}"]


def test_a_value_of_the_wrong_type_in_a_filter_is_said_in_a_sentence(log: RunLog, tell: Tell) -> None:
    tell()
    with pytest.raises(ConfigError, match="Could not convert string 'many'"):
        log.runs(turns="many")
    with pytest.raises(ConfigError, match="limit is a number of rows"):
        log.runs(limit=-1)
    with pytest.raises(ConfigError, match="params is a list of values or a dict"):
        log.sql("SELECT ?", "text")
