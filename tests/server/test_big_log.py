"""A log of many runs: what is sent is capped, and what the server holds in memory does not grow with the log.

``evals/big_log.py`` measures it with a million events; here rows are counted, not seconds.
"""

import importlib.util
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Server

from loomlab.runlog import TABLES, RunLog
from loomlab.runlog.home import Home
from loomlab.server import upkeep
from loomlab.server.upkeep import Upkeep
from loomlab.testing.events import sample_run

RUNS = 500


def script() -> Any:
    path = Path(__file__).parents[2] / "evals" / "big_log.py"
    spec = importlib.util.spec_from_file_location("big_log", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def held(log: RunLog) -> int:
    """Rows of the log that this process has in memory."""
    counts = " + ".join(f"(SELECT count(*) FROM store.{name})" for name in TABLES)
    return int(log._asking.fetch(f"SELECT {counts}")[0][0])


@pytest.fixture(scope="module")
def big(server: Server) -> Iterator[Server]:
    script().build(server.home, server.root, RUNS, RUNS * 30)
    yield server


def test_no_answer_has_more_rows_or_characters_than_its_cap(big: Server) -> None:
    page = big.get("runs", limit=200).json
    assert (page["total"], len(page["rows"])) == (RUNS, 200)
    assert max(len(row["prompt"]) for row in page["rows"]) == 200
    assert max(len(row["output"]) for row in page["rows"]) == 200
    assert len(big.get("runs", limit=50, offset=RUNS - 10).json["rows"]) == 10
    assert big.get("runs", limit=201).status == 400
    facets = big.get("runs/facets").json
    assert [len(facets[name]) for name in ("users", "notebooks", "architectures")] == [25, 25, 4]
    assert sum(one["count"] for one in facets["users"]) == RUNS
    face = big.get("run", run_id=page["rows"][0]["run_id"]).json
    assert len(face["html"].encode()) <= 64 * 1024
    assert len(face["text"].encode()) <= 8 * 1024
    ids = [row["run_id"] for row in page["rows"][:8]]
    assert len(big.get("run/align", run_id=ids).json["html"].encode()) <= 64 * 1024


def test_words_and_filters_reach_every_run_of_a_big_log(big: Server) -> None:
    assert big.get("runs", text="NUMBER 24 ").json["total"] == 20
    assert big.get("runs", user="user-7").json["total"] == 20
    assert big.get("runs", notebook="project-3/notebook.ipynb").json["total"] == 20
    seen = [row["run_id"] for at in range(0, RUNS, 200) for row in big.get("runs", limit=200, offset=at).json["rows"]]
    assert len(set(seen)) == RUNS


def test_whoever_asks_a_compacted_log_holds_none_of_it(big: Server) -> None:
    log = RunLog(Home.find(big.home), read_only=True)
    log.page(limit=200, text="jacket")
    log.facets("user", "model", "notebook")
    log.run(log.page(limit=1).rows[0]["run_id"])
    assert held(log) == 0
    writer = RunLog(Home.find(big.home))
    for event in sample_run(run_id="run_new"):
        writer.on_event(event)
    assert log.page().total == RUNS + 1
    assert 0 < held(log) < 40, "only what was written since"
    writer.close()


@pytest.fixture
def loose(tmp_path: Path) -> RunLog:
    """What ended processes have left, and one run of a process that goes on."""
    for number in range(3):
        ended = RunLog(Home.find(tmp_path / "log"))
        for event in sample_run(run_id=f"run_{number}", user_id="alice"):
            ended.on_event(event)
        ended.close()
    return RunLog(Home.find(tmp_path / "log"), read_only=True)


def test_what_ended_processes_left_is_compacted_in_a_process_of_its_own(
    loose: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on = RunLog(Home.find(loose.path))
    for event in sample_run(run_id="run_now", ending="running"):
        going_on.on_event(event)
    going_on.flush()
    before, seen = held(loose), loose.page().total
    monkeypatch.setattr(upkeep, "LOOSE_BYTES", 1_000)
    assert loose.loose_bytes() > 1_000
    Upkeep(loose, logging.getLogger("test")).see_to()
    assert loose.loose_bytes() == 0
    assert loose.page().total == seen == 4
    assert 0 < held(loose) < before, "what a living process writes stays"
    assert loose.run("run_now").status == "running"
    going_on.close()


def test_a_small_log_and_one_that_was_looked_at_just_now_are_left_alone(
    loose: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Upkeep(loose, logging.getLogger("test"))
    keeper.see_to()
    monkeypatch.setattr(upkeep, "LOOSE_BYTES", 1)
    keeper.see_to()
    assert loose.loose_bytes() > 0


def test_a_log_that_cannot_be_compacted_is_read_all_the_same(
    loose: RunLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "LOOSE_BYTES", 1)
    monkeypatch.setattr(upkeep, "_COMPACT", "raise SystemExit('no room on the disk')")
    Upkeep(loose, logging.getLogger("test")).see_to()
    assert "could not compact the run log, which costs memory: no room on the disk" in caplog.text
    assert loose.page().total == 3


def test_a_log_that_is_brought_up_to_date_on_the_way_is_said_in_the_servers_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "runlog"
    (folder / "segments").mkdir(parents=True)
    (folder / "format.json").write_text('{"format":"loomlab run log","schema_version":1}\n', encoding="utf-8")
    earlier = Path(__file__).parents[1] / "fixtures" / "log_schema_1.jsonl"
    shutil.copy(earlier, folder / "segments" / "01M82YVT49STS0GSQD4Y085RTB.jsonl")
    monkeypatch.setattr(upkeep, "LOOSE_BYTES", 1)
    (tmp_path / "random.py").write_text("raise SystemExit('a file of the person')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Upkeep(RunLog(Home.find(tmp_path), read_only=True), logging.getLogger("test")).see_to()
    (backup,) = tmp_path.glob("*.backup")
    assert str(backup) in caplog.text
    assert RunLog(Home.find(tmp_path), read_only=True).loose_bytes() == 0
