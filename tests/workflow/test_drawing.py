"""The picture of a workflow as text: Mermaid, Graphviz, and the shape that others draw from."""

import pytest

from loomlab import END, START, Agent, Workflow
from loomlab.core.shape import ShapeEdge


def inc(value: int) -> int:
    return value + 1


def letters() -> Workflow:
    return (
        Workflow("letters")
        .add_node("draft", Agent("Write.", model="echo"))
        .add_node("check", inc)
        .add_node("send", inc)
        .add_edge(START, "draft")
        .add_edge("draft", "check")
        .add_router("check", str, {"good": "send", "bad": "draft"}, default=END)
        .add_edge("send", END)
    )


def test_mermaid_shows_steps_ends_labels_and_the_default_dashed() -> None:
    assert (
        letters().to_mermaid()
        == """\
flowchart TD
    START(["START"])
    n1["draft"]
    n2["check"]
    n3["send"]
    END(["END"])
    START --> n1
    n1 --> n2
    n2 -->|"good"| n3
    n2 -->|"bad"| n1
    n2 -.->|"default"| END
    n3 --> END"""
    )
    assert letters()._repr_markdown_() == f"```mermaid\n{letters().to_mermaid()}\n```"


def test_graphviz_shows_the_same() -> None:
    text = letters().to_dot()
    assert text.startswith('digraph "letters" {') and text.endswith("}")
    assert '"check" -> "end" [label="default", style=dashed];' in text
    assert '"draft" [label="draft", shape=box];' in text


def test_an_empty_workflow_says_so() -> None:
    assert "empty workflow" in Workflow().to_mermaid() and "empty workflow" in Workflow().to_dot()
    assert Workflow().shape().edges == ()


def test_the_shape_has_a_box_a_step_and_the_workers_under_the_same_names() -> None:
    flow = letters()
    shape = flow.shape()
    assert [(node.id, node.kind) for node in shape.nodes] == [
        ("start", "start"),
        ("draft", "worker"),
        ("check", "worker"),
        ("send", "worker"),
        ("end", "end"),
    ]
    assert list(flow.declared_workers()) == ["draft", "check", "send"]
    assert isinstance(flow.declared_workers()["draft"], Agent)


def test_ways_of_a_fan_out_lead_to_where_they_meet() -> None:
    flow = Workflow()
    for name in ("in", "a", "a2", "b", "join"):
        flow.add_node(name, inc)
    flow.set_start("in").add_fan_out("in", ["a", "b"], join="join").add_edge("a", "a2")
    assert set(flow.shape().edges) == {
        ShapeEdge("start", "in"),
        ShapeEdge("in", "a"),
        ShapeEdge("in", "b"),
        ShapeEdge("a", "a2"),
        ShapeEdge("a2", "join"),
        ShapeEdge("b", "join"),
        ShapeEdge("join", "end"),
    }


def test_a_parallel_step_has_a_shape_of_its_own_and_shows_so_many_branches() -> None:
    step = Workflow.parallel([inc] * 3).declared_workers()["fan_out"]
    assert list(step.declared_workers()) == ["inc", "inc_1", "inc_2"]
    assert ShapeEdge("inc_2", "end") in step.shape().edges
    many = Workflow.parallel([inc] * 100).declared_workers()["fan_out"].shape()
    assert len(many.nodes) < 30 and any("more" in node.label for node in many.nodes)


def test_names_that_mean_something_else_in_a_picture_are_told_apart() -> None:
    flow = (
        Workflow.chain([inc])
        .add_node("start", inc)
        .add_node("end", inc)
        .add_edge("inc", "end")
        .add_edge("end", "start")
    )
    shape = flow.shape()
    assert len({node.id for node in shape.nodes}) == len(shape.nodes) == 5
    assert set(flow.declared_workers()) == {"inc", "step start", "step end"}


@pytest.mark.anyio
async def test_a_chain_of_thousands_is_drawn_and_run() -> None:
    async def add(value: int) -> int:
        return value + 1

    flow = Workflow.chain([add] * 3_000)
    assert len(flow.shape().edges) == 3_001
    assert (await flow.run(0)).output == 3_000


@pytest.mark.parametrize("name", ['a"b', "a]b", "a|b", "end", "<script>", "a\nb", "subgraph", "`x`", "%% no", "a;b"])
def test_a_name_cannot_break_out_of_its_box(name: str) -> None:
    flow = Workflow(name).add_node(name, inc).set_start(name).add_router(name, str, {name: END})
    lines = flow.to_mermaid().splitlines()
    assert len(lines) == 6
    assert lines[2].startswith('    n1["') and lines[2].endswith('"]') and lines[2].count('"') == 2
    assert lines[-1].startswith('    n1 -->|"') and lines[-1].endswith('"| END') and lines[-1].count('"') == 2
    inside = flow.to_dot().splitlines()
    assert all(line.replace('\\"', "").count('"') % 2 == 0 for line in inside)
