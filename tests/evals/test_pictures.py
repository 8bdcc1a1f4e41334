"""Arms against cases, and quality against cost."""

import numpy
import pytest

from loomlab import Agent, EchoModel
from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset, Evaluation, evaluate, scorers

pytestmark = pytest.mark.anyio


async def tried(**options) -> Evaluation:
    cases = Dataset(Case(id=f"q{i}", input=str(i), target="yes") for i in range(4))

    def some(question: str) -> str:
        if question == "3":
            raise RuntimeError("no")
        return "yes" if question in ("0", "2") else "no"

    return await evaluate(cases, {"all": lambda q: "yes", "some": some}, scorers=scorers.exact(), **options)


async def test_the_matrix_puts_the_cases_that_tell_the_arms_apart_first() -> None:
    matrix = (await tried(epochs=2)).matrix()
    assert list(matrix.columns) == ["all", "some", "spread"]
    assert list(matrix.index) == ["q1", "q0", "q2", "q3"]
    assert matrix.loc["q1", "some"] == 0.0
    assert numpy.isnan(matrix.loc["q3", "some"])


async def test_the_frontier_holds_what_nothing_else_beats_on_both_counts() -> None:
    priced = {
        "cheap": Agent("x", model=EchoModel(cost_per_token=0.001)),
        "dear": Agent("x", model=EchoModel(prefix="", cost_per_token=0.002)),
        "waste": Agent("x", model=EchoModel(cost_per_token=0.005)),
    }
    cases = Dataset([Case(id="a", input="yes", target="yes"), Case(id="b", input="yes", target="yes")])
    frame = (await evaluate(cases, priced, scorers=scorers.exact())).pareto()
    assert list(frame["arm"]) == ["cheap", "dear", "waste"]
    assert list(frame["frontier"]) == [True, True, False]
    assert frame["cost_usd"].is_monotonic_increasing


async def test_an_unknown_cost_is_on_no_frontier_and_an_unknown_measure_is_told() -> None:
    ev = await tried()
    assert not ev.pareto(against="tokens")["frontier"].any()
    assert ev.pareto(against="latency_ms")["frontier"].any()
    with pytest.raises(ConfigError, match="did you mean 'tokens'"):
        ev.pareto(against="token")
