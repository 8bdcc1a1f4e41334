"""Frames, and what is loaded for them."""

import subprocess
import sys

import anyio
import pytest

from loomlab.evals import Case, Dataset, Evaluation, evaluate, scorers

CODE = """
import sys
import anyio
from loomlab.evals import Case, Dataset, evaluate, scorers

def heavy():
    names = "pandas numpy scipy statsmodels duckdb rich typer".split()
    return [name for name in names if name in sys.modules]

async def same(question):
    return question

async def main():
    return await evaluate(Dataset([Case("a", "q", "q")]), {"a": same}, scorers=scorers.exact())

ev = anyio.run(main)
print(heavy())
sys.modules["scipy"] = sys.modules["statsmodels"] = None
print(ev.frame()["score"].tolist())
try:
    ev.summary()
except ImportError as exc:
    print(exc)
sys.modules["pandas"] = None
try:
    ev.frame()
except ImportError as exc:
    print(exc)
"""


def test_evaluating_loads_nothing_heavy_and_a_frame_needs_pandas_only() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines() == [
        "[]",
        "[1.0]",
        "an interval needs the package statsmodels: pip install 'loomlab[evals]'",
        "a DataFrame needs the package pandas: pip install 'loomlab[evals]'",
    ]


@pytest.fixture
def ev() -> Evaluation:
    async def answer(question: str) -> str:
        if question == "q1":
            raise ValueError("no")
        return question

    async def go() -> Evaluation:
        dataset = Dataset([Case(f"c{i}", f"q{i}", f"q{i}", cluster="x") for i in range(3)], name="d")
        judges = [scorers.exact(), scorers.includes()]
        return await evaluate(dataset, {"a": answer, "b": answer}, scorers=judges, epochs=2)

    return anyio.run(go)


def test_a_frame_has_one_row_a_case_arm_and_epoch(ev: Evaluation) -> None:
    frame = ev.frame()
    assert len(frame) == ev.expected == 12
    assert not frame.duplicated(["case", "arm", "epoch"]).any()
    wanted = "case arm epoch score state score_exact score_includes output error_type error interruption tokens_in "
    wanted += "tokens_out cost_usd latency_ms turns cluster run_id"
    assert list(frame.columns) == wanted.split()
    assert frame["score"].mean() == 1.0  # what has no score is left out, not counted as 0
    assert frame[frame["case"] == "c1"]["score"].isna().all()
    assert frame[frame["case"] == "c1"]["error_type"].tolist() == ["ValueError"] * 4
    assert frame["cost_usd"].isna().all()  # nobody knows what a function spends
    assert (frame["score"].dtype, frame["latency_ms"].dtype) == (float, float)


def test_failures_are_the_rows_with_a_cause(ev: Evaluation) -> None:
    failures = ev.failures()
    assert failures[["case", "arm", "epoch"]].values.tolist() == [["c1", a, e] for a in "ab" for e in (1, 2)]
    assert set(failures["cause"]) == {"ValueError"} and set(failures["detail"]) == {"no"}


def test_an_evaluation_says_what_it_is(ev: Evaluation) -> None:
    assert repr(ev) == "Evaluation('d', 12 of 12 trials, done)"
