"""What is Anthropic's own."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

from loomlab.core.errors import AuthenticationError, ContentFilterError, TransientModelError
from loomlab.core.messages import Message, Role, ToolCall, ToolDef
from loomlab.model import AnthropicModel, joined
from loomlab.testing.wire import AnthropicWire, Failure, Reply, WireCall

pytestmark = pytest.mark.anyio
ASKED = [Message(role=Role.USER, content="hi")]
LOOK = ToolDef(name="look", description="looks", input_schema={"type": "object", "properties": {"at": {}}})
Make = Callable[..., AnthropicModel]


class City(BaseModel):
    name: str


class River(BaseModel):
    length: float


@pytest.fixture(params=["stream", "complete"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def ask(model: AnthropicModel, way: str, messages: list[Message] | None = None, **settings: Any) -> Any:
    messages = messages or ASKED
    if way == "complete":
        return await model.complete(messages, **settings)
    return joined([chunk async for chunk in model.stream(messages, **settings)])


async def test_the_request_holds_what_was_asked(anthropic_model: Make, anthropic_wire: AnthropicWire) -> None:
    anthropic_wire.steps += [Reply("x"), Reply("x")]
    model = anthropic_model("claude-sonnet-4-6", max_tokens=99)
    await model.complete(ASKED)
    assert anthropic_wire.requests[0].body == {
        "model": "claude-sonnet-4-6",
        "max_tokens": 99,
        "messages": [{"role": "user", "content": "hi"}],
    }
    await model.complete(ASKED, temperature=0.2, max_tokens=7)
    body = anthropic_wire.requests[1].body
    assert (body["temperature"], body["max_tokens"]) == (0.2, 7)
    assert anthropic_wire.requests[0].path == "/v1/messages"


async def test_a_claude_that_takes_no_temperature_is_sent_none(
    anthropic_model: Make, anthropic_wire: AnthropicWire
) -> None:
    anthropic_wire.steps.append(Reply("x"))
    with pytest.warns(UserWarning, match="claude-opus-4-7 takes no temperature"):
        await anthropic_model("claude-opus-4-7").complete(ASKED, temperature=0.2)
    assert "temperature" not in anthropic_wire.requests[0].body


async def test_a_conversation_is_written_in_blocks(anthropic_model: Make, anthropic_wire: AnthropicWire) -> None:
    anthropic_wire.steps.append(Reply("x"))
    one, two = ToolCall(id="c1", tool="look", args={"at": 1}), ToolCall(id="c2", tool="look", args={})
    talk = [
        Message(role=Role.SYSTEM, content="first rule"),
        Message(role=Role.SYSTEM, content="second rule"),
        *ASKED,
        Message(role=Role.ASSISTANT, content="looking", tool_calls=(one, two)),
        Message(role=Role.TOOL, content="seen", tool_call_id="c1"),
        Message(role=Role.TOOL, content="unseen", tool_call_id="c2"),
        Message(role=Role.USER, content="well?"),
    ]
    await anthropic_model().complete(talk, tools=[LOOK])
    body = anthropic_wire.requests[0].body
    assert body["system"] == "first rule\n\nsecond rule"
    assert body["messages"] == [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "looking"},
                {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": 1}},
                {"type": "tool_use", "id": "c2", "name": "look", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "seen"},
                {"type": "tool_result", "tool_use_id": "c2", "content": "unseen"},
                {"type": "text", "text": "well?"},
            ],
        },
    ]
    assert body["tools"] == [{"name": "look", "description": "looks", "input_schema": LOOK.input_schema}]


async def test_a_lone_schema_is_a_forced_tool_whose_input_is_the_text(
    anthropic_model: Make, anthropic_wire: AnthropicWire, way: str
) -> None:
    anthropic_wire.steps.append(Reply(tool_calls=[WireCall("__output__", {"name": "Rome"})]))
    text, calls, _, finish = await ask(anthropic_model(), way, output_schema=City)
    assert City.model_validate_json(text).name == "Rome"
    assert calls == []
    assert finish == "end_turn"
    body = anthropic_wire.requests[0].body
    assert body["tool_choice"] == {"type": "tool", "name": "__output__"}
    assert body["tools"][0]["input_schema"]["required"] == ["name"]


async def test_a_forced_answer_is_streamed_while_it_is_written(
    anthropic_model: Make, anthropic_wire: AnthropicWire
) -> None:
    anthropic_wire.steps.append(Reply(tool_calls=[WireCall("__output__", {"name": "a rather long name"})], piece=5))
    texts = [chunk.text async for chunk in anthropic_model().stream(ASKED, output_schema=City) if chunk.kind == "text"]
    assert len(texts) > 3
    assert City.model_validate_json("".join(text or "" for text in texts)).name == "a rather long name"


async def test_a_schema_beside_tools_never_forces_the_model_away_from_them(
    anthropic_model: Make, anthropic_wire: AnthropicWire, way: str
) -> None:
    anthropic_wire.steps += [
        Reply("let me look", tool_calls=[WireCall("look", {"at": 1})]),
        Reply("here it is", tool_calls=[WireCall("__output__", {"name": "Rome"})]),
        Reply("in plain words"),
    ]
    model = anthropic_model()
    text, calls, _, _ = await ask(model, way, tools=[LOOK], output_schema=City)
    assert (text, [call.tool for call in calls]) == ("let me look", ["look"])
    body = anthropic_wire.requests[0].body
    assert "tool_choice" not in body
    assert [tool["name"] for tool in body["tools"]] == ["look", "__output__"]
    assert "__output__" in body["system"]
    text, calls, _, _ = await ask(model, way, tools=[LOOK], output_schema=City)
    assert (City.model_validate_json(text).name, calls) == ("Rome", [])
    assert (await ask(model, way, tools=[LOOK], output_schema=City))[0] == "in plain words"


async def test_a_union_comes_out_of_its_wrapping(
    anthropic_model: Make, anthropic_wire: AnthropicWire, way: str
) -> None:
    anthropic_wire.steps.append(Reply(tool_calls=[WireCall("__output__", {"answer": {"length": 3.5}})]))
    text = (await ask(anthropic_model(), way, output_schema=City | River))[0]
    assert River.model_validate_json(text).length == 3.5
    assert anthropic_wire.requests[0].body["tools"][0]["input_schema"]["type"] == "object"


async def test_a_refusal_is_an_error(anthropic_model: Make, anthropic_wire: AnthropicWire, way: str) -> None:
    anthropic_wire.steps.append(Reply("I", finish="refusal"))
    with pytest.raises(ContentFilterError):
        await ask(anthropic_model(), way)


async def test_tokens_written_to_the_cache_are_counted_and_cost_more(
    anthropic_model: Make, anthropic_wire: AnthropicWire, way: str
) -> None:
    anthropic_wire.steps += [Reply("x", input_tokens=20, cache_write_tokens=80), Reply("x", input_tokens=100)]
    model = anthropic_model()
    written, plain = (await ask(model, way))[2], (await ask(model, way))[2]
    assert written.input_tokens == plain.input_tokens == 100
    assert written.cost_usd > plain.cost_usd


class Client:
    """An Anthropic client as a test would fake it: ``messages.create`` and ``messages.stream`` and nothing else."""

    def __init__(self, *events: Any, final: Any = None) -> None:
        self.events = events
        self.final = final
        self.asked: list[dict[str, Any]] = []
        self.messages = SimpleNamespace(create=self.create, stream=self.stream)

    async def create(self, **request: Any) -> Any:
        self.asked.append(request)
        return self.final

    @asynccontextmanager
    async def stream(self, **request: Any) -> AsyncIterator[Any]:
        self.asked.append(request)
        client = self

        class Stream:
            async def __aiter__(self) -> AsyncIterator[Any]:
                for event in client.events:
                    yield event

            async def get_final_message(self) -> Any:
                return client.final

        yield Stream()


def text_event(text: str) -> SimpleNamespace:
    delta = SimpleNamespace(type="text_delta", text=text)
    return SimpleNamespace(type="content_block_delta", index=0, delta=delta)


FINAL = SimpleNamespace(
    content=[SimpleNamespace(type="text", text="hey")],
    stop_reason="end_turn",
    usage=SimpleNamespace(input_tokens=3, output_tokens=2),
)


async def test_a_minimal_client_will_do(way: str) -> None:
    client = Client(text_event("he"), text_event("y"), final=FINAL)
    text, _, usage, finish = await ask(AnthropicModel("claude-sonnet-4-6", client=client), way, temperature=0.3)
    assert (text, finish) == ("hey", "end_turn")
    assert (usage.input_tokens, usage.output_tokens) == (3, 2)
    assert client.asked[0]["temperature"] == 0.3


async def test_the_sdk_client_is_made_with_the_key_only(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    class AsyncAnthropic(Client):
        def __init__(self, **settings: Any) -> None:
            super().__init__()
            made.append(settings)

    monkeypatch.setitem(sys.modules, "anthropic", SimpleNamespace(AsyncAnthropic=AsyncAnthropic))  # type: ignore[arg-type]
    assert AnthropicModel(api_key="k").name == "claude-opus-4-7"
    assert made == [{"api_key": "k"}]


async def test_a_client_from_outside_is_asked_without_its_retries_and_left_open(anthropic_wire: AnthropicWire) -> None:
    anthropic_wire.steps += [Failure(500), Reply("x")]
    async with anthropic.AsyncAnthropic(api_key="the-key-of-the-client", base_url=anthropic_wire.url) as client:
        model = AnthropicModel("claude-sonnet-4-6", client=client)
        with pytest.raises(TransientModelError):
            await model.complete(ASKED)
        assert len(anthropic_wire.requests) == 1
        await model.aclose()
        assert (await model.complete(ASKED))[0] == "x"
        anthropic_wire.steps.append(Failure(401, "bad key the-key-of-the-client"))
        with pytest.raises(AuthenticationError) as caught:
            await model.complete(ASKED)
    assert "the-key-of-the-client" not in str(caught.value)


def test_a_missing_key_is_told_at_construction() -> None:
    with pytest.raises(AuthenticationError, match="ANTHROPIC_API_KEY"):
        AnthropicModel()
