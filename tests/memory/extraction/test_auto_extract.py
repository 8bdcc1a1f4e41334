"""A memory that makes facts out of each episode as it comes."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from loomlab import Episode, InMemoryMemory, Memory, ScriptedModel, ScriptedTurn
from loomlab.core.errors import ConfigError, TransientModelError
from loomlab.core.paying import PAYER
from loomlab.memory import AutoExtractMemory, Consolidator, auto_extract

pytestmark = pytest.mark.anyio
TEA = json.dumps([{"subject": "user", "predicate": "likes", "object": "tea", "confidence": 0.9}])


class Metrics:
    """A telemetry that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float, dict[str, Any]]] = []

    async def emit_metric(self, name: str, value: float, **attrs: Any) -> None:
        self.told.append((name, value, attrs))

    @asynccontextmanager
    async def trace(self, name: str, **attrs: Any) -> AsyncIterator[None]:
        yield


class Down:
    """A model that fails."""

    name = "down"

    async def complete(self, messages: Any, **_: Any) -> Any:
        raise TransientModelError("the provider is down")


def failing(**settings: Any) -> AutoExtractMemory:
    model: Any = Down()
    return AutoExtractMemory(InMemoryMemory(), Consolidator(model=model), **settings)


def extracting(*answers: str, inner: Any = None, **settings: Any) -> AutoExtractMemory:
    model = ScriptedModel([ScriptedTurn(text=text) for text in answers])
    return AutoExtractMemory(inner or InMemoryMemory(), Consolidator(model=model), **settings)


def said(text: str = "I like tea", user: str | None = "alice") -> Episode:
    return Episode(session_id="s", user_id=user, input=text, output="ok")


async def facts(memory: Any, user: str | None = "alice") -> list[str]:
    return [one.object for one in await memory.recall_facts("", user_id=user)]


async def test_the_facts_are_there_when_remember_returns() -> None:
    memory = extracting(TEA)
    episode = said()
    assert await memory.remember(episode) == episode.id
    assert await facts(memory) == ["tea"]
    assert await facts(memory, "bob") == []
    assert isinstance(memory, Memory)
    assert isinstance(memory.inner, InMemoryMemory)
    assert memory.facts is memory.inner.facts


async def test_two_users_at_once_keep_to_themselves() -> None:
    class Echoes:
        name = "echoes"

        async def complete(self, messages: Any, **_: Any) -> Any:
            await anyio.lowlevel.checkpoint()
            thing = messages[-1].content.partition("like ")[2].split()[0]
            return json.dumps([{"subject": "user", "predicate": "likes", "object": thing}]), [], None, "stop"

    model: Any = Echoes()
    memory = AutoExtractMemory(InMemoryMemory(), Consolidator(model=model))
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            user = ("alice", "bob", None)[number % 3]
            tasks.start_soon(memory.remember, said(f"I like thing{number % 3}x{number}", user))
    for index, user in enumerate(("alice", "bob", None)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *_, **__: None)  # the anonymous bucket beside named users
            found = await memory.inner.facts.query(user_id=user, limit=100)
        assert {one.object.partition("x")[0] for one in found} == {f"thing{index}"}
        assert len(found) in (6, 7)


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_failure_is_told_and_fails_nothing(asynchronous: bool, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Exception] = []

    async def later(exc: Exception) -> None:
        told.append(exc)

    callback: Callable[[Exception], Any] = later if asynchronous else told.append
    memory = failing(on_extract_error=callback)
    episode = said()
    with caplog.at_level(logging.WARNING, "loomlab"):
        assert await memory.remember(episode) == episode.id
    assert [type(one) for one in told] == [TransientModelError]
    assert "the provider is down" in caplog.text
    assert (await memory.profile(user_id="alice")).episode_count == 1


async def test_a_callback_that_fails_fails_nothing_either(caplog: pytest.LogCaptureFixture) -> None:
    def broken(exc: Exception) -> None:
        raise RuntimeError("oh")

    await failing(on_extract_error=broken).remember(said())
    assert "on_extract_error failed itself: oh" in caplog.text


async def test_a_memory_without_facts_says_what_to_do() -> None:
    class NoFacts(InMemoryMemory):
        facts = None

    told: list[Exception] = []
    await extracting(TEA, inner=NoFacts(), on_extract_error=told.append).remember(said())
    assert isinstance(told[0], ConfigError)
    assert "with_facts=True" in str(told[0])


async def test_how_long_it_took_and_how_it_ended_is_measured_before_remember_returns() -> None:
    metrics = Metrics()
    memory = extracting(TEA, telemetry=metrics)
    await memory.remember(said())
    await failing(telemetry=metrics).remember(said("I like jazz", "bob"))
    assert [(name, attrs) for name, _, attrs in metrics.told] == [
        ("loom.auto_extract.duration_ms", {"user_id": "alice", "status": "ok"}),
        ("loom.auto_extract.invocations", {"user_id": "alice", "status": "ok"}),
        ("loom.auto_extract.duration_ms", {"user_id": "bob", "status": "error"}),
        ("loom.auto_extract.invocations", {"user_id": "bob", "status": "error"}),
    ]
    assert metrics.told[0][1] >= 0
    assert metrics.told[1][1] == 1


async def test_a_consolidator_that_was_chosen_for_the_user_is_named_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_extract, "_announced", set())
    with caplog.at_level(logging.INFO, "loomlab"):
        extracting()
        assert caplog.text == ""
        for _ in range(3):
            extracting(auto_picked=True)
    assert caplog.text.count("auto_extract=False") == 1


class Payer:
    """The part of a run that extraction sees."""

    def __init__(self, parent: Any = None, outputs: Any = ()) -> None:
        self.parent = parent
        self.tool_outputs = lambda: outputs
        self.roles: list[str] = []

    async def ask_as(self, role: str, model: Any, messages: Any, *, schema: Any = None) -> str:
        self.roles.append(role)
        entry = {"subject": "order 17", "predicate": "status", "object": "shipped"}
        return json.dumps([json.loads(TEA)[0], entry])

    async def wrote_facts(self, facts: Any) -> None:
        """Somebody watches."""


@pytest.mark.parametrize(
    ("payer", "roles", "known"),
    [
        (Payer(), ["memory"], ["tea"]),
        (Payer(outputs=["order 17 has shipped"]), ["memory"], ["shipped", "tea"]),
        (Payer(parent=object()), [], []),
    ],
)
async def test_a_run_pays_its_tools_are_heard_and_a_run_of_a_run_extracts_nothing(
    payer: Payer, roles: list[str], known: list[str]
) -> None:
    memory = extracting()
    token = PAYER.set(payer)  # type: ignore[arg-type]  # the part of a run that extraction sees
    try:
        await memory.remember(said())
    finally:
        PAYER.reset(token)
    assert payer.roles == roles
    assert sorted(await facts(memory)) == known


async def test_everything_else_is_the_inner_memory_s_own() -> None:
    memory = extracting(TEA)
    await memory.remember(said())
    await memory.update_block("mood", "fine", user_id="alice")
    await memory.append_block("mood", "!", user_id="alice")
    assert [one.content for one in await memory.working(user_id="alice")] == ["fine!"]
    assert len(await memory.recall("tea", user_id="alice")) == 1
    assert len(await memory.session_messages("s", user_id="alice")) == 2
    assert (await memory.profile(user_id="alice")).fact_count == 1
    assert len((await memory.export(user_id="alice")).facts) == 1
    assert (await memory.search("tea", user_id="alice"))[0].matched
    await memory.consolidate()
    assert await memory.forget(user_id="alice") == 3
    assert await facts(memory) == []
    with pytest.raises(AttributeError):
        memory.no_such_thing  # noqa: B018 - it is the look-up that is tried


async def test_what_is_forgotten_while_it_is_read_stays_forgotten() -> None:
    inner = InMemoryMemory()

    class Slow:
        name = "slow"

        async def complete(self, messages: Any, **_: Any) -> Any:
            await inner.forget(user_id="alice")
            return TEA, [], None, "stop"

    model: Any = Slow()
    memory = AutoExtractMemory(inner, Consolidator(model=model))
    await memory.remember(said())
    assert await facts(memory) == []
