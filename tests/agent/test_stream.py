"""A run as a stream: order, back pressure, leaving early, errors as themselves."""

import gc
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from loomlab import Agent, Event, EventKind, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.core import ModelChunk

pytestmark = pytest.mark.anyio


class Endless:
    """Streams for ever; knows how far it got and whether it was closed."""

    name = "endless"

    def __init__(self) -> None:
        self.sent = 0
        self.closed = anyio.Event()

    async def stream(self, messages: Any, **_: Any) -> AsyncIterator[ModelChunk]:
        try:
            while True:
                self.sent += 1
                yield ModelChunk(kind="text", text=f"{self.sent} ")
        finally:
            self.closed.set()


async def test_started_first_completed_last_one_session_and_every_result_after_its_call() -> None:
    @tool
    async def double(x: int) -> int:
        """Double."""
        return 2 * x

    calls = [ToolCall(tool="double", args={"x": i}) for i in range(3)]
    model = ScriptedModel([ScriptedTurn(tool_calls=calls), ScriptedTurn(text="the end is near")])
    events = [event async for event in Agent("x", model=model, tools=[double]).stream("go", session_id="s")]
    kinds = [event.kind for event in events]
    assert kinds[0] is EventKind.STARTED and kinds[-1] is EventKind.COMPLETED
    assert {event.session_id for event in events} == {"s"}
    chunks = [event.payload["chunk"] for event in events if event.kind is EventKind.MODEL_CHUNK]
    assert [one["kind"] for one in chunks].count("finish") == 2
    assert "".join(one["text"] for one in chunks if one["kind"] == "text") == "the end is near"
    assert sum(one["kind"] == "text" for one in chunks) >= 4
    position = {}
    for i, event in enumerate(events):
        if event.kind is EventKind.TOOL_CALL:
            position[event.payload["call"]["id"]] = i
        if event.kind is EventKind.TOOL_RESULT:
            assert position.pop(event.payload["result"]["call_id"]) < i
    assert not position


async def test_a_slow_consumer_slows_the_model_down() -> None:
    model = Endless()
    events = Agent("x", model=model).stream("go")
    for _ in range(5):
        await anext(events)
    for _ in range(20):
        await anyio.lowlevel.checkpoint()
    assert model.sent <= 130
    await events.aclose()  # type: ignore[attr-defined]


async def test_closing_early_stops_the_producer_and_its_clean_up_has_run() -> None:
    model = Endless()
    events = Agent("x", model=model).stream("go")
    async for event in events:
        if event.kind is EventKind.MODEL_CHUNK:
            break
    with anyio.fail_after(5):
        await events.aclose()  # type: ignore[attr-defined]
    assert model.closed.is_set()


async def test_just_leaving_the_loop_stops_the_producer_too() -> None:
    model = Endless()

    async def leave() -> None:
        async for event in Agent("x", model=model).stream("go"):
            if event.kind is EventKind.MODEL_CHUNK:
                break

    await leave()
    gc.collect()
    with anyio.fail_after(5):
        await model.closed.wait()


async def test_a_stream_may_be_closed_from_another_task() -> None:
    model = Endless()
    events = Agent("x", model=model).stream("go")
    await anext(events)
    async with anyio.create_task_group() as group:
        group.start_soon(events.aclose)  # type: ignore[attr-defined]
    with anyio.fail_after(5):
        await model.closed.wait()


async def test_cancelling_the_consumer_cancels_the_run() -> None:
    model = Endless()

    async def consume() -> None:
        async for _ in Agent("x", model=model).stream("go"):
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        group.start_soon(consume)
        while model.sent < 200:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    gc.collect()
    with anyio.fail_after(5):
        await model.closed.wait()


async def test_an_error_comes_as_an_event_and_then_as_itself() -> None:
    class Broken:
        name = "broken"

        async def stream(self, messages: Any, **_: Any) -> AsyncIterator[ModelChunk]:
            yield ModelChunk(kind="text", text="so far ")
            raise KeyError("exactly this")

    last: Event | None = None
    with pytest.raises(KeyError, match="exactly this"):
        async for event in Agent("x", model=Broken()).stream("go"):
            last = event
    assert last is not None and last.kind is EventKind.ERROR and last.payload["type"] == "KeyError"


async def test_two_streams_at_once_do_not_mix() -> None:
    agent = Agent("x", model="echo")
    a, b = agent.stream("for a", user_id="a"), agent.stream("for b", user_id="b")
    texts: dict[str, str] = {"a": "", "b": ""}
    ends: dict[str, Any] = {}
    open_ = {"a": a, "b": b}
    while open_:
        for name in list(open_):
            event = await anext(open_[name], None)
            if event is None:
                del open_[name]
            elif event.kind is EventKind.COMPLETED:
                ends[name] = event.payload["result"]
            elif event.kind is EventKind.MODEL_CHUNK:
                texts[name] += event.payload["chunk"]["text"] or ""
    assert texts == {"a": "Echo: for a", "b": "Echo: for b"}
    assert ends["a"]["user_id"] == "a" and ends["b"]["user_id"] == "b"


async def test_emit_sees_what_stream_yields() -> None:
    mine: list[str] = []

    async def emit(event: Event) -> None:
        mine.append(event.kind.value)

    await Agent("x", model="echo").run("go", emit=emit)
    theirs = [event.kind.value async for event in Agent("x", model="echo").stream("go")]
    assert mine == theirs


def test_streaming_works_on_trio_too() -> None:
    async def main() -> list[str]:
        kinds = [event.kind.value async for event in Agent("x", model="echo").stream("go")]
        model = Endless()
        events = Agent("x", model=model).stream("go")
        await anext(events)
        await events.aclose()  # type: ignore[attr-defined]
        assert model.closed.is_set()
        return kinds

    kinds = anyio.run(main, backend="trio")
    assert kinds[0] == "started" and kinds[-1] == "completed"
