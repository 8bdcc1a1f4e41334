"""What is read off agents, strategies and workflows."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from drawn import Team, agent, book_table, get_weather, three_levels

from loomlab import Agent, Workflow
from loomlab.core import Event, ToolDef
from loomlab.graph import Graph, Group, Node, build_graph, read_graph
from loomlab.graph.build import DEEPEST, MOST_NODES


def labels(graph: Graph) -> list[str]:
    return [one.label for one in graph.everything]


def node(graph: Graph, name: str) -> Node | Group:
    return next(one for one in graph.everything if one.id == name)


def test_an_agent_is_its_strategy_with_its_tools():
    graph = build_graph(agent("solo", tools=[get_weather, book_table]))
    assert (graph.title, graph.detail, graph.about) == ("solo", "react", "You are solo.")
    tools = node(graph, "tools")
    assert isinstance(tools, Node)
    assert tools.items == ("get_weather", "book_table")
    assert {(edge.source, edge.target) for edge in graph.edges} >= {
        ("start", "agent"),
        ("agent", "tools"),
        ("agent", "end"),
    }


def test_without_tools_there_is_no_box_for_them():
    graph = build_graph(agent("solo"))
    assert [one.kind for one in graph.nodes] == ["start", "model", "end"]


def test_a_title_stands_in_place_of_the_name():
    assert build_graph(agent("solo"), title="Front desk").title == "Front desk"


def test_teams_nest_and_a_worker_of_one_model_is_one_box():
    graph = build_graph(three_levels())
    groups = {group.id: group for group in graph.groups}
    assert set(groups) == {"research", "research/facts", "writing"}
    assert groups["research/facts"].group == "research"
    web = node(graph, "research/web")
    assert isinstance(web, Node)
    assert (web.kind, web.group, web.items) == ("worker", "research", ("get_weather",))
    assert [one.kind for one in graph.nodes].count("start") == 1
    assert graph.cut == 0


def test_arrows_never_leave_a_group_but_to_its_frame():
    graph = build_graph(three_levels())
    around = {one.id: one.group for one in graph.everything}
    assert all(around[edge.source] == around[edge.target] for edge in graph.edges)


def test_a_strategy_that_does_not_draw_itself_is_one_box_with_its_workers_around_it():
    class Plain:
        name = "plain"

        async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
            for event in ():
                yield event

        def declared_workers(self) -> Mapping[str, Any]:
            return {"ann": agent("ann"), "ben": agent("ben")}

    graph = build_graph(agent("boss", Plain()))
    assert labels(graph) == ["prompt", "plain", "answer", "ann", "ben"]
    assert ("agent", "ann") in {(edge.source, edge.target) for edge in graph.edges}
    assert build_graph(Plain()).title == "plain"


def test_an_agent_that_is_reached_twice_is_one_box_that_answers_to_both_names():
    same = agent("same")
    graph = build_graph(agent("boss", Team({"first": same, "second": same})))
    assert labels(graph).count("first") == 1
    assert "second" not in labels(graph)
    assert graph.find("", "second") == graph.find("", "first") == "first"
    assert {edge.label for edge in graph.edges} >= {"delegate: first", "delegate: second"}


def test_teams_that_hold_each_other_are_drawn_once_round():
    inner, outer = Team({}), Team({})
    one, other = agent("one", inner), agent("other", outer)
    inner.workers["other"] = other
    outer.workers["one"] = one
    graph = build_graph(one)
    assert labels(graph).count("other") == 1
    assert node(graph, "other/one").detail == "the agent around it"


def test_depth_and_number_are_bounded_and_what_is_left_out_is_told():
    deep = agent("core")
    for number in range(20):
        deep = agent(f"level{number}", Team({f"level{number}": deep}))
    graph = build_graph(deep)
    assert len(graph.groups) <= DEEPEST
    assert any("more inside" in one.detail for one in graph.nodes)
    wide = build_graph(agent("boss", Team({f"w{number}": agent(f"w{number}") for number in range(300)})))
    assert len(wide.nodes) < 30
    assert wide.cut == 284
    assert "… and 284 more" in labels(wide)
    assert wide.find("", "w299") == "more"
    fan = Team({f"t{n}": agent(f"t{n}", Team({f"w{m}": agent("w") for m in range(16)})) for n in range(16)})
    assert len(build_graph(agent("boss", fan)).nodes) <= MOST_NODES + 40


def test_a_workflow_is_drawn_with_the_agents_in_its_steps():
    async def clean(text: str) -> str:
        return text.strip()

    flow = Workflow.chain([clean, agent("team", Team({"ann": agent("ann")}))], name="pipe")
    graph = build_graph(flow)
    assert graph.title == "pipe"
    assert node(graph, "clean").kind == "step"
    assert [group.label for group in graph.groups] == ["team"]
    assert ("clean", "team") in {(edge.source, edge.target) for edge in graph.edges}


class Elsewhere:
    """Tools on a server."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.asked = 0

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        self.asked += 1
        if self.down:
            raise OSError("the server is down")
        return [ToolDef(name="far", description="", input_schema={"type": "object"})]

    async def call(self, tool: str, args: Any, *, call_id: str = "") -> Any:
        raise AssertionError("nobody calls")

    def watch(self) -> Any:
        raise AssertionError("nobody watches")


def test_tools_elsewhere_are_not_asked_for_at_once():
    host = Elsewhere()
    graph = build_graph(agent("solo", tools=host))
    assert host.asked == 0
    assert node(graph, "tools").detail == "Elsewhere"


@pytest.mark.anyio
async def test_reading_asks_every_host_once_and_draws_without_one_that_is_down():
    host, down = Elsewhere(), Elsewhere(down=True)
    team = Team({"ann": agent("ann", tools=host), "ben": agent("ben", tools=down)})
    graph = await read_graph(agent("boss", team, tools=host))
    assert host.asked == 1
    assert [one.items for one in graph.nodes if one.items] == [("far",), ("far",)]


def test_the_picture_as_data_has_only_plain_values():
    import json

    graph = build_graph(three_levels())
    assert json.loads(json.dumps(graph.to_dict()))["title"] == "director"
    assert graph.to_dict() == build_graph(three_levels()).to_dict()


def test_names_are_cut_and_cleaned():
    name = "\x1b[31mred\u202e" + "x" * 500
    graph = build_graph(Agent("i", model="echo", name=name))
    assert len(graph.title) <= 60
    assert "\x1b" not in graph.title
    assert "\u202e" not in graph.title
