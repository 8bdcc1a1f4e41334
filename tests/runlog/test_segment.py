"""One process's file: batches, short writes, full disks, and a machine with nothing but the core installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loomlab.core import ConfigError
from loomlab.runlog import RunLog
from loomlab.runlog.home import Home
from loomlab.runlog.locking import Holder, holder
from loomlab.runlog.segment import SegmentWriter, segment_files
from loomlab.testing.events import sample_run


def text_of(home: Home) -> str:
    (file,) = segment_files(home)
    return file.read_text(encoding="utf-8").split("\n", 1)[1]


def test_a_batch_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SegmentWriter(Home(tmp_path))
    writer.add([b"{}"])
    writer.flush()
    writes = []
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: writes.append(data) or real(fd, data))
    writer.add([b'{"a":1}', b'{"b":2}'])
    writer.add([b'{"c":3}'])
    writer.flush()
    writer.flush()
    assert writes == [b'{"a":1}\n{"b":2}\n{"c":3}\n']


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SegmentWriter(Home(tmp_path))
    writer.add([b"{}"])
    writer.flush()
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:3]))
    writer.add([b'{"a":1}', b'{"b":2}'])
    writer.flush()
    assert text_of(Home(tmp_path)) == '{}\n{"a":1}\n{"b":2}\n'


def test_a_write_that_fails_half_way_is_told_and_made_good_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SegmentWriter(Home(tmp_path))
    writer.add([b"{}"])
    writer.flush()
    real = os.write
    calls = []

    def full(fd: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(fd, data[:5])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        for line in (b'{"a":1}', b'{"b":2}'):
            writer.add([line])
            with pytest.raises(ConfigError, match="can't be written: No space left on device; make room"):
                writer.flush()
    writer.add([b'{"c":3}'])
    writer.flush()
    assert text_of(Home(tmp_path)) == '{}\n{"a":1}\n{"b":2}\n{"c":3}\n'


def test_an_interrupt_right_after_a_write_repeats_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SegmentWriter(Home(tmp_path))
    writer.add([b"{}"])
    writer.flush()
    real = os.write

    def interrupted(fd: int, data: bytes) -> int:
        real(fd, data)
        raise KeyboardInterrupt

    writer.add([b'{"a":1}'])
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.flush()
    writer.add([b'{"b":2}'])
    writer.flush()
    assert text_of(Home(tmp_path)) == '{}\n{"a":1}\n{"b":2}\n'


def test_what_a_full_disk_refuses_is_held_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SegmentWriter(Home(tmp_path))

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    for _ in range(40):
        writer.add([b"x" * 1_000_000])
        with pytest.raises(ConfigError):
            writer.flush()
    assert len(writer._rest) < 10_000_000


def test_the_lock_of_a_file_tells_whether_its_writer_lives(tmp_path: Path) -> None:
    writer = SegmentWriter(Home(tmp_path))
    writer.add([b"{}"])
    writer.flush()
    (file,) = segment_files(Home(tmp_path))
    assert holder(file) is Holder.ALIVE
    assert holder(file) is Holder.ALIVE, "asking does not take it"
    writer.close()
    assert holder(file) is Holder.DEAD


def test_a_log_that_nobody_holds_lets_go_of_its_file(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path)
    for event in sample_run(memory=True)[:2]:
        log.on_event(event)
    del log
    (file,) = segment_files(Home(tmp_path))
    assert holder(file) is Holder.DEAD
    assert '"kind":"memory_recall"' in file.read_text(encoding="utf-8")


def test_prompts_are_for_their_owner_and_stay_out_of_git(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path)
    for event in sample_run():
        log.on_event(event)
    assert (tmp_path / "runlog" / ".gitignore").read_text(encoding="utf-8") == "*\n"
    if sys.platform != "win32":
        assert (tmp_path / "runlog").stat().st_mode & 0o077 == 0


WITHOUT = """
import sys
for name in ("duckdb", "pandas", "numpy", "filelock"):
    sys.modules[name] = None
from loomlab.core import ConfigError
from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run
log = RunLog.open(sys.argv[1])
for event in sample_run():
    log.on_event(event)
log.append("scores", [{"evaluation_id": "e", "trial_id": "t", "scorer": "s", "value": 1.0}])
export, sql = lambda: log.export(sys.argv[1] + "/x"), lambda: log.sql("SELECT 1")
for ask in (log.runs, log.problems, log.run, log.compact, export, sql):
    try:
        ask()
    except ConfigError as error:
        print(error)
    log.close()
"""


def test_writing_needs_no_package_and_asking_names_the_command_that_adds_it(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(tmp_path)], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert answer.stderr == ""
    said = answer.stdout.splitlines()
    assert set(said) == {"asking the run log needs the package duckdb: pip install 'loomlab[log]'"}
    assert len(said) == 6
    assert sorted(RunLog.open(tmp_path).runs()["status"]) == ["answered"]


def test_importing_the_room_loads_no_heavy_package() -> None:
    code = (
        "import sys, loomlab.runlog; print([m for m in ('duckdb', 'pandas', 'numpy', 'filelock') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
