"""The model that says what it was told to say."""

import pytest

from loomlab.core.errors import TransientModelError
from loomlab.core.messages import Message, Role, ToolCall, ToolDef, Usage
from loomlab.core.protocols import Model
from loomlab.model import ScriptedModel, ScriptedTurn, joined

pytestmark = pytest.mark.anyio
ASKED = [Message(role=Role.USER, content="go")]


async def test_turns_are_replayed_in_order_and_then_it_falls_silent() -> None:
    call = ToolCall(tool="look", args={"x": 1})
    model = ScriptedModel(
        [ScriptedTurn(tool_calls=[call]), "two words", ScriptedTurn("c", usage=Usage(input_tokens=3))]
    )
    assert model.remaining == 3
    assert await model.complete(ASKED) == ("", [call], Usage(), "tool_use")
    assert await model.complete(ASKED) == ("two words", [], Usage(), "stop")
    assert (await model.complete(ASKED))[2].input_tokens == 3
    assert model.remaining == 0
    assert await model.complete(ASKED) == ("", [], Usage(), "stop")


async def test_a_streamed_turn_comes_word_by_word_then_calls_then_one_finish() -> None:
    call = ToolCall(tool="look")
    chunks = [chunk async for chunk in ScriptedModel([ScriptedTurn("a b c", [call])]).stream(ASKED)]
    assert [chunk.kind for chunk in chunks] == ["text", "text", "text", "tool_call", "finish"]
    assert joined(chunks) == ("a b c", [call], Usage(), "tool_use")


async def test_it_remembers_what_it_was_asked_even_when_the_caller_goes_on_writing() -> None:
    model = ScriptedModel(["x", "y"])
    talk = list(ASKED)
    tool = ToolDef(name="t", description="d")
    await model.complete(talk, tools=[tool], temperature=0.5, max_tokens=9, output_schema=Usage)
    talk.append(Message(role=Role.ASSISTANT, content="later"))
    await model.complete(talk)
    first, second = model.requests
    assert first.messages == tuple(ASKED)
    assert (first.tools, first.temperature, first.max_tokens, first.output_schema) == ((tool,), 0.5, 9, Usage)
    assert len(second.messages) == 2


async def test_a_turn_can_fail_before_or_after_its_text() -> None:
    model = ScriptedModel([ScriptedTurn("half an", error=TransientModelError("cut")), "fine"])
    heard = []
    with pytest.raises(TransientModelError):
        async for chunk in model.stream(ASKED):
            heard.append(chunk.text)  # noqa: PERF401 - what was heard before the error counts
    assert heard == ["half", " an"]
    assert (await model.complete(ASKED))[0] == "fine"


def test_it_is_a_model() -> None:
    assert isinstance(ScriptedModel([]), Model)
    assert ScriptedModel.name == "scripted"
