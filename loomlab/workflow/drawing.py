"""The graph of a workflow as boxes and arrows, and as text for Mermaid and Graphviz."""

from __future__ import annotations

from collections import deque
from typing import Any

from loomlab.core.shape import Shape, ShapeEdge, ShapeNode
from loomlab.workflow.graph import Graph, Node, Routes, Split, Then

_TAKEN = {"start", "end", "base", "tools"}
"""Ids that mean something else in a picture."""

DEFAULT = "default"
"""The label of the arrow that is taken where no other is."""

_EMPTY = "empty workflow"


def workers(graph: Graph) -> dict[str, Any]:
    """What the steps are, by the ids of their boxes."""
    return {_id(node): node.thing for node in graph.nodes.values()}


def shape(graph: Graph) -> Shape:
    """The boxes and arrows of a graph."""
    edges: dict[ShapeEdge, None] = {}
    seen: set[tuple[int, str]] = set()
    # From where, with which label, to what; and where the way that this is on ends.
    arrows: deque[tuple[str, str, Then, str]] = deque([("start", "", graph.start, "end")] if graph.begun else [])
    while arrows:
        source, label, then, end = arrows.popleft()
        if isinstance(then, Routes):
            ways = [*then.ways.items(), *([(DEFAULT, then.default)] if then.has_default else [])]
            arrows += [(source, key, target, end) for key, target in ways]
        elif isinstance(then, Split):
            meeting = end if then.join is None else _id(then.join)
            arrows += [(source, label, head, meeting) for head in then.heads]
            if then.join is not None:
                arrows.append((meeting, "", then.join.then, end))
                seen.add((id(then.join), meeting))
        else:
            edges[ShapeEdge(source, end if then is None else _id(then), label)] = None
            if then is not None and _id(then) != end and (id(then), end) not in seen:
                seen.add((id(then), end))
                arrows.append((_id(then), "", then.then, end))
    boxes = [ShapeNode(_id(node), node.name, "worker") for node in graph.nodes.values()]
    return Shape((ShapeNode("start", "START", "start"), *boxes, ShapeNode("end", "END", "end")), tuple(edges))


def mermaid(drawn: Shape) -> str:
    """Mermaid text. Names stand in quotes, with what Mermaid would read as its own taken out."""
    if len(drawn.nodes) == 2:
        return f'flowchart TD\n    empty["{_EMPTY}"]'
    ids = {node.id: f"n{place}" for place, node in enumerate(drawn.nodes)}
    ids |= {"start": "START", "end": "END"}
    lines = ["flowchart TD"]
    for node in drawn.nodes:
        left, right = ("([", "])") if node.kind in ("start", "end") else ("[", "]")
        lines.append(f'    {ids[node.id]}{left}"{_words(node.label)}"{right}')
    for edge in drawn.edges:
        arrow = "-.->" if edge.label == DEFAULT else "-->"
        label = f'|"{_words(edge.label)}"|' if edge.label else ""
        lines.append(f"    {ids[edge.source]} {arrow}{label} {ids[edge.target]}")
    return "\n".join(lines)


def dot(name: str, drawn: Shape) -> str:
    """Text for Graphviz."""
    lines = [f"digraph {_quoted(name)} {{", "    rankdir=TB;"]
    if len(drawn.nodes) == 2:
        return "\n".join([*lines, f"    empty [label={_quoted(_EMPTY)}];", "}"])
    for node in drawn.nodes:
        look = "oval" if node.kind in ("start", "end") else "box"
        lines.append(f"    {_quoted(node.id)} [label={_quoted(node.label)}, shape={look}];")
    for edge in drawn.edges:
        looks = [f"label={_quoted(edge.label)}"] if edge.label else []
        looks += ["style=dashed"] if edge.label == DEFAULT else []
        more = f" [{', '.join(looks)}]" if looks else ""
        lines.append(f"    {_quoted(edge.source)} -> {_quoted(edge.target)}{more};")
    return "\n".join([*lines, "}"])


def _id(node: Node) -> str:
    return f"step {node.name}" if node.name in _TAKEN else node.name


def _words(text: str) -> str:
    line = " ".join(text.split())[:80]
    return "".join({'"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "'", "|": "#124;"}.get(one, one) for one in line)


def _quoted(text: str) -> str:
    line = " ".join(text.split())[:80]
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'
