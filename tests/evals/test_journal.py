"""Results in the run log: as they come, whole, under the right user, without secrets."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, EchoModel
from loomlab.evals import Case, Dataset, Evaluation, Status, evaluate, scorers
from loomlab.runlog import RunLog, recording

SECRET = "sk-abcdefghijklmnopqrstuvwxyz012345"


def numbered(count: int) -> Dataset:
    return Dataset([Case(f"c{i}", f"q{i}", f"Echo: q{i}", metadata={"n": i}) for i in range(count)], name="numbered")


def run(**options: Any) -> Evaluation:
    async def go() -> Evaluation:
        agent = Agent("Say.", model=EchoModel())
        return await evaluate(numbered(3), {"echo": agent}, scorers=[scorers.exact(), scorers.numeric()], **options)

    return anyio.run(go)


def test_an_evaluation_lands_in_the_log_it_is_given_with_its_runs(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / "log")
    ev = run(run_log=log, epochs=2)
    (row,) = log.evaluations().to_dict("records")
    assert (row["evaluation_id"], row["status"], row["cases"], row["repeats"]) == (ev.id, "done", 3, 2)
    assert row["dataset_digest"] == ev.dataset.digest
    (summary,) = json.loads(row["summary"])
    assert (summary["arm"], summary["n"], summary["score"]) == ("echo", 6, 1.0)
    trials, scores, runs = log.trials(), log.scores(), log.runs()
    assert len(trials) == 6 and len(scores) == 12
    assert set(trials["trial_id"]) == set(scores["trial_id"]) == {trial.id for trial in ev.trials}
    assert set(trials["run_id"]) == set(runs["run_id"]) == {trial.run_id for trial in ev.trials}
    assert sorted(trials["repeat"].unique()) == [0, 1]
    exact = scores[scores["scorer"] == "exact"]
    assert exact["value"].tolist() == [1.0] * 6
    numeric = scores[scores["scorer"] == "numeric"]
    assert numeric["value"].isna().all()  # unscored is no 0
    assert json.loads(numeric["metadata"].iloc[0])["state"] == "unscored"
    assert numeric["error"].iloc[0] == "the target 'Echo: q0' is not a number"


def test_the_log_that_is_recording_is_used_unasked_and_none_is_made_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOOMLAB_HOME", str(tmp_path / "home"))
    run()
    assert list(tmp_path.iterdir()) == []
    with recording(tmp_path / "log") as log:
        ev = run()
    assert log.evaluations()["evaluation_id"].tolist() == [ev.id]
    assert len(log.trials()) == 3


def test_each_users_evaluation_is_that_users_alone(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / "log")
    run(run_log=log, user_id="alice")
    run(run_log=log, user_id="bob")
    for user in ("alice", "bob"):
        assert len(log.evaluations(user_id=user)) == 1
        assert len(log.trials(user_id=user)) == len(log.runs(user_id=user)) == 3
        assert len(log.scores(user_id=user)) == 6
    assert len(log.trials()) == 6


def test_what_looks_like_a_key_never_reaches_the_disk(tmp_path: Path) -> None:
    async def leak(question: str) -> str:
        if question == "q1":
            raise RuntimeError(f"bad key {SECRET}")
        return f"my key is {SECRET}"

    async def go() -> None:
        dataset = Dataset([Case(f"c{i}", f"q{i}", SECRET) for i in range(2)])
        await evaluate(dataset, {"leak": leak}, scorers=scorers.exact(), run_log=RunLog.open(tmp_path / "log"))

    anyio.run(go)
    files = [file for file in (tmp_path / "log").rglob("*") if file.is_file()]
    assert files
    assert not any(SECRET.encode() in file.read_bytes() for file in files)


def test_results_are_there_while_it_runs_and_after_it_was_cancelled(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / "log")
    seen: list[tuple[int, str]] = []

    async def wait(question: str) -> str:
        if question == "q2":
            await anyio.to_thread.run_sync(look)
            scopes[0].cancel()
            await anyio.sleep_forever()
        return question

    def look() -> None:
        seen.append((len(log.trials()), log.evaluations()["status"].iloc[0]))

    scopes: list[anyio.CancelScope] = []

    async def go() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await evaluate(numbered(3), {"a": wait}, scorers=scorers.exact(), max_concurrency=1, run_log=log)

    anyio.run(go)
    assert seen == [(2, "running")]
    (row,) = log.evaluations().to_dict("records")
    assert row["status"] == "cancelled"
    assert json.loads(row["metadata"])["done"] == len(log.trials()) == 2


def test_a_log_that_cannot_be_written_ends_the_evaluation_with_its_own_error() -> None:
    class Full:
        def append(self, table: str, rows: Any) -> None:
            if table == "trials":
                raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        run(run_log=Full())
    assert not isinstance(caught.value, BaseExceptionGroup)


def test_states_are_told_in_the_logs_own_words(tmp_path: Path) -> None:
    async def arm(question: str) -> str:
        if question == "q0":
            raise ValueError("no")
        if question == "q1":
            await anyio.sleep_forever()
        return question

    log = RunLog.open(tmp_path / "log")

    async def go() -> Evaluation:
        return await evaluate(numbered(3), {"a": arm}, scorers=scorers.exact(), timeout=0.05, run_log=log)

    assert anyio.run(go).status is Status.DONE
    trials = log.trials().set_index("case_id")
    assert trials["status"].to_dict() == {"c0": "error", "c1": "error", "c2": "answered"}
    states = {case: json.loads(row)["state"] for case, row in trials["metadata"].items()}
    assert states == {"c0": "error", "c1": "timeout", "c2": "answered"}
    assert json.loads(trials.loc["c0", "metadata"])["error_type"] == "ValueError"
    assert log.scores()["case_id"].tolist() == ["c2"]
