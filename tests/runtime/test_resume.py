"""Runs that are cut off and go on: on the assembled agent, for several users, over every way to think."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import (
    Agent,
    BudgetConfig,
    Event,
    InMemoryMemory,
    ScriptedModel,
    ScriptedTurn,
    StandardBudget,
    StandardPermissions,
    ToolCall,
    Workflow,
    tool,
)
from loomlab.architecture import (
    ActorCritic,
    BlackboardArchitecture,
    MultiAgentDebate,
    PlanAndExecute,
    ReAct,
    Reflexion,
    ReWOO,
    Router,
    RouterRoute,
    SelfRefine,
    Supervisor,
    Swarm,
    TreeOfThoughts,
)
from loomlab.core.errors import PermanentModelError, RuntimeJournalError
from loomlab.core.messages import Usage
from loomlab.runtime import JournaledRuntime, SqliteRuntime, UnknownOutcome
from loomlab.testing.dutiful import DutifulModel

pytestmark = pytest.mark.anyio

STEPS = [{"id": f"E{n}", "tool": "work", "args": {"what": "x"}} for n in (1, 2, 3)]


class Cut(PermanentModelError):
    """The process is gone, as far as a test without processes can tell."""


class Scene:
    """One agent made anew for each attempt, as a new process would; what its tools and models did is kept."""

    def __init__(self, runtime: Callable[[], JournaledRuntime], make: Callable[..., Any], *, rounds: int = 2) -> None:
        self.runtime, self.make, self.rounds = runtime, make, rounds
        self.worked: list[str] = []
        self.asked = 0
        self.cut_at: int | None = None
        self.chance = random.Random(7)
        self.memory = InMemoryMemory()

    def agent(self, architecture: Any = None, *, inside: bool = False, **options: Any) -> Agent:
        async def before(_: int) -> None:
            # Others get their turn in another order each time: names of steps must not depend on it.
            for _ in range(self.chance.randrange(5)):
                await anyio.lowlevel.checkpoint()
            if self.cut_at is not None and self.asked >= self.cut_at:
                raise Cut("cut off")
            self.asked += 1

        @tool
        async def work(what: str, idempotency_key: str) -> str:
            """Do a piece of work."""
            for _ in range(self.chance.randrange(5)):
                await anyio.lowlevel.checkpoint()
            self.worked.append(idempotency_key)
            return f"{what} done"

        fill = {"steps": STEPS if isinstance(architecture, ReWOO) else ["a", "b"], "worker": "ana"}
        model = DutifulModel(rounds=self.rounds, before=before, fill=fill, ignore=["forward_message", "handoff"])
        own: dict[str, Any] = {} if inside else {"runtime": self.runtime(), "memory": self.memory}
        return Agent("Work.", model=model, tools=[work], architecture=architecture, **own, **options)

    async def go(self, **options: Any) -> Any:
        thing = self.make(self)
        try:
            return await thing.resume("s", "the task", user_id="alice", **options)
        finally:
            await thing.runtime.aclose() if isinstance(thing, Agent) else None


def _worker(scene: Scene) -> Agent:
    return scene.agent(inside=True)


WAYS: dict[str, Callable[[Scene], Any]] = {
    "react": lambda s: s.agent(ReAct()),
    "self-refine": lambda s: s.agent(SelfRefine(max_rounds=2)),
    "reflexion": lambda s: s.agent(Reflexion(max_attempts=2)),
    "plan-and-execute": lambda s: s.agent(PlanAndExecute()),
    "rewoo": lambda s: s.agent(ReWOO()),
    "tree-of-thoughts": lambda s: s.agent(TreeOfThoughts(max_depth=2)),
    "router": lambda s: s.agent(Router(routes=[RouterRoute("ana", _worker(s)), RouterRoute("bob", _worker(s))])),
    "supervisor": lambda s: s.agent(Supervisor(workers={"ana": _worker(s), "bob": _worker(s)})),
    "actor-critic": lambda s: s.agent(ActorCritic(actor=_worker(s), critic=_worker(s), max_rounds=2)),
    "debate": lambda s: s.agent(MultiAgentDebate(debaters=[_worker(s), _worker(s)], judge=_worker(s), rounds=2)),
    "swarm": lambda s: s.agent(Swarm(agents={"ana": _worker(s), "bob": _worker(s)}, entry_agent="ana")),
    "blackboard": lambda s: s.agent(
        BlackboardArchitecture(agents={"ana": _worker(s), "bob": _worker(s)}, max_rounds=2)
    ),
    "workflow": lambda s: Workflow.chain(
        [_worker(s), Workflow.parallel([_worker(s), _worker(s), _worker(s)], merge=lambda all: all[0]), _worker(s)],
        runtime=s.runtime(),
    ),
}


@pytest.mark.parametrize("way", WAYS)
async def test_cut_off_anywhere_it_goes_on_where_it_was_in_every_architecture(way: str, tmp_path: Path) -> None:
    whole = Scene(JournaledRuntime, WAYS[way])
    expected = (await whole.go()).output
    assert whole.asked >= 2
    for cut in range(1, whole.asked + 1, max(1, whole.asked // 4)):
        path = tmp_path / f"{cut}.db"
        scene = Scene(lambda path=path: SqliteRuntime(path), WAYS[way])  # type: ignore[misc]
        scene.chance.seed(cut)
        scene.cut_at = cut
        answers = []
        for more in (0, 2, None):  # cut off twice, then left alone
            scene.cut_at = None if more is None else scene.asked + (more or cut)
            try:
                answers.append((await scene.go()).output)
            except PermanentModelError:
                continue
            except BaseExceptionGroup as group:
                assert group.subgroup(PermanentModelError) is not None
        assert answers[-1] == expected
        assert scene.asked == whole.asked, "what was answered once is not asked again"
        assert len(scene.worked) == len(set(scene.worked)) == len(whole.worked), "no tool did its work twice"
        asked = scene.asked
        assert (await scene.go()).output == expected and scene.asked == asked, "a run at its end is replayed whole"


@pytest.mark.parametrize("way", ["debate", "tree-of-thoughts", "supervisor", "workflow"])
async def test_names_of_steps_do_not_depend_on_who_is_quicker(way: str) -> None:
    names = []
    for seed in range(5):
        runtime = JournaledRuntime()
        scene = Scene(lambda runtime=runtime: runtime, WAYS[way])  # type: ignore[misc]
        scene.chance.seed(seed)
        await scene.go()
        store: Any = runtime.store
        names.append(sorted(_without_ids(name) for _, name in store.step_keys()))
    assert all(one == names[0] for one in names)


def _without_ids(name: str) -> str:
    return "/".join(part.rpartition("_tcall_")[0] or part for part in name.split("/"))


def counting(turns: list[Any], **options: Any) -> tuple[Agent, ScriptedModel, list[int]]:
    done: list[int] = []

    @tool(destructive=bool(options.pop("destructive", False)))
    async def pay(amount: int) -> int:
        """Pay."""
        done.append(amount)
        return amount

    model = ScriptedModel(turns)
    return Agent("Pay.", model=model, tools=[pay], **options), model, done


def paying(*amounts: int) -> ScriptedTurn:
    calls = [ToolCall(tool="pay", args={"amount": one}) for one in amounts]
    return ScriptedTurn(tool_calls=calls, usage=Usage(input_tokens=10, output_tokens=5, cost_usd=0.5))


async def test_the_names_of_the_steps_are_those_that_were_published() -> None:
    runtime = JournaledRuntime()
    agent, _, _ = counting([paying(1, 2), "paid", paying(3), "paid again"], runtime=runtime)
    await agent.run("pay", session_id="s")
    store: Any = runtime.store
    assert store.step_keys() == [
        ("s", name) for name in ("recall_1", "model_call_1", "tool_call_1_0", "tool_call_1_1", "model_call_2")
    ] + [("s", "persist_episode_2")]
    assert (await store.get_step("s", "persist_episode_2")).value.startswith("ep_")
    await agent.run("pay more", session_id="s")
    assert ("s", "epoch_2/model_call_1") in store.step_keys()


async def test_a_second_message_is_answered_and_the_same_one_after_the_end_is_too() -> None:
    agent, model, _ = counting(["one", "two", "three"], runtime=JournaledRuntime())
    assert (await agent.run("a", session_id="s")).output == "one"
    assert (await agent.run("b", session_id="s")).output == "two"
    assert (await agent.run("b", session_id="s")).output == "three"
    assert (await agent.resume("s", "a")).output == "one" and (await agent.resume("s", "b")).output == "three"
    assert model.remaining == 0 and len(model.requests) == 3


async def test_a_run_that_failed_goes_on_when_it_is_asked_again() -> None:
    broken = ScriptedTurn(error=PermanentModelError("no network"))
    agent, model, done = counting([paying(1), broken, "paid"], runtime=JournaledRuntime())
    with pytest.raises(PermanentModelError):
        await agent.run("pay", session_id="s")
    assert (await agent.run("pay", session_id="s")).output == "paid"
    assert done == [1] and len(model.requests) == 3


async def test_two_users_with_one_session_id_share_nothing() -> None:
    runtime = JournaledRuntime()
    agent, model, done = counting([paying(1), "for alice", paying(2), "for bob"], runtime=runtime)
    assert (await agent.resume("s", "pay", user_id="alice")).output == "for alice"
    assert (await agent.resume("s", "pay", user_id="bob")).output == "for bob"
    assert (await agent.resume("s", "pay", user_id="alice")).output == "for alice"
    assert done == [1, 2] and model.remaining == 0
    assert await runtime.forget(user_id="alice") > 4
    assert (await agent.resume("s", "pay", user_id="bob")).output == "for bob"
    assert (await agent.resume("s", "pay", user_id="alice")).output == "", "alice's run is gone, the script is used up"


async def test_what_is_replayed_is_not_paid_again_and_says_so_and_asks_nobody() -> None:
    runtime, asked = JournaledRuntime(), []

    async def approve(call: ToolCall, user_id: str | None) -> bool:
        asked.append(call.tool)
        return True

    guards = {"permissions": StandardPermissions(), "approval_handler": approve, "destructive": True}
    agent, _, done = counting([paying(1), "paid"], runtime=runtime, **guards)
    await agent.run("pay", session_id="s")
    budget = StandardBudget(BudgetConfig(max_cost_usd=0.1))
    again, model, more = counting([], runtime=runtime, budget=budget, **guards)
    events: list[Event] = []

    async def emit(event: Event) -> None:
        events.append(event)

    result = await again.resume("s", "pay", emit=emit)
    assert result.output == "paid" and not result.interrupted and (result.turns, result.tokens_in) == (2, 10)
    assert (done, more, model.requests, asked) == ([1], [], [], ["pay"])
    calls = [one.payload["call"] for one in events if one.kind == "model_chunk" and "call" in one.payload]
    assert [(one["step"], one["replayed"], one["cached"]) for one in calls] == [
        ("model_call_1", True, True),
        ("model_call_2", True, True),
    ]
    (tool_result,) = [one.payload for one in events if one.kind == "tool_result"]
    assert tool_result["replayed"] and tool_result["step"] == "tool_call_1_0"
    assert not (await budget.allows_step()).blocked


async def test_a_stream_may_be_resumed_as_a_whole_reply_and_the_other_way_round() -> None:
    runtime = JournaledRuntime()
    agent, model, _ = counting(["a b c", "d e"], runtime=runtime)
    async for _ in agent.stream("x", session_id="s"):
        pass
    await agent.run("y", session_id="s")
    assert (await agent.resume("s", "x")).output == "a b c"
    texts: list[str] = []

    async def emit(event: Event) -> None:
        if event.kind == "model_chunk" and event.payload["chunk"]["kind"] == "text":
            texts.append(event.payload["chunk"]["text"])

    assert (await agent.resume("s", "y", emit=emit)).output == "d e" and "".join(texts) == "d e"
    assert len(model.requests) == 2


async def test_an_exchange_is_remembered_once_under_one_id(tmp_path: Path) -> None:
    memory = InMemoryMemory()

    class Forgetful(JournaledRuntime):
        """Dies after the exchange is stored and before that is written down."""

        armed = True

        async def once(self, lane: Any, name: str, fn: Any, *args: Any, **options: Any) -> Any:
            if name.startswith("persist_") and self.armed:
                await fn(*args[0])
                raise Cut("cut off")
            return await super().once(lane, name, fn, *args, **options)

    runtime = Forgetful()
    agent, _, _ = counting(["hello"], runtime=runtime, memory=memory)
    with pytest.raises(Cut):
        await agent.run("hi", session_id="s")
    Forgetful.armed = False
    assert (await agent.run("hi", session_id="s")).output == "hello"
    assert len((await memory.export()).episodes) == 1


# ---- steps of which nobody knows how they ended -----------------------------------------------------------


def cut_in_tool(agent: Agent, runtime: JournaledRuntime) -> None:
    """From now on the journal fails once a tool has run."""
    write = runtime.durable.write

    async def failing(held: Any, kind: Any, name: str, text: str | None) -> bool:
        if "tool_call" in name and text is not None:
            runtime.durable.write = write  # type: ignore[method-assign]
            raise RuntimeJournalError("the machine is gone")
        return await write(held, kind, name, text)

    runtime.durable.write = failing  # type: ignore[method-assign]


async def unknown(destructive: bool, **options: Any) -> tuple[Agent, JournaledRuntime, list[int]]:
    runtime = JournaledRuntime(on_unknown=options.pop("on_unknown", None))
    agent, _, done = counting([paying(1), "paid"], runtime=runtime, destructive=destructive, **options)
    cut_in_tool(agent, runtime)
    with pytest.raises(RuntimeJournalError, match="the machine is gone"):
        await agent.run("pay", session_id="s")
    assert done == [1]
    return agent, runtime, done


async def test_a_harmless_tool_that_was_cut_off_runs_again() -> None:
    agent, _, done = await unknown(destructive=False)
    assert (await agent.resume("s", "pay")).output == "paid" and done == [1, 1]


async def test_a_destructive_tool_that_was_cut_off_stops_the_run_where_there_is_nobody_to_ask() -> None:
    agent, runtime, done = await unknown(destructive=True)
    for _ in range(2):
        with pytest.raises(UnknownOutcome, match=r"the tool 'pay' was begun as step 'tool_call_1_0'") as stopped:
            await agent.resume("s", "pay")
        assert (stopped.value.session_id, stopped.value.step, done) == ("s", "tool_call_1_0", [1])
    await runtime.settle("s", stopped.value.step, 1)
    assert (await agent.resume("s", "pay")).output == "paid" and done == [1]


async def test_or_it_is_tried_again_when_the_user_says_so() -> None:
    agent, _, done = await unknown(destructive=True)
    assert (await agent.resume("s", "pay", on_unknown="retry")).output == "paid" and done == [1, 1]


@pytest.mark.parametrize("answer", [True, False])
async def test_or_a_person_is_asked(answer: bool) -> None:
    asked: list[int] = []

    async def approve(call: ToolCall, user_id: str | None) -> bool:
        asked.append(call.args["amount"])
        return answer

    agent, _, done = await unknown(destructive=True, approval_handler=approve)
    assert (await agent.resume("s", "pay")).output == "paid"
    assert asked == [1] and done == ([1, 1] if answer else [1])


async def test_a_runtime_may_be_stricter_than_its_tools() -> None:
    agent, _, done = await unknown(destructive=False, on_unknown="stop")
    with pytest.raises(UnknownOutcome):
        await agent.resume("s", "pay")
    assert done == [1]


async def test_what_a_step_of_a_workflow_returns_must_fit_the_journal() -> None:
    class Odd:
        pass

    async def odd(value: Any) -> Any:
        return Odd()

    with pytest.raises(RuntimeJournalError, match=r"step 'step_odd_1': a .*Odd cannot be kept.*a dataclass"):
        await Workflow.chain([odd], runtime=JournaledRuntime()).run(1)
