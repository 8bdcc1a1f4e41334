"""An agent from the outside: what a run gives, how it is scoped, what it says about bad settings."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from loomlab import (
    Agent,
    ConfigError,
    Event,
    Fact,
    InMemoryMemory,
    RunContext,
    ScriptedModel,
    ScriptedTurn,
    ToolCall,
    get_run_context,
    set_run_context,
    tool,
)
from loomlab.core import observing
from loomlab.core.messages import Role

pytestmark = pytest.mark.anyio


def calling(*names: str, text: str = "done") -> ScriptedModel:
    return ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool=name) for name in names]), ScriptedTurn(text=text)])


async def test_the_first_example_works() -> None:
    result = await Agent("You are brief.", model="echo").run("hello there")
    assert result.output == "Echo: hello there" and result.turns == 1 and not result.interrupted
    assert result.session_id.startswith("sess_") and result.run_id.startswith("run_")
    assert result.total_tokens > 0 and result.cost == "$0.00" and result.duration.total_seconds() >= 0
    assert (result.model, result.architecture, result.agent) == ("echo", "react", "agent")


async def test_a_session_continues_and_belongs_to_its_user() -> None:
    agent = Agent("x", model=ScriptedModel(["hi alice", "again", "hi bob"]))
    await agent.run("I am alice", user_id="alice", session_id="s")
    await agent.run("and now?", user_id="alice", session_id="s")
    await agent.run("who am I?", user_id="bob", session_id="s")
    _, second, third = (one.messages for one in agent.model.requests)  # type: ignore[attr-defined]
    assert [(m.role, m.content) for m in second][1:3] == [(Role.USER, "I am alice"), (Role.ASSISTANT, "hi alice")]
    assert "alice" not in " ".join(m.content for m in third)


async def test_what_memory_knows_stands_in_the_prompt_of_its_user_only() -> None:
    memory = InMemoryMemory()
    await memory.update_block("style", "speak like a pirate", user_id="alice")
    long_ago, since = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2021))
    for tea, start in (("black tea", long_ago), ("green tea", since)):
        fact = Fact(user_id="alice", subject="alice", predicate="likes", object=tea, valid_from=start)
        await memory.facts.append(fact)
    agent = Agent("x", model=ScriptedModel(["a", "b", "c"]), memory=memory)
    seen: list[Event] = []

    class Watch:
        wants_chunks = False

        def on_event(self, event: Event) -> None:
            seen.append(event)

    with observing(Watch()):
        await agent.run("what tea do I like?", user_id="alice", session_id="s1")
        await agent.run("tea?", user_id="alice", session_id="s2")
        await agent.run("what tea do I like?", user_id="bob")
    texts = ["\n".join(m.content for m in one.messages) for one in agent.model.requests]  # type: ignore[attr-defined]
    assert "<style>\nspeak like a pirate\n</style>" in texts[0] and "Known facts" in texts[0]
    assert "alice likes green tea" in texts[0] and "black tea" not in texts[0]
    assert "Relevant past episodes" in texts[1] and "what tea do I like?" in texts[1]
    assert "pirate" not in texts[2] and "green" not in texts[2]
    recalls = [one for one in seen if one.kind == "memory_recall"]
    assert [one.payload["blocks"] for one in recalls] == [["style"], ["style"]]
    assert sum(one.kind == "memory_write" for one in seen) == 3


async def test_metadata_and_scope_reach_tools_and_explicit_arguments_win() -> None:
    seen: list[RunContext] = []

    @tool
    def look() -> str:
        """Look (in a worker thread)."""
        seen.append(get_run_context())
        return ""

    agent = Agent("x", model=calling("look"), tools=[look])
    context = RunContext(user_id="from context", session_id="s", run_id="mine", metadata={"locale": "en"})
    result = await agent.run("go", context=context, user_id="explicit")
    (inside,) = seen
    assert (inside.user_id, inside.session_id, inside.get("locale")) == ("explicit", "s", "en")
    assert inside.run_id == result.run_id != "mine"
    assert get_run_context() == RunContext()


async def test_the_outer_context_is_back_after_a_run_even_after_an_error() -> None:
    class Broken:
        name = "broken"

        async def stream(self, messages: Any, **_: Any) -> AsyncIterator[Any]:
            raise ValueError("boom")
            yield

    async with set_run_context(RunContext(user_id="outer")):
        await Agent("x", model="echo").run("go", user_id="inner")
        with pytest.raises(ValueError, match="boom"):
            await Agent("x", model=Broken()).run("go")
        assert get_run_context().user_id == "outer"


async def test_extra_tools_are_there_for_one_run_only() -> None:
    @tool
    async def extra() -> str:
        """Extra."""
        return "from extra"

    both = [ScriptedTurn(tool_calls=[ToolCall(tool="extra")]), ScriptedTurn(text="done")] * 2
    agent = Agent("x", model=ScriptedModel(both))
    first = [e.payload["result"] async for e in agent.stream("a", extra_tools=[extra]) if e.kind == "tool_result"]
    second = [e.payload["result"] async for e in agent.stream("b") if e.kind == "tool_result"]
    assert first[0]["output"] == "from extra" and "unknown tool" in second[0]["error"]
    assert await agent.tools_list() == []


async def test_the_turn_cap_ends_the_run_with_its_reason() -> None:
    @tool
    async def again() -> str:
        """Again."""
        return ""

    model = ScriptedModel([ScriptedTurn(text=f"t{i}", tool_calls=[ToolCall(tool="again")]) for i in range(9)])
    result = await Agent("x", model=model, tools=[again], max_turns=3).run("go")
    assert (result.turns, result.interrupted, result.interruption_reason) == (3, True, "max_turns_exceeded")
    assert result.output == "t2"


async def test_tools_can_be_added_and_taken_away() -> None:
    agent = Agent("x", model="echo")

    @agent.with_tool
    def one() -> str:
        """One."""
        return ""

    def two() -> str:
        """Two."""
        return ""

    assert agent.add_tool(two).name == "two"
    assert await agent.tools_list() == ["one", "two"]
    assert agent.remove_tool("one") and not agent.remove_tool("one")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "model"),
        ({"model": "gpt4-mini-please"}, "gpt4-mini-please"),
        ({"model": "echo", "architecture": "raect"}, "did you mean 'react'"),
        ({"model": "echo", "architecture": object()}, "architecture must be"),
        ({"model": "echo", "max_turns": 0}, "max_turns"),
        ({"model": "echo", "memory": "sqlit:x"}, "sqlit"),
    ],
)
def test_bad_settings_are_one_sentence_that_names_them(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Agent("x", **options)
    assert said in str(caught.value)


def test_tools_of_an_unknown_form_name_the_accepted_ones() -> None:
    with pytest.raises(TypeError, match="Tool"):
        Agent("x", model="echo", tools=42)


def test_the_repr_names_the_parts() -> None:
    text = repr(Agent("x", model="echo"))
    assert "echo" in text and "InMemoryMemory" in text and "max_turns=50" in text


async def test_agent_recall_is_scoped() -> None:
    agent = Agent("x", model="echo")
    await agent.run("the blue door", user_id="alice")
    assert [one.input for one in await agent.recall("blue door", user_id="alice")] == ["the blue door"]
    assert await agent.recall("blue door", user_id="bob") == []


async def test_a_failing_consolidation_is_told_and_does_not_take_the_answer() -> None:
    class Memory(InMemoryMemory):
        async def consolidate(self) -> None:
            raise RuntimeError("cannot digest")

    kinds = []

    async def emit(event: Event) -> None:
        kinds.append((event.kind.value, event.payload.get("message")))

    result = await Agent("x", model="echo", memory=Memory(), auto_consolidate=True).run("go", emit=emit)
    assert result.output == "Echo: go" and ("error", "cannot digest") in kinds and kinds[-1][0] == "completed"


async def test_an_old_memory_without_user_ids_still_works_and_is_warned_about_once() -> None:
    class Old(InMemoryMemory):
        async def working(self) -> list[Any]:  # type: ignore[override]
            return []

    from loomlab import LoomDeprecationWarning

    with pytest.warns(LoomDeprecationWarning, match="working"):
        agent = Agent("x", model="echo", memory=Old())
    assert (await agent.run("hi", user_id="u")).output == "Echo: hi"


async def test_cancelling_a_run_leaves_nothing_running_and_tells_the_watchers_what_there_was() -> None:
    cleaned, started = [], anyio.Event()

    class Slow:
        name = "slow"

        async def stream(self, messages: Any, **_: Any) -> AsyncIterator[Any]:
            from loomlab.core import ModelChunk

            try:
                yield ModelChunk(kind="text", text="half an ")
                started.set()
                await anyio.sleep_forever()
            finally:
                cleaned.append(True)

    events: list[Event] = []

    class Watch:
        wants_chunks = True

        def on_event(self, event: Event) -> None:
            events.append(event)

    with observing(Watch()):
        async with anyio.create_task_group() as group:
            group.start_soon(Agent("x", model=Slow()).run, "go")
            await started.wait()
            group.cancel_scope.cancel()
    assert cleaned and events[-1].kind == "completed"
    result = events[-1].payload["result"]
    assert result["interruption_reason"] == "cancelled" and result["output"] == "half an "


async def test_delegate_runs_another_agent_for_the_same_user_with_a_session_of_its_own() -> None:
    worker = Agent("w", model="echo", name="worker")

    class Boss:
        name = "boss"

        async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
            result = await deps.delegate(session, worker, "sub task", suffix="delegate_worker_1")
            session.output = f"{result.session_id} {result.user_id} {result.output}"
            yield deps.note(session, "boss.done")

        def declared_workers(self) -> dict[str, Any]:
            return {"worker": worker}

    events = [e async for e in Agent("x", model="echo", architecture=Boss()).stream("go", user_id="u", session_id="s")]
    result = events[-1].payload["result"]
    assert result["output"] == "s__delegate_worker_1 u Echo: sub task"
    assert result["turns"] == 1 and result["tokens_in"] > 0
    assert [e.kind.value for e in events].count("started") == 1 == [e.kind.value for e in events].count("completed")
    assert any(e.parent_run_id == result["run_id"] for e in events)
