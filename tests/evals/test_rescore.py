"""Other scorers for answers that are there; and a logged run as a case."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset, Evaluation, Score, TrialState, evaluate, promote, rescore, scorers
from loomlab.runlog import RunLog, recording

WORLD = {"name": "stockroom", "state": {"places": {"a": {"cups": 2}, "b": {}}}}


def numbered(count: int) -> Dataset:
    return Dataset([Case(f"c{i}", f"q{i}", f"Echo: q{i}") for i in range(count)], name="numbered")


def done(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    async def go() -> Any:
        return await work(*args, **options)

    return anyio.run(go)


def half(question: str) -> str:
    if question == "q1":
        raise OSError("gone")
    return question


def test_an_evaluation_is_scored_again_without_asking_anybody(tmp_path: Path) -> None:
    model = EchoModel()
    asked: list[str] = []

    def arm(question: str) -> str:
        asked.append(question)
        return half(question)

    log = RunLog.open(tmp_path / "log")
    arms = {"echo": Agent("x", model=model), "half": arm}
    ev: Evaluation = done(evaluate, numbered(3), arms, scorers=scorers.exact(), run_log=log)
    calls = len(log.model_calls())
    again: Evaluation = done(rescore, ev, scorers=[scorers.regex(r"q\d"), scorers.f1()], run_log=log)
    assert len(asked) == 3 and len(log.model_calls()) == calls
    assert (again.id, again.scorers) == (ev.id, ("regex", "f1", "exact"))
    assert ev.scorers == ("exact",)
    assert set(ev.trials[0].scores) == {"exact"}
    assert [trial.score("regex") for trial in again.trials] == [1, 1, 1, None, 1, 1]
    assert [trial.score("exact") for trial in again.trials] == [trial.score("exact") for trial in ev.trials]
    broken = again.trials[3]
    assert (broken.state, broken.scores) == (TrialState.ERROR, {})
    frame = again.frame()
    assert frame["score"].equals(frame["score_regex"])
    assert log.scores(scorer="regex")["value"].tolist() == [1.0] * 5
    assert json.loads(log.evaluations()["scorers"].iloc[0]) == ["regex", "f1", "exact"]


def test_a_log_is_scored_again_with_what_it_holds(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / "log")
    arms = {"echo": Agent("x", model=EchoModel()), "half": half}
    ev: Evaluation = done(evaluate, numbered(3), arms, scorers=scorers.exact(), epochs=2, run_log=log, seed=4)
    other: Evaluation = done(evaluate, numbered(2), {"half": half}, scorers=scorers.exact(), run_log=log)
    again: Evaluation = done(rescore, log, ev.id, scorers.f1())
    assert (again.id, again.name, again.arms, again.epochs, again.seed) == (ev.id, "numbered", ("echo", "half"), 2, 4)
    assert again.status is ev.status

    def told(one: Evaluation) -> list[tuple[Any, ...]]:
        return sorted((t.case_id, t.arm, t.epoch, str(t.output), str(t.score("exact"))) for t in one.trials)

    assert told(again) == told(ev)
    assert {t.score("f1") for t in again.trials if t.arm == "echo"} == {1.0}
    assert again.summary(scorer="exact").equals(ev.summary(scorer="exact"))
    newest: Evaluation = done(rescore, log, scorers=scorers.f1())
    assert newest.id == other.id
    assert len(log.scores(scorer="f1")) == len([t for t in [*again.trials, *newest.trials] if t.scores])


def test_scores_of_the_same_name_are_replaced(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / "log")
    ev: Evaluation = done(evaluate, numbered(2), {"same": lambda q: q}, scorers=scorers.exact(), run_log=log)
    again: Evaluation = done(rescore, log, ev.id, scorers.scorer("exact")(lambda _, __: Score(1.0, "changed my mind")))
    assert again.scorers == ("exact",)
    assert log.scores()["value"].tolist() == [1.0, 1.0]
    assert log.scores()["explanation"].tolist() == ["changed my mind"] * 2


def test_tool_calls_and_worlds_are_judged_from_the_recorded_runs(tmp_path: Path) -> None:
    move = ToolCall(tool="move", args={"thing": "cups", "count": 2, "source": "a", "target": "b"})
    target = {"places": {"a": {}, "b": {"cups": 2}}}
    dataset = Dataset([Case("c", "Move the cups.", target, metadata={"world": WORLD})], name="cups")
    log = RunLog.open(tmp_path / "log")
    agent = Agent("x", model=ScriptedModel([ScriptedTurn(tool_calls=[move]), "done"]))
    ev: Evaluation = done(evaluate, dataset, {"one": agent}, scorers=scorers.exact(), run_log=log)
    (known,) = done(rescore, log, ev.id, scorers.end_state(), dataset=dataset).trials
    assert known.score("end_state") == 1
    (bare,) = done(rescore, log, ev.id, scorers.end_state()).trials
    assert "no metadata 'world'" in str(bare.scores["end_state"].reason)
    (unseen,) = done(rescore, ev, scorers=scorers.end_state()).trials
    assert "were not kept" in str(unseen.scores["end_state"].reason)
    (seen,) = done(rescore, ev, scorers=scorers.end_state(), run_log=log).trials
    assert seen.score("end_state") == 1


def test_a_scorer_that_breaks_is_a_state_here_too() -> None:
    def broken(*_: Any) -> float:
        raise KeyError("no")

    ev: Evaluation = done(evaluate, numbered(1), {"same": lambda q: q}, scorers=scorers.exact())
    (trial,) = done(rescore, ev, scorers=[broken, scorers.f1()]).trials
    assert trial.state_for("broken") == "scorer failed"
    assert trial.score("f1") is not None


def test_what_cannot_be_scored_again_says_why(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / "log")
    ev: Evaluation = done(evaluate, numbered(2), {"same": lambda q: q}, scorers=scorers.exact(), run_log=log)
    for given, words in (
        ((log, "eval_no", scorers.f1()), "no evaluation 'eval_no'"),
        ((log, ev.id, []), "there is no scorer"),
        ((log, ev.id, [scorers.f1(), scorers.f1()]), "the same name"),
        ((ev, "eval_no", scorers.f1()), "this evaluation is eval_"),
        (("log", None, scorers.f1()), "an evaluation or a run log, not str"),
        ((RunLog.open(tmp_path / "empty"), None, scorers.f1()), "has no evaluation"),
    ):
        with pytest.raises(ConfigError, match=words):
            done(rescore, *given)
    with pytest.raises(ConfigError, match="has no case 'c1'"):
        done(rescore, log, ev.id, scorers.f1(), dataset=numbered(1))


def logged(path: Path, prompt: str, user: str | None = None) -> RunLog:
    with recording(path) as log:
        done(Agent("x", model=EchoModel(), name="echo").run, prompt, user_id=user)
    return log


def test_a_logged_run_becomes_a_case(tmp_path: Path) -> None:
    log = logged(tmp_path / "log", "What is two and two?", "ann")
    record = log.run("last")
    path = tmp_path / "more" / "found.jsonl"
    case = promote(record, "four", dataset=path)
    assert (case.id, case.input, case.target) == (record.run_id, "What is two and two?", "four")
    assert case.metadata["output"] == "Echo: What is two and two?"
    assert case.metadata["model"] == "echo"
    assert "ann" not in json.dumps(case.as_row())
    assert Dataset.load(path)[case.id] == case
    other = promote(logged(tmp_path / "log", "And three?", "bob").run("last"), dataset=path)
    assert [one.id for one in Dataset.load(path)] == [case.id, other.id]
    with pytest.raises(ConfigError, match="already has the case"):
        promote(record, "4", dataset=path)
    assert len(Dataset.load(path)) == 2


def test_a_file_without_a_last_newline_grows_by_a_line(tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    path.write_text('{"id": "a", "input": "x"}', encoding="utf-8")
    case = promote(logged(tmp_path / "log", "ünïcode?").run("last"), {"a": 1}, dataset=path)
    assert [one.input for one in Dataset.load(path)] == ["x", "ünïcode?"]
    assert Dataset.load(path)[case.id].target == {"a": 1}


def test_what_cannot_be_promoted_says_why(tmp_path: Path) -> None:
    record = logged(tmp_path / "log", "q").run("last")
    (tmp_path / "carded").mkdir()
    (tmp_path / "carded" / "card.toml").write_text("", encoding="utf-8")
    for path, words in (
        (tmp_path / "carded", "has a card"),
        (tmp_path / "carded" / "cases.jsonl", "described by a card"),
        (tmp_path / "cases.csv", "a .jsonl file"),
    ):
        with pytest.raises(ConfigError, match=words):
            promote(record, dataset=path)
    with pytest.raises(ConfigError, match="cannot be written as JSON"):
        promote(record, float("nan"), dataset=tmp_path / "x.jsonl")
    long = logged(tmp_path / "log", "x" * 300_000).run("last")
    with pytest.raises(ConfigError, match="was cut when it was logged"):
        promote(long)
