"""A log of an earlier schema opens, is brought up to date with a backup, loses nothing, and says so."""

import filecmp
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loomlab.cli import main
from loomlab.core.errors import ConfigError
from loomlab.core.ids import new_id
from loomlab.core.upgrading import UpgradeNotice
from loomlab.runlog import SCHEMA_VERSION, RunLog, format_of
from loomlab.runlog.compaction import compact
from loomlab.runlog.home import Home

FIXTURE = Path(__file__).parents[1] / "fixtures" / "log_schema_1.jsonl"
"""A segment of schema 1: alice's answered run and her failed one, and bob's that met its cap of turns."""
ENDED = {"answered": "answered", "interrupted": "turn_cap", "error": "error"}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "runlog"
    (folder / "segments").mkdir(parents=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    (folder / "format.json").write_text('{"format":"loomlab run log","schema_version":1}\n', encoding="utf-8")
    shutil.copy(FIXTURE, folder / "segments" / "01M82YVT49STS0GSQD4Y085RTB.jsonl")
    return tmp_path / "home"


def files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def backup(home: Path) -> Path:
    (found,) = home.glob("*.backup")
    return found


def ended(log: RunLog) -> dict[str, Any]:
    return {row["status"]: row["ended"] for row in log.runs().to_dict("records")}


def test_it_opens_says_where_the_backup_is_and_every_run_says_why_it_ended(old: Path) -> None:
    before = files(old / "runlog")
    with pytest.warns(UpgradeNotice, match=rf"brought from format 1 to {SCHEMA_VERSION}; as it was, it is kept in"):
        log = RunLog.open(old)
    assert files(backup(old)) == before
    assert ended(log) == ENDED
    rows = log.runs().set_index("status")
    assert rows.loc["answered", ["user_id", "prompt", "output", "turns"]].tolist() == [
        "alice",
        "hello",
        "Echo: hello",
        1,
    ]
    assert rows.loc["interrupted", ["user_id", "turns"]].tolist() == ["bob", 2]
    assert set(log.runs(user_id="bob")["status"]) == {"interrupted"}
    now = files(old / "runlog")
    assert {name: now[name] for name in before if name != "format.json"} == {
        name: data for name, data in before.items() if name != "format.json"
    }
    RunLog.open(old)  # a second warning would be an error here


def test_a_compacted_log_is_brought_up_to_date_too(old: Path) -> None:
    assert compact(Home(old)) == 1
    before = RunLog.open(old, read_only=True).runs()
    with pytest.warns(UpgradeNotice):
        log = RunLog.open(old)
    assert ended(log) == ENDED
    same = [name for name in before.columns if name != "ended"]
    assert log.runs()[same].equals(before[same])
    log.close()
    assert log.compact() == 1
    assert ended(log) == ENDED
    assert filecmp.dircmp(old / "runlog" / "compacted", backup(old) / "compacted").left_only != []


def test_a_look_changes_nothing(old: Path) -> None:
    before = files(old)
    log = RunLog.open(old, read_only=True)
    assert len(log.runs()) == 3
    assert log.runs()["ended"].isna().all()
    assert files(old) == before
    (said,) = format_of(old)
    assert said.startswith("of the schema 1; brought to 2, with a backup")


def test_a_try_that_was_cut_off_is_done_again_and_its_backup_stays_the_oldest(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(old / "runlog")
    with monkeypatch.context() as patched:

        def dies(*_: object, **__: object) -> None:  # when the rows are written, and the marker is not
            raise KeyboardInterrupt

        patched.setattr(Home, "mark", dies)
        with pytest.raises(KeyboardInterrupt):
            RunLog.open(old)
    assert len(RunLog.open(old, read_only=True).runs()) == 3
    with pytest.warns(UpgradeNotice):
        assert ended(RunLog.open(old)) == ENDED
    assert files(backup(old)) == before


def test_what_a_process_has_left_that_died_while_it_copied_goes(old: Path) -> None:
    for name in (f"runlog.{new_id()}.tmp", "runlog.mine.tmp"):
        shutil.copytree(old / "runlog", old / name)
    with pytest.warns(UpgradeNotice):
        RunLog.open(old)
    assert {one.name for one in old.iterdir()} == {"runlog", "runlog.mine.tmp", backup(old).name}


def test_where_no_backup_can_be_written_nothing_is_changed(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(old)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loomlab.runlog.upgrading.shutil.copytree", full)
    with pytest.raises(
        ConfigError, match=r"no backup of it can be written \(No space left on device\).*read_only=True"
    ):
        RunLog.open(old)
    assert {name: data for name, data in files(old).items() if not name.endswith(".lock")} == before


OPENED = """
import sys, warnings
from loomlab.runlog import RunLog
print("ready", flush=True)
sys.stdin.readline()
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    log = RunLog.open(sys.argv[1])
print(len(said), flush=True)
"""


def test_of_processes_that_open_it_at_once_one_brings_it_up_to_date(old: Path) -> None:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    processes = [subprocess.Popen([sys.executable, "-c", OPENED, str(old)], **pipes) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sorted(process.communicate(timeout=50)[0].strip() for process in processes) == ["0", "0", "1"]
    assert ended(RunLog.open(old)) == ENDED
    assert backup(old).is_dir()


def test_the_command_line_says_it_in_one_line_and_doctor_remembers(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("agent.toml").write_text('instructions = "x"\nmodel = "echo"\n', encoding="utf-8")
    assert main(["doctor", "--home", str(old)]) == 0
    assert "run log: of the schema 1" in capsys.readouterr().out
    command = [sys.executable, "-m", "loomlab", "run", "agent.toml", "hello", "--home", str(old)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.stdout == "Echo: hello\n"
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"loomlab: the run log {old / 'runlog'} was brought from format 1 to 2;")
    assert main(["doctor", "--home", str(old)]) == 0
    said = capsys.readouterr().out
    assert "brought from schema 1 up to date at" in said
    assert str(backup(old)) in said
    assert main(["runs", "--home", str(old)]) == 0
