"""The log as one DuckDB file."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from loomlab.core import ConfigError, Event
from loomlab.runlog import SCHEMA_VERSION, TABLES, RunLog

Tell = Callable[..., list[Event]]


def test_the_file_holds_everything_and_says_what_it_means(log: RunLog, tell: Tell, tmp_path: Path) -> None:
    tell(run_id="run_1", nested=True, memory=True)
    log.close()
    tell(run_id="run_2")
    file = log.export(tmp_path / "lab.duckdb")
    with duckdb.connect(str(file), read_only=True) as lab:
        for name, table in TABLES.items():
            assert lab.table(name).columns == [column.name for column in table.columns]
            count = lab.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
            assert count == log.sql(f"SELECT count(*) AS n FROM {name}")["n"][0]
        comments = dict(lab.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        assert {name: comments[name] for name in TABLES} == {name: table.meaning for name, table in TABLES.items()}
        meanings = lab.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL"
        )
        assert {row[:2]: row[2] for row in meanings.fetchall()} == {
            (table.name, column.name): column.meaning for table in TABLES.values() for column in table.columns
        }
        assert lab.execute("SELECT schema_version FROM about").fetchall() == [(SCHEMA_VERSION,)]
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["lab.duckdb"], "nothing is left beside it"


def test_an_existing_file_is_kept_unless_told_otherwise(log: RunLog, tell: Tell, tmp_path: Path) -> None:
    tell()
    file = tmp_path / "lab.duckdb"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"lab.duckdb exists; .* overwrite=True"):
        log.export(file)
    assert file.read_text(encoding="utf-8") == "mine"
    log.export(file, overwrite=True)
    with duckdb.connect(str(file), read_only=True) as lab:
        assert lab.execute("SELECT count(*) FROM runs").fetchall() == [(1,)]


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(log: RunLog, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no folder .*nowhere; make it first"):
        log.export(tmp_path / "nowhere" / "lab.duckdb")
    with pytest.raises(ConfigError, match=r"is a folder; name a file in it"):
        log.export(tmp_path)


def test_an_empty_log_is_exported_too(log: RunLog, tmp_path: Path) -> None:
    with duckdb.connect(str(log.export(tmp_path / "lab.duckdb")), read_only=True) as lab:
        assert lab.execute("SELECT count(*) FROM scores").fetchall() == [(0,)]
    assert not log.path.exists()
