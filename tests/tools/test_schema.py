"""What a model is told about a tool's arguments, read from annotations that are texts in this module."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, TypedDict, Union

import pytest
import typing_extensions
from pydantic import BaseModel, Field

from loomlab.tools import Tool, tool

if TYPE_CHECKING:
    from decimal import Decimal


class Item(BaseModel):
    name: str
    price: float = 1.0


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    y: int = 0


class Place(TypedDict, total=False):
    street: str
    number: int


class Address(typing_extensions.TypedDict):
    place: Place


def properties(fn: Any) -> dict[str, Any]:
    return dict(tool(fn).input_schema["properties"])


def test_primitives_have_exactly_the_plain_shape() -> None:
    def f(a: str, b: int, c: float, d: bool, e: int = 3) -> None: ...

    assert tool(f).input_schema == {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "integer"},
            "c": {"type": "number"},
            "d": {"type": "boolean"},
            "e": {"type": "integer"},
        },
        "required": ["a", "b", "c", "d"],
    }


def test_a_function_without_parameters_has_an_empty_object() -> None:
    def f() -> None: ...

    assert tool(f).input_schema == {"type": "object", "properties": {}, "required": []}


def test_self_cls_and_stars_are_not_arguments() -> None:
    def f(self: Any, a: int, *args: int, b: str = "", **kwargs: int) -> None: ...

    def g(cls: Any, a: int) -> None: ...

    assert list(properties(f)) == ["a", "b"]
    assert list(properties(g)) == ["a"]


def test_models_enums_dataclasses_and_typed_dicts_are_described_in_full() -> None:
    def f(items: list[Item], colour: Colour, point: Point, address: Address, place: Place) -> None: ...

    schema = tool(f).input_schema
    assert schema["properties"]["items"] == {"type": "array", "items": {"$ref": "#/$defs/Item"}}
    assert schema["$defs"]["Item"]["required"] == ["name"]
    assert schema["$defs"]["Colour"] == {"enum": ["red", "blue"], "type": "string"}
    assert schema["$defs"]["Point"]["properties"]["y"] == {"type": "integer", "default": 0}
    assert schema["$defs"]["Address"]["properties"]["place"] == {"$ref": "#/$defs/Place"}
    assert schema["$defs"]["Place"]["properties"]["number"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045
        (Union[int, str], {"anyOf": [{"type": "integer"}, {"type": "string"}]}),  # noqa: UP007
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (Literal["a", "b"], {"enum": ["a", "b"], "type": "string"}),
        (datetime, {"type": "string", "format": "date-time"}),
        (Path, {"type": "string", "format": "path"}),
        (Any, {}),
    ],
)
def test_each_annotation_has_its_schema(annotation: Any, expected: dict[str, Any]) -> None:
    def f(value): ...  # type: ignore[no-untyped-def]

    f.__annotations__["value"] = annotation
    assert properties(f)["value"] == expected


def test_no_title_is_left_anywhere_but_a_parameter_may_be_called_title() -> None:
    class Book(BaseModel):
        title: str = Field(title="The Title")
        parts: dict[str, list[Item]] = {}

    def f(title: str, book: Book) -> None: ...

    schema = tool(f).input_schema
    assert schema["properties"]["title"] == {"type": "string"}
    assert schema["$defs"]["Book"]["properties"]["title"] == {"type": "string"}

    def walk(node: Any, names: bool) -> None:
        if isinstance(node, dict):
            assert names or "title" not in node, node
            for key, value in node.items():
                walk(value, not names and key in ("properties", "$defs"))
        elif isinstance(node, list):
            for value in node:
                walk(value, False)

    walk(schema, False)


def test_descriptions_come_from_annotated_texts_fields_docs_and_defaults() -> None:
    def f(
        a: Annotated[int, "how many"],
        b: Annotated[str, Field(description="which one", max_length=3)],
        c: Annotated[int, typing_extensions.Doc("how long")],
        d: int = Field(default=2, ge=1, description="how deep"),
    ) -> None:
        """Do.

        Args:
            a: not this one
        """

    found = properties(f)
    assert {name: one["description"] for name, one in found.items()} == {
        "a": "how many",
        "b": "which one",
        "c": "how long",
        "d": "how deep",
    }
    assert found["b"]["maxLength"] == 3
    assert found["d"]["minimum"] == 1
    assert tool(f).input_schema["required"] == ["a", "b", "c"]


def test_a_default_of_none_admits_none() -> None:
    def f(a: int = None, b: list[int] = None) -> None: ...  # type: ignore[assignment]  # noqa: RUF013

    found = properties(f)
    assert found["a"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert {"type": "null"} in found["b"]["anyOf"]


def test_classes_defined_beside_the_tool_are_found_even_when_made_by_a_helper() -> None:
    class Local(BaseModel):
        x: int

    def f(one: Local, many: list[Local]) -> None: ...

    def helper(fn: Any) -> Tool:
        return tool(fn)

    assert "Local" in helper(f).input_schema["$defs"]


def test_a_return_annotation_that_cannot_be_resolved_does_not_matter() -> None:
    def f(a: int) -> NowhereToBeFound: ...  # type: ignore[name-defined]  # noqa: F821

    assert list(properties(f)) == ["a"]


def test_a_type_imported_only_for_type_checkers_is_named_at_once() -> None:
    def f(a: int, price: Decimal) -> None: ...

    with pytest.raises(TypeError, match=r"tool 'f'.*'Decimal'.*'price'.*not only for type checkers"):
        tool(f)


def test_a_type_that_json_cannot_carry_is_named_at_once() -> None:
    class Opaque: ...

    def f(a: int, thing: Opaque) -> None: ...

    with pytest.raises(TypeError, match=r"tool 'f': the type of parameter 'thing'"):
        tool(f)
