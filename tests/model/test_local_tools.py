import json
from typing import Any

import pytest

from loomlab.core import Message, Role, ToolCall, ToolDef
from loomlab.model.local_prompt import conversation
from loomlab.model.local_tools import offer, open_question, read_call

WEATHER = ToolDef(
    name="get_weather",
    description="Get the\n  weather in a city.",
    input_schema={
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
    },
)
ADD = ToolDef(
    name="add",
    description="Add.",
    input_schema={"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}},
)
NOW = ToolDef(name="now", description="The time.")
TOOLS = [WEATHER, ADD, NOW]


def reply(tool: str, **arguments: Any) -> str:
    return json.dumps({"tool": tool, "arguments": arguments})


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (reply("get_weather", city="Paris"), "what is the weather in PARIS?"),
        (reply("get_weather", city="New York", unit="kelvin"), "rain in York"),
        (reply("add", a=12.0, b=7), "what is 12 plus seven"),
        (reply("get_weather", city="東京"), "東京 の天気"),
        (reply("now"), "what time is it now?"),
        (reply("get_weather", unit="celsius"), "what is the weather?"),
    ],
)
def test_a_call_counts_when_a_value_comes_from_the_conversation(text: str, known: str) -> None:
    call = read_call(text, TOOLS, known)
    assert call is not None
    assert call.args == json.loads(text)["arguments"]
    assert call.tool_def in TOOLS


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (reply("get_weather", city="New York"), "hello there"),
        (reply("get_weather", city="in"), "in a word"),
        (reply("get_weather", city="Paris", unit="celsius"), "how hot is it in celsius"),
        (reply("add", a=1, b=2), "who wrote Hamlet?"),
        (reply("now"), "who wrote Hamlet?"),
        (reply("no_such_tool", city="Paris"), "Paris"),
        ('{"answer": "Paris"}', "Paris"),
        ('{"tool": "get_weather", "arguments": {"city": "Par', "Paris"),
        ('{"tool": "get_weather", "arguments": "Paris"}', "Paris"),
        ("[]", "Paris"),
        ("", ""),
    ],
)
def test_made_up_broken_and_foreign_calls_do_not_count(text: str, known: str) -> None:
    assert read_call(text, TOOLS, known) is None


def left(question: str, *calls: dict[str, Any]) -> str | None:
    messages = [Message(role=Role.USER, content=question)]
    for number, args in enumerate(calls):
        call = ToolCall(id=str(number), tool="get_weather", args=args)
        messages.append(Message(role=Role.ASSISTANT, content="", tool_calls=(call,)))
        messages.append(Message(role=Role.TOOL, content="18 °C", tool_call_id=str(number)))
    return open_question(conversation(messages))


def test_before_any_call_the_whole_question_is_open() -> None:
    assert left("what is the weather?") == "what is the weather?"


def test_a_name_or_number_that_no_call_used_keeps_the_question_open() -> None:
    assert left("Is it warmer in Rome or in Oslo?", {"city": "Rome"}) == "Is it warmer in or in Oslo?"
    assert left("compare orders 12 and 55", {"order": 12}) == "compare orders and 55"


@pytest.mark.parametrize(
    ("question", "calls"),
    [
        ("What is the weather in Paris?", [{"city": "Paris"}]),
        ("Is it warmer in Rome or in Oslo?", [{"city": "Rome"}, {"city": "oslo"}]),
        ("Hello. Should I wear a coat in Paris?", [{"city": "Paris"}]),
        ("add 12 and 30.", [{"a": 12, "b": 30}]),
    ],
)
def test_once_every_name_and_number_is_used_the_question_is_closed(question: str, calls: list[dict[str, Any]]) -> None:
    assert left(question, *calls) is None


def test_tools_are_offered_one_a_line() -> None:
    text = offer(TOOLS, "And in Oslo?")
    assert (
        "- get_weather(city: string, unit: string): Get the weather in a city.\n- add(a: number, b: number): Add.\n"
        in text
    )
    assert text.endswith("\n\nAnd in Oslo?")
