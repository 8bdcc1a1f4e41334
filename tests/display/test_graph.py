"""A graph that a run lights up: figures on boxes, counts on arrows, the same in words."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from front_desk import FRONT
from golden import assert_golden
from safe import words, wrong

from loomlab import START, Agent, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, Workflow, tool
from loomlab.architecture import (
    ActorCritic,
    MultiAgentDebate,
    PlanAndExecute,
    Router,
    RouterRoute,
    SelfRefine,
    Supervisor,
)
from loomlab.core import Event, Usage
from loomlab.core.observers import observing
from loomlab.display import GraphTally, RunTrace, graph_body, graph_html, graph_text, run_html
from loomlab.display.graph import LARGEST
from loomlab.display.theme import GRAPH, HTML_CAP, style_sheet
from loomlab.graph import Graph, Lights, Node, build_graph
from loomlab.testing.events import sample_run


class Watch:
    """Feeds a tally and a trace, and keeps the events."""

    wants_chunks = True

    def __init__(self, graph: Graph) -> None:
        self.tally, self.trace, self.events = GraphTally(graph), RunTrace(), list[Event]()

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        self.tally.feed(event)
        self.trace.feed(event)


async def watched(thing: Any, prompt: str = "go") -> Watch:
    watch = Watch(build_graph(thing))
    with observing(watch):
        await thing.run(prompt)
    return watch


def lit(*, before: int | None = None, **options: Any) -> Lights:
    tally = GraphTally(FRONT)
    for event in sample_run(**options)[:before]:
        tally.feed(event)
    return tally.lights()


def scripted(*turns: Any) -> ScriptedModel:
    usage = Usage(input_tokens=10, output_tokens=5, cost_usd=0.001)
    made = [
        ScriptedTurn(text=one, usage=usage) if isinstance(one, str) else ScriptedTurn(tool_calls=one, usage=usage)
        for one in turns
    ]
    return ScriptedModel(made)


def agent(name: str, *turns: Any, **options: Any) -> Agent:
    return Agent(f"You are {name}.", model=scripted(*turns), name=name, **options)


def delegate(*names: str) -> list[ToolCall]:
    return [ToolCall(tool="delegate", args={"worker": name, "instructions": "go"}) for name in names]


def counts(watch: Watch) -> dict[tuple[str, str], int]:
    edges, lights = watch.tally.graph.edges, watch.tally.lights()
    return {(edges[n].source, edges[n].target): light.count for n, light in lights.edges.items()}


def states(watch: Watch) -> dict[str, str]:
    return {key: light.state for key, light in watch.tally.lights().nodes.items()}


@tool
def look(city: str) -> str:
    """Look."""
    return "rain"


@tool(destructive=True)
def book(people: int) -> str:
    """Book."""
    return "booked"


# ---- the faces ----------------------------------------------------------------------------------------------


def test_the_faces_of_a_graph_are_the_ones_we_looked_at():
    lights = lit(tools=2, denied=True, failing=True, nested=True)
    assert_golden("graph.html", graph_html(FRONT))
    assert_golden("graph.txt", graph_text(FRONT) + "\n")
    assert_golden("graph_lit.html", graph_html(FRONT, lights))
    assert_golden("graph_lit.txt", graph_text(FRONT, lights) + "\n")
    assert_golden("graph_running.txt", graph_text(FRONT, lit(before=8)) + "\n")


def test_faces_hold_only_what_may_stand_there_and_say_all_in_words():
    html = graph_html(FRONT, lit(denied=True))
    assert wrong(html) == []
    assert "✕ 1 denied" in words(html)
    assert "Graph in words" in words(html)


def test_the_rules_for_graphs_come_only_with_graphs():
    assert GRAPH in graph_html(FRONT)
    assert ".gv" in graph_html(FRONT).split("</style>")[0]
    assert ".gv" not in run_html(RunTrace(sample_run())).split("</style>")[0]
    assert ".gv" in style_sheet(graphs=True)


def test_a_run_stands_with_its_graph_in_one_output_within_its_cap():
    tally = GraphTally(FRONT)
    events = sample_run(tools=30, nested=True, answer="long " * 9_000)
    for event in events:
        tally.feed(event)
    html = run_html(RunTrace(events), picture=graph_body(FRONT, tally.lights()))
    assert len(html.encode()) <= HTML_CAP
    assert GRAPH in html
    assert wrong(html) == []


def test_a_graph_that_is_too_large_is_told_in_words():
    nodes = tuple(Node(f"n{n}", f"box {n} " + "x" * 40, place=n) for n in range(400))
    html = graph_html(Graph("huge", nodes=nodes))
    assert GRAPH not in html
    assert "too many for an output" in words(html)
    assert len(html.encode()) < LARGEST


# ---- what lights up -----------------------------------------------------------------------------------------


def test_figures_of_a_sample_run_are_on_its_boxes_and_arrows():
    lights = lit(tools=2, denied=True, failing=True)
    assert lights.nodes["agent"].lines[0] == "2 calls · 340 tok"
    assert lights.nodes["tools"].state == "no"
    assert "1 denied, 1 failed" in lights.nodes["tools"].lines[1]
    uses = lights.edges[1]
    assert (uses.count, uses.fault) == (4, "✕ 1 denied, 1 failed")
    assert lights.edges[5].count == 1
    assert lights.nodes["end"].state == "ok"


def test_what_is_under_way_is_lit_and_says_so():
    lights = lit(ending="running", tools=2)
    assert "on" in {light.state for light in lights.nodes.values()}
    assert any("running …" in light.lines for light in lights.nodes.values())
    over = lit(tools=2)
    assert "on" not in {light.state for light in (*over.nodes.values(), *over.edges.values())}


@pytest.mark.parametrize("ending", ["error", "cancelled", "budget", "max_turns"])
def test_a_run_that_did_not_answer_leaves_nothing_lit_and_takes_no_arrow_to_the_answer(ending: str):
    lights = lit(ending=ending, nested=True)
    assert "on" not in {light.state for light in (*lights.nodes.values(), *lights.edges.values())}
    assert 5 not in lights.edges


def test_an_unknown_price_is_unknown():
    assert "cost unknown" in lit(cost_usd=None).nodes["agent"].words


def test_the_same_events_give_the_same_lights_token_by_token_or_not():
    assert lit(nested=True, chunks=3) == lit(nested=True, chunks=40)
    tally = GraphTally(FRONT)
    events = sample_run(chunks=50)
    revisions = set()
    for event in events:
        tally.feed(event)
        revisions.add(tally.revision)
    assert len(revisions) < 15


@pytest.mark.anyio
async def test_the_sum_of_the_boxes_is_the_runs_total():
    web = agent("web", [ToolCall(tool="look", args={"city": "Lyon"})], "17 °C", tools=[look])
    refine = agent("facts", "a", "too short", "b", "no issues", architecture=SelfRefine())
    lead = agent(
        "lead", delegate("web", "facts"), "found", architecture=Supervisor(workers={"web": web, "facts": refine})
    )
    boss = agent("boss", delegate("lead"), "done", architecture=Supervisor(workers={"lead": lead}))
    watch = await watched(boss)
    boxes = watch.tally._figures.values()
    totals = watch.trace.totals
    assert sum(one.calls for one in boxes) == totals.turns == 10
    assert sum(one.tokens_in + one.tokens_out for one in boxes) == totals.tokens_in + totals.tokens_out == 150
    assert sum(one.cost_usd or 0 for one in boxes) == pytest.approx(totals.cost_usd)
    lights = watch.tally.lights().nodes
    assert lights["lead"].lines[0].startswith("8 calls · 120 tok")
    assert lights["lead/facts"].lines[0].startswith("4 calls · 60 tok")
    assert lights["lead/web"].lines[1].startswith("look ×1")
    assert counts(watch)["base", "lead"] == 1
    assert counts(watch)["lead/base", "lead/web"] == 1


@pytest.mark.anyio
async def test_a_denied_tool_of_a_worker_shows_on_the_worker():
    careful = agent(
        "careful", [ToolCall(tool="book", args={"people": 2})], "no", tools=[book], permissions=StandardPermissions()
    )
    boss = agent("boss", delegate("careful"), "done", architecture=Supervisor(workers={"careful": careful}))
    watch = await watched(boss)
    light = watch.tally.lights().nodes["careful"]
    assert light.state == "no"
    assert light.lines[1].startswith("✕ 1 denied")


@pytest.mark.anyio
async def test_a_worker_that_fails_is_marked_once_and_its_arrow_too():
    class Broken:
        name, network = "broken", False

        async def stream(self, messages: Any, **options: Any) -> AsyncIterator[Any]:
            raise RuntimeError("the wire is cut")
            yield

    route = RouterRoute("tech", Agent("x", model=Broken(), name="tech"), "bugs")
    boss = agent("boss", "route: tech\nconfidence: 1", architecture=Router(routes=[route]))
    watch = Watch(build_graph(boss))
    with observing(watch), pytest.raises(Exception, match="the wire is cut"):
        await boss.run("go")
    lights = watch.tally.lights()
    assert lights.nodes["tech"].state == "no"
    assert "1 failed" in lights.nodes["tech"].words
    (number,) = [n for n, edge in enumerate(watch.tally.graph.edges) if edge.target == "tech"]
    assert lights.edges[number].fault == "✕ 1 failed"


@pytest.mark.anyio
async def test_rounds_between_two_agents_are_counted():
    reviews = [f'{{"issues": ["x"], "score": {score}, "summary": "s"}}' for score in (0.1, 0.2, 0.95)]
    critic = agent("critic", *reviews)
    pair = ActorCritic(actor=agent("actor", "a", "b", "c"), critic=critic)
    watch = await watched(agent("boss", "x", architecture=pair))
    assert counts(watch)["actor", "critic"] == 3
    assert counts(watch)["critic", "actor"] == 2
    assert counts(watch)["critic", "end"] == 1


@pytest.mark.anyio
async def test_agents_that_talk_at_once_are_each_lit_and_meet_again():
    debaters = [agent(f"d{n}", f"one {n}", f"two {n * 7}", f"three {n * 11}") for n in range(3)]
    watch = await watched(
        agent("boss", "x", architecture=MultiAgentDebate(debaters=debaters, judge=agent("judge", "so")))
    )
    found = states(watch)
    assert {found[f"debater_{n}"] for n in range(3)} | {found["judge"], found["end"]} == {"ok"}
    assert [counts(watch)["start", f"debater_{n}"] for n in range(3)] == [1, 1, 1]


@pytest.mark.anyio
async def test_a_plan_that_nobody_can_read_is_a_fault_of_the_planner():
    watch = await watched(agent("boss", "no plan at all", architecture=PlanAndExecute()))
    assert states(watch)["planner"] == "no"


@pytest.mark.anyio
async def test_a_workflow_lights_up_step_by_step():
    flow = Workflow("pipe").add_node("ask", agent("ann", "yes", "no")).add_node("count", len)
    flow.add_edge(START, "ask").add_edge("ask", "count")
    watch = await watched(flow)
    lights = watch.tally.lights().nodes
    assert lights["ask"].lines[0] == "1 call · 15 tok"
    assert lights["count"].lines[0] == "×1"
    assert counts(watch)["ask", "count"] == 1
    assert states(watch)["end"] == "ok"


@pytest.mark.anyio
async def test_a_step_that_fails_is_marked_once():
    def broken(value: Any) -> Any:
        raise ValueError("no")

    flow = Workflow.chain([agent("ann", "yes"), broken], name="pipe")
    watch = Watch(build_graph(flow))
    with observing(watch), pytest.raises(ValueError, match="no"):
        await flow.run("go")
    assert states(watch)["broken"] == "no"
    assert "1 failed" in watch.tally.lights().nodes["broken"].words
    assert states(watch)["end"] == "idle"


@pytest.mark.anyio
async def test_branches_of_a_step_light_up_side_by_side():
    flow = Workflow.parallel([agent("ann", "a"), agent("ben", "b")], name="both")
    watch = await watched(flow)
    lights = watch.tally.lights().nodes
    assert lights["fan_out/ann"].lines[0] == lights["fan_out/ben"].lines[0] == "1 call · 15 tok"
    assert lights["fan_out"].lines[0].startswith("2 calls · 30 tok")


@pytest.mark.anyio
async def test_an_agent_called_by_a_tool_counts_on_the_tool_that_called_it():
    inner = agent("inner", "deep")

    @tool
    async def ask(question: str) -> str:
        """Ask."""
        return (await inner.run(question)).output

    watch = await watched(agent("boss", [ToolCall(tool="ask", args={"question": "?"})], "done", tools=[ask]))
    boxes = watch.tally._figures
    assert sum(one.calls for one in boxes.values()) == watch.trace.totals.turns
    assert boxes["tools"].calls == 1


@pytest.mark.anyio
async def test_two_runs_of_one_agent_add_up():
    solo = agent("solo", "one", "two")
    watch = Watch(build_graph(solo))
    with observing(watch):
        await solo.run("a", user_id="alice")
        await solo.run("b", user_id="bob")
    assert watch.tally.lights().nodes["agent"].lines[0] == "2 calls · 30 tok"


@pytest.mark.anyio
async def test_a_stream_without_the_beginnings_of_workers_lights_up_all_the_same():
    boss = agent("boss", delegate("ann"), "done", architecture=Supervisor(workers={"ann": agent("ann", "hi")}))
    tally = GraphTally(build_graph(boss))
    async for event in boss.stream("go"):
        tally.feed(event)
    assert tally.lights().nodes["ann"].lines[0] == "1 call · 15 tok"


def test_events_that_fit_no_graph_change_nothing_that_is_shown():
    tally = GraphTally(Graph("empty"))
    for event in sample_run(tools=2, denied=True, nested=True, memory=True):
        tally.feed(event)
    assert tally.lights() == Lights({}, {})
