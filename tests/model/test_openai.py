"""What is OpenAI's own."""

import sys
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from loomlab.core.errors import AuthenticationError, ContentFilterError
from loomlab.core.messages import Message, Role, ToolCall, ToolDef
from loomlab.model import OpenAIModel, joined
from loomlab.testing.wire import OpenAIWire, Reply, WireCall

pytestmark = pytest.mark.anyio
ASKED = [Message(role=Role.USER, content="hi")]
Make = Callable[..., OpenAIModel]


class City(BaseModel):
    name: str
    mayor: str | None = None


class River(BaseModel):
    length: float


class Free(BaseModel):
    fields: dict[str, int]


async def streamed(model: OpenAIModel, **settings: Any) -> Any:
    return joined([chunk async for chunk in model.stream(ASKED, **settings)])


async def test_the_request_holds_what_was_asked_and_no_more(openai_model: Make, openai_wire: OpenAIWire) -> None:
    openai_wire.steps += [Reply("x"), Reply("x")]
    model = openai_model()
    await model.complete(ASKED)
    assert openai_wire.requests[0].body == {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    await streamed(model, temperature=0.2, max_tokens=7)
    body = openai_wire.requests[1].body
    assert (body["temperature"], body["max_tokens"]) == (0.2, 7)
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert openai_wire.requests[0].path == "/v1/chat/completions"
    assert openai_wire.requests[0].headers["authorization"].startswith("Bearer ")


async def test_a_conversation_is_written_message_by_message(openai_model: Make, openai_wire: OpenAIWire) -> None:
    openai_wire.steps.append(Reply("x"))
    call = ToolCall(id="c1", tool="look", args={"at": ["ä", 1]})
    talk = [
        Message(role=Role.SYSTEM, content="s"),
        *ASKED,
        Message(role=Role.ASSISTANT, content="", tool_calls=(call,)),
        Message(role=Role.TOOL, content="seen", tool_call_id="c1"),
        Message(role=Role.ASSISTANT, content="so"),
    ]
    await openai_model().complete(talk, tools=[ToolDef(name="look", description="looks")])
    body = openai_wire.requests[0].body
    wire_call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at":["ä",1]}'}}
    assert body["messages"] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [wire_call]},
        {"role": "tool", "tool_call_id": "c1", "content": "seen"},
        {"role": "assistant", "content": "so"},
    ]
    function = {"name": "look", "description": "looks", "parameters": {"type": "object", "properties": {}}}
    assert body["tools"] == [{"type": "function", "function": function}]


async def test_a_reasoning_model_is_spared_what_it_refuses(openai_model: Make, openai_wire: OpenAIWire) -> None:
    openai_wire.steps.append(Reply("x"))
    with pytest.warns(UserWarning, match="o3 takes no temperature"):
        await openai_model("o3").complete(ASKED, temperature=0.2, max_tokens=50)
    body = openai_wire.requests[0].body
    assert "temperature" not in body
    assert "max_tokens" not in body
    assert body["max_completion_tokens"] == 50


async def test_a_schema_is_sent_strict(openai_model: Make, openai_wire: OpenAIWire) -> None:
    openai_wire.steps.append(Reply('{"name": "Rome", "mayor": null}'))
    model = openai_model()
    assert model.native_schema
    await model.complete(ASKED, output_schema=City)
    form = openai_wire.requests[0].body["response_format"]
    assert form["type"] == "json_schema"
    assert (form["json_schema"]["name"], form["json_schema"]["strict"]) == ("City", True)
    assert form["json_schema"]["schema"]["required"] == ["name", "mayor"]
    assert form["json_schema"]["schema"]["additionalProperties"] is False


async def test_a_schema_beyond_the_strict_dialect_is_sent_as_advice(
    openai_model: Make, openai_wire: OpenAIWire
) -> None:
    openai_wire.steps.append(Reply("{}"))
    await openai_model().complete(ASKED, output_schema=Free)
    form = openai_wire.requests[0].body["response_format"]["json_schema"]
    assert form["strict"] is False
    assert form["schema"]["properties"]["fields"]["additionalProperties"] == {"type": "integer"}


@pytest.mark.parametrize("way", ["stream", "complete"])
async def test_a_union_comes_out_of_its_wrapping(openai_model: Make, openai_wire: OpenAIWire, way: str) -> None:
    openai_wire.steps.append(Reply('{"answer": {"length": 3.5}}'))
    model = openai_model()
    ask = (
        streamed(model, output_schema=City | River)
        if way == "stream"
        else model.complete(ASKED, output_schema=City | River)
    )
    text = (await ask)[0]
    assert River.model_validate_json(text).length == 3.5
    members = openai_wire.requests[0].body["response_format"]["json_schema"]["schema"]["properties"]["answer"]["anyOf"]
    assert len(members) == 2


async def test_a_model_too_old_for_schemas_is_sent_none(openai_model: Make, openai_wire: OpenAIWire) -> None:
    openai_wire.steps.append(Reply("{}"))
    model = openai_model("gpt-4")
    assert not model.native_schema
    await model.complete(ASKED, output_schema=City)
    assert "response_format" not in openai_wire.requests[0].body


@pytest.mark.parametrize("way", ["stream", "complete"])
async def test_a_reply_that_the_filter_cut_is_an_error(openai_model: Make, openai_wire: OpenAIWire, way: str) -> None:
    openai_wire.steps.append(Reply("some of it", finish="content_filter"))
    model = openai_model()
    with pytest.raises(ContentFilterError):
        await (streamed(model) if way == "stream" else model.complete(ASKED))


@pytest.mark.parametrize("way", ["stream", "complete"])
async def test_a_refusal_is_text_or_where_a_schema_is_due_an_error(
    openai_model: Make, openai_wire: OpenAIWire, way: str
) -> None:
    openai_wire.steps += [Reply(refusal="I would rather not"), Reply(refusal="I would rather not")]
    model = openai_model()
    text = (await (streamed(model) if way == "stream" else model.complete(ASKED)))[0]
    assert text == "I would rather not"
    with pytest.raises(ContentFilterError, match="rather not"):
        await (streamed(model, output_schema=City) if way == "stream" else model.complete(ASKED, output_schema=City))


async def test_a_server_that_sends_no_usage_leaves_the_cost_unknown(
    openai_model: Make, openai_wire: OpenAIWire
) -> None:
    openai_wire.steps += [Reply("x", with_usage=False), Reply("x", with_usage=False)]
    model = openai_model()
    assert (await streamed(model))[2].cost_usd is None
    assert (await model.complete(ASKED))[2].cost_usd is None


async def test_an_unlisted_model_has_an_unknown_cost(openai_model: Make, openai_wire: OpenAIWire) -> None:
    openai_wire.steps.append(Reply("x"))
    usage = (await openai_model("my-own-model").complete(ASKED))[2]
    assert (usage.input_tokens, usage.cost_usd) == (10, None)


class Client:
    """An OpenAI client as a test would fake it: it has ``chat.completions.create`` and nothing else."""

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, Any]] = []
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self.create))

    async def create(self, **request: Any) -> Any:
        self.asked.append(request)
        return self.replies.pop(0)


def chunk(finish: str | None = None, **delta: Any) -> SimpleNamespace:
    parts = SimpleNamespace(content=delta.get("content"), tool_calls=delta.get("tool_calls"))
    return SimpleNamespace(choices=[SimpleNamespace(delta=parts, finish_reason=finish)])


async def events(*chunks: Any) -> AsyncIterator[Any]:
    for one in chunks:
        yield one


def part(index: int | None, call_id: str | None, name: str | None, arguments: str) -> SimpleNamespace:
    return SimpleNamespace(index=index, id=call_id, function=SimpleNamespace(name=name, arguments=arguments))


async def test_a_minimal_client_will_do() -> None:
    client = Client(events(chunk(content="he"), chunk(content="y"), chunk("stop")))
    model = OpenAIModel("gpt-4o", client=client)
    text, _, usage, finish = joined([one async for one in model.stream(ASKED)])
    assert (text, usage.input_tokens, finish) == ("hey", 0, "stop")
    assert client.asked[0]["model"] == "gpt-4o"


@pytest.mark.parametrize(
    "parts",
    [
        [part(0, "a", "t", '{"x"'), part(0, None, None, ":1}"), part(1, "b", "u", "{}")],
        [part(0, "a", "t", '{"x":1}'), part(0, "b", "u", "{}")],
        [part(None, "a", "t", '{"x"'), part(None, None, None, ":1}"), part(None, "b", "u", "{}")],
        [part(1, "b", "u", "{}"), part(0, "a", "t", '{"x":1}')],
    ],
    ids=["by index", "same index, two ids", "no index", "out of order"],
)
async def test_calls_are_put_together_however_a_server_numbers_them(parts: list[Any]) -> None:
    client = Client(events(*(chunk(tool_calls=[one]) for one in parts), chunk("tool_calls")))
    calls = joined([one async for one in OpenAIModel(client=client).stream(ASKED)])[1]
    assert {(call.id, call.tool, tuple(call.args.items())) for call in calls} == {
        ("a", "t", (("x", 1),)),
        ("b", "u", ()),
    }


async def test_the_sdk_client_is_made_with_key_and_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    class AsyncOpenAI(Client):
        def __init__(self, **settings: Any) -> None:
            super().__init__()
            made.append(settings)

    monkeypatch.setitem(sys.modules, "openai", SimpleNamespace(AsyncOpenAI=AsyncOpenAI))  # type: ignore[arg-type]
    monkeypatch.setenv("OPENAI_API_KEY", "from the environment")
    OpenAIModel("gpt-4o", base_url="http://127.0.0.1:1/v1")
    assert made == [{"api_key": "from the environment", "base_url": "http://127.0.0.1:1/v1"}]


def test_a_missing_key_is_told_at_construction() -> None:
    with pytest.raises(AuthenticationError, match="OPENAI_API_KEY"):
        OpenAIModel()


async def test_a_call_without_arguments_is_fine(openai_model: Make, openai_wire: OpenAIWire) -> None:
    openai_wire.steps.append(Reply(tool_calls=[WireCall("now", "")]))
    calls = (await streamed(openai_model(), tools=[ToolDef(name="now", description="")]))[1]
    assert (calls[0].args, calls[0].error) == ({}, None)
