"""``kill -9`` at any moment: what had returned is there, and nobody else is disturbed."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run

WRITER = Path(__file__).with_name("writer.py")


def start(home: Path, name: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(home), name, str(count)], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )


def test_every_run_that_had_returned_is_there_after_kill_9(tmp_path: Path) -> None:
    rng = random.Random(20260105)
    reader = RunLog.open(tmp_path, read_only=True)
    returned: set[str] = set()
    killed = []
    for number in range(3):
        with start(tmp_path, f"w{number}", 1_000_000) as process:
            assert process.stdout is not None
            for _ in range(rng.randint(1, 40)):
                returned.add(process.stdout.readline().strip())
            process.send_signal(signal.SIGKILL)
            returned.update(line.strip() for line in process.stdout if line.endswith("\n"))
        killed.append(process.returncode)
        runs = reader.runs(parent_run_id=None)
        assert returned <= set(runs[runs["status"] == "answered"]["run_id"])
    assert killed == [-signal.SIGKILL] * 3
    assert runs["run_id"].is_unique
    assert set(runs["status"]) <= {"answered", "lost"}, "what had not returned is told as lost"
    assert set(reader.problems()["problem"]) <= {"torn: the process ended while it wrote this line"}


def test_a_killed_run_is_lost_and_what_it_had_told_is_readable(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from loomlab.runlog import RunLog\n"
        "from loomlab.testing.events import sample_run\n"
        "log = RunLog.open(sys.argv[1])\n"
        "for event in sample_run(ending='running', user_id='alice'): log.on_event(event)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -signal.SIGKILL
    log = RunLog.open(tmp_path)
    (run,) = log.runs().to_dict("records")
    assert (run["status"], run["user_id"]) == ("lost", "alice")
    assert run["error"] == "the process ended before this did"
    (call,) = log.tool_calls().to_dict("records")
    assert call["tool"] == "get_weather", "the tool that killed the process is named"
    record = log.run("last")
    assert record.result is None
    assert record.events[-1].kind == "tool_call"


def test_a_run_of_a_live_process_is_not_lost(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from loomlab.runlog import RunLog\n"
        "from loomlab.testing.events import sample_run\n"
        "log = RunLog.open(sys.argv[1])\n"
        "for event in sample_run(ending='running'): log.on_event(event)\n"
        "print('told', flush=True); sys.stdin.read()\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        log = RunLog.open(tmp_path, read_only=True)
        assert list(log.runs()["status"]) == ["running"]
        process.kill()
    assert list(log.runs()["status"]) == ["lost"]


def test_rows_that_wait_for_a_batch_reach_the_disk_when_the_process_ends_by_itself(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from loomlab.runlog import RunLog\n"
        "from loomlab.testing.events import sample_run\n"
        "log = RunLog.open(sys.argv[1])\n"
        "for event in sample_run(memory=True)[:2]: log.on_event(event)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert list(RunLog.open(tmp_path).events()["kind"]) == ["started", "memory_recall"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_writes_to_a_file_of_its_own_and_repeats_nothing(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path)
    for event in sample_run(run_id="run_before"):
        log.on_event(event)
    half = sample_run(run_id="run_half", memory=True)
    for event in half[:2]:
        log.on_event(event)
    assert len(log.runs()) == 2, "the engine is in use when the process forks"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for event in sample_run(run_id="run_child"):
                log.on_event(event)
            code = 0 if set(log.runs()["run_id"]) >= {"run_before", "run_child"} else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for event in half[2:]:
        log.on_event(event)
    assert sorted(log.runs()["run_id"]) == ["run_before", "run_child", "run_half"]
    assert set(log.runs()["status"]) == {"answered"}
    assert len(log.events("run_half")) == len(set(log.events("run_half")["seq"]))
    assert len(list(tmp_path.rglob("*.jsonl"))) == 2
