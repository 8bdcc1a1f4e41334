"""Old files into Parquet: the same answers before, during and after, also when it is killed half-way."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loomlab.core import ConfigError, Event
from loomlab.runlog import TABLES, RunLog, compaction, snapshot
from loomlab.runlog.manifest import Manifest
from loomlab.testing.events import sample_run

Tell = Callable[..., list[Event]]


def everything(log: RunLog) -> dict[str, list[dict[str, Any]]]:
    return {name: log.sql(f"SELECT * FROM {name} ORDER BY ALL").astype(str).to_dict("records") for name in TABLES}


def segments(log: RunLog) -> list[Path]:
    return sorted((log.path / "runlog" / "segments").glob("*.jsonl"))


@pytest.fixture
def filled(log: RunLog, tell: Tell) -> RunLog:
    """A log with two segments of writers that are gone and one that goes on."""
    tell(run_id="run_1", nested=True, denied=True, memory=True, user_id="alice")
    tell(run_id="run_2", ending="running")
    log.append("evaluations", [{"evaluation_id": "e1", "status": "running", "name": "first"}])
    log.close()
    tell(run_id="run_3", ending="error", user_id="bob")
    log.append("scores", [{"evaluation_id": "e1", "trial_id": "t1", "scorer": "exact", "value": 0.5}])
    log.close()
    tell(run_id="run_4")
    return log


def test_the_answers_are_the_same_before_and_after(filled: RunLog) -> None:
    before = everything(filled)
    record = filled.run("run_1")
    assert filled.compact() == 2
    assert len(segments(filled)) == 1, "the one that goes on stays"
    assert everything(filled) == before
    assert filled.run("run_1") == record
    assert {row["run_id"]: row["status"] for row in before["runs"]}["run_2"] == "lost"
    assert filled.compact() == 0


def test_a_second_compaction_takes_in_the_first(filled: RunLog) -> None:
    filled.compact()
    filled.close()
    before = everything(filled)
    assert filled.compact() == 1
    assert everything(filled) == before
    assert segments(filled) == []
    assert len(list((filled.path / "runlog" / "compacted").iterdir())) == 1


def test_a_row_that_replaces_a_compacted_one_counts_and_the_compacted_one_does_not(filled: RunLog) -> None:
    filled.compact()
    filled.append("evaluations", [{"evaluation_id": "e1", "status": "done", "name": "first"}])
    filled.append("scores", [{"evaluation_id": "e1", "trial_id": "t1", "scorer": "exact", "value": 1.0}])
    assert list(filled.evaluations()["status"]) == ["done"]
    assert list(filled.scores()["value"]) == [1.0]
    filled.close()
    filled.compact()
    assert list(filled.evaluations()["status"]) == ["done"]
    assert list(filled.scores()["value"]) == [1.0]


def test_a_compacted_row_that_is_newer_than_one_in_a_file_that_goes_on_counts(tmp_path: Path) -> None:
    long_lived, short_lived = (RunLog(RunLog.open(tmp_path)._home) for _ in range(2))
    long_lived.append("evaluations", [{"evaluation_id": "e1", "status": "running"}])
    short_lived.append("evaluations", [{"evaluation_id": "e1", "status": "done"}])
    short_lived.close()
    assert list(long_lived.evaluations()["status"]) == ["done"]
    assert long_lived.compact() == 1
    assert list(long_lived.evaluations()["status"]) == ["done"]


@pytest.mark.parametrize("step", ["sync", "Manifest.write", "_remove", "shutil.rmtree"])
def test_a_compaction_that_dies_at_any_step_loses_nothing_and_doubles_nothing(
    filled: RunLog, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    filled.compact()
    filled.close()
    before = everything(filled)

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    owner, _, name = step.rpartition(".")
    target = {"": compaction, "Manifest": Manifest, "shutil": shutil}[owner]
    with monkeypatch.context() as patched:
        patched.setattr(target, name, die)
        with pytest.raises(Killed):
            filled.compact()
    assert everything(filled) == before
    filled.compact()
    assert everything(filled) == before
    filled.compact()
    assert segments(filled) == []
    assert len(list((filled.path / "runlog" / "compacted").iterdir())) == 1, "what was left half-made is gone"


def test_a_reader_that_asks_while_files_are_compacted_sees_every_row_once(
    filled: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = RunLog.open(filled.path, read_only=True)
    before = everything(reader)
    asked = 0

    real_write, real_remove = Manifest.write, compaction._remove

    def write(self: Manifest, home: Any) -> None:
        nonlocal asked
        assert everything(reader) == before
        real_write(self, home)
        assert everything(reader) == before
        asked += 1

    def remove(*arguments: Any) -> None:
        real_remove(*arguments)
        assert everything(reader) == before

    monkeypatch.setattr(Manifest, "write", write)
    monkeypatch.setattr(compaction, "_remove", remove)
    filled.compact()
    filled.close()
    before = everything(reader)
    filled.compact()
    assert everything(reader) == before
    assert asked == 2


def test_a_reader_whose_files_go_away_in_the_middle_of_a_question_asks_again(
    filled: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.compact()
    filled.close()
    reader = RunLog.open(filled.path, read_only=True)
    before = everything(reader)
    seen = reader._asking._snapshot
    real = seen.refresh

    def refresh() -> None:
        real()
        monkeypatch.setattr(seen, "refresh", real)
        filled.compact()  # after the reader has seen the old state and before it asks

    monkeypatch.setattr(seen, "refresh", refresh)
    assert len(reader.runs()) == len(before["runs"])
    assert everything(reader) == before


def test_a_reader_that_lists_the_files_just_after_they_were_compacted_looks_again(
    filled: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(filled)
    real = snapshot.segment_files

    def listed_late(home: Any) -> list[Path]:
        monkeypatch.setattr(snapshot, "segment_files", real)
        assert filled.compact() == 2
        return real(home)

    monkeypatch.setattr(snapshot, "segment_files", listed_late)
    assert everything(RunLog.open(filled.path, read_only=True)) == before


def test_only_one_process_compacts_at_a_time(filled: RunLog, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Manifest.write
    results = []

    def write(self: Manifest, home: Any) -> None:
        results.append(compaction.compact(home))
        real(self, home)

    monkeypatch.setattr(Manifest, "write", write)
    assert filled.compact() == 2
    assert results == [0]


def test_a_file_with_unreadable_lines_is_kept_aside_and_stays_reported(log: RunLog, tell: Tell) -> None:
    tell()
    log.close()
    (file,) = segments(log)
    file.write_bytes(file.read_bytes() + b"}{\n" + b'{"t":"runs","_at":1,"run_id":"run_2"}\n')
    assert log.compact() == 1
    assert sorted(log.runs()["run_id"]) == ["run_2", "run_SAMPLE0001"]
    assert list(log.problems()["problem"]) == ["not a row that can be read"]
    assert [kept.name for kept in (log.path / "runlog" / "damaged").iterdir()] == [file.name]
    tell(run_id="run_3")
    log.close()
    log.compact()
    assert len(log.problems()) == 1


def test_compacted_files_of_an_older_version_without_a_column_are_read(
    filled: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    filled.compact()
    (file,) = (filled.path / "runlog" / "compacted").rglob("runs.parquet")
    narrow = file.with_name("narrow.parquet")
    duckdb.execute(
        "COPY (SELECT * EXCLUDE (metadata), 1 AS colour FROM read_parquet($1)) TO '" + str(narrow) + "'", [str(file)]
    )
    narrow.replace(file)
    again = RunLog(filled._home)
    assert len(again.runs()) == 5
    assert again.runs(run_id="run_1")["metadata"].isna().all()


def test_a_damaged_manifest_is_said_in_a_sentence(filled: RunLog) -> None:
    filled.compact()
    (filled.path / "runlog" / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"is damaged: .*manifest.json can't be read"):
        filled.runs()


def test_a_path_with_signs_in_it_is_a_path(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / 'it\'s [a] "lab" ☃; --')
    for event in sample_run():
        log.on_event(event)
    log.close()
    assert log.compact() == 1
    assert list(log.runs()["run_id"]) == ["run_SAMPLE0001"]
    assert log.export(log.path / "it's [out].duckdb").exists()
