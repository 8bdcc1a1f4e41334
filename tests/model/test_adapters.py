"""What holds for every network adapter, tried through the real SDKs against local servers."""

import traceback
from typing import Any

import anyio
import pytest

from loomlab.core import errors
from loomlab.core.messages import Message, Role, ToolCall, ToolDef
from loomlab.core.protocols import Completion, Model
from loomlab.model import joined
from loomlab.testing.wire import Failure, Reply, WireCall, WireServer

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:Accessing the 'model_")]  # litellm does
KEY = "the-secret-key-of-this-test"
Adapter = tuple[Any, WireServer]
ASKED = [Message(role=Role.SYSTEM, content="be brief"), Message(role=Role.USER, content="hi")]
SEARCH = ToolDef(
    name="alpha.search",
    description="finds",
    input_schema={"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
)


@pytest.fixture(params=["stream", "complete"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def ask(model: Any, way: str, messages: list[Message] | None = None, **settings: Any) -> Completion:
    messages = ASKED if messages is None else messages
    if way == "stream":
        return joined([chunk async for chunk in model.stream(messages, **settings)])
    reply: Completion = await model.complete(messages, **settings)
    return reply


async def test_it_is_a_network_model(adapter: Adapter) -> None:
    model, _ = adapter
    assert isinstance(model, Model)
    assert model.network is True
    assert KEY not in repr(model)


async def test_text_and_tokens_and_cost_come_back(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    wire.steps.append(Reply("héllo wörld — ✓", input_tokens=120, output_tokens=30))
    text, calls, usage, _ = await ask(model, way)
    assert (text, calls) == ("héllo wörld — ✓", [])
    assert (usage.input_tokens, usage.output_tokens) == (120, 30)
    assert usage.cost_usd is not None
    assert usage.cost_usd > 0


async def test_text_is_streamed_in_pieces_and_ends_with_one_finish(adapter: Adapter) -> None:
    model, wire = adapter
    wire.steps.append(Reply("four pieces each", piece=4))
    kinds = [chunk.kind async for chunk in model.stream(ASKED)]
    assert kinds == ["text"] * 4 + ["finish"]


async def test_cached_tokens_are_told_apart_and_are_part_of_the_input(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    fresh = 20 if model.provider == "anthropic" else 100
    wire.steps += [Reply("x", input_tokens=fresh, cached_tokens=80), Reply("x", input_tokens=100)]
    _, _, cached, _ = await ask(model, way)
    _, _, plain, _ = await ask(model, way)
    assert (cached.input_tokens, cached.cached_tokens) == (100, 80)
    assert plain.cached_tokens == 0
    assert cached.cost_usd is not None
    assert plain.cost_usd is not None
    assert cached.cost_usd < plain.cost_usd


async def test_tool_calls_come_whole_and_under_our_names(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    wire.steps.append(
        Reply(
            "let me look",
            tool_calls=[WireCall("alpha__search", {"q": "a long enough question"}, "c1"), WireCall("other", {}, "c2")],
        )
    )
    text, calls, _, _ = await ask(model, way, tools=[SEARCH, ToolDef(name="other", description="")])
    assert text == "let me look"
    assert [(call.id, call.tool, call.args, call.error) for call in calls] == [
        ("c1", "alpha.search", {"q": "a long enough question"}, None),
        ("c2", "other", {}, None),
    ]


async def test_broken_arguments_become_a_call_with_an_error(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    broken = WireCall("alpha__search", '{"q": "unfinished', "c1")
    wire.steps.append(Reply(tool_calls=[broken, WireCall("alpha__search", {"q": "fine"}, "c2")]))
    _, calls, usage, _ = await ask(model, way, tools=[SEARCH])
    assert [call.args for call in calls] == [{}, {"q": "fine"}]
    assert calls[0].error is not None
    assert "JSON" in calls[0].error
    assert calls[1].error is None
    assert usage.output_tokens == 5


async def test_a_conversation_with_tools_goes_out_in_the_providers_names(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    call = ToolCall(id="c1", tool="alpha.search", args={"q": "x"})
    talk = [
        *ASKED,
        Message(role=Role.ASSISTANT, content="", tool_calls=(call,)),
        Message(role=Role.TOOL, content="found it", tool_call_id="c1", name="alpha.search"),
    ]
    wire.steps.append(Reply("done"))
    assert (await ask(model, way, talk, tools=[SEARCH]))[0] == "done"
    body = str(wire.requests[0].body)
    assert "alpha.search" not in body
    assert body.count("alpha__search") == 2
    assert "found it" in body


FAULTS: list[tuple[Failure, type[errors.ModelError]]] = [
    (Failure(401, "no such key"), errors.AuthenticationError),
    (Failure(403, "not allowed"), errors.AuthenticationError),
    (Failure(400, "bad field", "invalid_request_error"), errors.InvalidRequestError),
    (Failure(404, "no such model"), errors.InvalidRequestError),
    (Failure(400, "blocked by our content policy", code="content_filter"), errors.ContentFilterError),
    (Failure(429, "slow down", headers={"retry-after": "7"}), errors.RateLimitError),
    (Failure(500, "oops"), errors.TransientModelError),
    (Failure(503, "later"), errors.TransientModelError),
    (Failure(529, "busy"), errors.TransientModelError),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=[f"{one.status}-{kind.__name__}" for one, kind in FAULTS])
async def test_a_fault_is_our_error_after_one_request(
    adapter: Adapter, way: str, fault: Failure, expected: type[errors.ModelError]
) -> None:
    model, wire = adapter
    wire.steps.append(fault)
    with pytest.raises(errors.ModelError) as caught:
        await ask(model, way)
    error = caught.value
    assert type(error) is expected
    assert error.status == fault.status
    assert error.retry_after == (7.0 if fault.status == 429 else None)
    assert error.retryable is issubclass(expected, errors.TransientModelError)
    assert error.provider
    assert error.__cause__ is not None
    assert error.__cause__ is error.cause
    assert len(wire.requests) == 1


async def test_no_error_text_holds_the_key(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    wire.steps.append(Failure(401, f"Incorrect API key provided: {KEY}, also sk-ab****wxyz"))
    with pytest.raises(errors.AuthenticationError) as caught:
        await ask(model, way)
    assert KEY not in str(caught.value)
    assert "wxyz" not in str(caught.value)
    assert KEY not in "".join(traceback.format_exception_only(caught.value))


@pytest.mark.parametrize("drop", ["cut", "eof", "error"])
@pytest.mark.parametrize("after", [0, 2])
async def test_a_stream_that_breaks_off_is_an_error_and_no_short_answer(
    adapter: Adapter, drop: Any, after: int
) -> None:
    model, wire = adapter
    wire.steps.append(Reply("a text of many pieces", drop_after=after, drop=drop))
    heard = []
    with pytest.raises(errors.TransientModelError) as caught:
        async for chunk in model.stream(ASKED):
            heard.append(chunk)  # noqa: PERF401 - what was heard before the error counts
    assert [chunk.kind for chunk in heard] == ["text"] * after
    assert caught.value.retryable
    assert len(wire.requests) == 1


async def test_a_stream_that_breaks_off_inside_a_tool_call_yields_no_call(adapter: Adapter) -> None:
    model, wire = adapter
    call = WireCall("alpha__search", {"q": "a long question"}, "c1")
    wire.steps.append(Reply(tool_calls=[call], drop_after=3, drop="eof"))
    with pytest.raises(errors.TransientModelError):
        await ask(model, "stream", tools=[SEARCH])


async def test_a_reply_that_is_no_json_is_transient(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    wire.steps.append(Reply(raw="<html>gateway</html"))
    with pytest.raises(errors.TransientModelError):
        await ask(model, way)
    assert len(wire.requests) == 1


async def test_a_server_that_is_not_there_is_transient(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    await anyio.to_thread.run_sync(wire.__exit__)
    with pytest.raises(errors.TransientModelError):
        await ask(model, way)


async def test_leaving_a_stream_early_closes_its_connection(adapter: Adapter) -> None:
    model, wire = adapter
    wire.steps.append(Reply(endless=True))
    stream = model.stream(ASKED)
    await anext(stream)
    await stream.aclose()
    assert await anyio.to_thread.run_sync(wire.requests[0].left.wait, 10)


async def test_cancelling_a_stream_closes_its_connection(adapter: Adapter) -> None:
    model, wire = adapter
    wire.steps.append(Reply(endless=True))
    async with anyio.create_task_group() as tasks:

        async def listen() -> None:
            async for _ in model.stream(ASKED):
                tasks.cancel_scope.cancel()

        tasks.start_soon(listen)
    assert await anyio.to_thread.run_sync(wire.requests[0].left.wait, 10)


async def test_many_calls_at_once_do_not_mix(adapter: Adapter, way: str) -> None:
    model, wire = adapter
    wire.steps += [Reply(f"reply {number}") for number in range(8)]
    heard: list[str] = []

    async def one() -> None:
        heard.append((await ask(model, way))[0])

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(one)
    assert sorted(heard) == [f"reply {number}" for number in range(8)]


async def test_a_slow_first_token_can_be_timed_out_by_the_caller(adapter: Adapter) -> None:
    model, wire = adapter
    wire.steps.append(Reply("late", first_token_s=5.0))
    with anyio.move_on_after(0.2) as scope:
        await ask(model, "stream")
    assert scope.cancelled_caught
