"""The failure ledger: why a run ended, as a result says it and as the log keeps it, cause by cause, for two users."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import pytest

from loomlab import (
    Agent,
    BudgetConfig,
    RunResult,
    ScriptedModel,
    ScriptedTurn,
    StandardBudget,
    StandardPermissions,
    ToolCall,
    Usage,
    tool,
)
from loomlab.architecture import PlanAndExecute, ReWOO, Swarm
from loomlab.core import EndReason
from loomlab.runlog import RunLog, recording

pytest.importorskip("duckdb")

USED = Usage(input_tokens=100, output_tokens=10)
SCOPES: list[anyio.CancelScope] = []


@tool
def fail(query: str) -> str:
    """Fail."""
    raise OSError("the disk is gone")


@tool
def look(query: str) -> str:
    """Look."""
    return "nothing"


@tool
async def hang(query: str) -> str:
    """Hang until the run is stopped."""
    SCOPES[-1].cancel()
    await anyio.sleep_forever()
    return query


def scripted(*turns: Any) -> ScriptedModel:
    return ScriptedModel([ScriptedTurn(text=turn, usage=USED) if isinstance(turn, str) else turn for turn in turns])


def calls(name: str, **args: Any) -> ScriptedTurn:
    return ScriptedTurn(text="", tool_calls=[ToolCall(id="c1", tool=name, args=args or {"query": "x"})], usage=USED)


PLAN = json.dumps([{"id": "E1", "tool": "fail", "args": {"query": "x"}}])
LOOKING = PLAN.replace("fail", "look")


def answered() -> Agent:
    return Agent("hi", model=scripted("fine"))


def turn_cap() -> Agent:
    return Agent("hi", model=scripted(calls("look"), calls("look")), tools=[look], max_turns=2)


def budget() -> Agent:
    return Agent(
        "hi", model=scripted(calls("look"), "x"), tools=[look], budget=StandardBudget(BudgetConfig(max_tokens=50))
    )


def parse_failure() -> Agent:
    return Agent("hi", model=scripted(""), architecture=PlanAndExecute())


def tool_error() -> Agent:
    return Agent("hi", model=scripted(PLAN, "I could not"), tools=[fail], architecture=ReWOO())


def denied() -> Agent:
    never = StandardPermissions(denied_tools=["look"])
    return Agent("hi", model=scripted(LOOKING, "I may not"), tools=[look], permissions=never, architecture=ReWOO())


def forced_answer() -> Agent:
    peers = {
        name: Agent("hi", model=scripted(calls("handoff", target=other), "my best guess"), name=name)
        for name, other in (("ann", "bob"), ("bob", "ann"))
    }
    return Agent("hi", model=scripted(), architecture=Swarm(agents=peers, entry_agent="ann", max_handoffs=0))


def cancelled() -> Agent:
    return Agent("hi", model=scripted(calls("hang")), tools=[hang])


def error() -> Agent:
    return Agent("hi", model=scripted(ScriptedTurn(error=OSError("the wire is cut"))))


CAUSES = [answered, turn_cap, budget, parse_failure, tool_error, denied, forced_answer, cancelled, error]
STATUS = {"turn_cap": "interrupted", "budget": "interrupted", "cancelled": "cancelled", "error": "error"}


async def _ended(run: Callable[[], Awaitable[RunResult]]) -> RunResult | None:
    with anyio.CancelScope() as scope:
        SCOPES.append(scope)
        try:
            return await run()
        except OSError:
            return None
    return None


@pytest.mark.parametrize("make", CAUSES, ids=lambda make: make.__name__)
def test_each_cause_is_on_the_result_and_in_the_log(make: Callable[[], Agent], log: RunLog) -> None:
    cause = make.__name__
    with recording(log):
        results = [anyio.run(_ended, partial(make().run, "go", user_id=user)) for user in ("alice", "bob")]
    for user, result in zip(("alice", "bob"), results, strict=True):
        (row,) = log.sql("FROM runs WHERE parent_run_id IS NULL AND user_id = ?", [user]).to_dict("records")
        assert row["ended"] == cause == EndReason(cause).value
        assert row["status"] == STATUS.get(cause, "answered")
        if result is not None:
            assert result.ended is EndReason(cause)
    assert (results[0] is None) == (cause in ("cancelled", "error"))


def test_a_run_that_goes_on_has_not_ended(log: RunLog) -> None:
    from loomlab.testing.events import sample_run

    for event in sample_run(ending="running"):
        log.on_event(event)
    (row,) = log.runs().to_dict("records")
    assert row["status"] == "running" and not isinstance(row["ended"], str)


def test_causes_can_be_counted_by_architecture(log: RunLog) -> None:
    with recording(log):
        for make in (tool_error, denied, answered, turn_cap):
            anyio.run(_ended, partial(make().run, "go", user_id="alice"))
    counted = log.sql("SELECT architecture, ended, count(*) AS n FROM runs GROUP BY ALL ORDER BY ALL").to_dict(
        "records"
    )
    assert [(row["architecture"], row["ended"], row["n"]) for row in counted] == [
        ("react", "answered", 1),
        ("react", "turn_cap", 1),
        ("rewoo", "denied", 1),
        ("rewoo", "tool_error", 1),
    ]
