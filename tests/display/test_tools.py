"""The table of an agent's tools."""

from typing import Any

import pytest
from hostile import PAYLOADS
from safe import words, wrong

from loomlab.display.theme import HTML_CAP
from loomlab.display.tools import HeldTool, arguments_of, tools_html, tools_text

SCHEMA = {
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "default": 1},
        "unit": {"enum": ["c", "f"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "near": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    },
    "required": ["city"],
}


def test_arguments_have_their_types_defaults_and_whether_they_may_be_left_out() -> None:
    assert (
        arguments_of(SCHEMA)
        == "city: string, days: integer = 1, unit?: 'c' or 'f', tags?: list of string, near?: number"
    )


@pytest.mark.parametrize(
    "schema",
    [None, {}, {"properties": None}, {"properties": []}, {"required": 3, "properties": {"a": None, "b": True}}]
    + [{"properties": {"a": {"type": kind}}} for kind in (None, 3, ["string", "null"], {"x": 1})],
)
def test_a_schema_of_any_shape_breaks_nothing(schema: Any) -> None:
    assert tools_html("t", [HeldTool("a", "x", schema=schema)])
    assert isinstance(arguments_of(schema), str)


def test_a_row_says_where_a_tool_comes_from_whether_it_may_run_and_what_became_of_it() -> None:
    tools = [
        HeldTool("weather", "function", "The weather.", SCHEMA, calls=1_204, failed=2, refused=0),
        HeldTool("bash", "built-in", "Run.", {}, True, "asks", "it is destructive", 0, 0, 0),
        HeldTool("reserve", "MCP server desk", "", {}, False, "denied", "it is on the list", None, None, None),
    ]
    html, text = (
        tools_html("tools of desk", tools, ["mail is down"]),
        tools_text("tools of desk", tools, ["mail is down"]),
    )
    for said in (words(html), text):
        assert "3 tools · 1 asks · 1 denied" in said
        assert "mail is down" in said
        for part in ("MCP server desk", "? asks", "✕ denied", "✓ allowed", "1,204"):
            assert part in said
    assert "it is destructive" in words(html)
    assert "changes the world" in words(html)


def test_tools_that_nobody_holds_yet_have_no_permission() -> None:
    tools = [HeldTool("weather", "sky", "", SCHEMA)]
    for said in (words(tools_html("t", tools, held=False)), tools_text("t", tools, held=False)):
        assert "allowed" not in said
        assert "permission" not in said
        assert "city: string" in said


@pytest.mark.parametrize("name", PAYLOADS)
def test_what_a_server_says_of_its_tools_stays_text(name: str) -> None:
    evil = PAYLOADS[name]
    schema = {"properties": {evil: {"type": evil, "default": evil, "enum": [evil]}}, "required": [evil]}
    tool = HeldTool(evil, evil, evil, schema, True, "asks", evil, 1, 1, 1)
    assert wrong(tools_html(evil, [tool], [evil])) == []


def test_a_thousand_tools_with_long_descriptions_stay_within_the_cap() -> None:
    many = [HeldTool("n" * 500, "s" * 500, "<&>" * 5_000, {"properties": {"a" * 900: {}}}) for _ in range(1_000)]
    assert len(tools_html("t", many).encode()) <= HTML_CAP
    assert "more tools not shown" in words(tools_html("t", many))
