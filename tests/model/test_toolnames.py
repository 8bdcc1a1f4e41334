"""Tool names that providers take, and back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from loomlab.core.messages import Message, Role, ToolCall, ToolDef
from loomlab.model.toolnames import ToolNames


def test_a_dot_becomes_two_underscores_and_comes_back() -> None:
    names = ToolNames(["alpha.search", "plain"])
    assert names.wire("alpha.search") == "alpha__search"
    assert names.wire("plain") == "plain"
    assert names.ours("alpha__search") == "alpha.search"
    assert names.ours("never_sent") == "never_sent"


def test_a_legal_name_is_never_taken_away() -> None:
    names = ToolNames(["alpha.search", "alpha__search"])
    assert names.wire("alpha__search") == "alpha__search"
    assert names.wire("alpha.search") != "alpha__search"
    assert names.ours(names.wire("alpha.search")) == "alpha.search"


def test_calls_in_the_history_are_translated_too() -> None:
    said = Message(role=Role.ASSISTANT, content="", tool_calls=(ToolCall(tool="gone.tool"),))
    names = ToolNames.of([said], [ToolDef(name="t", description="")])
    assert names.wire("gone.tool") == "gone__tool"


@given(st.lists(st.text(min_size=1, max_size=90), max_size=12))
def test_every_name_is_legal_on_the_wire_and_comes_back_itself(given_names: list[str]) -> None:
    names = ToolNames(given_names)
    for name in given_names:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", names.wire(name))
        assert names.ours(names.wire(name)) == name
