"""What an assembled agent takes from memory, leaves there, and learns from what users say."""

import json
from typing import Any

import pytest

from loomlab import Agent, EchoModel, Event, InMemoryMemory, ScriptedModel, ScriptedTurn, Usage
from loomlab.core.errors import ConfigError
from loomlab.governance import BudgetConfig, StandardBudget
from loomlab.memory.sqlite import SqliteMemory

pytestmark = pytest.mark.anyio


class Listener:
    """Every event of the runs below."""

    wants_chunks = False

    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def payloads(self, kind: str) -> list[dict[str, Any]]:
        return [one.payload for one in self.events if one.kind.value == kind]


def claim(subject: str, predicate: str, object_: str) -> str:
    return json.dumps([{"subject": subject, "predicate": predicate, "object": object_, "confidence": 0.9}])


def talker(*answers: str) -> ScriptedModel:
    return ScriptedModel([ScriptedTurn(text=one, usage=Usage(input_tokens=10, output_tokens=5)) for one in answers])


async def test_what_was_said_becomes_a_fact_that_the_next_session_knows() -> None:
    heard = Listener()
    model = talker("Nice to meet you.", claim("user", "lives_in", "Lyon"), "You live in Lyon.", "[]")
    agent = Agent("Help.", model=model, auto_extract=True, run_log=heard)
    first = await agent.run("I live in Lyon.", user_id="alice", session_id="one")
    assert [fact.object for fact in await agent.recall("Lyon", kind="facts", user_id="alice")] == ["Lyon"]
    assert (first.turns, first.tokens_in, first.tokens_out) == (1, 20, 10)
    assert [one["what"] for one in heard.payloads("memory_write")] == ["fact", "episode"]
    roles = [one["role"] for one in heard.payloads("model_chunk") if one.get("call")]
    assert roles == ["agent", "memory"]
    await agent.run("Where is Lyon?", user_id="alice", session_id="two")
    (recalled,) = heard.payloads("memory_recall")
    (fact,) = recalled["facts"]
    assert fact["object"] == "Lyon"
    assert recalled["why"][fact["id"]]["score"] > 0
    assert await agent.recall("Lyon", kind="facts", user_id="bob") == []


async def test_memories_that_have_nothing_to_do_with_the_prompt_stay_out_of_it() -> None:
    model = EchoModel()
    heard = Listener()
    agent = Agent("Help.", model=model, run_log=heard)
    await agent.run("My favourite colour is blue", user_id="alice", session_id="one")
    await agent.run("tell something on volcanoes", user_id="alice", session_id="two")
    assert heard.payloads("memory_recall") == []
    await agent.run("which colour again", user_id="alice", session_id="three")
    (recalled,) = heard.payloads("memory_recall")
    assert [one["input"] for one in recalled["episodes"]] == ["My favourite colour is blue"]


async def test_an_extraction_the_budget_does_not_allow_costs_the_run_nothing_but_the_fact() -> None:
    model = talker("Nice to meet you.", claim("user", "lives_in", "Lyon"))
    agent = Agent("Help.", model=model, auto_extract=True, budget=StandardBudget(BudgetConfig(max_tokens=15)))
    result = await agent.run("I live in Lyon.", user_id="alice")
    assert (result.output, result.interrupted, result.ended) == ("Nice to meet you.", False, "answered")
    assert model.remaining == 1
    assert await agent.recall("Lyon", kind="facts", user_id="alice") == []


async def test_models_on_this_machine_extract_only_when_asked_to() -> None:
    agent = Agent("Help.", model=talker("Hello."))
    assert (await agent.run("I live in Lyon.", user_id="alice")).tokens_in == 10
    assert agent.memory is agent.memory
    assert isinstance(agent.memory, InMemoryMemory)


async def test_a_memory_without_facts_cannot_be_extracted_into(tmp_path) -> None:
    with pytest.raises(ConfigError, match="with_facts=True"):
        Agent("Help.", model="echo", memory=SqliteMemory(tmp_path / "m.db", with_facts=False), auto_extract=True)
