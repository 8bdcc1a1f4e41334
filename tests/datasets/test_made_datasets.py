"""The datasets that are made here: their keys are right by another way of working them out, and every scorer agrees."""

import ast
import importlib
import json
import operator
import re
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.evals import Case, Dataset, Evaluation, evaluate, load_suite, scorers
from loomlab.evals.worlds import replay, world_of

OPERATIONS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@pytest.fixture
def folder(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "datasets"


@pytest.fixture
def converters(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module("convert")
    for name in [name for name in sys.modules if name == "convert" or name.split(".")[0] == "converters"]:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["arithmetic", "smoke", "stockroom"])
def test_a_made_dataset_is_what_its_generator_makes(
    name: str, folder: Path, tmp_path: Path, converters: ModuleType
) -> None:
    write = importlib.import_module("converters.write")
    made = converters.CONVERTERS[name](None, tmp_path)
    assert write.differences(folder / name, made) == []
    inputs = [case["input"] for case in made.cases]
    assert len(set(inputs)) == len(inputs)


def worked_out(node: ast.AST) -> Fraction:
    if isinstance(node, ast.BinOp):
        value: Fraction = OPERATIONS[type(node.op)](worked_out(node.left), worked_out(node.right))
        return value
    assert isinstance(node, ast.Constant)
    return Fraction(str(node.value))


def test_every_arithmetic_answer_is_the_value_of_its_expression_and_scored_right(folder: Path) -> None:
    judge: Any = scorers.numeric()
    for case in Dataset.load(folder / "arithmetic"):
        value = worked_out(ast.parse(case.metadata["expression"], mode="eval").body)
        assert value == case.target, case.id
        assert case.target > 0
        assert len(case.metadata["steps"]) == case.metadata["level"]
        assert judge(_said(f"First … so the answer is {case.target}."), case).value == 1
        assert judge(_said(f"It is {case.target + 1}."), case).value == 0
        told = [int(number) for number in re.findall(r"\d+", case.input)]
        used = [int(number) for number in re.findall(r"\d+", case.metadata["expression"])]
        words = {2: "twice", 3: "three times", 4: "four times"}
        for number in used:
            assert number in told or words.get(number, "nowhere") in case.input, case.id
        if case.metadata["level"] >= 3:
            assert len(told) >= 1


def test_another_seed_and_level_make_other_problems_and_the_same_make_the_same(converters: ModuleType) -> None:
    problems = importlib.import_module("converters.arithmetic").problems
    assert problems(20, 1, 4) == problems(20, 1, 4)
    assert problems(20, 1, 4)[:5] == problems(5, 1, 4)
    assert problems(20, 1, 4) != problems(20, 2, 4)
    assert {len(case["metadata"]["steps"]) for case in problems(20, 3, 9)} == {9}
    with pytest.raises(ValueError, match="from 1"):
        problems(1, 1, 0)


def done(case: Case) -> list[ToolCall]:
    """The errand done by reading its words, which nothing of the generator does."""
    state = {place: dict(things) for place, things in case.metadata["world"]["state"]["places"].items()}
    calls = []

    def do(tool: str, thing: str, count: int, source: str, target: str = "") -> None:
        signs = {"move": -1, "remove": -1, "add": 1}
        state[source][thing] = state[source].get(thing, 0) + signs[tool] * count
        if tool == "move":
            state[target][thing] = state[target].get(thing, 0) + count
            args = {"thing": thing, "count": count, "source": source, "target": target}
        else:
            args = {"thing": thing, "count": count, "place": source}
        calls.append(ToolCall(tool=tool, args=args))

    for order in re.split(r"(?<=\.) ", case.input)[1:-1]:
        if found := re.search(r"arry all the (\w+) from the (\w+) to the (\w+)", order):
            do("move", found[1], state[found[2]][found[1]], found[2], found[3])
        elif found := re.search(r"the (\w+) holds exactly (\d+) (\w+)", order):
            change = int(found[2]) - state[found[1]].get(found[3], 0)
            do("add" if change > 0 else "remove", found[3], abs(change), found[1])
        elif found := re.search(r"ove (\d+) (\w+) from the (\w+) to the (\w+)", order):
            do("move", found[2], int(found[1]), found[3], found[4])
        elif found := re.search(r"dd (\d+) new (\w+) to the (\w+)", order):
            do("add", found[2], int(found[1]), found[3])
        elif found := re.search(r"emove (\d+) (\w+) from the (\w+)", order):
            do("remove", found[2], int(found[1]), found[3])
        else:
            pytest.fail(f"{case.id}: what is {order!r}?")
    return calls


def test_every_errand_can_be_done_and_ends_in_its_target(folder: Path) -> None:
    looks = 0
    for case in Dataset.load(folder / "stockroom"):
        world = world_of(case)
        assert world is not None
        assert world.state != case.target, case.id  # there is something to do
        assert replay(world, done(case)) == case.target, case.id
        looks += case.metadata["needs_to_look"]
    assert 20 <= looks <= 50  # enough of both kinds to tell planners from those who look


RIGHT: dict[str, Any] = {
    "number": lambda case: f"The answer is {case.target}.",
    "reading": lambda case: str(case.target),
    "json": lambda case: json.dumps(case.target),
    "form": lambda case: case.target.replace("\\b", ""),
    "word": lambda case: case.target,
    "code": lambda case: {
        "twice": "```python\ndef twice(x):\n    return 2 * x\n```",
        "last": "```python\ndef last(items):\n    return items[-1] if items else None\n```",
    }[case.metadata["entry_point"]],
}


def test_every_case_of_smoke_is_won_by_the_right_answer_and_lost_by_a_wrong_one(folder: Path) -> None:
    dataset = Dataset.load(folder / "smoke")
    assert len(dataset) == 20
    assert len({case.metadata["kind"] for case in dataset}) == 8

    async def both(case: Case) -> list[float | None]:
        if case.metadata["kind"] == "call":
            calls = [ToolCall(tool=one["name"], args=_first(one["arguments"])) for one in case.target]
        else:
            calls = done(case) if case.metadata["kind"] == "errand" else []
        said = RIGHT.get(case.metadata["kind"], lambda _: "done")(case)
        turns: list[ScriptedTurn | str] = [ScriptedTurn(tool_calls=calls)] if calls else []
        arms = {
            "right": Agent("x", model=ScriptedModel([*turns, said])),
            "wrong": Agent("x", model=ScriptedModel(["I do not know."])),
        }
        ev: Evaluation = await evaluate(Dataset([case]), arms, scorers=scorers.from_spec("by_case"))
        return [trial.score("by_case") for trial in ev.trials]

    for case in dataset:
        assert anyio.run(both, case) == [1.0, 0.0], case.id


def _first(arguments: dict[str, list[Any]]) -> dict[str, Any]:
    return {name: values[0] for name, values in arguments.items()}


def test_each_case_may_name_its_scorer_and_what_names_none_is_unscored() -> None:
    judge: Any = scorers.by_case(default="exact")

    async def score(case: Case, output: str) -> Any:
        return await judge(_said(output), case, [])

    assert anyio.run(score, Case("c", "q", "x"), "x").value == 1
    assert anyio.run(score, Case("c", "q", 3, metadata={"scorer": "numeric"}), "it is 3").value == 1
    wrong = anyio.run(score, Case("c", "q", 3, metadata={"scorer": "numerik"}), "3")
    assert (wrong.value, "did you mean 'numeric'" in wrong.reason) == (None, True)
    assert anyio.run(score, Case("c", "q", 3, metadata={"scorer": 7}), "3").value is None
    judge = scorers.by_case()
    assert anyio.run(score, Case("c", "q", "x"), "x").value is None


def test_a_suite_names_any_scorer(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    named = (
        '["by_case", "end_state", "f1", "schema", { name = "code", seconds = 3 }, { name = "regex", pattern = "x" },'
        ' { name = "model_judge", model = "echo" }, { name = "pairwise_judge", model = "echo" }]'
    )
    path.write_text(
        f'[suite]\ndataset = "smoke"\nscorers = {named}\n[[arm]]\nname = "a"\nmodel = "echo"\n', encoding="utf-8"
    )
    assert len(load_suite(path).scorers) == 8


def _said(output: str) -> Any:
    from loomlab.core.results import RunResult

    return RunResult.model_construct(output=output, parsed=None)
