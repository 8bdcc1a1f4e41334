"""Rows that evaluations add, and the switch that turns recording on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loomlab.core import ConfigError, Event, current_observers
from loomlab.runlog import RunLog, record_process, recording
from loomlab.testing.events import sample_run

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
TRIAL = {"evaluation_id": "e1", "trial_id": "t1", "case_id": "c1", "arm": "react", "repeat": 0}


def test_rows_are_there_when_append_returns_for_every_process(log: RunLog, on_disk: Callable[[], str]) -> None:
    log.append("evaluations", [{"evaluation_id": "e1", "name": "first", "status": "running", "arms": ["a", "b"]}])
    log.append("trials", [{**TRIAL, "input": {"question": "1+1"}, "output": 2, "cost_usd": None, "started_at": NOW}])
    log.append("scores", [{**TRIAL, "scorer": "exact", "value": 1, "passed": True, "scored_at": NOW.isoformat()}])
    log.append(
        "facts", [{"fact_id": "f1", "action": "recorded", "subject": "x"}, {"fact_id": "f2", "action": "recorded"}]
    )
    assert '"trial_id":"t1"' in on_disk()
    (trial,) = log.trials(evaluation_id="e1").to_dict("records")
    assert (trial["input"], trial["output"], trial["started_at"]) == ('{"question":"1+1"}', "2", NOW)
    assert log.sql("SELECT cost_usd IS NULL AS unknown FROM trials")["unknown"].tolist() == [True]
    assert log.scores()["value"].tolist() == [1.0]
    assert log.evaluations()["arms"].tolist() == ['["a","b"]']
    assert sorted(log.facts()["fact_id"]) == ["f1", "f2"]


def test_a_label_is_replaced_by_a_later_one_of_the_same_runs_and_is_masked(
    log: RunLog, on_disk: Callable[[], str]
) -> None:
    vote = {"label_id": "v1", "kind": "vote", "run_id": "r1", "other_run_id": "r2", "labelled_at": NOW}
    key = "sk-" + "a" * 48
    log.append("labels", [{**vote, "choice": "b", "value": 0.0, "blind": True, "reason": f"it said {key}"}])
    log.append("labels", [{**vote, "choice": "tie", "value": 0.5, "blind": True}, {**vote, "label_id": "v2"}])
    assert key not in on_disk()
    assert log.labels(label_id="v1")[["choice", "value"]].to_dict("records") == [{"choice": "tie", "value": 0.5}]
    assert len(log.labels()) == 2


def test_scalars_of_numpy_are_numbers(log: RunLog) -> None:
    row = {**TRIAL, "scorer": "s", "value": np.float64(0.25), "passed": np.bool_(True), "repeat": np.int64(3)}
    log.append("scores", [row])
    assert log.scores()[["value", "passed", "repeat"]].to_dict("records") == [
        {"value": 0.25, "passed": True, "repeat": 3}
    ]


def test_a_later_row_with_the_same_key_replaces_the_earlier_one(log: RunLog) -> None:
    log.append(
        "evaluations", [{"evaluation_id": "e1", "status": "running"}, {"evaluation_id": "e2", "status": "running"}]
    )
    log.append("evaluations", [{"evaluation_id": "e1", "status": "done"}])
    assert dict(log.evaluations()[["evaluation_id", "status"]].values) == {"e1": "done", "e2": "running"}


def test_an_evaluation_whose_process_ended_first_is_lost(log: RunLog) -> None:
    log.append("evaluations", [{"evaluation_id": "e1", "status": "running"}])
    log.close()
    assert list(log.evaluations()["status"]) == ["lost"]


@pytest.mark.parametrize(
    ("table", "row", "sentence"),
    [
        ("trails", {}, r"the run log has no table 'trails'; did you mean 'trials'\?"),
        ("runs", {}, r"rows of runs are made from events; append takes facts, evaluations, trials, scores"),
        ("scores", {"scorre": "x"}, r"scores has no column 'scorre'; did you mean 'scorer'\?"),
        ("scores", {"scorer": "x"}, r"a row of scores needs evaluation_id and trial_id"),
        ("scores", {**TRIAL, "scorer": "x", "value": "high"}, r"scores.value takes a number, not str"),
        ("scores", {**TRIAL, "scorer": "x", "value": True}, r"scores.value takes a number, not bool"),
        ("scores", {**TRIAL, "scorer": "x", "passed": 1}, r"scores.passed takes True or False, not int"),
        ("trials", {**TRIAL, "turns": 1.5}, r"trials.turns takes a whole number, not float"),
        ("trials", {**TRIAL, "arm": 7}, r"trials.arm takes a text, not int"),
        ("trials", {**TRIAL, "started_at": datetime(2026, 1, 5)}, r"takes a datetime with a time zone, not datetime"),
        ("trials", {**TRIAL, "started_at": "tomorrow"}, r"takes a datetime with a time zone, not str"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_and_none_of_its_batch_is_written(
    log: RunLog, table: str, row: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        log.append(table, [TRIAL if table == "trials" else {}, row] if table == "trials" else [row])
    assert not log.path.exists()


def test_recording_a_block_writes_and_then_stops(tmp_path: Path) -> None:
    with recording(tmp_path / "lab") as log:
        assert log in current_observers()
        with recording(log):
            assert current_observers().count(log) == 1, "twice switched on is written once"
        for event in sample_run():
            for observer in current_observers():
                observer.on_event(event)
    assert log not in current_observers()
    assert list(log.runs()["run_id"]) == ["run_SAMPLE0001"]
    assert log.path == tmp_path / "lab"


def test_recording_the_process_lasts_until_it_is_stopped(log: RunLog) -> None:
    stop = record_process(log)
    again = record_process(log)
    assert current_observers() == (log,)
    stop()
    again()
    assert current_observers() == ()


def test_recording_where_nothing_can_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="is a file, not a run log"), recording(tmp_path / "file"):
        pytest.fail("the block must not begin")
    with pytest.raises(ConfigError, match="read_only=True"):
        record_process(RunLog.open(tmp_path / "lab", read_only=True))


def test_what_a_run_cost_is_summed_and_the_unknown_is_kept_apart(log: RunLog, tell: Callable[..., list[Event]]) -> None:
    tell(run_id="run_1", user_id="alice", cost_usd=0.01)
    tell(run_id="run_2", user_id="bob", cost_usd=None, model="mystery")
    tell(run_id="run_3", user_id="bob", cost_usd=0.5, cached=True, architecture="debate")
    tell(run_id="run_4", user_id="alice", cost_usd=0.01, nested=True)
    keys = ["calls", "cost_usd", "calls_unpriced", "calls_cached", "cached_usd"]
    by_model = log.cost().set_index("model")[keys].round(6).to_dict("index")
    assert by_model == {
        "scripted": {"calls": 7, "cost_usd": 0.05, "calls_unpriced": 0, "calls_cached": 2, "cached_usd": 1.0},
        "mystery": {"calls": 2, "cost_usd": 0.0, "calls_unpriced": 2, "calls_cached": 0, "cached_usd": 0.0},
    }
    total = log.cost(by=None)
    assert (total["calls"][0], round(total["cost_usd"][0], 6), total["calls_unpriced"][0]) == (9, 0.05, 2)
    for by in ("user", "role", "agent", "architecture", "session", "run", "day", ["user", "model"]):
        groups = log.cost(by=by)
        assert groups["calls"].sum() == 9, by
        assert round(groups["cost_usd"].sum(), 6) == 0.05, by
    assert set(log.cost(by="architecture")["architecture"]) == {"react", "debate", "self-refine"}
    assert log.cost(by="user_id", user_id="alice")["user_id"].tolist() == ["alice"]
    with pytest.raises(ConfigError, match=r"cost can't be grouped by 'modle'; did you mean 'model'\?"):
        log.cost(by="modle")
