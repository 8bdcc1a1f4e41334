"""From an agent, a strategy or a workflow to its picture. By what they offer, not by what they are:

anything with ``architecture``, ``shape()`` or ``declared_workers()`` can be drawn, to any depth.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from loomlab.core.shape import Shape, ShapeEdge, ShapeNode
from loomlab.graph.labels import ABOUT, DETAIL, one_line, words_of
from loomlab.graph.model import Edge, Graph, Group, Node, NodeKind
from loomlab.graph.reading import Tools, about, drawable, name_of, shape_of, strategy_of, tools_of, workers_of

Part = TypeVar("Part", Node, Group)

MOST_NODES = 120
"""Boxes of one picture; workers beyond are counted and left out."""

MOST_WORKERS = 16
"""Workers of one strategy that are drawn."""

DEEPEST = 6
"""Groups inside groups; what lies deeper is one box."""


def build_graph(thing: Any, *, title: str | None = None, tools: Tools | None = None) -> Graph:
    """The picture of ``thing`` as it is now, without asking anybody: hosts of tools elsewhere stay one box.

    ``tools``: names that are known by the ``id`` of their host, as ``read_graph`` finds them.
    """
    return _Builder(tools or {}).whole(thing, title)


async def read_graph(thing: Any, *, title: str | None = None) -> Graph:
    """The same, with every tool host asked for its tools; one that fails is drawn without."""
    known: dict[int, tuple[str, ...] | None] = {}
    await _ask(thing, known, set(), 0)
    return build_graph(thing, title=title, tools=known)


async def _ask(thing: Any, known: dict[int, tuple[str, ...] | None], seen: set[int], depth: int) -> None:
    if id(thing) in seen or depth > DEEPEST or len(seen) > MOST_NODES:
        return
    seen.add(id(thing))
    host = getattr(thing, "tool_host", None)
    if host is not None and id(host) not in known:
        try:
            known[id(host)] = tuple(one_line(one.name) for one in await host.list_tools())
        except Exception:  # a server that is down must not keep the rest from being drawn
            known[id(host)] = None
    for worker in workers_of(strategy_of(thing)).values():
        await _ask(worker, known, seen, depth + 1)


class _Builder:
    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._groups: list[Group] = []
        self._drawn: dict[int, str] = {}
        self._open: list[int] = []
        self._cut = 0

    def whole(self, thing: Any, title: str | None) -> Graph:
        strategy = strategy_of(thing)
        self._open.append(id(thing))
        self._fill(thing, strategy, "", "", 0)
        name = one_line(title) if title else name_of(thing)
        detail = name_of(strategy) if strategy is not thing else ""
        parts = tuple(self._nodes), tuple(self._edges), tuple(self._groups)
        return Graph(name, detail, about(thing), *parts, cut=self._cut)

    def _fill(self, thing: Any, strategy: Any, group: str, owner: str, depth: int) -> None:
        """Draw a strategy into a group; ``thing`` is the agent whose tools it uses."""
        workers = workers_of(strategy)
        shape = shape_of(strategy, workers)
        ids: dict[str, str] = {}
        left_out: list[str] = []
        for node in shape.nodes:
            if node.kind in ("start", "end") and (group or node.id in ids):
                continue
            if self._is_worker(node, workers) and (len(self._nodes) >= MOST_NODES or self._many(shape, workers, ids)):
                left_out.append(node.id)
            else:
                drawn = self._node(node, thing, strategy, workers, group, owner, depth)
                ids |= {} if drawn is None else {node.id: drawn}
        if left_out:
            self._cut += len(left_out)
            more = self._id(group, "more")
            self._add(Node(more, f"… and {len(left_out)} more", "more", group, owner, tuple(left_out)))
            ids |= dict.fromkeys(left_out, more)
        self._connect(shape, ids)

    def _is_worker(self, node: ShapeNode, workers: Mapping[str, Any]) -> bool:
        return node.kind == "worker" or node.id in workers

    def _many(self, shape: Shape, workers: Mapping[str, Any], ids: Mapping[str, str]) -> bool:
        """Whether enough workers of this strategy are drawn, and at least two would be left out."""
        all_ = [node.id for node in shape.nodes if self._is_worker(node, workers)]
        return len(all_) > MOST_WORKERS + 1 and sum(name in ids for name in all_) >= MOST_WORKERS

    def _node(
        self, node: ShapeNode, thing: Any, strategy: Any, workers: Mapping[str, Any], group: str, owner: str, depth: int
    ) -> str | None:
        """The id of what was drawn for a node of a shape."""
        label = one_line(words_of(node.label or node.id))
        if node.id in workers and drawable(workers[node.id]):
            return self._worker(node.id, label, workers[node.id], group, owner, depth)
        base = getattr(strategy, "base", None)
        if node.kind == "base" and base is not None:
            return self._base(node, thing, base, group, owner, depth)
        items: tuple[str, ...] = ()
        if node.kind == "tools":
            names = tools_of(thing, self._tools)
            if names == ():
                return None
            items = names or ()
        kind: NodeKind = "model" if node.kind == "base" else node.kind
        if node.id in workers:
            kind = "step"
        detail = type(getattr(thing, "tool_host", None)).__name__ if node.kind == "tools" and not items else ""
        made = Node(self._id(group, node.id), label, kind, group, owner, (node.id,), detail, items)
        return self._add(made)

    def _worker(self, name: str, label: str, worker: Any, group: str, owner: str, depth: int) -> str:
        if id(worker) in self._drawn and id(worker) not in self._open:
            return self._again(self._drawn[id(worker)], name, owner)
        strategy, made = strategy_of(worker), self._id(group, name)
        told, keys = about(worker), tuple(dict.fromkeys((name, words_of(name))))
        if id(worker) in self._open:
            return self._add(Node(made, label, "worker", group, owner, keys, "the agent around it", about=told))
        tools = tools_of(worker, self._tools) or ()
        inside = workers_of(strategy)
        if self._simple(strategy, inside) or depth >= DEEPEST:
            deep = f"{name_of(strategy)} · {len(inside)} more inside" if inside else ""
            self._add(Node(made, label, "worker", group, owner, keys, deep or told, tools, told))
        else:
            self._add(Group(made, label, "agent", group, owner, keys, name_of(strategy), told))
            self._open.append(id(worker))
            self._fill(worker, strategy, made, made, depth + 1)
            self._open.pop()
        self._drawn[id(worker)] = made
        return made

    def _add(self, one: Node | Group) -> str:
        placed = replace(one, place=len(self._nodes) + len(self._groups))
        if isinstance(placed, Node):
            self._nodes.append(placed)
        else:
            self._groups.append(placed)
        return one.id

    def _again(self, made: str, name: str, owner: str) -> str:
        """A worker that stands elsewhere already is not drawn twice; events may call it by this name too."""
        self._nodes = [_called(one, made, owner, name) for one in self._nodes]
        self._groups = [_called(one, made, owner, name) for one in self._groups]
        return made

    def _base(self, node: ShapeNode, thing: Any, base: Any, group: str, owner: str, depth: int) -> str:
        made, name = self._id(group, node.id), name_of(base)
        label = one_line(words_of(node.label)) if node.label not in ("", "base") else name
        detail = name if label != name else ""
        inside = workers_of(base)
        if self._simple(base, inside) or depth >= DEEPEST:
            keys = tuple(one.id for one in shape_of(base, inside).nodes if one.kind not in ("start", "end"))
            items = tools_of(thing, self._tools) or ()
            self._add(Node(made, label, "model", group, owner, (*keys, "agent", "tools"), detail, items))
        else:
            self._add(Group(made, label, "base", group, owner, (node.id,), detail))
            self._fill(thing, base, made, owner, depth + 1)
        return made

    def _simple(self, strategy: Any, workers: Mapping[str, Any]) -> bool:
        """Whether one box says all: one model that may call tools."""
        shape = shape_of(strategy, workers)
        inner = [node for node in shape.nodes if node.kind not in ("start", "end", "tools")]
        return not workers and len(inner) <= 1 and all(node.kind == "model" for node in inner)

    def _connect(self, shape: Shape, ids: Mapping[str, str]) -> None:
        made: dict[tuple[str, str, str], Edge] = {}
        for edge in shape.edges:
            if edge.source in ids and edge.target in ids:
                label = self._label(edge)
                pair = ids[edge.source], ids[edge.target], label
                made.setdefault(pair, Edge(*pair, dashed=label.partition(":")[0] in ("handoff", "forward")))
        self._edges += [edge for edge in made.values() if edge not in self._edges]

    def _label(self, edge: ShapeEdge) -> str:
        return one_line(edge.label, DETAIL)

    def _id(self, group: str, name: str) -> str:
        made = base = f"{group}/{one_line(name, ABOUT)}" if group else one_line(name, ABOUT) or "node"
        used = {one.id for one in self._nodes} | {one.id for one in self._groups}
        number = 2
        while made in used:
            made, number = f"{base}~{number}", number + 1
        return made


def _called(one: Part, made: str, owner: str, name: str) -> Part:
    """``one`` with one more name, where it is the part that is meant."""
    known = one.id != made or one.owner != owner or name in one.keys
    return one if known else replace(one, keys=(*one.keys, name))
