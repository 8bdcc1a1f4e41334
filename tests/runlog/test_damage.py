"""Files that are not as they should be: what can be read is read, the rest is counted, and refusals name the remedy."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from loomlab.core import ConfigError
from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run

HEADER = '{"t":"segment","schema_version":1,"writer":"W","pid":1,"started_at":"2026-01-05T12:00:00Z"}\n'
ROW = '{"t":"runs","_at":1,"run_id":"run_1","status":"answered","prompt":"hello"}\n'


@pytest.fixture
def segment(log: RunLog) -> Callable[[str], None]:
    """Put a segment of a process that is gone into the log."""

    def put(text: str) -> None:
        for event in sample_run(run_id="run_other"):
            log.on_event(event)
        (log.path / "runlog" / "segments" / "00000000000000000000000000.jsonl").write_text(text, encoding="utf-8")

    return put


def test_a_torn_last_line_hurts_nothing(log: RunLog, segment: Callable[[str], None]) -> None:
    segment(HEADER + ROW + ROW.replace("run_1", "run_2")[:40])
    assert sorted(log.runs()["run_id"]) == ["run_1", "run_other"]
    assert log.problems()[["line", "problem"]].to_dict("records") == [
        {"line": 3, "problem": "torn: the process ended while it wrote this line"}
    ]


@pytest.mark.parametrize(
    "junk", ["}{", "", "null", "[1, 2]", '{"run_id": "run_9"}', '{"t":"runs","run_id":', "\x00\x00\x00", "�" * 3]
)
def test_a_corrupt_line_in_the_middle_hides_no_other(log: RunLog, segment: Callable[[str], None], junk: str) -> None:
    segment(HEADER + ROW + junk + "\n" + ROW.replace("run_1", "run_2"))
    assert sorted(log.runs()["run_id"]) == ["run_1", "run_2", "run_other"]
    assert log.problems()[["segment", "line", "problem"]].to_dict("records") == [
        {"segment": "0" * 26, "line": 3, "problem": "not a row that can be read"}
    ]


def test_a_corrupt_header_is_a_problem_and_the_rows_count(log: RunLog, segment: Callable[[str], None]) -> None:
    segment("garbage\n" + ROW)
    assert sorted(log.runs()["run_id"]) == ["run_1", "run_other"]
    assert list(log.problems()["problem"]) == ["the header can't be read"]


def test_values_of_the_wrong_type_are_null_and_new_tables_and_columns_are_ignored(
    log: RunLog, segment: Callable[[str], None]
) -> None:
    odd = ROW.replace('"prompt":"hello"', '"turns":"many","started_at":"soon","colour":"blue"')
    segment(HEADER + odd + '{"t":"dreams","run_id":"run_1"}\n')
    (row,) = log.runs(run_id="run_1").to_dict("records")
    assert row["status"] == "answered"
    assert "colour" not in row
    assert log.sql("SELECT turns, started_at FROM runs WHERE run_id = 'run_1'").isna().all(axis=None)
    assert log.problems().empty


def test_a_segment_of_an_older_writer_with_fewer_columns_is_read(log: RunLog, segment: Callable[[str], None]) -> None:
    segment(HEADER + '{"t":"runs","_at":1,"run_id":"run_1"}\n')
    assert set(log.runs()["run_id"]) == {"run_1", "run_other"}


def test_a_segment_of_a_newer_version_is_refused_in_words(log: RunLog, segment: Callable[[str], None]) -> None:
    segment(HEADER.replace('"schema_version":1', '"schema_version":9') + ROW)
    with pytest.raises(ConfigError, match=r"written by a newer loomlab \(schema 9, .*pip install -U loomlab"):
        log.runs()


def test_a_log_of_a_newer_version_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "runlog").mkdir()
    (tmp_path / "runlog" / "format.json").write_text(
        '{"format": "loomlab run log", "schema_version": 7}', encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"schema 7, this one reads up to 2"):
        RunLog.open(tmp_path)


def test_a_file_is_no_log(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"notes.txt is a file, not a run log; give a folder"):
        RunLog.open(file)
    with pytest.raises(ConfigError, match=r"can't be (read|written)"):
        RunLog.open(file / "below")


def test_a_folder_with_other_things_in_it_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"is not a run log and not empty; give a new or empty folder"):
        RunLog.open(tmp_path)


def test_a_folder_of_the_same_name_that_is_something_else_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "runlog").mkdir()
    (tmp_path / "runlog" / "week1.md").write_text("5 km", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"is not a run log: it holds week1.md; give another folder"):
        RunLog.open(tmp_path)
    (tmp_path / "runlog" / "format.json").write_text('{"format": "marathon"}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"is not a run log"):
        RunLog.open(tmp_path)


def test_the_default_home_may_hold_other_things_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("LOOMLAB_HOME", str(tmp_path))
    assert RunLog.open().path == tmp_path


def test_without_a_home_in_the_environment_the_log_is_in_the_folder_we_are_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOMLAB_HOME")
    monkeypatch.chdir(tmp_path)
    assert RunLog.open().path == tmp_path / ".loomlab"


def test_a_folder_that_may_not_be_written_is_refused_at_once_but_may_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write anywhere, so the system's answer is played here.
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **more: not (mode & os.W_OK) and real(path, mode, **more))
    with pytest.raises(ConfigError, match=r"can't be written: no right to write in .* read_only=True"):
        RunLog.open(tmp_path / "lab")
    log = RunLog.open(tmp_path / "lab", read_only=True)
    assert log.runs().empty
    with pytest.raises(ConfigError, match="opened with read_only=True"):
        log.append("facts", [{"fact_id": "f", "action": "recorded"}])


def test_a_folder_that_may_not_be_listed_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(ConfigError, match=r"can't be read: Permission denied; make it readable"):
        RunLog.open(tmp_path)
