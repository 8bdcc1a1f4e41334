"""Which notebook a run belongs to."""

import json
from pathlib import Path

import pytest

from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run


def told(home: Path, **options: object) -> RunLog:
    log = RunLog.open(home)
    for event in sample_run(nested=True, **options):  # type: ignore[arg-type]
        log.on_event(event)
    return log


def test_a_run_of_a_kernel_is_told_with_its_notebook_and_so_are_the_runs_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "a b.ipynb"))
    runs = told(tmp_path / "lab").runs()
    assert len(runs) == 2
    assert set(runs["notebook"]) == {str(tmp_path / "a b.ipynb")}


@pytest.mark.parametrize("name", [None, "", "Console 1", "a.ipynb"])
def test_without_an_absolute_path_there_is_no_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if name is not None:
        monkeypatch.setenv("JPY_SESSION_NAME", name)
    assert told(tmp_path / "lab").runs()["notebook"].isna().all()


def test_a_log_from_before_the_column_reads_as_null_compacted_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    log = told(tmp_path / "lab")
    log.close()
    (segment,) = tmp_path.rglob("*.jsonl")
    lines = [json.loads(line) for line in segment.read_text(encoding="utf-8").splitlines()]
    assert not any("notebook" in line for line in lines), "the fixture is not of before the column"
    assert log.runs()["notebook"].isna().all()
    assert log.compact() == 1
    (file,) = tmp_path.rglob("runs.parquet")
    older = file.with_suffix(".older")
    duckdb.sql(f"COPY (SELECT * EXCLUDE (notebook) FROM '{file}') TO '{older}' (FORMAT parquet)")
    older.replace(file)
    fresh = RunLog.open(tmp_path / "lab", read_only=True)
    assert len(fresh.runs()) == 2
    assert fresh.runs()["notebook"].isna().all()


def test_scrubbing_a_user_takes_the_notebook_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "alice-health.ipynb"))
    log = told(tmp_path / "lab", user_id="alice")
    for event in sample_run(run_id="run_B", user_id="bob"):
        log.on_event(event)
    log.close()
    log.scrub("alice")
    runs = log.runs().set_index("run_id")
    assert runs.loc["run_B", "notebook"] == str(tmp_path / "alice-health.ipynb")
    assert runs.drop("run_B")["notebook"].isna().all()
