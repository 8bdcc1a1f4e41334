"""Evaluations and runs in an MLflow store, read back by MLflow's own client."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.evals import Case, Dataset, Evaluation, evaluate, scorers
from loomlab.evals.interop import to_mlflow
from loomlab.runlog import RunLog, recording

mlflow = pytest.importorskip("mlflow")
pytestmark = [
    pytest.mark.timeout(240),  # making the tables of its store takes long on a busy machine
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SECRET = "sk-" + "Ab3dE5gH" * 4


@tool
def look(where: str) -> str:
    """Look somewhere."""
    if where == "Pluto":
        raise RuntimeError("too far")
    return f"seven rings, {SECRET}"


def turns() -> list[ScriptedTurn]:
    asked = [ToolCall(id=place, tool="look", args={"where": place}) for place in ("Saturn", "Pluto")]
    return [ScriptedTurn("", tool_calls=asked), ScriptedTurn("seven")] * 3


async def ran(log: RunLog) -> Evaluation:
    data = Dataset([Case(f"q{i}", f"How many? {i}", "seven") for i in range(3)], name="rings")
    looking = Agent("Look.", model=ScriptedModel(turns()), tools=[look], name="watcher")
    arms = {"look": looking, "echo": Agent("x", model=EchoModel(cost_per_token=0.001))}
    with recording(log):
        await Agent("x", model=EchoModel(), name="parrot").run(f"{SECRET}?", user_id="ana", session_id="talk")
        return await evaluate(data, arms, scorers=[scorers.exact(), scorers.includes()], max_concurrency=1)


class Read:
    def __init__(self, folder: Path) -> None:
        self.log = RunLog.open(folder / "log")
        self.evaluation = anyio.run(ran, self.log)
        self.store = folder / "lab.db"
        self.before = mlflow.get_tracking_uri()
        self.run_id = to_mlflow(self.evaluation, self.store, run_log=self.log)
        self.trace_id = to_mlflow(self.log.run(-1, user_id="ana"), self.store)
        self.client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{self.store}")
        self.experiment = self.client.get_experiment_by_name("rings").experiment_id

    def text(self, name: str) -> str:
        return (Path(f"{self.store.parent}/lab-artifacts") / self.run_id / "artifacts" / name).read_text("utf-8")

    def traces(self, experiment: str) -> Any:
        return self.client.search_traces(locations=[experiment])


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    return Read(tmp_path_factory.mktemp("mlflow"))


def test_an_arm_is_a_run_with_its_settings_and_its_figures(read: Read) -> None:
    runs = {run.info.run_name: run for run in read.client.search_runs([read.experiment])}
    look, echo = runs["look"], runs["echo"]
    assert look.data.tags["mlflow.parentRunId"] == echo.data.tags["mlflow.parentRunId"] == read.run_id
    assert look.data.params["model"] == "scripted" and look.data.params["architecture"] == "react"
    first = read.evaluation.arm_summaries()[0]
    assert look.data.metrics["exact"] == first.score == 1.0
    assert look.data.metrics["exact/ci_low"] == pytest.approx(first.low) and look.data.metrics["includes"] == 1.0
    assert echo.data.metrics["exact"] == 0.0 and echo.data.metrics["cost_usd"] > 0 and echo.info.status == "FINISHED"
    whole = read.client.get_run(read.run_id)
    assert whole.data.params["dataset"] == "rings" and whole.data.params["arms"] == "look, echo"
    assert whole.data.tags["loomlab.evaluation"] == read.evaluation.id


def test_the_decision_page_and_the_trials_are_artifacts(read: Read) -> None:
    assert {one.path for one in read.client.list_artifacts(read.run_id)} == {"evaluation.html", "trials.json"}
    html = read.text("evaluation.html")
    assert "look" in html and "<script" not in html and "default-src" in html
    table = json.loads(read.text("trials.json"))
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    assert len(rows) == 6 and {row["arm"] for row in rows} == {"look", "echo"}
    assert [row["score"] for row in rows if row["arm"] == "look"] == [1.0, 1.0, 1.0]


def test_runs_are_traces_with_model_calls_and_tools(read: Read) -> None:
    traces = read.traces(read.experiment)
    assert len(traces) == 6
    mine = next(one for one in traces if any(span.name == "look" for span in one.data.spans))
    kinds = sorted(span.span_type for span in mine.data.spans)
    assert kinds.count("CHAT_MODEL") == 2 and kinds.count("TOOL") == 2 and kinds.count("AGENT") == 1
    root = next(span for span in mine.data.spans if span.parent_id is None)
    assert root.name == "watcher" and root.outputs == {"output": "seven"} and "How many?" in root.inputs["input"]
    states = {str(span.inputs): span.status.status_code.name for span in mine.data.spans if span.span_type == "TOOL"}
    assert sorted(states.values()) == ["ERROR", "OK"]
    assert all(span.start_time_ns >= root.start_time_ns and span.end_time_ns <= root.end_time_ns for span in
               mine.data.spans)  # fmt: skip
    assert SECRET not in str([span.to_dict() for span in mine.data.spans])


def test_a_run_of_a_user_is_a_trace_of_that_user_and_the_process_points_where_it_did(read: Read) -> None:
    trace = read.client.get_trace(read.trace_id)
    assert trace.info.trace_metadata["mlflow.trace.user"] == "ana"
    assert trace.info.trace_metadata["mlflow.trace.session"] == "talk"
    (root, *_) = trace.data.spans
    assert root.name == "parrot" and "[REDACTED]" in root.inputs["input"]
    assert mlflow.get_tracking_uri() == read.before
