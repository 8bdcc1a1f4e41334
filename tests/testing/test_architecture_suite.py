"""The suite for architectures finds what it is there to find: each of these strategies breaks one promise."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, Event
from loomlab.architecture import Architecture
from loomlab.core import EventKind, get_run_context
from loomlab.core.shape import Shape, ShapeEdge, ShapeNode
from loomlab.testing import ArchitectureContract, DutifulModel
from loomlab.testing.dutiful import sample

pytestmark = pytest.mark.anyio


class Honest:
    """Ask with tools until there is an answer."""

    name = "honest"

    async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
        session.messages = (await deps.recall(session, prompt)).messages(session.instructions, prompt)
        for _ in range(2):
            reply = await self.ask(session, deps)
            session.messages.append(reply.message())
            await self.act(session, deps, reply.tool_calls)
        session.output = reply.text
        yield deps.note(session, "honest.answered")

    async def ask(self, session: Any, deps: Any) -> Any:
        return await deps.ask(session, tools=True)

    async def act(self, session: Any, deps: Any, calls: Any) -> None:
        await deps.act(session, calls)

    def declared_workers(self) -> dict[str, Any]:
        return {}


class AroundTheGate(Honest):
    async def act(self, session: Any, deps: Any, calls: Any) -> None:
        for call in calls:
            await deps.raw_tools.call(call.tool, call.args)


class OffTheBooks(Honest):
    async def ask(self, session: Any, deps: Any) -> Any:
        await deps.raw_model.complete(session.messages)
        return await deps.ask(session, tools=True)


class Swallows(Honest):
    async def ask(self, session: Any, deps: Any) -> Any:
        try:
            return await deps.ask(session, tools=True)
        except Exception:
            return await deps.ask(session, tools=True)


class Groups(Honest):
    async def ask(self, session: Any, deps: Any) -> Any:
        replies = []

        async def one() -> None:
            replies.append(await deps.ask(session, tools=True))

        async with anyio.create_task_group() as group:
            group.start_soon(one)
        return replies[0]


class Remembers(Honest):
    """Keeps what it was told, for everybody."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def ask(self, session: Any, deps: Any) -> Any:
        self.told.append(session.messages[-1])
        return await deps.ask(session, list(self.told), tools=True)


class LeavesWork(Honest):
    async def ask(self, session: Any, deps: Any) -> Any:
        task = asyncio.get_running_loop().create_task(deps.raw_model.complete(session.messages))
        LEFT.append(task)
        return await deps.ask(session, tools=True)


LEFT: list[Any] = []


class SaysStartedTwice(Honest):
    async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
        yield deps.event(EventKind.STARTED, {"prompt": prompt})
        async for event in super().run(session, deps, prompt):
            yield event


class Dices(Honest):
    async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
        yield deps.note(session, "dices.rolled", number=random.random())
        async for event in super().run(session, deps, prompt):
            yield event


class MisDrawn(Honest):
    def shape(self) -> Shape:
        return Shape(
            (ShapeNode("start", "", "start"), ShapeNode("thinker", ""), ShapeNode("end", "", "end")),
            (ShapeEdge("start", "thinker"), ShapeEdge("thinker", "end")),
        )


BROKEN = {
    AroundTheGate: "test_a_denied_tool_never_runs_and_everybody_saw_the_call",
    OffTheBooks: "test_the_parts_add_up_to_the_total",
    Swallows: "test_an_error_surfaces_as_it_is",
    Groups: "test_an_error_surfaces_as_it_is",
    Remembers: "test_two_users_at_the_same_time_never_mix",
    LeavesWork: "test_cancelling_leaves_nothing_running",
    SaysStartedTwice: "test_it_ends_and_says_so_once",
    Dices: "test_a_replay_shows_the_same",
    MisDrawn: "test_its_picture_shows_who_is_asked",
}


async def tried(kind: type[Honest], test: str, folder: Path) -> bool:
    class Trial(ArchitectureContract):
        def architecture(self, worker: Callable[..., Agent]) -> Architecture:
            return kind()

    run = getattr(Trial(), test)
    try:
        await (run(folder) if "replay" in test else run())
        return True
    finally:
        for task in LEFT:
            task.cancel()
        LEFT.clear()


@pytest.mark.parametrize("test", sorted(set(BROKEN.values())))
async def test_an_honest_strategy_passes(test: str, tmp_path: Path) -> None:
    assert await tried(Honest, test, tmp_path)


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
async def test_a_broken_promise_is_found(kind: type[Honest], tmp_path: Path) -> None:
    with pytest.raises((AssertionError, ExceptionGroup, pytest.fail.Exception)):
        await tried(kind, BROKEN[kind], tmp_path)


def test_an_architecture_has_to_be_given() -> None:
    with pytest.raises(TypeError, match="must override"):
        ArchitectureContract().agent()


# ---- the model that leads them ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "number", "maximum": 1}, 0.5),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 7}, 7),
        ({"type": ["integer", "null"]}, 1),
        ({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]}, ["text"]),
        (
            {"type": "object", "properties": {"a": {"type": "string"}, "given": {"type": "string"}}},
            {"a": "text", "given": 9},
        ),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}}, "text"),
        ({}, {}),
    ],
)
def test_a_form_is_filled_in_simply(schema: dict[str, Any], value: Any) -> None:
    assert sample(schema, {"given": 9}) == value


async def test_the_model_uses_each_tool_once_and_knows_whom_it_serves() -> None:
    called = []

    async def look(where: str) -> str:
        """Look."""
        called.append((where, get_run_context().user_id))
        return "seen"

    model = DutifulModel(fill={"where": "up"})
    result = await Agent("x", model=model, tools=[look]).run("Go.", user_id="ana")
    assert called == [("up", "ana")] and result.output == "done seen" and result.tokens_in == 20
    assert [user for user, _ in model.asked] == ["ana", "ana"] and model.busy == 0
    await Agent("x", model=DutifulModel(ignore=["look"]), tools=[look]).run("Go.")
    assert len(called) == 1
