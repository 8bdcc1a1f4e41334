"""Schemas of structured answers."""

import json
from typing import Annotated, Any, Literal, Optional, Union

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel

from loomlab.model.schema import answer_schema, models_in
from loomlab.model.strict import strict_schema


class City(BaseModel):
    """A place."""

    name: str = Field(min_length=2, description="its name")
    mayor: Optional[str] = None  # noqa: UP045


class Trip(BaseModel):
    start: City = Field(description="where from")
    stops: list[City] = []
    kind: Literal["air", "rail"] = "rail"
    end: City | None = None


class Node(BaseModel):
    children: list["Node"] = []


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


class Pet(BaseModel):
    who: Annotated[Cat | Dog, Field(discriminator="kind")]


class Free(BaseModel):
    fields: dict[str, int]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    x: int


class Anything(BaseModel):
    x: Any


class Pair(BaseModel):
    both: tuple[int, str]


def strict_of(schema: Any) -> dict[str, Any] | None:
    answer = answer_schema(schema)
    assert answer is not None
    return strict_schema(answer.schema)


def objects(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        found = [node] if node.get("type") == "object" else []
        return found + [one for item in node.values() for one in objects(item)]
    return [one for item in node for one in objects(item)] if isinstance(node, list) else []


@pytest.mark.parametrize("schema", [City, Trip, Node, Pet, City | Trip, RootModel[list[int]]])
def test_a_strict_schema_requires_every_property_and_allows_no_other(schema: Any) -> None:
    strict = strict_of(schema)
    assert strict is not None
    assert strict["type"] == "object"
    found = objects(strict)
    assert found
    for one in found:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])
    text = json.dumps(strict)
    for keyword in ("default", "minLength", "oneOf", "discriminator", "allOf"):
        assert f'"{keyword}"' not in text


def test_an_optional_field_may_be_null() -> None:
    strict = strict_of(City)
    assert strict is not None
    assert strict["properties"]["mayor"]["anyOf"] == [{"type": "string"}, {"type": "null"}]


def test_a_described_reference_is_written_out_since_nothing_may_stand_beside_a_reference() -> None:
    strict = strict_of(Trip)
    assert strict is not None
    assert strict["properties"]["start"]["description"] == "where from"
    assert "$ref" not in strict["properties"]["start"]
    assert strict["properties"]["stops"]["items"] == {"$ref": "#/$defs/City"}


@pytest.mark.parametrize("schema", [Free, Open, Anything, Pair])
def test_what_the_strict_dialect_cannot_say_is_not_bent_into_it(schema: type[BaseModel]) -> None:
    assert strict_of(schema) is None


def test_the_models_of_a_union_are_found_and_the_rest_dropped() -> None:
    assert models_in(City | int | None) == (City,)
    assert models_in(Union[City, Trip]) == (City, Trip)  # noqa: UP007
    assert models_in(int) == ()
    assert answer_schema(int) is None
    assert answer_schema(None) is None


def test_a_union_travels_inside_an_object_and_comes_out_again() -> None:
    answer = answer_schema(Cat | Dog)
    assert answer is not None
    assert answer.wrapped
    assert answer.unwrap('{"answer": {"kind": "dog"}}') == '{"kind":"dog"}'
    assert answer.unwrap('{"kind": "dog"}') == '{"kind": "dog"}'
    assert answer.unwrap("not json") == "not json"


def test_a_model_that_has_a_field_named_answer_is_left_alone() -> None:
    class Quiz(BaseModel):
        answer: str

    answer = answer_schema(Quiz)
    assert answer is not None
    assert answer.unwrap('{"answer": "42"}') == '{"answer": "42"}'


def test_models_of_the_same_name_keep_their_own_definitions() -> None:
    def make(kind: type) -> type[BaseModel]:
        class Same(BaseModel):
            value: kind  # type: ignore[valid-type]

        return Same

    one, other = make(int), make(str)
    answer = answer_schema(one | other)
    assert answer is not None
    types = {one["properties"]["value"]["type"] for one in answer.schema["$defs"].values()}
    assert types == {"integer", "string"}
