"""Where boxes stand: never on one another, always inside, the same every time, whatever the graph."""

from itertools import combinations

from drawn import three_levels
from hypothesis import given, settings
from hypothesis import strategies as st

from loomlab.graph import Edge, Graph, Group, Node, build_graph
from loomlab.graph.layout import WIDEST
from loomlab.graph.plan import Box, Plan
from loomlab.graph.svg import plan_of


def overlaps(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.w and other.x < one.x + one.w and one.y < other.y + other.h and other.y < one.y + one.h
    )


def inside(box: Box, around: Box) -> bool:
    slack = 0.5
    return (
        box.x >= around.x - slack
        and box.y >= around.y - slack
        and box.x + box.w <= around.x + around.w + slack
        and box.y + box.h <= around.y + around.h + slack
    )


def check(graph: Graph, plan: Plan) -> None:
    boxes = plan.boxes | plan.frames
    assert set(boxes) == {one.id for one in graph.everything}
    page = Box(0, 0, plan.w, plan.h)
    for one in graph.everything:
        assert inside(boxes[one.id], boxes[one.group] if one.group else page), one.id
    for one, other in combinations(graph.everything, 2):
        if one.group == other.group:
            assert not overlaps(boxes[one.id], boxes[other.id]), (one.id, other.id)
    assert [route.number for route in plan.routes if not route.twin] != [] or not graph.edges
    assert {route.number for route in plan.routes} == set(range(len(graph.edges)))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    groups = tuple(
        Group(f"g{n}", f"group {n}", group=draw(st.sampled_from(["", *(f"g{m}" for m in range(n))])), place=n)
        for n in range(draw(st.integers(0, 4)))
    )
    homes = ["", *(group.id for group in groups)]
    kinds = st.sampled_from(["start", "end", "model", "tools", "worker", "step", "check", "memory", "more"])
    nodes = tuple(
        Node(f"n{n}", draw(st.text(max_size=40)) or "?", draw(kinds), draw(st.sampled_from(homes)), place=10 + n)
        for n in range(draw(st.integers(1, 12)))
    )
    ids = [one.id for one in (*nodes, *groups)]
    edges = (
        draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids), st.text(max_size=12)), max_size=24))
        if ids
        else []
    )
    return Graph("t", nodes=nodes, edges=tuple(Edge(*edge) for edge in edges), groups=groups)


@settings(max_examples=120, deadline=None)
@given(graphs(), st.booleans())
def test_no_box_lies_on_another_and_every_group_holds_its_own(graph: Graph, lit: bool):
    check(graph, plan_of(graph, lit=lit)[0])


def test_a_team_of_three_levels_fits_a_notebook_at_a_size_that_can_be_read():
    graph = build_graph(three_levels())
    for lit in (False, True):
        plan, _ = plan_of(graph, lit=lit)
        check(graph, plan)
        assert WIDEST / plan.w > 0.8


def test_the_same_graph_is_always_drawn_the_same_way():
    first, second = build_graph(three_levels()), build_graph(three_levels())
    assert plan_of(first, lit=True) == plan_of(second, lit=True)


def test_a_narrow_place_gets_a_narrow_picture():
    graph = build_graph(three_levels())
    assert plan_of(graph, lit=False, widest=300)[0].w < plan_of(graph, lit=False)[0].w


def test_an_empty_graph_has_a_plan():
    plan, _ = plan_of(Graph("nothing"), lit=False)
    assert plan.boxes == {}


def test_a_chain_leads_from_left_to_right_and_a_way_back_does_not_turn_it_around():
    nodes = tuple(Node(name, name, place=n) for n, name in enumerate("abc"))
    edges = (Edge("a", "b", "go"), Edge("b", "c", "on"), Edge("c", "a", "again"))
    plan, _ = plan_of(Graph("t", nodes=nodes, edges=edges), lit=False)
    assert plan.boxes["a"].x < plan.boxes["b"].x < plan.boxes["c"].x


def test_tools_that_one_box_uses_stand_under_it():
    nodes = (Node("agent", "agent", place=0), Node("tools", "tools", "tools", items=("look",), place=1))
    edges = (Edge("agent", "tools", "uses"), Edge("tools", "agent", "results"))
    plan, _ = plan_of(Graph("t", nodes=nodes, edges=edges), lit=False)
    agent, tools = plan.boxes["agent"], plan.boxes["tools"]
    beside = agent.middle[1] == tools.middle[1] or agent.middle[0] == tools.middle[0]
    assert beside
    assert [route.twin for route in plan.routes] == [False, True]
