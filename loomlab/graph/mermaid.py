"""The picture as Mermaid text, for places that draw it themselves."""

from collections.abc import Iterator

from loomlab.graph.labels import one_line
from loomlab.graph.model import Graph, Group, Node

_SHAPES = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "tools": ("[[", "]]"),
    "check": ("{{", "}}"),
    "memory": ("[(", ")]"),
    "worker": ("[", "]"),
    "step": ("[", "]"),
    "model": ("[", "]"),
    "more": ("[", "]"),
}
_USES = "uses"
"""What is written on arrows to tools."""

_UNSAFE = {
    '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "#": "#35;", "`": "#96;", ";": "#59;", "|": "#124;",
    "[": "#91;", "]": "#93;", "{": "#123;", "}": "#125;", "\\": "#92;",
}  # fmt: skip


def to_mermaid(graph: Graph) -> str:
    """A ``flowchart``. Names are quoted and escaped, so that none of them is read as Mermaid."""
    names = {one.id: f"n{number}" for number, one in enumerate(graph.everything)}
    title = " · ".join(part for part in (graph.title, graph.detail) if part)
    told = f"<br/>{_text(graph.about)}" if graph.about else ""
    lines = ["flowchart LR", f'  subgraph agent["{_text(title)}{told}"]']
    lines += _inside(graph, "", names, "    ")
    tools = {node.id for node in graph.nodes if node.kind == "tools"}
    for edge in graph.edges:
        line = "-.->" if edge.dashed else "-->"
        said = _USES if edge.target in tools and edge.source not in tools else edge.label
        label = f'|"{_text(said)}"|' if said else ""
        lines.append(f"    {names[edge.source]} {line}{label} {names[edge.target]}")
    lines.append("  end")
    return "\n".join(lines) + "\n"


def _inside(graph: Graph, group: str, names: dict[str, str], indent: str) -> Iterator[str]:
    for one in graph.parts(group):
        if isinstance(one, Group):
            detail = f"<br/>{_text(one.detail)}" if one.detail else ""
            yield f'{indent}subgraph {names[one.id]}["{_text(one.label)}{detail}{_told(one)}"]'
            yield from _inside(graph, one.id, names, f"{indent}  ")
            yield f"{indent}end"
        else:
            opening, closing = _SHAPES[one.kind]
            items = "".join(f"<br/>{_text(item)}" for item in one.items)
            yield f'{indent}{names[one.id]}{opening}"{_text(one.label)}{_told(one)}{items}"{closing}'


def _told(one: Node | Group) -> str:
    return f"<br/>{_text(one.about)}" if one.about and one.about != one.label else ""


def _text(text: str) -> str:
    return "".join(_UNSAFE.get(one, one) for one in one_line(text, 120))
