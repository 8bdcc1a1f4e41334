"""JSON of the right form, by a type or by a JSON schema."""

import json
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from loomlab.core.errors import ConfigError
from loomlab.core.results import RunResult
from loomlab.evals import Case, Score, ScoreState, scorers

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
}


class Person(BaseModel):
    name: str
    age: int = Field(ge=0)


def score(judge: Any, output: str, parsed: Any = None, **metadata: Any) -> Score:
    now = datetime.now(UTC)
    result = RunResult(session_id="s", output=output, parsed=parsed, turns=1, started_at=now, finished_at=now)
    said = judge(result, Case("c", "q", metadata=metadata))
    assert isinstance(said, Score)
    return said


@pytest.mark.parametrize("shape", [PERSON, Person])
@pytest.mark.parametrize(
    ("output", "value", "reason"),
    [
        ('{"name": "Ann", "age": 3}', 1, None),
        ('Here:\n```json\n{"name": "Ann", "age": 3}\n```', 1, None),
        ('{"name": "Ann", "age": -3}', 0, "$.age"),
        ('{"name": "Ann"}', 0, "age"),
        ("[]", 0, "$"),
        ("no json", 0, "no JSON in the answer"),
        ('{"name": "Ann", ', 0, "no JSON in the answer"),
    ],
)
def test_a_model_and_a_schema_judge_alike(shape: Any, output: str, value: float, reason: str | None) -> None:
    said = score(scorers.schema(shape), output)
    assert said.value == value
    assert reason is None or reason in str(said.reason)


def test_a_typed_answer_is_judged_as_it_is() -> None:
    assert score(scorers.schema(PERSON), "ignored", parsed=Person(name="Ann", age=3)).value == 1
    assert score(scorers.schema(Literal["yes", "no"]), '"yes"').value == 1
    assert score(scorers.schema(Literal["yes", "no"]), '"maybe"').value == 0
    assert score(scorers.schema(list[int]), "[1, 2]").value == 1


def test_strict_wants_nothing_around_the_json() -> None:
    judge = scorers.schema(PERSON, strict=True)
    assert score(judge, ' {"name": "Ann", "age": 3}\n').value == 1
    assert score(judge, 'Sure: {"name": "Ann", "age": 3}').value == 0


def test_the_schema_may_come_with_the_case() -> None:
    assert score(scorers.schema(), "[1]", schema={"type": "array"}).value == 1
    assert score(scorers.schema(), "{}", schema={"type": "array"}).value == 0
    assert score(scorers.schema(), "{}").state is ScoreState.UNSCORED
    assert score(scorers.schema(), "{}", schema={"type": "arry"}).state is ScoreState.UNSCORED


def test_what_is_no_schema_is_refused_where_it_is_given() -> None:
    with pytest.raises(ConfigError, match="no JSON schema: \\$\\.type"):
        scorers.from_spec({"name": "schema", "shape": {"type": "strng"}})
    with pytest.raises(ConfigError, match="a type or a JSON schema"):
        scorers.from_spec({"name": "schema", "shape": "person"})
    assert score(scorers.from_spec({"name": "schema", "shape": PERSON}), "{}").value == 0


def test_a_schema_that_points_elsewhere_is_not_fetched() -> None:
    judge = scorers.schema({"$ref": "http://127.0.0.1:9/person.json"})
    with pytest.raises(ValueError, match="refers to something that is not in it"):
        score(judge, "{}")


def test_answers_nested_without_end_are_wrong_and_not_a_fault() -> None:
    assert score(scorers.schema(PERSON), "[" * 100_000).value == 0
    assert score(scorers.schema(PERSON, strict=True), "[" * 100_000).value == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_any_json_fits_the_schema_that_asks_for_nothing(value: Any) -> None:
    assert score(scorers.schema({}), json.dumps(value)).value == 1
    assert score(scorers.schema({"not": {}}), json.dumps(value)).value == 0


@given(st.lists(JSON, max_size=3), st.text(alphabet="abc .\n", max_size=20))
def test_prose_around_the_json_changes_nothing(value: list[Any], prose: str) -> None:
    judge = scorers.schema({"type": "array", "maxItems": 1})
    assert score(judge, f"{prose}\n```json\n{json.dumps(value)}\n```").value == float(len(value) <= 1)
