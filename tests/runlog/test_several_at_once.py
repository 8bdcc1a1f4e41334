"""Four processes write while a fifth asks and a sixth compacts: no lock error, nothing lost, nothing twice."""

import subprocess
import sys
import threading
from pathlib import Path

from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run

WRITER = Path(__file__).with_name("writer.py")
RUNS = 60


def finish(processes: "list[subprocess.Popen[str]]") -> set[str]:
    told: set[str] = set()
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
        told.update(output.split())
    return told


def write(home: Path, names: tuple[str, ...]) -> "list[subprocess.Popen[str]]":
    return [
        subprocess.Popen(
            [sys.executable, str(WRITER), str(home), name, str(RUNS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for name in names
    ]


def test_four_write_and_one_asks_while_old_files_are_compacted(tmp_path: Path) -> None:
    users = ("a", "b", "c", "d")
    early = write(tmp_path, ("before",))
    told = finish(early)
    writers = write(tmp_path, users)
    reader, keeper = RunLog.open(tmp_path, read_only=True), RunLog.open(tmp_path)
    seen = 0
    compacted = 0
    while any(process.poll() is None for process in writers):
        runs = reader.runs(parent_run_id=None)
        assert runs["run_id"].is_unique
        assert len(runs) >= seen, "a run that was there is gone"
        assert (runs["user_id"] == "before").sum() == RUNS
        seen = len(runs)
        compacted += keeper.compact()
    told |= finish(writers)
    compacted += keeper.compact()
    assert compacted == 5
    runs = reader.runs(parent_run_id=None)
    assert set(runs["run_id"]) == told
    assert runs["run_id"].is_unique
    assert set(runs["status"]) == {"answered"}
    assert list(runs.groupby("user_id").size()) == [RUNS] * 5
    assert len(reader.events()) == len(reader.sql("SELECT DISTINCT run_id, seq FROM events"))
    assert set(reader.sql("SELECT DISTINCT run_id FROM events")["run_id"]) >= told
    assert reader.problems().empty


def test_threads_share_a_log(log: RunLog) -> None:
    def write_some(name: str) -> None:
        for number in range(20):
            for event in sample_run(run_id=f"run_{name}_{number}", user_id=name, tools=0):
                log.on_event(event)

    failures: list[BaseException] = []

    def ask_some() -> None:
        try:
            for _ in range(20):
                assert log.runs()["run_id"].is_unique
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write_some, args=(name,)) for name in "abcd"]
    threads += [threading.Thread(target=ask_some) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(log.runs()) == 80
    assert log.events()["seq"].is_unique
