"""Logs that inspect_ai wrote itself become an evaluation with runs, and all that works on ours works on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loomlab.core.errors import ConfigError
from loomlab.display import RunTrace, run_text
from loomlab.evals import compare, save_evaluation
from loomlab.evals.decision import decision_card
from loomlab.evals.interop import from_inspect
from loomlab.evals.logged import logged_evaluation
from loomlab.evals.trial import TrialState
from loomlab.runlog import RunLog

pytest.importorskip("inspect_ai")
pytestmark = pytest.mark.timeout(180)  # it starts inspect_ai, which takes its time on a busy machine

TASKS = '''
import sys, types
import tiktoken
# It counts tokens by a table that it would fetch from the network.
tiktoken.get_encoding = lambda name: types.SimpleNamespace(encode=lambda text, **_: text.split())
from inspect_ai import Task, eval as run
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import Score, accuracy, includes, scorer
from inspect_ai.solver import generate, solver, use_tools
from inspect_ai.tool import tool

@tool
def add():
    async def execute(a: int, b: int):
        """Add.

        Args:
            a: One number.
            b: Another.
        """
        return a + b
    return execute

@scorer(metrics=[accuracy()])
def shape():
    async def score(state, target):
        return Score(value={"short": 1, "polite": "P", "style": "baroque"}, explanation="so so")
    return score

@solver
def breaks():
    async def solve(state, generate):
        if state.sample_id == 3:
            raise ValueError("no third sample")
        return state
    return solve

def outputs(right):
    for _ in range(8):
        yield ModelOutput.for_tool_call("mockllm/model", "add", {"a": 1, "b": 2})
        yield ModelOutput.from_content("mockllm/model", f"It is {right}.")

samples = [Sample(id=i, input=f"{i} and 2?", target="3", metadata={"level": i}) for i in (1, 2, 3)]
data = MemoryDataset(samples, name="sums")
for name, right in (("good", 3), ("bad", 5)):
    model = get_model("mockllm/model", custom_outputs=list(outputs(right)), memoize=False)
    steps = [breaks(), use_tools(add()), generate()]
    task = Task(dataset=data, solver=steps, scorer=[includes(), shape()], name="adding")
    run(task, model=model, epochs=2, log_dir=sys.argv[1], display="none", fail_on_error=False, max_samples=1,
        log_format="eval")
'''


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inspect")
    (folder / "tasks.py").write_text(TASKS, encoding="utf-8")
    environment = {**os.environ, "HOME": str(folder), "INSPECT_TRACE_FILE": str(folder / "trace.log")}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "tasks.py", "logs"],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=150, encoding="utf-8",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return folder / "logs"


def test_samples_scores_usage_and_errors_become_trials(logs: Path) -> None:
    made = from_inspect(logs)
    assert (made.name, made.dataset.name, made.epochs, made.expected) == ("adding", "sums", 2, 12)
    assert len(made.arms) == 2 and made.status == "done"
    assert made.scorers == ("includes", "shape/short", "shape/polite", "shape/style")
    first, case = made.trials[0], made.dataset["1"]
    assert (case.input, case.target, dict(case.metadata)) == ("1 and 2?", "3", {"level": 1})
    assert first.output == "It is 3." and first.score("includes") == 1.0 and first.turns == 2
    assert first.score("shape/short") == 1.0 and first.score("shape/polite") == 0.5
    assert first.scores["shape/style"].state == "unscored" and "'baroque'" in first.scores["shape/style"].reason
    broken = [trial for trial in made.trials if trial.state is TrialState.ERROR]
    assert {trial.case_id for trial in broken} == {"3"} and len(broken) == 4
    assert broken[0].error_type == "ValueError" and "no third sample" in broken[0].error
    assert all(made.manifest[arm]["model"] == "mockllm/model" for arm in made.arms)


def test_messages_become_runs_that_display_and_that_tables_know(logs: Path, tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / "log")
    made = from_inspect(logs, run_log=log, name="imported")
    assert log.evaluations()["name"].tolist() == ["imported"]
    trial = made.trials[0]
    record = log.run(trial.run_id)
    assert record.status == "answered" and record.result.output == "It is 3." and record.info["prompt"] == "1 and 2?"
    calls = log.model_calls(run_id=trial.run_id)
    assert calls["message_count"].tolist() == [1, 3] and calls["reply"].tolist()[1] == "It is 3."
    (tool,) = log.tool_calls(run_id=trial.run_id).to_dict("records")
    assert (tool["tool"], tool["args"], tool["ok"]) == ("add", '{"a":1,"b":2}', True) and "3" in tool["output"]
    shown = run_text(RunTrace(record.events))
    assert "It is 3." in shown and "add" in shown
    assert len(log.runs()) == 8, "samples that failed before their first call have no run"
    again = from_inspect(logs, run_log=log, name="imported")
    assert len(log.runs()) == 8 and len(log.model_calls()) == 16 and again.id == made.id


def test_the_decision_card_tells_the_arms_apart_from_the_log_too(logs: Path, tmp_path: Path) -> None:
    log = RunLog.open(tmp_path / "log")
    good, bad = from_inspect(logs, run_log=log).arms
    kept = logged_evaluation(log)
    card = decision_card(compare(kept, a=bad, b=good, scorer="includes"))
    assert (card.a.score, card.b.score) == (0.0, 1.0)
    assert kept.summary()["n"].tolist() == [6, 6]


def test_logs_of_ours_and_of_others_are_imported_apart(logs: Path, tmp_path: Path) -> None:
    from loomlab.evals.interop import to_inspect

    ours = to_inspect(from_inspect(logs), tmp_path / "ours")
    with pytest.raises(ConfigError, match="import them apart"):
        from_inspect(logs, *ours)
    again = from_inspect(*ours)
    made = from_inspect(logs)
    one, other = (save_evaluation(e, tmp_path / "one.jsonl").read_text(encoding="utf-8") for e in (made, again))
    assert one == other
