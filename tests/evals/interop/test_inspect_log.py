"""Evaluations as logs of inspect_ai: its own reader shows what we know, and what we wrote comes back whole."""

import math
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import SelfRefine
from loomlab.core.errors import ConfigError
from loomlab.core.messages import utc_now
from loomlab.evals import Case, Dataset, Evaluation, Score, Spent, compare, evaluate, save_evaluation, scorers
from loomlab.evals.decision import decision_card
from loomlab.evals.evaluation import Status
from loomlab.evals.interop import from_inspect, to_inspect
from loomlab.evals.ledger import Entry
from loomlab.evals.logged import logged_evaluation
from loomlab.evals.trial import Trial, TrialState
from loomlab.runlog import RunLog, recording

inspect_log = pytest.importorskip("inspect_ai.log")

KEY = "sk-" + "Ab3dE5gH" * 4


@tool
def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


@tool
def refuse() -> str:
    """Fail."""
    raise RuntimeError("out of order")


def known(evaluation: Evaluation, folder: Path) -> str:
    """Everything that we keep of an evaluation."""
    return save_evaluation(evaluation, folder / "known.jsonl").read_text(encoding="utf-8")


def told(frame) -> list[dict[str, str]]:
    """The rows of a table, whatever the order in which they were written."""
    # Messages are in the events, which are compared: as JSON text they differ in the order of names.
    rows = frame.drop(columns=["seq", "messages"], errors="ignore").to_dict("records")
    return sorted(({name: str(value) for name, value in row.items()} for row in rows), key=str)


def judged(result, case) -> Score:
    if case.id == "q2":
        raise ValueError("no")
    return Score(0.5, "half", spent=Spent("j", 1, 2, 3, None), details={"a": [1]})


def turns() -> list[ScriptedTurn]:
    asked = [ToolCall(id="c1", tool="add", args={"a": 1, "b": 2}), ToolCall(id="c2", tool="refuse")]
    return [ScriptedTurn("Let me see.", tool_calls=asked), ScriptedTurn(f"3 ({KEY})")] * 3


async def ran(log: RunLog) -> Evaluation:
    data = Dataset([Case(f"q{i}", f"word {i}", ["3", "drei"], f"g{i // 2}", {"level": [i, None]}) for i in range(3)])
    counting = Agent("You count.", model=ScriptedModel(turns()), tools=[add, refuse], name="counting")
    refining = Agent("You refine.", model=EchoModel(cost_per_token=0.001), architecture=SelfRefine(max_rounds=1))

    def broken(question: str) -> str:
        if question == "word 1":
            raise RuntimeError("broken")
        return question

    arms = {"counting": counting, "refining": refining, "broken": broken}
    with recording(log):
        return await evaluate(data, arms, scorers=[scorers.includes(), judged], name="sums", max_concurrency=1)


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    return RunLog.open(tmp_path / "log")


@pytest.fixture
def evaluation(log: RunLog) -> Evaluation:
    return anyio.run(ran, log)


def test_inspect_ai_reads_samples_messages_tool_calls_scores_metrics_and_usage(
    evaluation: Evaluation, log: RunLog, tmp_path: Path
) -> None:
    paths = to_inspect(evaluation, tmp_path / "logs", run_log=log)
    assert len(paths) == 3 and all(path.suffix == ".eval" for path in paths)
    assert [Path(info.name.removeprefix("file://")).name for info in inspect_log.list_eval_logs(str(tmp_path / "logs"))]
    read = inspect_log.read_eval_log(str(paths[0]), resolve_attachments="full")
    assert (read.status, read.eval.task, read.eval.model) == ("success", "sums-counting", "scripted")
    assert read.eval.dataset.sample_ids == ["q0", "q1", "q2"] and read.eval.metadata["arm"] == "counting"
    (row,) = evaluation.only(arms=["counting"]).arm_summaries()
    first = next(one for one in read.results.scores if one.name == "includes")
    assert first.metrics["mean"].value == row.score and first.metrics["ci_low"].value == row.low
    second = read.results.scores[1]
    assert (second.scored_samples, second.unscored_samples) == (2, 1)
    sample = read.samples[0]
    assert (sample.id, sample.epoch, sample.input, sample.target) == ("q0", 1, "word 0", ["3", "drei"])
    assert [one.role for one in sample.messages] == ["system", "user", "assistant", "tool", "tool", "assistant"]
    assert [call.function for call in sample.messages[2].tool_calls] == ["add", "refuse"]
    assert sample.messages[2].tool_calls[0].arguments == {"a": 1, "b": 2}
    assert sample.output.completion == "3 ([REDACTED])" and sample.scores["includes"].value == 1.0
    assert sample.turn_count == 2 and sample.model_usage["scripted"].total_tokens >= 0
    kinds = [event.event for event in sample.events]
    assert kinds[0] == "sample_init" and kinds.count("model") == 2 and kinds.count("tool") == 2 and "score" in kinds
    good, bad = (event for event in sample.events if event.event == "tool")
    assert '"sum":3' in good.result and good.error is None and "out of order" in bad.error.message
    failed = read.samples[2].scores["judged"]
    assert math.isnan(failed.value) and "ValueError" in failed.explanation
    broken = inspect_log.read_eval_log(str(paths[2])).samples
    assert "RuntimeError: broken" in broken[1].error.message and broken[1].scores is None


@pytest.mark.parametrize("kind", ["eval", "json"])
def test_what_we_wrote_comes_back_whole_with_its_runs(
    kind: str, evaluation: Evaluation, log: RunLog, tmp_path: Path
) -> None:
    to_inspect(evaluation, tmp_path / "logs", run_log=log, kind=kind)
    other = RunLog.open(tmp_path / "other")
    back = from_inspect(tmp_path / "logs", run_log=other)
    assert known(back, tmp_path) == known(evaluation, tmp_path)
    assert (
        known(logged_evaluation(other, dataset=evaluation.dataset), tmp_path).splitlines()[1:]
        == (known(evaluation, tmp_path).splitlines()[1:])
    )
    runs = [trial.run_id for trial in evaluation.trials if trial.run_id]
    assert len(runs) >= 6
    for run in runs:
        ours, theirs = log.run(run), other.run(run)
        assert [one.model_dump() for one in theirs.events] == [one.model_dump() for one in ours.events]
        assert theirs.info == ours.info
    for table in ("model_calls", "tool_calls"):
        mine, yours = (told(getattr(one, table)()) for one in (log, other))
        assert yours == mine and len(mine) >= 6


def test_importing_twice_changes_nothing_and_the_decision_card_is_the_same(
    evaluation: Evaluation, log: RunLog, tmp_path: Path
) -> None:
    paths = to_inspect(evaluation, tmp_path / "logs", run_log=log)
    before = {table: len(getattr(log, table)()) for table in ("runs", "events", "model_calls", "trials", "scores")}
    for _ in range(2):
        back = from_inspect(*paths, run_log=log)
    assert {table: len(getattr(log, table)()) for table in before} == before
    ours, theirs = (decision_card(compare(one, a="counting", b="refining")) for one in (evaluation, back))
    assert theirs == ours


def test_scores_that_inspect_ai_changed_or_added_are_taken(evaluation: Evaluation, log: RunLog, tmp_path: Path) -> None:
    (path,) = to_inspect(evaluation.only(arms=["refining"]), tmp_path / "logs")
    data = inspect_log.read_eval_log(str(path))
    data.samples[0].scores["includes"].value = "C"
    data.samples[0].scores["style"] = type(data.samples[0].scores["includes"])(value="P", explanation="so so")
    inspect_log.write_eval_log(data, str(path))
    back = from_inspect(path)
    assert back.scorers == ("includes", "judged", "style")
    assert back.trials[0].score("includes") == 1.0 and back.trials[0].scores["style"] == Score(0.5, "so so")
    assert back.trials[1].scores == evaluation.only(arms=["refining"]).trials[1].scores


def test_what_is_no_log_is_said_in_one_sentence(tmp_path: Path) -> None:
    for name, text in (("empty.eval", ""), ("other.json", '{"a": 1}'), ("2026-01-01T00-00-00_x_y.json", "no")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match="can't be read as a log of inspect_ai"):
            from_inspect(tmp_path / name)
    with pytest.raises(ConfigError, match="there is no file"):
        from_inspect(tmp_path / "nowhere.eval")
    (tmp_path / "bare").mkdir()
    with pytest.raises(ConfigError, match="no log of inspect_ai in"):
        from_inspect(tmp_path / "bare")


words = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)
names = st.text("abcXYZ 0-_.é/", min_size=1, max_size=6)
figures = st.none() | st.floats(0, 9, width=16)
scored = st.one_of(
    st.builds(Score, st.floats(-1, 2, width=16), st.none() | words),
    st.builds(Score.unscored, words, spent=st.none() | st.builds(Spent, words, st.integers(0, 3))),
    st.builds(Score.failed, words, details=st.none() | st.just({"why": [1, None, "é"]})),
)
entries = st.builds(
    Entry, st.sampled_from(("agent", "critic")), st.just("agent"), names, st.integers(1, 9), st.integers(0, 99)
)


@st.composite
def evaluations(draw: st.DrawFn) -> Evaluation:
    cases = [
        Case(f"c{i}", draw(words), draw(st.none() | words | st.lists(words)), draw(st.none() | names), draw(
            st.dictionaries(names, st.none() | words | st.integers() | st.lists(words, max_size=2), max_size=2)))
        for i in range(draw(st.integers(1, 2)))
    ]  # fmt: skip
    arms = tuple(draw(st.lists(names, min_size=1, max_size=2, unique=True)))
    judges = tuple(draw(st.lists(names, min_size=1, max_size=2, unique=True)))
    made = Evaluation(
        id="eval_DRAWN", name=draw(names), dataset=Dataset(cases, name=draw(names)), arms=arms, scorers=judges,
        epochs=draw(st.integers(1, 2)), seed=draw(st.none() | st.integers(0, 9)), user_id=draw(st.none() | names),
        manifest={arm: {"kind": "agent", "model": draw(names)} for arm in arms},
    )  # fmt: skip
    made.status = draw(st.sampled_from(Status))
    made.finished_at = draw(st.none() | st.just(utc_now()))
    for number, case in enumerate(cases):
        for place, arm in enumerate(arms):
            for epoch in range(1, made.epochs + 1):
                state = draw(st.sampled_from(TrialState))
                answered = state is TrialState.ANSWERED
                key = f"{made.id}:{arm}:{case.id}:{epoch}"
                trial = Trial(
                    key, case.id, arm, epoch, made.user_id or key, state,
                    output=draw(words) if answered else None,
                    scores={one: draw(scored) for one in judges} if answered else {},
                    error_type=None if answered else "RuntimeError", error=None if answered else draw(words),
                    interruption=draw(st.none() | st.sampled_from(["max_turns_exceeded", "budget:max_tokens"])),
                    ended=draw(st.none() | st.just("answered")), tokens_in=draw(st.none() | st.integers(0, 99)),
                    cost_usd=draw(figures), latency_ms=draw(figures), turns=draw(st.none() | st.integers(0, 9)),
                    cluster=case.cluster, spent=tuple(draw(st.lists(entries, max_size=2))),
                    told_of_tools=draw(st.none() | st.booleans()),
                )  # fmt: skip
                made.put(number, place, epoch, trial)
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=evaluations(), kind=st.sampled_from(["eval", "json"]))
def test_any_evaluation_comes_back_as_it_was(made: Evaluation, kind: str, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    back = from_inspect(*to_inspect(made, folder / "logs", kind=kind))
    assert known(back, folder) == known(made, folder)
