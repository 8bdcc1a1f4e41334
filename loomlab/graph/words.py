"""The picture in words: for screen readers, for terminals, for whoever reads a diff."""

from loomlab.graph.lights import EdgeLight, Lights, NodeLight
from loomlab.graph.model import Graph, Group, Node

_KINDS = {
    "start": "where a run comes in",
    "end": "where the answer leaves",
    "model": "model call",
    "tools": "tools",
    "worker": "agent",
    "step": "step",
    "check": "decision",
    "memory": "memory",
    "more": "agents not drawn one by one",
}


def sentence(graph: Graph) -> str:
    """The whole picture in one line."""
    boxes, arrows = len(graph.nodes) + len(graph.groups), len(graph.edges)
    name = " · ".join(part for part in (graph.title, graph.detail) if part)
    return (
        f"Graph of {name}: {boxes} {'box' if boxes == 1 else 'boxes'}, {arrows} {'arrow' if arrows == 1 else 'arrows'}"
    )


def about_node(one: Node | Group, light: NodeLight | None = None) -> str:
    """A box or a group in one line: its name, what it is, its tools, what it is told, what it did."""
    what = (one.detail or one.kind) if isinstance(one, Group) else _KINDS[one.kind]
    items = ", ".join(one.items) if isinstance(one, Node) else ""
    told = one.about or (one.detail if isinstance(one, Node) else "")
    parts = [one.label, what, items, told, light.words if light else ""]
    return " · ".join(part for part in parts if part)


def to_words(graph: Graph, lights: Lights | None = None) -> str:
    """The picture as an indented list: every box with its figures, and under it where its arrows lead."""
    shown = lights or Lights()
    names = {one.id: one.label for one in graph.everything}
    head = " · ".join(part for part in (graph.title, graph.detail, graph.about) if part)
    lines = [head]

    def leaving(one: str, indent: str) -> None:
        for number, edge in enumerate(graph.edges):
            if edge.source == one:
                light = shown.edges.get(number, EdgeLight())
                extra = [part for part in (edge.label, light.times, light.fault) if part]
                more = f" ({', '.join(extra)})" if extra else ""
                lines.append(f"{indent}→ {names[edge.target]}{more}")

    def inside(group: str, depth: int) -> None:
        indent = "  " * depth
        for one in graph.parts(group):
            lines.append(f"{indent}{about_node(one, shown.nodes.get(one.id))}")
            leaving(one.id, f"{indent}  ")
            if isinstance(one, Group):
                inside(one.id, depth + 1)

    inside("", 1)
    if graph.cut:
        lines.append(f"  … {graph.cut} more not drawn")
    return "\n".join(lines)
