"""Certified values on the assembled agent: what is stale or from a foreign source never reaches the model."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loomlab import Agent, Event, InMemoryAuditLog, ScriptedModel, ScriptedTurn, tool
from loomlab.core import CertifiedValue, ConfigError, EventKind, ToolCall
from loomlab.data import FreshnessPolicy, LineagePolicy
from loomlab.team import Team

pytestmark = pytest.mark.anyio


def ago(**how: float) -> datetime:
    return datetime.now(UTC) - timedelta(**how)


def price(source: str = "prices:live", **how: float) -> CertifiedValue:
    return CertifiedValue(value=12.5, source=source, fetched_at=ago(**how))


def asks(name: str, **args: Any) -> ScriptedModel:
    return ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool=name, args=args)]), ScriptedTurn(text="done")])


HOUR = FreshnessPolicy.from_dict({"prices:": timedelta(hours=1)})


async def events_of(agent: Agent, user: str = "alice") -> list[Event]:
    return [event async for event in agent.stream("what does it cost?", user_id=user)]


def seen_by_model(model: ScriptedModel) -> str:
    return model.requests[-1].messages[-1].content


def notes(events: list[Event], name: str) -> list[dict[str, Any]]:
    return [e.payload for e in events if e.kind is EventKind.ARCHITECTURE_EVENT and e.payload["name"] == name]


SHAPES: dict[str, Any] = {
    "alone": lambda value: value,
    "in a list": lambda value: [1, value],
    "in a dict": lambda value: {"rows": {"a": [value]}},
    "in another value": lambda value: CertifiedValue(value=[value], source="crm:", fetched_at=ago(seconds=1)),
    "behind another value": lambda value: CertifiedValue(
        value=25.0, source="calc", fetched_at=ago(seconds=1), lineage=(value,)
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_stale_value_is_kept_from_the_model_wherever_it_is(shape: str) -> None:
    @tool
    async def look() -> Any:
        """Look it up."""
        return SHAPES[shape](price(hours=3))

    model = asks("look")
    log = InMemoryAuditLog()
    events = await events_of(Agent("x", model=model, tools=[look], freshness=HOUR, audit_log=log))
    told = seen_by_model(model)
    assert "12.5" not in told and told.startswith("ERROR: ")
    assert "'prices:live'" in told and "3 h old" in told and "at most 1 h is allowed" in told
    (note,) = notes(events, "value.rejected")
    assert (note["source"], note["reason"], note["allowed"], note["tool"]) == ("prices:live", "stale", "1 h", "look")
    assert note["age_s"] == pytest.approx(3 * 3600, abs=60)
    (entry,) = await log.query(action="value_rejected")
    assert (entry.user_id, entry.payload["source"]) == ("alice", "prices:live")


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_fresh_value_passes_and_its_source_and_age_are_told(shape: str) -> None:
    @tool
    def look() -> Any:
        """Look it up."""
        return SHAPES[shape](price(minutes=10))

    model = asks("look")
    events = await events_of(Agent("x", model=model, tools=[look], freshness=HOUR))
    assert not seen_by_model(model).startswith("ERROR") and notes(events, "value.rejected") == []
    (result,) = [event.payload for event in events if event.kind is EventKind.TOOL_RESULT]
    sources = {one["source"] for one in result["certified"]}
    sources.update(*(one.get("made_from", []) for one in result["certified"]))
    assert "prices:live" in sources
    assert all(one["age_s"] < 700 for one in result["certified"])


async def test_a_value_made_by_several_tools_is_judged_by_all_that_it_was_made_from() -> None:
    kept: list[CertifiedValue] = []

    @tool
    async def read(source: str) -> CertifiedValue:
        """Read a number."""
        kept.append(CertifiedValue(value=2, source=source, fetched_at=ago(seconds=1)))
        return kept[-1]

    @tool
    async def add() -> CertifiedValue:
        """Add what was read."""
        return CertifiedValue(value=4, source="erp:sum", fetched_at=ago(seconds=0), lineage=tuple(kept))

    def model() -> ScriptedModel:
        kept.clear()
        calls = [ToolCall(tool="read", args={"source": one}) for one in ("erp:orders", "blog")]
        return ScriptedModel(
            [ScriptedTurn(tool_calls=calls), ScriptedTurn(tool_calls=[ToolCall(tool="add")]), ScriptedTurn(text="end")]
        )

    strict = model()
    agent = Agent("x", model=strict, tools=[read, add], lineage=LineagePolicy.from_iter(["erp:"]))
    events = await events_of(agent)
    results = [event.payload["result"] for event in events if event.kind is EventKind.TOOL_RESULT]
    assert sorted(one["ok"] for one in results) == [False, False, True]
    assert "'blog', which the one from 'erp:sum' was made from, is from a source that is not allowed" in seen_by_model(
        strict
    )
    assert [one["reason"] for one in notes(events, "value.rejected")] == ["source", "source"]


async def test_a_value_past_its_validity_is_refused_whatever_the_policy() -> None:
    @tool
    async def look() -> CertifiedValue:
        """Look it up."""
        return CertifiedValue(value=1, source="s", fetched_at=ago(minutes=1), valid_until=ago(seconds=30))

    model = asks("look")
    await Agent("x", model=model, tools=[look], freshness=FreshnessPolicy()).run("?")
    assert "it was valid until" in seen_by_model(model)


async def test_the_agents_below_are_held_to_the_policy_of_the_one_above() -> None:
    @tool
    async def look() -> CertifiedValue:
        """Look it up."""
        return price(hours=2)

    inside = asks("look")
    worker = Agent("w", model=inside, tools=[look], name="worker")
    lead = ScriptedModel(
        [
            ScriptedTurn(tool_calls=[ToolCall(tool="delegate", args={"worker": "worker", "instructions": "look"})]),
            ScriptedTurn(text="done"),
        ]
    )
    team = Team.supervisor(workers={"worker": worker}, model=lead, freshness=HOUR)
    await team.run("?", user_id="alice")
    assert "is stale" in seen_by_model(inside)


async def test_hooks_and_logs_see_no_refused_value() -> None:
    @tool
    async def look() -> CertifiedValue:
        """Look it up."""
        return price(hours=2)

    agent = Agent("x", model=asks("look"), tools=[look], freshness=HOUR)
    seen: list[Any] = []

    @agent.after_tool
    async def after(call: ToolCall, result: Any) -> None:
        seen.append(result)

    events = await events_of(agent)
    assert [one.ok for one in seen] == [False]
    assert "12.5" not in "".join(event.model_dump_json() for event in events)


async def test_without_a_policy_nothing_is_looked_at() -> None:
    @tool
    async def look() -> CertifiedValue:
        """Look it up."""
        return price(hours=200)

    model = asks("look")
    events = await events_of(Agent("x", model=model, tools=[look]))
    assert "12.5" in seen_by_model(model)
    assert all("certified" not in event.payload for event in events)


def test_a_policy_of_the_wrong_kind_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match=r"freshness takes a loomlab\.data\.FreshnessPolicy, not int"):
        Agent("x", model="echo", freshness=60)  # type: ignore[arg-type]  # that is the point
