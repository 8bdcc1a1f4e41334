"""What every architecture promises, as tests that yours can inherit.

An architecture is three members and five verbs; gates, budgets, caps, costs, traces, replays and users come by
themselves. Say how yours is made, and let pytest show it:

    class Twice:
        name = "twice"

        async def run(self, session, deps, prompt):
            session.messages = (await deps.recall(session, prompt)).messages(session.instructions, prompt)
            for _ in range(2):
                reply = await deps.ask(session, tools=True)
                session.messages.append(reply.message())
                await deps.act(session, reply.tool_calls)
            session.output = reply.text
            yield deps.note(session, "twice.answered")

        def declared_workers(self):
            return {}

    class TestTwice(ArchitectureContract):
        def architecture(self, worker):
            return Twice()

``worker(name, **options)`` makes an agent for architectures that send work to others; it has the same tools and guards
as the agent under test. The model is a ``DutifulModel``; give ``fill`` where a form of yours needs certain values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar, cast

import anyio
import pytest
from pydantic import BaseModel

from loomlab.agent import Agent
from loomlab.core import (
    Event,
    EventKind,
    Model,
    PermanentModelError,
    PermissionDecision,
    ToolCall,
    get_run_context,
)
from loomlab.core.protocols import Architecture
from loomlab.core.results import EndReason
from loomlab.governance import BudgetConfig, StandardBudget
from loomlab.model.cassette import CassetteModel
from loomlab.security import HookRegistry, InMemoryAuditLog, StandardPermissions
from loomlab.testing.dutiful import DutifulModel
from loomlab.testing.watching import finish, parallel, plain, watching
from loomlab.tools import Tool

PROBE = "probe"


class Verdict(BaseModel):
    """A typed answer."""

    verdict: str


class ArchitectureContract:
    """Inherit it; override ``architecture``."""

    fill: ClassVar[Mapping[str, Any]] = {}
    """Values that the model gives to fields of forms, by name."""

    ignore: ClassVar[Collection[str]] = ()
    """Tools that the model leaves alone."""

    acts = True
    """Whether the architecture, or a worker of it, tries the tools it is given."""

    def architecture(self, worker: Callable[..., Agent]) -> Architecture:
        """A fresh architecture to try."""
        raise TypeError(f"{type(self).__name__} must override architecture()")

    def agent(self, model: Model | None = None, **options: Any) -> Agent:
        """The agent under test. Its workers have the same options."""
        mind = model or self.model()

        def worker(name: str, **more: Any) -> Agent:
            return Agent(f"You are {name}.", model=mind, name=name, **options, **more)

        return Agent("Be brief.", model=mind, architecture=self.architecture(worker), **options)

    def model(self, **options: Any) -> DutifulModel:
        """The model that leads the run."""
        return DutifulModel(fill=self.fill, ignore=self.ignore, **options)

    # ---- it ends ------------------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_it_ends_and_says_so_once(self) -> None:
        """STARTED is the first event and COMPLETED the last, each once, with an answer in it."""
        agent = self.agent(tools=[_probe([])])
        events = [event async for event in agent.stream("Say something.", session_id="s1")]
        kinds = [one.kind for one in events]
        assert kinds[0] is EventKind.STARTED and kinds.count(EventKind.STARTED) == 1
        assert kinds[-1] is EventKind.COMPLETED and kinds.count(EventKind.COMPLETED) == 1
        assert EventKind.ERROR not in kinds
        assert events[0].payload["architecture"] == agent.architecture.name
        result = events[-1].payload["result"]
        assert result["output"] and not result["interrupted"] and result["architecture"] == agent.architecture.name
        assert events[0].run_id == events[-1].run_id and events[-1].session_id == "s1"

    @pytest.mark.anyio
    async def test_a_typed_answer_comes_out_typed(self) -> None:
        """``output_schema`` holds whatever leads the run."""
        result = await self.agent(tools=[_probe([])]).run("Judge.", output_schema=Verdict)
        assert isinstance(result.parsed, Verdict)

    @pytest.mark.anyio
    async def test_a_spent_budget_stops_it(self) -> None:
        """Nobody, and no worker, makes a call more than the budget allows."""
        model = self.model()
        budget = StandardBudget(BudgetConfig(max_tokens=15))
        agent = self.agent(model, tools=[_probe([])], budget=budget)
        with watching() as seen:
            result = await agent.run("Spend.", user_id="ana")
        assert result.interrupted and result.ended is EndReason.BUDGET
        assert result.interruption_reason is not None and "budget:max_tokens" in result.interruption_reason
        assert seen.of(EventKind.BUDGET_EXCEEDED) and parallel(seen) >= len(model.asked)

    @pytest.mark.anyio
    async def test_the_turn_cap_stops_it(self) -> None:
        """No run makes more model calls than ``max_turns``, and the one that wanted to says why it stopped."""
        with watching() as seen:
            result = await self.agent(self.model(rounds=99), tools=[_probe([])], max_turns=1).run("Go on and on.")
        assert result.interrupted and result.ended is EndReason.TURN_CAP
        assert result.interruption_reason is not None and "max_turns_exceeded" in result.interruption_reason
        starts = [one.run_id for one in seen.events if one.payload.get("name") == "model.started"]
        assert max(starts.count(run) for run in starts) == 1

    # ---- the gate -------------------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_a_denied_tool_never_runs_and_everybody_saw_the_call(self) -> None:
        """Policy says no: the tool stays still; hooks and audit know of every call."""
        ran: list[str | None] = []
        looked: list[str] = []
        hooks, audit = HookRegistry(), InMemoryAuditLog()

        async def look(call: ToolCall) -> PermissionDecision:
            looked.append(call.tool)
            return PermissionDecision.allow_()

        hooks.register_pre_tool(look)
        policy = StandardPermissions(denied_tools=[PROBE])
        with watching() as seen:
            await self.agent(tools=[_probe(ran)], permissions=policy, hooks=hooks, audit_log=audit).run("Act.")
        tried = [one for one in seen.of(EventKind.TOOL_CALL) if one["call"]["tool"] == PROBE]
        outcomes = [one["result"] for one in seen.of(EventKind.TOOL_RESULT) if one["tool"] == PROBE]
        assert ran == [] and all(one["denied"] for one in outcomes) and len(outcomes) == len(tried)
        audited = [one for one in await audit.query(action="tool_call") if one.payload["tool"] == PROBE]
        assert len(audited) == len(tried) and looked.count(PROBE) == len(tried)
        assert bool(tried) is self.acts

    @pytest.mark.anyio
    async def test_a_person_is_asked_and_their_no_counts(self) -> None:
        """A destructive tool waits for approval, for the right user, every time."""
        ran: list[str | None] = []
        asked: list[str | None] = []

        async def never(call: ToolCall, user_id: str | None) -> bool:
            asked.append(user_id)
            return False

        agent = self.agent(
            tools=[_probe(ran, destructive=True)], permissions=StandardPermissions(), approval_handler=never
        )
        with watching() as seen:
            await agent.run("Act.", user_id="ana")
        tried = [one for one in seen.of(EventKind.TOOL_CALL) if one["call"]["tool"] == PROBE]
        assert ran == [] and asked == ["ana"] * len(tried)

    @pytest.mark.anyio
    async def test_an_allowed_tool_runs_for_the_user_of_the_run(self) -> None:
        """Tools know whom they work for, in workers too."""
        ran: list[str | None] = []
        await self.agent(tools=[_probe(ran)]).run("Act.", user_id="ana", metadata={"team": "blue"})
        assert set(ran) == ({"ana/blue"} if self.acts else set())

    # ---- users, cancelling, errors ----------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_two_users_at_the_same_time_never_mix(self) -> None:
        """What one user says is never shown to the model while it serves the other."""
        model = self.model(before=_turn_by_turn)
        agent = self.agent(model, tools=[_probe([])])
        secrets = {"ana": "the heron flies", "bob": "the otter swims"}

        async def talk(user: str) -> None:
            for number in (1, 2):
                result = await agent.run(f"{secrets[user]} {number}", user_id=user, session_id=f"{user}-{number}")
                assert result.user_id == user

        async with anyio.create_task_group() as group:
            for user in secrets:
                group.start_soon(talk, user)
        for served, request in model.asked:
            other = secrets["bob" if served == "ana" else "ana"]
            assert served in secrets and other not in str([one.content for one in request.messages])
        for user in secrets:
            assert all(one.user_id == user for one in await agent.memory.recall("the", user_id=user, limit=50))

    @pytest.mark.anyio
    async def test_cancelling_leaves_nothing_running(self) -> None:
        """A run that is cancelled, or a stream that is left, takes every call under way with it."""
        waiting = anyio.Event()

        async def hang(number: int) -> None:
            if number >= 2:
                waiting.set()
                await anyio.sleep_forever()

        model = self.model(before=hang)
        agent = self.agent(model, tools=[_probe([])])
        async with anyio.create_task_group() as group:
            group.start_soon(agent.run, "Wait.")
            await waiting.wait()
            group.cancel_scope.cancel()
        assert model.busy == 0

        events = agent.stream("Leave.")
        async for event in events:
            if event.payload.get("name") == "model.started":
                break
        await cast(AsyncGenerator[Event, None], events).aclose()
        count = len(model.asked)
        await anyio.wait_all_tasks_blocked()
        assert model.busy == 0 and len(model.asked) == count

    @pytest.mark.anyio
    async def test_an_error_surfaces_as_it_is(self) -> None:
        """The error of any model call, whoever made it, is what ``run`` and ``stream`` raise."""
        rehearsal = self.model()
        await self.agent(rehearsal, tools=[_probe([])]).run("Fail.")
        for fatal in range(1, min(len(rehearsal.asked), 8) + 1):
            fault = PermanentModelError(f"broken at call {fatal}")

            async def fail(number: int, fatal: int = fatal, fault: Exception = fault) -> None:
                if number == fatal:
                    raise fault

            with pytest.raises(PermanentModelError) as caught:
                await self.agent(self.model(before=fail), tools=[_probe([])]).run("Fail.")
            assert caught.value is fault
            with pytest.raises(PermanentModelError) as caught:
                async for _ in self.agent(self.model(before=fail), tools=[_probe([])]).stream("Fail."):
                    pass
            assert caught.value is fault

    # ---- figures and pictures -----------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_the_parts_add_up_to_the_total(self) -> None:
        """Turns, tokens and cost of the result are those of all calls, and of the sub-runs with the rest."""
        model = self.model()
        with watching() as seen:
            result = await self.agent(model, tools=[_probe([])]).run("Count.")
        calls = seen.calls()
        assert result.turns == len(calls) == len(model.asked) > 0
        assert result.tokens_in == sum(one["input_tokens"] for one in calls)
        assert result.tokens_out == sum(one["output_tokens"] for one in calls)
        assert result.cost_usd == pytest.approx(sum(one["cost_usd"] for one in calls))
        own = [one.payload["call"] for one in seen.events if one.run_id == result.run_id and finish(one)]
        children = seen.children(result.run_id)
        assert result.tokens_in == sum(one["input_tokens"] for one in own) + sum(one.tokens_in for one in children)
        assert result.turns == len(own) + sum(one.turns for one in children)

    @pytest.mark.anyio
    async def test_a_replay_shows_the_same(self, tmp_path: Path) -> None:
        """From a tape of the model's replies the same events come again, and nobody asks the model."""
        tape = tmp_path / "tape.jsonl"
        recorded = self.model()
        first = await self._told(CassetteModel(recorded, tape, mode="record"))
        asked = len(recorded.asked)
        again = [await self._told(CassetteModel(recorded, tape, mode="replay")) for _ in range(2)]
        assert again[0] == again[1] and len(recorded.asked) == asked
        # What runs side by side may end in another order than when it was recorded.
        assert Counter(kind for kind, _ in again[0]) == Counter(kind for kind, _ in first)

    async def _told(self, model: Any) -> list[tuple[str, str]]:
        events = [event async for event in self.agent(model, tools=[_probe([])]).stream("Again.", session_id="s")]
        return [(one.kind.value, plain(one)) for one in events]

    @pytest.mark.anyio
    async def test_its_picture_shows_who_is_asked(self) -> None:
        """``shape()``, where there is one, has a box for every role that asks a model, and no loose arrow."""
        agent = self.agent(tools=[_probe([])])
        workers = agent.architecture.declared_workers()
        assert all(name and hasattr(one, "run") for name, one in workers.items())
        if not hasattr(agent.architecture, "shape"):
            return
        shape = agent.architecture.shape()
        boxes = {one.id for one in shape.nodes}
        assert {"start", "end"} <= boxes and len(boxes) == len(shape.nodes)
        assert {one.source for one in shape.edges} | {one.target for one in shape.edges} == boxes
        with watching() as seen:
            result = await agent.run("Look.")
        roles = {one.payload["role"] for one in seen.events if one.run_id == result.run_id and finish(one)}
        assert roles - {"repair"} <= boxes | _inside(agent.architecture)


def _inside(architecture: Any) -> set[str]:
    """The boxes of the strategies it wraps."""
    boxes: set[str] = set()
    base = getattr(architecture, "base", None)
    while base is not None:
        boxes |= {one.id for one in base.shape().nodes} if hasattr(base, "shape") else {"agent"}
        base = getattr(base, "base", None)
    return boxes


def _probe(ran: list[str | None], *, destructive: bool = False) -> Tool:
    async def probe(text: str) -> str:
        context = get_run_context()
        team = context.get("team")
        ran.append(f"{context.user_id}/{team}" if team else context.user_id)
        return f"probed {text}"

    schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    return Tool(name=PROBE, description="Look closer.", fn=probe, input_schema=schema, destructive=destructive)


async def _turn_by_turn(number: int) -> None:
    """Give the other user's run its turn."""
    await anyio.lowlevel.checkpoint()
