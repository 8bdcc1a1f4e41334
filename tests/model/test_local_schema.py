"""Every schema must pass the real converter; no weights are needed for that."""

import datetime as dt
import json
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field

from loomlab.core import ToolDef
from loomlab.model.local_schema import LIST_LIMIT, TEXT_LIMIT, grammar_schema, outline, schema_of
from loomlab.model.local_tools import call_schema

xllamacpp = pytest.importorskip("xllamacpp", reason="the package xllamacpp is not here: pip install 'loomlab[local]'")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    sku: Annotated[str, Field(pattern=r"^A\w+\b$", max_length=12)]
    count: Annotated[int, Field(ge=1, lt=100, multiple_of=2)]
    price: Annotated[float, Field(gt=0)]


class Order(BaseModel):
    items: list[Item]
    colour: Colour = Colour.RED
    due: dt.date
    at: dt.datetime | None = None
    note: Optional[str] = Field(None, description="anything else")  # noqa: UP045
    tags: set[str] = set()
    stock: dict[str, int] = {}
    pair: tuple[int, str] = (1, "a")
    kind: Literal["sale", "gift"] = "sale"
    anything: Any = None


class Tree(BaseModel):
    name: str
    children: list["Tree"] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool


class Pet(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


BFCL = {
    "type": "dict",
    "properties": {
        "x": {"type": "float"},
        "points": {"type": "array", "items": {"type": "tuple", "items": {"type": "float"}}},
        "what": {"type": "any"},
        "flags": {"type": "list", "items": {"type": "bool"}},
    },
    "required": ["x", "missing"],
}


@pytest.mark.parametrize("shape", [Order, Tree, Pet, Cat | Dog, list[int], dict[str, float], bool, BFCL, {}])
def test_the_grammar_takes_every_shape(shape: Any) -> None:
    assert "root ::=" in xllamacpp.json_schema_to_grammar(grammar_schema(schema_of(shape)))


def test_a_schema_without_a_limit_gets_one_and_a_given_one_stays() -> None:
    schema = grammar_schema(schema_of(Order))
    assert schema["properties"]["items"]["maxItems"] == LIST_LIMIT
    assert schema["$defs"]["Item"]["properties"]["sku"]["maxLength"] == 12
    note = schema["properties"]["note"]["anyOf"][0]
    assert note == {"type": "string", "maxLength": TEXT_LIMIT}
    assert schema["required"] == ["items", "due"]


def test_types_of_other_dialects_are_translated() -> None:
    schema = grammar_schema(BFCL)
    assert schema["type"] == "object"
    assert schema["properties"]["x"] == {"type": "number"}
    assert schema["properties"]["points"]["items"]["items"] == {"type": "number"}
    assert schema["properties"]["what"] == {}
    assert schema["required"] == ["x"]


def test_tools_with_definitions_of_the_same_name_do_not_mix() -> None:
    def tool(name: str, kind: str) -> ToolDef:
        schema = {
            "type": "object",
            "properties": {"it": {"$ref": "#/$defs/Thing"}},
            "required": ["it"],
            "$defs": {"Thing": {"type": kind}},
        }
        return ToolDef(name=name, description="", input_schema=schema)

    schema = call_schema([tool("a", "integer"), tool("b", "boolean"), ToolDef(name="bare", description="")])
    kinds = [
        schema["$defs"][choice["properties"]["arguments"]["properties"]["it"]["$ref"].rpartition("/")[2]]["type"]
        for choice in schema["anyOf"][:2]
    ]
    assert kinds == ["integer", "boolean"]
    assert "root ::=" in xllamacpp.json_schema_to_grammar(schema)


def test_one_tool_alone_still_leaves_the_choice_to_answer() -> None:
    schema = call_schema([ToolDef(name="bare", description="", input_schema={"type": "object", "properties": {}})])
    assert [sorted(choice["properties"]) for choice in schema["anyOf"]] == [["arguments", "tool"], ["answer"]]


def test_the_outline_names_fields_types_and_choices() -> None:
    assert outline(schema_of(Item)) == '{"sku": string, "count": integer, "price": number}'
    assert '"colour": "red" or "blue"' in outline(schema_of(Order))
    assert outline(schema_of(Cat | Dog)) == '{"kind": "cat", "lives": integer} or {"kind": "dog", "good": boolean}'


def test_the_outline_of_a_recursive_shape_ends() -> None:
    assert outline(schema_of(Tree)).count('"name"') < 8
    json.dumps(grammar_schema(schema_of(Tree)))
