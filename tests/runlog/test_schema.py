"""One declaration, and everything that is made from it agrees with it."""

from collections.abc import Callable

import duckdb

from loomlab.core import Event
from loomlab.runlog import SCHEMA_VERSION, TABLES, RunLog, describe_schema
from loomlab.runlog.statements import stored

Tell = Callable[..., list[Event]]


def full(log: RunLog, tell: Tell) -> None:
    tell(nested=True, denied=True, failing=True, memory=True)
    tell(run_id="run_2", ending="running")
    tell(run_id="run_3", ending="error")


def test_the_views_are_the_declared_tables(log: RunLog) -> None:
    for name, table in TABLES.items():
        found = log.sql(f"DESCRIBE {name}")
        types = [str(kind).replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for kind in found["column_type"]]
        declared = [(column.name, column.type) for column in table.columns]
        assert list(zip(found["column_name"], types, strict=True)) == declared
    assert sorted(log.sql("SHOW TABLES")["name"]) == sorted(TABLES)


def test_every_row_that_runs_write_has_declared_columns_only(log: RunLog, tell: Tell) -> None:
    full(log, tell)
    (file,) = log.path.rglob("*.jsonl")
    rows = duckdb.sql(
        "SELECT unnest(json_keys(json)) AS key, json->>'t' AS t FROM read_json_objects($1)", params=[str(file)]
    )
    for key, name in set(rows.fetchall()):
        if name != "segment" and key != "t":
            assert key in {column.name for column in stored(TABLES[name])}, (name, key)


def test_every_column_that_is_made_of_events_is_filled_by_some_run(log: RunLog, tell: Tell) -> None:
    full(log, tell)
    tell(run_id="run_4", ending="budget", user_id="alice", metadata={"a": 1})
    never = {"runs": {"parsed", "node", "notebook"}, "model_calls": {"error"}, "facts": {"valid_until"}}
    for name, table in TABLES.items():
        if table.made_by == "append":
            continue
        frame = log.sql(f"SELECT * FROM {name}")
        empty = {column for column in frame.columns if frame[column].isna().all()}
        assert empty - {"user_id"} <= never.get(name, set()), name


def test_no_column_needs_quotes(log: RunLog) -> None:
    reserved = {
        row[0]
        for row in duckdb.sql(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall()
    }
    assert not reserved & {column.name for table in TABLES.values() for column in table.columns}
    assert not reserved & set(TABLES)


def test_keys_needs_and_order_name_columns() -> None:
    for table in TABLES.values():
        assert {*table.key, *table.needs, table.order} <= set(table.by_name)


def test_the_printed_docs_name_every_table_and_column_with_its_meaning() -> None:
    docs = describe_schema()
    assert f"version {SCHEMA_VERSION}" in docs
    for table in TABLES.values():
        assert f"## {table.name}" in docs
        assert table.meaning in docs
        for column in table.columns:
            assert f"| `{column.name}` | {column.type} | {column.meaning} |" in docs
            assert "|" not in column.meaning
