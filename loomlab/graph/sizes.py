"""What is written in a box, and how large the box is for it."""

from dataclasses import dataclass

from loomlab.graph.lights import NodeLight
from loomlab.graph.measure import BOLD, fit, text_width, wrapped
from loomlab.graph.model import Edge, Graph, Group, Node

LABEL_SIZE, SMALL_SIZE = 12.0, 10.5
LINE, SMALL_LINE = 15.0, 14.0

_WIDEST, _LEAST, _SIDES, _ENDS = 196.0, 76.0, 24.0, 20.0
_FIGURES = 150.0
"""Least width of a box with figures: it must not grow while they do."""

_EDGE_WIDEST = 150.0


@dataclass(frozen=True, slots=True)
class Written:
    """The lines of a box."""

    label: list[str]
    small: list[str]

    @property
    def height(self) -> float:
        """Pixels that the lines take."""
        return len(self.label) * LINE + len(self.small) * SMALL_LINE


def written(node: Node, light: NodeLight | None) -> Written:
    """The label on at most two lines, and below it the run's figures, the tools, or what the agent is told."""
    wide = _WIDEST - _SIDES
    label = wrapped(node.label, LABEL_SIZE * BOLD, wide, 2) or ["…"]
    if light is not None and light.lines:
        return Written(label, [fit(line, SMALL_SIZE, wide) for line in light.lines[:2]])
    if node.items:
        return Written(label, wrapped(", ".join(node.items), SMALL_SIZE, wide, 2))
    return Written(label, wrapped(node.detail, SMALL_SIZE, wide, 2 if node.kind == "worker" else 1))


def node_size(node: Node, *, lit: bool) -> tuple[float, float]:
    """Width and height. ``lit``: with room for figures, whether there are any yet or not."""
    text = written(node, None)
    widths = [text_width(line, LABEL_SIZE * BOLD) for line in text.label]
    widths += [text_width(line, SMALL_SIZE) for line in text.small]
    if node.kind in ("start", "end"):
        return max(_LEAST, max(widths) + 32), 34.0
    least = _FIGURES if lit else _LEAST
    small = max(len(text.small), 2) if lit else len(text.small)
    height = _ENDS + len(text.label) * LINE + small * SMALL_LINE
    side = 20.0 if node.kind == "check" else 0.0
    return min(_WIDEST, max(least, max(widths) + _SIDES)) + side, max(40.0, height)


def edge_words(edge: Edge, graph: Graph) -> str:
    """The label without the name of where the arrow leads: that is written there."""
    head, colon, tail = edge.label.partition(":")
    names = {one.label for one in (*graph.nodes, *graph.groups) if one.id in (edge.source, edge.target)}
    label = head if colon and tail.strip() in names else edge.label
    return fit(label, SMALL_SIZE, _EDGE_WIDEST)


def edge_size(edge: Edge, graph: Graph, *, lit: bool) -> tuple[float, float]:
    """Room for the label, and for a count beside it."""
    words = edge_words(edge, graph)
    if not words and not lit:
        return 0.0, 0.0
    return text_width(f"{words} ×88" if lit else words, SMALL_SIZE) + 8, SMALL_LINE + 2


def head_width(group: Group, *, lit: bool) -> float:
    """Least width of a group, for its name."""
    name = text_width(fit(group.label, LABEL_SIZE * BOLD, _WIDEST), LABEL_SIZE * BOLD)
    return name + text_width(group.detail, SMALL_SIZE) + 16 + (180.0 if lit else 0.0)
