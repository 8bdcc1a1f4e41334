"""What went wrong in systems of this kind: each once more, on the assembled agent, named by what is right."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from loomlab import (
    Agent,
    BudgetConfig,
    Fact,
    HookRegistry,
    InMemoryMemory,
    PermissionDecision,
    ScriptedModel,
    ScriptedTurn,
    StandardBudget,
    StandardPermissions,
    Workflow,
    tool,
)  # fmt: skip
from loomlab.architecture import Reflexion
from loomlab.core import (
    Message,
    RateLimitError,
    ToolCall,
    Usage,
)
from loomlab.governance import RetryPolicy
from loomlab.memory import AutoExtractMemory, Consolidator, HashEmbedder, PatternConsolidator
from loomlab.security import FileAuditLog
from loomlab.team import Team
from loomlab.testing.dutiful import USAGE, DutifulModel

pytestmark = pytest.mark.anyio

ALONE = ("react", "self-refine", "reflexion", "tree-of-thoughts", "plan-and-execute", "rewoo")
"""Ways to think that need no other agents."""


def asks(name: str, *texts: str, **args: Any) -> ScriptedModel:
    call = ScriptedTurn(tool_calls=[ToolCall(tool=name, args=args)])
    return ScriptedModel([call, *(ScriptedTurn(text=text) for text in texts or ("done",))])


class Ran:
    """Tools that note that they ran."""

    def __init__(self) -> None:
        self.names: list[str] = []
        names = self.names

        @tool(destructive=True)
        async def wipe(path: str = "x") -> str:
            """Delete a file."""
            names.append("wipe")
            return "gone"

        @tool
        async def look(path: str = "x") -> str:
            """Read a file."""
            names.append("look")
            return "text"

        self.wipe, self.look = wipe, look


# ---- gates --------------------------------------------------------------------------------------------------


async def test_a_destructive_tool_is_asked_for_and_without_anybody_to_ask_it_does_not_run() -> None:
    ran, asked = Ran(), []

    async def no(call: ToolCall, user_id: str | None) -> bool:
        asked.append((call.tool, user_id))
        return False

    agent = partial(Agent, "x", tools=[ran.wipe], permissions=StandardPermissions())
    await agent(model=asks("wipe"), approval_handler=no).run("go", user_id="alice")
    await agent(model=asks("wipe")).run("go", user_id="alice")
    assert asked == [("wipe", "alice")] and ran.names == []


@pytest.mark.parametrize("kind", ["before_tool", "after_tool"])
async def test_a_hook_is_no_approval(kind: str) -> None:
    ran = Ran()
    agent = Agent("x", model=asks("wipe"), tools=[ran.wipe], permissions=StandardPermissions())

    async def look(*_: Any) -> None:
        return None

    getattr(agent, kind)(look)
    await agent.run("go")
    assert ran.names == []


@pytest.mark.parametrize("way", ALONE)
async def test_a_denied_tool_never_runs_whatever_the_way_to_think_and_hooks_and_audit_see_it(
    way: str, tmp_path: Path
) -> None:
    ran, seen = Ran(), []
    log = FileAuditLog(tmp_path / "audit.jsonl", secret="s")
    agent = Agent(
        "x", model=DutifulModel(), tools=[ran.look, ran.wipe], architecture=way, audit_log=log,
        permissions=StandardPermissions(denied_tools=["wipe"]),
    )  # fmt: skip

    @agent.before_tool
    async def before(call: ToolCall) -> None:
        seen.append(call.tool)

    await agent.run("go", user_id="alice")
    assert "wipe" not in ran.names
    tried = [entry for entry in await log.query(action="tool_call") if entry.payload["tool"] == "wipe"]
    assert len(tried) == seen.count("wipe")
    assert all(entry.user_id == "alice" for entry in tried)


@pytest.mark.parametrize("fault", ["late", "raising"])
async def test_a_hook_that_is_late_or_raises_denies_and_the_run_goes_on(fault: str) -> None:
    ran = Ran()
    hooks = HookRegistry(hook_timeout_s=0.01)

    @hooks.register_pre_tool
    async def broken(call: ToolCall) -> PermissionDecision:
        if fault == "raising":
            raise RuntimeError("broken")
        await anyio.sleep_forever()
        raise AssertionError

    result = await Agent("x", model=asks("look"), tools=[ran.look], hooks=hooks).run("go")
    assert (result.output, ran.names) == ("done", [])


# ---- users --------------------------------------------------------------------------------------------------


async def test_what_one_user_says_closes_no_fact_of_another() -> None:
    memory = InMemoryMemory(consolidator=PatternConsolidator())
    agent = Agent("x", model="echo", memory=memory, auto_consolidate=True)
    await agent.run("I live in Lyon.", user_id="alice")
    await agent.run("I live in Paris.", user_id="bob")
    lived = {user: await memory.facts_at(user_id=user) for user in ("alice", "bob")}
    assert {user: [(one.object, one.valid_until) for one in facts] for user, facts in lived.items()} == {
        "alice": [("Lyon", None)],
        "bob": [("Paris", None)],
    }


async def test_a_lesson_stays_with_the_user_whose_run_taught_it() -> None:
    texts = ["draft", "score: 0.1\nbad", "LESSON: never say please", "draft", "score: 1.0\ngood"]
    agent = Agent("x", model=ScriptedModel([*texts, "score: 1.0", "score: 1.0"]), architecture=Reflexion())
    await agent.run("one", user_id="alice")
    mine = [block.content for block in await agent.memory.working(user_id="alice")]
    assert any("never say please" in text for text in mine)
    for other in ("bob", None):
        assert await agent.memory.working(user_id=other) == []


@pytest.mark.parametrize("way", ALONE)
async def test_every_call_of_every_way_to_think_is_billed_to_its_user(way: str) -> None:
    budget, model = StandardBudget(BudgetConfig(per_user_max_tokens=10**6)), DutifulModel()
    result = await Agent("x", model=model, budget=budget, architecture=way).run("go", user_id="alice")
    calls = len(model.asked)
    assert {user for user, _ in model.asked} == {"alice"}
    assert budget.usage_for("alice")["tokens_total"] == calls * (USAGE.input_tokens + USAGE.output_tokens)
    assert (result.total_tokens, budget.usage_for("bob")["tokens_total"]) == (calls * 15, 0)


async def test_what_workers_use_is_in_the_result_of_the_team_and_in_its_budget() -> None:
    usage = Usage(input_tokens=100, output_tokens=50, cost_usd=0.5)
    worker = Agent("w", model=ScriptedModel([ScriptedTurn(text="did", usage=usage)]))
    budget = StandardBudget(BudgetConfig(max_tokens=10**6))
    lead = asks("delegate", worker="w", instructions="go")
    result = await Team.supervisor(workers={"w": worker}, model=lead, budget=budget).run("go", user_id="alice")
    assert (result.tokens_in, result.tokens_out, result.cost_usd) == (100, 50, 0.5)
    assert budget.usage_for("alice")["tokens_total"] == 150


async def test_runs_of_one_workflow_at_once_keep_their_inputs() -> None:
    async def kind(value: str) -> str:
        await anyio.lowlevel.checkpoint()
        return value[0]

    async def handle(value: str) -> str:
        await anyio.lowlevel.checkpoint()
        return f"handled {value}"

    flow = Workflow.route(kind, {"a": handle, "b": handle})
    said: dict[str, Any] = {}

    async def one(value: str) -> None:
        said[value] = (await flow.run(value)).output

    async with anyio.create_task_group() as group:
        for value in ("a1", "a2", "b1", "b2"):
            group.start_soon(one, value)
    assert said == {value: f"handled {value}" for value in ("a1", "a2", "b1", "b2")}


async def test_forgetting_a_user_takes_the_working_blocks_too() -> None:
    agent = Agent("x", model="echo")
    for user in ("alice", "bob"):
        await agent.memory.update_block("notes", f"of {user}", user_id=user)
        await agent.run("hello", user_id=user)
    await agent.memory.forget(user_id="alice")
    assert await agent.memory.working(user_id="alice") == []
    assert [block.content for block in await agent.memory.working(user_id="bob")] == ["of bob"]


async def test_memory_that_may_keep_two_users_keeps_the_episodes_of_two() -> None:
    memory = InMemoryMemory(max_users=2)
    agent = Agent("x", model="echo", memory=memory)
    for user in ("alice", "bob", "carol"):
        await agent.run(f"I am {user}", user_id=user)
    kept = [(await memory.export(user_id=user)).episodes for user in ("alice", "bob", "carol")]
    assert [len(one) for one in kept] == [0, 1, 1]


async def test_an_agent_recalls_for_the_user_that_is_named() -> None:
    agent = Agent("x", model="echo")
    await agent.run("the code is 1234", user_id="alice")
    await agent.run("the code is 9999", user_id="bob")
    assert [one.input for one in await agent.recall("code", user_id="alice")] == ["the code is 1234"]


# ---- memory -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["sqlite", "sqlite::memory:", {"backend": "sqlite", "path": ":memory:"}])
async def test_memory_in_sqlite_works_at_its_first_use(
    spec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    agent = Agent("x", model="echo", memory=spec)
    await agent.run("my code is 1234", user_id="alice", session_id="s")
    assert [one.input for one in await agent.recall("code", user_id="alice")] == ["my code is 1234"]
    await agent.memory.aclose()  # type: ignore[attr-defined]  # of this memory


async def test_facts_that_match_equally_well_are_recalled_without_an_embedder() -> None:
    memory = InMemoryMemory()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(4):
        fact = Fact(user_id="alice", subject="alice", predicate=f"likes_{number}", object="tea", valid_from=at)
        await memory.facts.append(fact)
    assert len(await memory.recall_facts("tea", user_id="alice", limit=4)) == 4


async def test_a_later_fact_that_arrives_first_is_not_closed_by_an_earlier_one() -> None:
    memory = InMemoryMemory()
    for city, year in (("Paris", 2025), ("Lyon", 2020)):
        at = datetime(year, 1, 1, tzinfo=UTC)
        fact = Fact(user_id="alice", subject="alice", predicate="lives_in", object=city, valid_from=at)
        await memory.facts.append(fact)
    now = await memory.facts_at(user_id="alice", true_at=datetime.now(UTC))
    assert [one.object for one in now] == ["Paris"]
    then = await memory.facts_at(user_id="alice", true_at=datetime(2022, 1, 1, tzinfo=UTC))
    assert [one.object for one in then] == ["Lyon"]


async def test_texts_that_differ_in_a_mark_are_near_each_other() -> None:
    embedder = HashEmbedder()
    one, other, far = await embedder.embed_batch(["I like green tea", "I like green tea!", "rockets burn fuel"])
    assert sum(a * b for a, b in zip(one, other, strict=True)) > 0.9
    assert abs(sum(a * b for a, b in zip(one, far, strict=True))) < 0.5


async def test_recall_of_one_user_looks_at_nobody_elses_episodes() -> None:
    memory = InMemoryMemory()
    agent = Agent("x", model="echo", memory=memory)
    for number in range(200):
        await agent.run("we all say the same", user_id=f"user{number}")
    await agent.run("mine alone", user_id="alice")
    explained = await memory.explain("we all say the same", user_id="alice")
    assert [one.item.input for one in explained.candidates if one.kind == "episode"] == ["mine alone"]


async def test_extraction_is_paid_for_retried_and_never_brings_back_what_was_erased() -> None:
    class Flaky(ScriptedModel):
        failed = 0

        async def complete(self, messages: Sequence[Message], **options: Any) -> Any:
            if not messages[0].content.startswith("You answer.") and not Flaky.failed:
                Flaky.failed += 1
                raise RateLimitError("slow down")
            return await super().complete(messages, **options)

    claims = json.dumps([{"subject": "user", "predicate": "lives_in", "object": "Lyon", "quote": "I live in Lyon"}])
    usage = Usage(input_tokens=10, output_tokens=5)
    model = Flaky([ScriptedTurn(text="noted", usage=usage), ScriptedTurn(text=claims, usage=usage)])
    budget = StandardBudget(BudgetConfig(max_tokens=10**6))
    memory = AutoExtractMemory(InMemoryMemory(), Consolidator(model=model))
    agent = Agent(
        "You answer.",
        model=model,
        memory=memory,
        budget=budget,
        retry_policy=RetryPolicy(initial_delay_s=0.001, jitter=0.0),
    )
    await agent.run("I live in Lyon.", user_id="alice")
    assert Flaky.failed == 1 and budget.usage_for("alice")["tokens_total"] == 30
    await agent.memory.forget(user_id="alice")
    assert (await agent.memory.export(user_id="alice")).facts == []


async def test_a_mistake_inside_a_users_own_memory_is_raised_and_the_method_called_once() -> None:
    calls = Counter[str]()

    class Mistaken(InMemoryMemory):
        async def working(self, *, user_id: str | None = None) -> Any:
            calls["working"] += 1
            return len(None)  # type: ignore[arg-type]  # the mistake

    with pytest.raises(TypeError, match="NoneType"):
        await Agent("x", model="echo", memory=Mistaken()).run("go", user_id="alice")
    assert calls["working"] == 1
