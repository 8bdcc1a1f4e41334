"""The picture in the language of Graphviz, for those who have it."""

from collections.abc import Iterator

from loomlab.graph.labels import one_line
from loomlab.graph.model import Graph, Group

_SHAPES = {
    "start": 'shape=box style="rounded,filled" fillcolor="#f2f4f6"',
    "end": 'shape=box style="rounded,filled" fillcolor="#f2f4f6"',
    "tools": "shape=component",
    "check": "shape=hexagon",
    "memory": "shape=cylinder",
    "worker": 'shape=box style="rounded,bold"',
    "step": "shape=box",
    "model": "shape=box style=rounded",
    "more": 'shape=box style="rounded,dashed"',
}


def to_dot(graph: Graph) -> str:
    """A ``digraph``; groups are clusters, and an arrow to one ends at its frame."""
    names = {one.id: f"n{number}" for number, one in enumerate(graph.everything)}
    groups = {group.id for group in graph.groups}
    title = " · ".join(part for part in (graph.title, graph.detail) if part)
    lines = ["digraph {", f'  graph [compound=true rankdir=LR fontname="sans-serif" label={_text(title)} labelloc=t]']
    lines += ['  node [fontname="sans-serif" fontsize=11]', '  edge [fontname="sans-serif" fontsize=10]']
    lines += _inside(graph, "", names, "  ")
    for edge in graph.edges:
        options = [f"label={_text(edge.label)}"] if edge.label else []
        options += ["style=dashed"] if edge.dashed else []
        options += [f"ltail=cluster_{names[edge.source]}"] if edge.source in groups else []
        options += [f"lhead=cluster_{names[edge.target]}"] if edge.target in groups else []
        tail = f" [{' '.join(options)}]" if options else ""
        lines.append(f"  {names[edge.source]} -> {names[edge.target]}{tail}")
    return "\n".join([*lines, "}"]) + "\n"


def _inside(graph: Graph, group: str, names: dict[str, str], indent: str) -> Iterator[str]:
    for one in graph.parts(group):
        if isinstance(one, Group):
            label = _text(" · ".join(part for part in (one.label, one.detail) if part))
            yield f"{indent}subgraph cluster_{names[one.id]} {{"
            yield f"{indent}  label={label}"
            yield f'{indent}  {names[one.id]} [shape=point style=invis label=""]'
            yield from _inside(graph, one.id, names, f"{indent}  ")
            yield f"{indent}}}"
        else:
            label = _text("\n".join([one.label, *one.items]))
            yield f"{indent}{names[one.id]} [label={label} {_SHAPES[one.kind]}]"


def _text(text: str) -> str:
    lines = (one_line(line, 120).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return '"' + "\\n".join(lines) + '"'
