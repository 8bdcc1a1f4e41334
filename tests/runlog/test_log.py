"""What a run leaves in the tables, and how it is read back."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from loomlab.core import ConfigError, Event, EventKind, ModelChunk
from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run

Tell = Callable[..., list[Event]]


def test_a_run_is_one_row_with_its_answer_and_its_sums(log: RunLog, tell: Tell) -> None:
    tell(user_id="alice", metadata={"ticket": 7})
    (row,) = log.runs().to_dict("records")
    assert row["status"] == "answered"
    assert row["prompt"] == "What should I wear in Lyon tomorrow?"
    assert row["output"] == "Light rain and 12 °C: take a jacket."
    assert (row["turns"], row["tokens_in"], row["tokens_out"]) == (2, 300, 40)
    assert row["cost_usd"] == pytest.approx(0.0024)
    assert row["metadata"] == '{"ticket":7}'
    assert row["started_at"].isoformat() == "2026-01-05T12:00:00+00:00"


@pytest.mark.parametrize(
    ("ending", "status", "reason"),
    [
        ("max_turns", "interrupted", "max_turns_exceeded"),
        ("budget", "interrupted", "budget:max_tokens"),
        ("cancelled", "cancelled", "cancelled"),
    ],
)
def test_a_run_without_an_answer_says_why(log: RunLog, tell: Tell, ending: str, status: str, reason: str) -> None:
    tell(ending=ending)
    (row,) = log.runs().to_dict("records")
    assert (row["status"], row["interruption_reason"]) == (status, reason)


def test_a_failed_run_names_the_error_and_keeps_what_it_had_used(log: RunLog, tell: Tell) -> None:
    tell(ending="error", nested=True)
    (row,) = log.runs(parent_run_id=None).to_dict("records")
    assert (row["status"], row["error_type"]) == ("error", "RateLimitError")
    assert row["error"] == "the provider asks to slow down"
    assert (row["turns"], row["tokens_in"]) == (2, 200), "one call of its own, one of its sub-run"


def test_a_run_that_goes_on_is_seen_with_the_tool_call_that_is_open(log: RunLog, tell: Tell) -> None:
    tell(ending="running")
    assert list(log.runs()["status"]) == ["running"]
    (call,) = log.tool_calls().to_dict("records")
    assert call["tool"] == "get_weather"
    assert call["args"] == '{"city":"Lyon","days":1}'
    assert log.sql("SELECT ok IS NULL AS open FROM tool_calls")["open"].tolist() == [True]


def test_calls_of_models_are_rows_with_what_was_sent_and_replied(log: RunLog, tell: Tell) -> None:
    tell()
    first, second = log.model_calls().to_dict("records")
    assert (first["role"], first["turn"], first["finish_reason"]) == ("agent", 1, "tool_calls")
    assert (first["tokens_in"], first["tokens_out"], first["cached_tokens"]) == (100, 20, 10)
    assert (first["latency_ms"], first["ttft_ms"], first["offset_ms"]) == (400.0, 120.0, 0.0)
    assert first["reply"] == "Let me look that up."
    assert '"role":"system"' in first["messages"]
    assert '"role":"system"' not in second["messages"]
    assert second["reply"] == "Light rain and 12 °C: take a jacket."
    assert second["message_count"] == 4


def test_tool_calls_tell_success_failure_and_denial(log: RunLog, tell: Tell) -> None:
    tell(tools=1, denied=True, failing=True)
    fine, denied, failed = log.tool_calls().to_dict("records")
    assert (fine["ok"], fine["denied"], fine["duration_ms"]) == (True, False, 84.0)
    assert fine["output"] == '{"city":"Lyon","celsius":12,"sky":"light rain"}'
    assert (denied["ok"], denied["denied"], denied["decided_by"]) == (False, True, "policy")
    assert denied["reason"] == "destructive"
    assert (failed["ok"], failed["denied"], failed["error"]) == (False, False, "ConnectionError: no route to host")


def test_the_same_call_id_in_two_turns_is_two_tool_calls(log: RunLog) -> None:
    first = sample_run(run_id="run_A")
    again = [event for event in first if event.kind in (EventKind.TOOL_CALL, EventKind.TOOL_RESULT)]
    second = [
        Event(event.kind, event.session_id, event.at, {**event.payload, "turn": 2}, run_id=event.run_id)
        for event in again
    ]
    for event in [*first[:-1], *second, first[-1]]:
        log.on_event(event)
    assert list(log.tool_calls()["turn"]) == [1, 2]


def test_facts_that_a_run_was_given_are_rows(log: RunLog, tell: Tell) -> None:
    tell(memory=True, user_id="alice")
    facts = log.facts()
    assert list(facts["object"]) == ["Lyon", "a bicycle"]
    assert set(facts["user_id"]) == {"alice"}
    assert set(facts["action"]) == {"recalled"}


def test_streamed_text_is_one_event_however_many_pieces_it_came_in(log: RunLog, tell: Tell) -> None:
    tell(tools=0, chunks=2000, answer="word " * 1000)
    texts = [event for event in log.run().events if event.kind is EventKind.MODEL_CHUNK]
    assert [event.payload["chunk"]["kind"] for event in texts] == ["text", "finish"]
    assert texts[0].payload["chunk"]["text"] == "word " * 1000
    assert texts[0].payload["pieces"] == 2000


def test_replies_that_stream_at_the_same_time_are_kept_apart(log: RunLog) -> None:
    def piece(turn: int, chunk: ModelChunk) -> Event:
        return Event(EventKind.MODEL_CHUNK, "s", run_id="r", parts={"chunk": chunk, "role": "proposer", "turn": turn})

    for text in ("ab", "cd", "ef"):
        for turn in (1, 2):
            log.on_event(piece(turn, ModelChunk(kind="text", text=f"{text}{turn}")))
    for turn in (1, 2):
        log.on_event(piece(turn, ModelChunk(kind="finish", finish_reason="stop")))
    texts = log.sql("SELECT payload->>'$.chunk.text' AS text FROM events WHERE (payload->>'$.chunk.kind') = 'text'")
    assert sorted(texts["text"]) == ["ab1cd1ef1", "ab2cd2ef2"]


def test_a_run_read_back_is_what_happened(log: RunLog, tell: Tell) -> None:
    told = tell(tools=2, denied=True, failing=True, nested=True, memory=True, user_id="alice", chunks=1)
    record = log.run("run_SAMPLE0001")
    assert record.status == "answered"
    assert [(e.kind, e.run_id, e.parent_run_id, e.at) for e in record.events] == [
        (e.kind, e.run_id, e.parent_run_id, e.at) for e in told
    ]
    for seen, was in zip(record.events, told, strict=True):
        assert {key: value for key, value in seen.payload.items() if key != "pieces"} == was.payload
    assert record.result == told[-1].part("result")


def test_events_of_a_sub_run_are_among_those_of_its_run_and_alone_when_asked_for(log: RunLog, tell: Tell) -> None:
    tell(nested=True)
    assert {event.run_id for event in log.run("last").events} == {"run_SAMPLE0001", "run_SAMPLE0001_SUB"}
    assert {event.run_id for event in log.run("run_SAMPLE0001_SUB").events} == {"run_SAMPLE0001_SUB"}
    assert set(log.events("last")["run_id"]) == {"run_SAMPLE0001"}


def test_a_run_is_found_by_id_beginning_end_and_place(log: RunLog, tell: Tell) -> None:
    for run_id in ("run_AAAA1111", "run_AAAA2222", "run_BBBB3333"):
        tell(run_id=run_id)
    for name in ("run_BBBB3333", "run_B", "BBBB", "B", "3333", "last", -1):
        assert log.run(name).run_id == "run_BBBB3333", name
    assert log.show(-3).run_id == "run_AAAA1111"
    with pytest.raises(ConfigError, match="fits more than one run"):
        log.run("run_AAAA")
    with pytest.raises(ConfigError, match=r"no such run 'nope'; the last ones are run_BBBB3333, run_AAAA2222"):
        log.run("nope")
    for wrong in (0, 3, "", True):
        with pytest.raises(ConfigError, match="a run is an id"):
            log.run(wrong)


def test_an_empty_log_answers_and_says_that_it_is_empty(log: RunLog) -> None:
    assert log.runs().empty
    assert log.sql("SELECT count(*) AS n FROM scores")["n"].tolist() == [0]
    with pytest.raises(ConfigError, match="the log holds no run yet"):
        log.run()


def test_nothing_is_on_disk_before_the_first_write(log: RunLog, tell: Tell) -> None:
    log.runs()
    log.flush()
    assert not log.path.exists()
    tell()
    assert log.path.exists()


def test_two_users_see_their_own_rows_and_no_others(log: RunLog, tell: Tell) -> None:
    for user in ("alice", "bob", None):
        tell(run_id=f"run_{user}", user_id=user, memory=True, nested=True, answer=f"for {user}")
    for ask in (log.runs, log.events, log.model_calls, log.tool_calls, log.facts):
        for user in ("alice", "bob"):
            assert set(ask(user_id=user)["user_id"]) == {user}, ask
            assert all(str(run).startswith(f"run_{user}") for run in ask(user_id=user)["run_id"])
        assert all(str(run).startswith("run_None") for run in ask(user_id=None)["run_id"]), "None is a user of its own"
    assert log.run("last", user_id="alice").run_id == "run_alice"
    with pytest.raises(ConfigError, match=r"no such run 'run_bob'; the last ones are run_alice, run_alice_SUB$"):
        log.run("run_bob", user_id="alice")
    assert list(log.cost(by="user", user_id="bob")["user_id"]) == ["bob"]


def test_filters_take_several_values_and_a_limit_keeps_the_newest(log: RunLog, tell: Tell) -> None:
    for number in range(5):
        tell(run_id=f"run_{number}", tools=0)
    assert list(log.runs(limit=2)["run_id"]) == ["run_4", "run_3"]
    assert set(log.runs(run_id=["run_1", "run_2"])["run_id"]) == {"run_1", "run_2"}
    assert list(log.model_calls(limit=2)["run_id"]) == ["run_3", "run_4"]
    assert list(log.model_calls(run_id="last")["run_id"]) == ["run_4"]
    with pytest.raises(ConfigError, match=r"runs has no column 'usr_id'; did you mean 'user_id'\?"):
        log.runs(usr_id="alice")


def test_the_same_folder_is_the_same_log_so_that_nothing_is_written_twice(tmp_path: Path) -> None:
    assert RunLog.open(tmp_path / "a") is RunLog.open(tmp_path / "b" / ".." / "a")
    assert RunLog.open(tmp_path / "a") is not RunLog.open(tmp_path / "b")


def test_a_folder_that_is_removed_under_the_log_is_made_anew(log: RunLog, tell: Tell) -> None:
    tell(run_id="run_1")
    assert len(log.runs()) == 1
    shutil.rmtree(log.path)
    assert log.runs().empty
    tell(run_id="run_2")
    assert list(log.runs()["run_id"]) == ["run_2"]


def test_a_log_that_was_closed_is_still_asked_and_written(log: RunLog, tell: Tell) -> None:
    tell(run_id="run_1")
    log.close()
    assert list(log.runs()["run_id"]) == ["run_1"]
    tell(run_id="run_2")
    assert list(log.runs()["run_id"]) == ["run_2", "run_1"]
