"""What a tool returned, as data that JSON can carry."""

import dataclasses
import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from loomlab.tools import json_ready


class Person(BaseModel):
    name: str
    born: datetime


@dataclasses.dataclass
class Pair:
    left: int
    right: Any = None


class Light(Enum):
    ON = "on"


class Opaque:
    def __str__(self) -> str:
        return "an opaque thing"


class Array:
    def tolist(self) -> list[int]:
        return [1, 2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            Person(name="Ada", born=datetime(1815, 12, 10, tzinfo=UTC)),
            {"name": "Ada", "born": "1815-12-10T00:00:00Z"},
        ),
        ([Pair(1, Light.ON)], [{"left": 1, "right": "on"}]),
        ((1, 2), [1, 2]),
        ({1}, [1]),
        ({"at": PurePosixPath("a/b"), "n": Decimal("1.5")}, {"at": "a/b", "n": "1.5"}),
        (Opaque(), "an opaque thing"),
        ({"x": Opaque()}, {"x": "an opaque thing"}),
        (Array(), [1, 2]),
        (b"text", "text"),
        (b"\xff\x00", "_wA="),
        (None, None),
    ],
)
def test_each_kind_of_value_becomes_plain(value: Any, expected: Any) -> None:
    assert json_ready(value) == expected


def test_what_holds_itself_becomes_text_instead_of_failing() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert isinstance(json_ready(loop), str)


def test_not_a_number_stays_a_number() -> None:
    assert math.isnan(json_ready({"x": math.nan})["x"])


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(plain)
def test_plain_data_stays_as_it_is(value: Any) -> None:
    assert json_ready(value) == value


@given(st.recursive(st.integers() | st.binary() | st.dates() | st.uuids(), lambda inner: st.tuples(inner, inner)))
def test_whatever_comes_out_json_takes(value: Any) -> None:
    made = json_ready(value)
    assert json.loads(json.dumps(made)) == made
