"""Certified values in what tools return."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from loomlab.core import CertifiedValue
from loomlab.data import certified_values
from loomlab.tools.output import json_ready

ONE = CertifiedValue(value={"a": 1}, source="s", fetched_at=datetime(2026, 1, 1, tzinfo=UTC))


@dataclass
class Row:
    cell: Any


class Page(BaseModel):
    cell: Any


@pytest.mark.parametrize(
    "output", [ONE, [ONE], (1, [ONE]), {"a": {"b": ONE}}, Row(ONE), Page(cell=[ONE]), Row([Page(cell=ONE)])]
)
def test_they_are_found_as_objects_and_as_json(output: Any) -> None:
    assert certified_values(output) == [ONE]
    assert certified_values(json_ready(output)) == [ONE]


def test_one_inside_of_another_is_found_too() -> None:
    outer = ONE.model_copy(update={"value": [ONE], "source": "t"})
    assert [one.source for one in certified_values(json_ready(outer))] == ["t", "s"]


@pytest.mark.parametrize(
    "output",
    [
        "text",
        None,
        3,
        {"value": 1, "source": "s"},
        {**ONE.model_dump(mode="json"), "more": 1},
        {**ONE.model_dump(mode="json"), "fetched_at": "long ago"},
    ],
)
def test_what_only_looks_like_one_is_none(output: Any) -> None:
    assert certified_values(output) == []


def test_a_list_that_holds_itself_ends() -> None:
    loop: list[Any] = [ONE]
    loop.append(loop)
    assert len(certified_values(loop)) < 200
