"""The engine around a server that is scripted: order, errors, leaving early."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import anyio
import pytest

from loomlab.core import ConfigError, InvalidRequestError, TransientModelError
from loomlab.model.local_engine import EngineKey, close_all, engine

pytestmark = pytest.mark.anyio


class FakeServer:
    """Answers with the words of the last message; ``hold`` keeps it busy until it is told to stop."""

    made: ClassVar[list["FakeServer"]] = []

    def __init__(self, params: Any) -> None:
        if not Path(params.model.path).is_file():
            raise RuntimeError("Failed to init server")
        self.params = params
        self.thread = threading.current_thread()
        self.asked: list[str] = []
        self.stopped = 0
        FakeServer.made.append(self)

    def handle_chat_completions(self, request: dict[str, Any], callback: Callable[[Any], bool]) -> None:
        text = request["messages"][-1]["content"]
        self.asked.append(text)
        if text == "broken schema":
            raise ValueError("JSON schema error at #/x")
        if text == "too long":
            error = {"code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 4096}
            callback({"error": {**error, "message": "too long"}})
            return
        if text == "down":
            callback({"error": {"code": 503, "message": "loading"}})
            return
        for word in text.split() if text != "hold" else iter(lambda: "again", None):
            if callback({"choices": [{"delta": {"content": word}}]}):
                self.stopped += 1
                return


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineKey]:
    weights = tmp_path / "own.gguf"
    weights.touch()
    monkeypatch.setenv("LOOMLAB_LOCAL_GGUF", str(weights))

    def params() -> SimpleNamespace:
        return SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

    monkeypatch.setitem(sys.modules, "xllamacpp", SimpleNamespace(CommonParams=params, Server=FakeServer))
    FakeServer.made = []
    close_all()
    yield EngineKey(weights, 4096, 1)
    close_all()


def asking(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


async def said(key: EngineKey, text: str) -> str:
    async with aclosing(engine(key).chat(asking(text))) as pieces:
        return " ".join([piece["choices"][0]["delta"]["content"] async for piece in pieces])


async def test_many_callers_share_one_model_and_each_gets_its_own_reply(key: EngineKey) -> None:
    got: dict[str, str] = {}

    async def ask(text: str) -> None:
        got[text] = await said(key, text)

    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(ask, f"reply number {number}")
    assert all(asked == reply for asked, reply in got.items())
    assert len(FakeServer.made) == 1
    assert FakeServer.made[0].thread is not threading.main_thread()
    assert FakeServer.made[0].asked == list(got)


async def test_leaving_a_stream_stops_the_generation_and_the_next_request_is_served(key: EngineKey) -> None:
    async with aclosing(engine(key).chat(asking("hold"))) as pieces:
        async for _ in pieces:
            break
    assert await said(key, "the next one") == "the next one"
    assert FakeServer.made[0].stopped == 1


async def test_cancelling_stops_the_generation_and_the_next_request_is_served(key: EngineKey) -> None:
    seen = anyio.Event()

    async def endless() -> None:
        async with aclosing(engine(key).chat(asking("hold"))) as pieces:
            async for _ in pieces:
                seen.set()

    async with anyio.create_task_group() as group:
        group.start_soon(endless)
        await seen.wait()
        group.cancel_scope.cancel()
    with anyio.fail_after(10):
        assert await said(key, "the next one") == "the next one"
    assert FakeServer.made[0].stopped == 1


async def test_a_caller_who_gives_up_while_waiting_is_never_served(key: EngineKey) -> None:
    async with aclosing(engine(key).chat(asking("hold"))) as pieces:
        await anext(pieces)
        with anyio.move_on_after(0):
            await said(key, "gave up")
    assert await said(key, "the next one") == "the next one"
    assert "gave up" not in FakeServer.made[0].asked


async def test_two_event_loops_share_the_model(key: EngineKey) -> None:
    first, second = await anyio.to_thread.run_sync(anyio.run, said, key, "from elsewhere"), await said(key, "from here")
    assert (first, second) == ("from elsewhere", "from here")
    assert len(FakeServer.made) == 1


async def test_a_prompt_longer_than_the_context_says_both_sizes_and_what_to_do(key: EngineKey) -> None:
    with pytest.raises(InvalidRequestError, match=r"9000 tokens.*holds 4096.*n_ctx=8192") as caught:
        await said(key, "too long")
    assert (caught.value.status, caught.value.provider, caught.value.retryable) == (400, "local", False)


async def test_a_schema_that_cannot_be_enforced_is_named(key: EngineKey) -> None:
    with pytest.raises(InvalidRequestError, match="#/x"):
        await said(key, "broken schema")
    assert await said(key, "still alive") == "still alive"


async def test_a_fault_of_the_server_is_worth_a_retry(key: EngineKey) -> None:
    with pytest.raises(TransientModelError, match="loading"):
        await said(key, "down")


async def test_weights_that_do_not_load_are_named(
    key: EngineKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(params: Any) -> None:
        raise RuntimeError("Failed to init server")

    monkeypatch.setattr(sys.modules["xllamacpp"], "Server", refuse)
    with pytest.raises(ConfigError, match=r"own\.gguf could not be loaded"):
        await said(key, "hello")


async def test_the_server_listens_where_nobody_else_can_reach_it(key: EngineKey) -> None:
    await said(key, "hello")
    params = FakeServer.made[0].params
    assert all(len(secret) > 30 for secret in params.api_keys)
    (address,) = params.hostnames
    assert Path(address).parent.stat().st_mode & 0o077 == 0
    await anyio.to_thread.run_sync(close_all)
    assert not Path(address).parent.exists()


async def test_after_closing_the_next_request_loads_anew(key: EngineKey) -> None:
    closed = engine(key)
    await said(key, "one")
    await anyio.to_thread.run_sync(close_all)
    with pytest.raises(TransientModelError, match="closed"):
        async with aclosing(closed.chat(asking("too late"))) as pieces:
            await anext(pieces)
    assert await said(key, "two") == "two"
    assert len(FakeServer.made) == 2
