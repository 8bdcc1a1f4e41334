"""The routes of evaluations on a real server: the list with progress, one evaluation, also while it runs."""

import threading
from typing import Any

import anyio
import pytest
from filled import CASES, logged_evaluation
from hostile import PAYLOADS
from safe import wrong
from served import Server

from loomlab.evals import Dataset, evaluate, scorers
from loomlab.runlog import RunLog

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def log(server: Server) -> RunLog:
    """The log that the server reads, written by this process."""
    return RunLog.open(server.home)


@pytest.fixture(scope="module")
def finished(server: Server, log: RunLog) -> str:
    """An evaluation of two arms on six cases; its id."""
    assert server.get("evaluations").json["empty"].startswith("%%loom --ab")
    return logged_evaluation(log).id


def _row(server: Server, evaluation_id: str) -> dict[str, Any]:
    return next(one for one in server.get("evaluations").json["rows"] if one["evaluation_id"] == evaluation_id)


def test_an_evaluation_is_listed_with_its_progress(server: Server, finished: str) -> None:
    row = _row(server, finished)
    assert (row["suite"], row["dataset"], row["arms"]) == ("sums", "sums", ["right", "echo"])
    assert (row["cases"], row["done"], row["planned"], row["status"]) == (6, 12, 12, "done")
    assert row["cost_usd"] == 0


def test_one_evaluation_has_the_decision_the_table_the_pictures_and_its_trials(server: Server, finished: str) -> None:
    found = server.get("evaluation", evaluation_id=finished).json
    assert found["text"].startswith("right is better than echo")
    assert found["html"].count('<svg class="pv"') == 2
    assert "Quality against" in found["html"]
    assert wrong(found["html"]) == []
    assert found["live"] is False
    assert len(found["trials"]) == 12
    assert {one["score"] for one in found["trials"] if one["arm"] == "right"} == {1.0}
    first = found["trials"][0]
    assert server.get("run", run_id=first["run_id"]).json["row"]["run_id"] == first["run_id"]


def test_the_face_is_that_of_the_evaluation_itself(server: Server, finished: str, log: RunLog) -> None:
    from loomlab.evals.faces import evaluation_faces
    from loomlab.evals.logged import logged_evaluation as read

    _, text = evaluation_faces(read(log, finished, look_up=False), note="")
    assert server.get("evaluation", evaluation_id=finished).json["text"].startswith(text.partition("\n\n")[0])


@pytest.mark.parametrize("wanted", ["last", "eval_", "../eval", "'; DROP TABLE evaluations; --", "%"])
def test_only_the_very_id_names_an_evaluation(server: Server, finished: str, wanted: str) -> None:
    for one in (wanted, f"{finished[:12]}"):
        reply = server.get("evaluation", evaluation_id=one)
        assert reply.status == 404
        assert "no such evaluation" in reply.message


def test_an_evaluation_that_runs_shows_how_far_it_is(server: Server, log: RunLog) -> None:
    may_go, asked = threading.Semaphore(4), threading.Semaphore(0)

    def careful(question: str) -> str:
        asked.release()
        assert may_go.acquire(timeout=60)
        return "2"

    def run() -> None:
        anyio.run(
            lambda: evaluate(
                Dataset(CASES, name="slow"),
                {"careful": careful},
                scorers=[scorers.exact()],
                run_log=log,
                name="slow sums",
                max_concurrency=1,
            )
        )

    thread = threading.Thread(target=run)
    thread.start()
    try:
        for _ in range(5):  # the fifth is asked once the fourth is written down
            assert asked.acquire(timeout=60)
        [row] = [one for one in server.get("evaluations").json["rows"] if one["suite"] == "slow sums"]
        assert (row["done"], row["planned"], row["status"]) == (4, 6, "running")
        found = server.get("evaluation", evaluation_id=row["evaluation_id"]).json
        assert found["live"] is True
        assert "Still running: 4 of 6 trials are done." in found["text"]
        assert len(found["trials"]) == 4
    finally:
        may_go.release(20)
        thread.join(60)
    row = _row(server, row["evaluation_id"])
    assert (row["done"], row["status"]) == (6, "done")
    assert "Still running" not in server.get("evaluation", evaluation_id=row["evaluation_id"]).json["text"]


def test_an_evaluation_without_a_trial_yet_is_shown(server: Server, log: RunLog) -> None:
    row = {"evaluation_id": "eval_empty", "name": "nothing yet", "status": "running", "cases": 3, "repeats": 1}
    log.append("evaluations", [{**row, "arms": {"a": {}, "b": {}}, "scorers": ["exact"], "dataset": "d"}])
    found = server.get("evaluation", evaluation_id="eval_empty").json
    assert found["row"]["planned"] == 6
    assert found["trials"] == []
    assert "0 of 6 trials" in found["text"]


def test_hostile_names_of_suites_arms_and_cases_are_inert(server: Server, log: RunLog) -> None:
    texts = [text for text in PAYLOADS.values() if "\0" not in text and "\ud800" not in text and len(text) < 2_000]
    for number, text in enumerate(texts[::6]):
        key = {"evaluation_id": f"eval_hostile_{number}", "arm": text}
        more = {"scorers": [text], "dataset": text, "cases": 1, "repeats": 1, "status": "done"}
        log.append("evaluations", [{"evaluation_id": key["evaluation_id"], "name": text, "arms": {text: {}}, **more}])
        trial = {**key, "trial_id": f"trial_{number}", "case_id": text, "repeat": 0}
        log.append("scores", [{**trial, "scorer": text, "metric": "", "value": 0.0, "explanation": text}])
        log.append("trials", [{**trial, "input": text, "target": text, "output": text, "status": "answered"}])
        found = server.get("evaluation", evaluation_id=key["evaluation_id"]).json
        assert wrong(found["html"]) == []
        assert found["trials"][0]["score"] == 0.0
    assert server.get("evaluations").status == 200


def test_words_that_were_taken_out_of_the_log_are_in_no_face_that_was_made_before(server: Server, log: RunLog) -> None:
    evaluation_id = logged_evaluation(log, "scrubbed sums").id
    before = server.get("evaluation", evaluation_id=evaluation_id).json["trials"][0]
    user = log.trials(trial_id=before["trial_id"])["user_id"][0]
    assert before["said"] == "2"
    log.scrub(user)
    after = server.get("evaluation", evaluation_id=evaluation_id).json["trials"][0]
    assert (after["trial_id"], after["said"], after["score"]) == (before["trial_id"], "", before["score"])
