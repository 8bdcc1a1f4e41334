"""Whatever Python value a parameter is annotated for comes back as itself after a trip through JSON."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from loomlab.tools import InProcessToolHost, Tool


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Item(BaseModel):
    name: str
    tags: list[str] = []
    parent: "Item | None" = None


@dataclass
class Point:
    x: int
    y: float = 0.0


class Shape(TypedDict):
    corners: list[Point]


finite = st.floats(allow_nan=False, allow_infinity=False)
items = st.recursive(
    st.builds(Item, name=st.text(), tags=st.lists(st.text()), parent=st.none()),
    lambda inner: st.builds(Item, name=st.text(), tags=st.lists(st.text()), parent=inner),
    max_leaves=3,
)
points = st.builds(Point, x=st.integers(), y=finite)
KINDS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, st.integers()),
    (str, st.text()),
    (bool, st.booleans()),
    (float, finite),
    (str | int, st.text() | st.integers()),
    (int | None, st.none() | st.integers()),
    (Mood, st.sampled_from(Mood)),
    (Literal["a", 1], st.sampled_from(["a", 1])),
    (datetime, st.datetimes()),
    (date, st.dates()),
    (timedelta, st.timedeltas()),
    (UUID, st.uuids()),
    (Item, items),
    (Point, points),
    (Shape, st.fixed_dictionaries({"corners": st.lists(points)})),
    (list[Item], st.lists(items, max_size=3)),
    (dict[str, Point], st.dictionaries(st.text(), points, max_size=3)),
    (tuple[int, str], st.tuples(st.integers(), st.text())),
    (set[int], st.sets(st.integers())),
    (Annotated[int, Field(ge=0)], st.integers(min_value=0)),
]


def tool_for(kind: Any, seen: list[Any]) -> Tool:
    def keep_value(value: Any) -> None:
        seen.append(value)

    keep_value.__annotations__["value"] = kind
    return Tool("keep", "", keep_value)


@pytest.mark.parametrize(("kind", "values"), KINDS, ids=[str(kind) for kind, _ in KINDS])
@settings(max_examples=25)
@given(data=st.data())
def test_a_value_comes_back_from_json_as_itself(kind: Any, values: st.SearchStrategy[Any], data: Any) -> None:
    value = data.draw(values)
    sent = json.loads(TypeAdapter(kind).dump_json(value))
    seen: list[Any] = []
    result = anyio.run(InProcessToolHost([tool_for(kind, seen)]).call, "keep", {"value": sent})
    assert result.error is None
    assert seen == [value]
    assert type(seen[0]) is type(value)


@pytest.mark.parametrize(("kind", "values"), KINDS, ids=[str(kind) for kind, _ in KINDS])
def test_every_schema_is_json_without_titles(kind: Any, values: Any) -> None:
    schema = tool_for(kind, []).input_schema
    text = json.dumps(schema)
    assert json.loads(text) == schema
    assert '"title"' not in text
    assert schema["required"] == ["value"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(args=st.dictionaries(st.sampled_from(["item", "point", "n", "other"]), anything))
def test_no_arguments_whatever_crash_a_host(args: dict[str, Any]) -> None:
    def f(item: Item, point: Point | None = None, n: int = 0) -> str:
        assert isinstance(item, Item)
        assert point is None or isinstance(point, Point)
        assert isinstance(n, int)
        return "ran"

    result = anyio.run(InProcessToolHost([f]).call, "f", args)
    assert (result.output == "ran") if result.ok else ("argument" in str(result.error))
