"""What the tests of workflows share: a telemetry and a runtime that remember, steps that can be held and released."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from loomlab import Event, Usage
from loomlab.core import ModelChunk, Span


class Spans:
    """Telemetry that keeps its spans: name, attributes, and the span around it."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, dict[str, Any], str | None]] = []
        self._open: list[str] = []

    @asynccontextmanager
    async def trace(self, name: str, **attrs: Any) -> AsyncIterator[Span]:
        self.spans.append((name, attrs, self._open[-1] if self._open else None))
        self._open.append(name)
        try:
            yield Span(name=name, attributes=attrs)
        finally:
            self._open.remove(name)

    async def emit_metric(self, name: str, value: float, **attrs: Any) -> None:
        pass

    def named(self, name: str) -> list[dict[str, Any]]:
        return [attrs for one, attrs, _ in self.spans if one == name]


class Journal:
    """A durable runtime in memory: a step that returned is not done again within its session."""

    name = "journal"

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Any] = {}
        self._session = ""

    async def step(
        self,
        name: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        idempotency_key: str | None = None,
        **kwargs: Any,
    ) -> Any:
        key = (self._session, name)
        if key not in self.kept:
            self.kept[key] = await fn(*args, **kwargs)
        return self.kept[key]

    async def stream_step(self, name: str, fn: Callable[..., AsyncIterator[Any]], *args: Any, **kwargs: Any) -> Any:
        async for item in fn(*args, **kwargs):
            yield item

    @asynccontextmanager
    async def session(self, session_id: str) -> AsyncIterator[Any]:
        outer, self._session = self._session, session_id
        try:
            yield None
        finally:
            self._session = outer

    async def signal(self, session_id: str, name: str, payload: Any) -> None:
        pass


class Watcher:
    """An observer that keeps what it sees."""

    wants_chunks = False

    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [event.kind.value for event in self.events]


class Gate:
    """A step that tells when it has begun and waits until it is let go."""

    def __init__(self) -> None:
        self.begun = anyio.Event()
        self.open = anyio.Event()
        self.ended = False

    async def __call__(self, value: Any) -> Any:
        self.begun.set()
        try:
            await self.open.wait()
            return value
        finally:
            self.ended = True


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def gate() -> Callable[[], Gate]:
    return Gate


class Listening:
    """A model that says ``reply`` of the last message, and keeps every conversation it was shown."""

    name = "listening"

    def __init__(self, reply: Callable[[str], str] = lambda text: f"re {text}", usage: Usage | None = None) -> None:
        self.heard: list[list[str]] = []
        self._reply = reply
        self._usage = usage or Usage(input_tokens=10, output_tokens=5, cost_usd=0.01)

    async def complete(self, messages: Any, **_: Any) -> Any:
        self.heard.append([message.content for message in messages])
        return self._reply(messages[-1].content), [], self._usage, "stop"

    async def stream(self, messages: Any, **_: Any) -> AsyncIterator[ModelChunk]:
        text, _calls, usage, reason = await self.complete(messages)
        for word in text.split(" "):
            yield ModelChunk(kind="text", text=word)
        yield ModelChunk(kind="finish", finish_reason=reason, usage=usage)


@pytest.fixture
def listening() -> type[Listening]:
    return Listening
