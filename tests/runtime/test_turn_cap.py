"""``max_turns``: the model calls of one run, whoever in the strategy makes them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import AgentSession, ReAct, Reflexion, SelfRefine
from loomlab.core.results import EndReason

pytestmark = pytest.mark.anyio


@tool
async def look() -> str:
    """Look."""
    return "seen"


def endless(turns: int = 99) -> ScriptedModel:
    return ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="look")])] * turns)


@pytest.mark.parametrize("cap", [1, 2, 5])
@pytest.mark.parametrize(
    "architecture", [ReAct(), SelfRefine(), Reflexion(base=SelfRefine())], ids=lambda one: one.name
)
async def test_a_wrapped_loop_shares_the_cap_of_the_run(architecture: Any, cap: int) -> None:
    model = endless()
    result = await Agent("x", model=model, tools=[look], architecture=architecture, max_turns=cap).run("go")
    assert result.turns == cap == len(model.requests) and result.ended is EndReason.TURN_CAP


async def test_calls_after_the_loop_count_too() -> None:
    model = ScriptedModel(["draft", "bad", "better", "bad", "best"])
    result = await Agent("x", model=model, architecture="self-refine", max_turns=4).run("go")
    assert result.output == "better" and result.turns == 4 and result.interruption_reason == "max_turns_exceeded"


async def test_the_loops_own_cap_wins_whether_lower_or_higher() -> None:
    for own, agents, turns in ((2, 50, 2), (7, 3, 7)):
        agent = Agent("x", model=endless(), tools=[look], architecture=ReAct(max_turns=own), max_turns=agents)
        assert (await agent.run("go")).turns == turns


async def test_repairing_a_typed_answer_is_still_allowed() -> None:
    class City(BaseModel):
        name: str

    model = ScriptedModel(["Oslo", '{"name": "Oslo"}'])
    result = await Agent("x", model=model, max_turns=1).run("go", output_schema=City)
    assert result.parsed == City(name="Oslo") and result.turns == 2 and not result.interrupted


class Aside:
    """Talks in a conversation of its own, beside the run's."""

    name = "aside"

    async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Any]:
        own = AgentSession(id=f"{session.id}-aside", instructions="")
        for _ in range(3):
            reply = await deps.ask(own, [*session.messages, *own.messages])
            own.messages.append(reply.message())
            session.output = reply.text
        yield deps.note(session, "aside.done")

    def declared_workers(self) -> dict[str, Any]:
        return {}


async def test_a_conversation_aside_counts_and_is_stopped_for_the_run() -> None:
    result = await Agent("x", model=ScriptedModel(["a", "b", "c"]), architecture=Aside()).run("go")
    assert result.turns == 3 and result.output == "c"
    result = await Agent("x", model=ScriptedModel(["a", "b", "c"]), architecture=Aside(), max_turns=2).run("go")
    assert result.turns == 2 and result.output == "b" and result.interruption_reason == "max_turns_exceeded"
