"""Reading a tool call's arguments."""

import pytest

from loomlab.model.arguments import read_call


def test_an_object_is_read() -> None:
    call = read_call("id1", "t", '{"a": [1, {"b": null}]}')
    assert (call.id, call.tool, call.args, call.error) == ("id1", "t", {"a": [1, {"b": None}]}, None)


@pytest.mark.parametrize("text", ["", "  ", None, "null"])
def test_nothing_means_no_arguments(text: str | None) -> None:
    call = read_call("id1", "t", text)
    assert (call.args, call.error) == ({}, None)


@pytest.mark.parametrize("text", ['{"a": ', "[1]", '"x"', "3", "{'a': 1}", "{}{}"])
def test_what_is_no_json_object_becomes_an_error_the_model_can_read(text: str) -> None:
    call = read_call("id1", "t", text)
    assert call.args == {}
    assert call.error is not None
    assert "arguments" in call.error
    assert text in call.error


def test_a_flood_of_broken_json_is_shown_in_part() -> None:
    call = read_call("id1", "t", "[" * 100_000)
    assert call.error is not None
    assert len(call.error) < 500
    assert "100000 characters" in call.error


def test_a_call_without_an_id_gets_one() -> None:
    assert read_call(None, "t", "{}").id.startswith("tcall_")
