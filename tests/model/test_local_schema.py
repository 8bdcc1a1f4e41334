"""What is made of schemas, and that the real model takes the result."""

import datetime as dt
import json
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field
from pydantic_core import from_json

from loomlab.core import InvalidRequestError, Message, Role, ToolDef
from loomlab.model.local import LocalModel
from loomlab.model.local_outline import outline
from loomlab.model.local_schema import LIST_LIMIT, TEXT_LIMIT, grammar_schema, schema_of
from loomlab.model.local_tools import call_schema

ASKED = [Message(role=Role.USER, content="Give me an example.")]


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


@pytest.mark.local_model
@pytest.mark.anyio
@pytest.mark.parametrize("shape", [Order, Tree, Pet, Cat | Dog, list[int], dict[str, float], bool, BFCL, {}])
async def test_the_model_takes_every_shape(shape: Any) -> None:
    text, _, usage, _ = await LocalModel().complete(ASKED, output_schema=shape, max_tokens=16)
    assert text.strip()
    from_json(text, allow_partial=True)
    assert usage.output_tokens <= 16


class Impossible(BaseModel):
    code: Annotated[str, Field(min_length=5, max_length=2)]


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (schema_of(Impossible), "minLength 5 and maxLength 2"),
        ({"type": "array", "minItems": 3, "maxItems": 2}, "minItems 3 and maxItems 2"),
        ({"type": "array", "minItems": 10_000}, "minItems 10000, where 100 is the most"),
        ({"type": "integer", "minimum": 5, "exclusiveMaximum": 5}, "at least 5 and at most 4"),
        ({"anyOf": [{"enum": []}, {"type": "string"}]}, "an enum without values"),
    ],
)
def test_a_schema_that_nothing_fits_is_refused_before_the_grammar_writer_sees_it(schema: Any, why: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"the schema of Thing can't be enforced .*: .*{why}"):
        grammar_schema(schema, "Thing")


def test_a_schema_without_a_limit_gets_one_and_a_given_one_stays() -> None:
    schema = grammar_schema(schema_of(Order), "Order")
    assert schema["properties"]["items"]["maxItems"] == LIST_LIMIT
    item = schema["$defs"]["Item"]["properties"]
    assert item["sku"] == {"type": "string", "maxLength": 12}
    assert item["count"] == {"type": "integer", "minimum": 1, "maximum": 99}
    note = schema["properties"]["note"]["anyOf"][0]
    assert note == {"type": "string", "maxLength": TEXT_LIMIT}
    assert schema["required"] == ["items", "due"]


def test_types_of_other_dialects_are_translated() -> None:
    schema = grammar_schema(BFCL, "f")
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


def test_one_tool_alone_still_leaves_the_choice_to_answer() -> None:
    schema = call_schema([ToolDef(name="bare", description="", input_schema={"type": "object", "properties": {}})])
    assert [sorted(choice["properties"]) for choice in schema["anyOf"]] == [["arguments", "tool"], ["answer"]]


def test_the_outline_names_fields_types_and_choices() -> None:
    assert outline(schema_of(Item)) == '{"sku": string, "count": integer, "price": number}'
    assert '"colour": "red" or "blue"' in outline(schema_of(Order))
    assert outline(schema_of(Cat | Dog)) == '{"kind": "cat", "lives": integer} or {"kind": "dog", "good": boolean}'


def test_the_outline_of_a_recursive_shape_ends() -> None:
    assert outline(schema_of(Tree)).count('"name"') < 8
    json.dumps(grammar_schema(schema_of(Tree), "Tree"))
