"""One user's words taken out of the log: the others' stay, figures stay, and other processes go on writing."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loomlab.core import ConfigError, Event, EventKind, Fact
from loomlab.runlog import TABLES, RunLog
from loomlab.testing.events import sample_run

Tell = Callable[..., list[Event]]
Disk = Callable[[], str]
SECRET = "zanzibar-words"


@pytest.fixture
def two_users(log: RunLog, tell: Tell) -> RunLog:
    tell(run_id="run_a1", user_id="alice", hostile=SECRET, nested=True, denied=True, memory=True)
    tell(run_id="run_a2", user_id="alice", hostile=SECRET, ending="error")
    tell(run_id="run_b1", user_id="bob", prompt="bobs question", answer="bobs answer", memory=True)
    tell(run_id="run_n1", prompt="nobodys question", answer="nobodys answer")
    rows = [{"evaluation_id": "e", "trial_id": "t1", "case_id": "c", "arm": "x", "user_id": "alice", "output": SECRET}]
    log.append("trials", rows)
    log.append(
        "scores", [{"evaluation_id": "e", "trial_id": "t1", "scorer": "s", "user_id": "alice", "explanation": SECRET}]
    )
    vote = {"label_id": "v1", "kind": "vote", "user_id": "alice", "run_id": "run_a1", "other_run_id": "run_a2"}
    log.append("labels", [{**vote, "choice": "a", "value": 1.0, "reason": SECRET, "prompt": SECRET}])
    return log


@pytest.mark.parametrize("kept_as", ["going on", "finished", "compacted", "half"])
def test_the_users_words_leave_the_disk_and_every_answer(
    two_users: RunLog, tell: Tell, on_disk: Disk, kept_as: str
) -> None:
    log = two_users
    if kept_as != "going on":
        log.close()
    if kept_as in ("compacted", "half"):
        assert log.compact() == 1
    if kept_as == "half":
        tell(run_id="run_a3", user_id="alice", hostile=SECRET)
    rows = {name: len(log.sql(f"FROM {name}")) for name in TABLES}
    figures = "SELECT run_id, turns, tokens_in, tokens_out, cost_usd, duration_ms, status FROM runs ORDER BY run_id"
    before, costs = log.sql(figures), log.cost(by="model").to_dict("records")
    count = log.scrub("alice", dry_run=True)
    assert log.scrub("alice") == count > 10
    raw = on_disk()
    parquet = "".join(str(log.sql(f"FROM {name}").to_dict("records")) for name in TABLES)
    for text in (raw, parquet):
        assert SECRET not in text
        assert '"alice"' not in text and "'alice'" not in text
    assert {name: len(log.sql(f"FROM {name}")) for name in TABLES} == rows
    assert log.sql(figures).equals(before)
    assert log.cost(by="model").to_dict("records") == costs
    assert len(log.problems()) == 0
    assert log.scrub("alice") == 0


def test_others_keep_every_word(two_users: RunLog) -> None:
    others = "SELECT * FROM {} WHERE user_id = 'bob' OR run_id = 'run_n1' ORDER BY ALL"
    before = [two_users.sql(others.format(name)).astype(str).to_dict("records") for name in ("runs", "events", "facts")]
    two_users.scrub("alice")
    after = [two_users.sql(others.format(name)).astype(str).to_dict("records") for name in ("runs", "events", "facts")]
    assert after == before
    assert two_users.run("run_b1").result is not None


def test_nobody_in_particular_is_a_user_of_its_own(two_users: RunLog, on_disk: Disk) -> None:
    assert two_users.scrub(None) > 0
    assert "nobodys" not in on_disk()
    assert "bobs question" in on_disk()
    assert SECRET in on_disk()


@pytest.mark.parametrize("name", ["", "a'b\"; DROP TABLE runs", "ü\n%_*", "x" * 10_000, "null", "sk-" + "a" * 48])
def test_odd_names_are_only_names(log: RunLog, tell: Tell, on_disk: Disk, name: str) -> None:
    tell(run_id="run_o", user_id=name, hostile=SECRET)
    tell(run_id="run_b", user_id="bob", prompt="bobs question")
    log.close()
    log.compact()
    tell(run_id="run_p", user_id=name, hostile=SECRET)
    assert log.scrub(name) > 0
    assert SECRET not in on_disk() + str(log.sql("FROM events").to_dict("records"))
    assert log.run("run_b").info["prompt"] == "bobs question"


def test_another_process_that_has_read_the_words_no_longer_finds_them(two_users: RunLog) -> None:
    reader = RunLog(two_users._home)
    assert reader.runs(user_id="alice")["prompt"].tolist() != []
    two_users.scrub("alice")
    assert reader.runs(user_id="alice")["prompt"].tolist() == []
    assert reader.runs(run_id="run_a1")["prompt"].isna().all()


def test_a_process_that_goes_on_writing_loses_nothing(log: RunLog) -> None:
    command = [sys.executable, str(Path(__file__).with_name("writer.py")), str(log.path), "carol", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline().strip()]
        while line := writer.stdout.readline():
            told.append(line.strip())
            if len(told) % 6 == 0:
                log.scrub("carol")
    log.scrub("carol")
    found = log.runs(run_id=told)
    assert len(found) == len(told) == 60
    assert found["prompt"].isna().all()
    assert set(found["status"]) == {"answered"}
    assert len(log.problems()) == 0


def test_a_torn_line_of_the_user_goes_too(log: RunLog, tell: Tell, on_disk: Disk) -> None:
    tell(run_id="run_a1", user_id="alice", hostile=SECRET)
    log.close()
    segment = next((log.path / "runlog" / "segments").glob("*.jsonl"))
    with segment.open("ab") as file:
        file.write(b'{"t":"events","run_id":"run_a1","user_id":"alice","payload":{"text":"' + SECRET.encode())
    before = segment.stat().st_size
    log.scrub("alice")
    assert SECRET not in on_disk()
    assert segment.stat().st_size == before


def test_a_run_whose_start_was_missed_is_known_by_its_end(log: RunLog, on_disk: Disk) -> None:
    for event in sample_run(run_id="run_a1", user_id="alice", hostile=SECRET)[1:]:
        log.on_event(event)
    assert log.scrub("alice") > 0
    assert SECRET not in on_disk()


def test_facts_that_a_run_kept_are_rows_and_are_scrubbed(log: RunLog, on_disk: Disk) -> None:
    events = sample_run(run_id="run_a1", user_id="alice")
    fact = Fact(id="fact_1", user_id="alice", subject="alice", predicate="lives_in", object=SECRET)
    kept = Event(
        EventKind.MEMORY_WRITE,
        events[0].session_id,
        parts={"what": "fact", "id": "fact_1", "fact": fact},
        run_id="run_a1",
    )
    for event in [*events[:-1], kept, events[-1]]:
        log.on_event(event)
    assert log.facts(action="recorded")[["user_id", "object"]].to_numpy().tolist() == [["alice", SECRET]]
    log.scrub("alice")
    assert SECRET not in on_disk()
    assert log.facts(action="recorded")["object"].isna().all()


def test_a_log_that_may_not_be_written_says_so(two_users: RunLog) -> None:
    two_users.close()
    with pytest.raises(ConfigError, match="read_only"):
        RunLog.open(two_users.path, read_only=True).scrub("alice")


def test_an_empty_log_has_nothing_to_scrub(tmp_path: Path) -> None:
    assert RunLog.open(tmp_path / "new").scrub("alice") == 0


def test_a_vote_keeps_its_verdict_and_loses_its_words(two_users: RunLog) -> None:
    two_users.scrub("alice")
    (vote,) = two_users.labels().to_dict("records")
    assert (vote["choice"], vote["value"], vote["run_id"], vote["other_run_id"]) == ("a", 1.0, "run_a1", "run_a2")
    assert vote["reason"] != vote["reason"] or vote["reason"] is None
