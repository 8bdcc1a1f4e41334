"""What is written in a box, and how large the box is for it."""

from dataclasses import dataclass

from loomlab.graph.lights import NodeLight
from loomlab.graph.measure import BOLD, fit, text_width, wrapped
from loomlab.graph.model import Edge, Graph, Group, Node

LABEL_SIZE, SMALL_SIZE = 12.0, 10.5
LINE, SMALL_LINE = 15.0, 14.0

_WIDEST, _LEAST, _SIDES, _ENDS = 196.0, 76.0, 24.0, 20.0
_WITH_FIGURES = 130.0
"""Width of the words in a box with figures: it must not grow while they do."""

_EDGE_WIDEST = 150.0


@dataclass(frozen=True, slots=True)
class Style:
    """How much is written. ``lit``: with room for figures; ``terse``: nothing twice, where it would be too wide."""

    lit: bool = False
    terse: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """The lines of a box."""

    label: list[str]
    small: list[str]

    @property
    def height(self) -> float:
        """Pixels that the lines take."""
        return len(self.label) * LINE + len(self.small) * SMALL_LINE


def written(node: Node, light: NodeLight | None, wide: float) -> Written:
    """The label on at most two lines, and below it the run's figures, the tools, or what the agent is told."""
    label = wrapped(node.label, LABEL_SIZE * BOLD, wide, 2) or ["…"]
    if node.kind in ("start", "end"):
        return Written(label[:1], [])
    if light is not None and light.lines:
        return Written(label, [_whole_parts(line, wide) for line in light.lines[:2]])
    if node.items:
        return Written(label, wrapped(", ".join(node.items), SMALL_SIZE, wide, 2))
    return Written(label, wrapped(node.detail, SMALL_SIZE, wide, 2 if node.kind == "worker" else 1))


def _whole_parts(line: str, wide: float) -> str:
    """As many of the figures as fit, from the first on: half a figure would be another one."""
    parts = line.split(" · ")
    while len(parts) > 1 and text_width(" · ".join(parts), SMALL_SIZE) > wide:
        parts.pop()
    return fit(" · ".join(parts), SMALL_SIZE, wide)


def room(node: Node, width: float) -> float:
    """Pixels for words in a box of this width."""
    return width - (14.0 if node.kind in ("start", "end") else _SIDES) - _slant(node)


def node_size(node: Node, style: Style) -> tuple[float, float]:
    """Width and height, whether there are figures yet or not."""
    narrow = style.lit or style.terse
    text = written(node, None, _WITH_FIGURES if narrow else _WIDEST - _SIDES)
    widths = [text_width(line, LABEL_SIZE * BOLD) for line in text.label]
    widths += [text_width(line, SMALL_SIZE) for line in text.small]
    if node.kind in ("start", "end"):
        return max(_LEAST, max(widths) + 32), 34.0
    small = max(len(text.small), 2) if style.lit else len(text.small)
    height = _ENDS + len(text.label) * LINE + small * SMALL_LINE
    return max(_LEAST, _WITH_FIGURES + _SIDES if style.lit else max(widths) + _SIDES) + _slant(node), max(40.0, height)


def _slant(node: Node) -> float:
    return 20.0 if node.kind == "check" else 0.0


def edge_words(number: int, graph: Graph, style: Style) -> str:
    """The label of an arrow, without the name of where it leads: that is written there.

    Terse, what several arrows from or to one box say alike is left to the words below the picture.
    """
    edge = graph.edges[number]
    words = _bare(edge, graph)
    if style.terse and words:
        for one in graph.edges:
            near = one is not edge and (one.source == edge.source or one.target == edge.target)
            if near and _bare(one, graph) == words:
                return ""
    return fit(words, SMALL_SIZE, _EDGE_WIDEST)


def edge_size(number: int, graph: Graph, style: Style) -> tuple[float, float]:
    """Room for the label, and for a count beside it."""
    words = edge_words(number, graph, style)
    counted = style.lit and countable(number, graph)
    if not words and not counted:
        return 0.0, 0.0
    return text_width(f"{words} ×88" if counted else words, SMALL_SIZE) + 8, SMALL_LINE + 2


def countable(number: int, graph: Graph) -> bool:
    """Whether a count on an arrow tells anything: a run begins and ends once."""
    edge = graph.edges[number]
    ends = {node.id for node in graph.nodes if node.kind in ("start", "end")}
    return edge.source not in ends and edge.target not in ends


def head_width(group: Group, style: Style) -> float:
    """Least width of a group, for its name."""
    name = text_width(fit(group.label, LABEL_SIZE * BOLD, _WIDEST), LABEL_SIZE * BOLD)
    return name + 16 + (130.0 if style.lit else text_width(group.detail, SMALL_SIZE))


def _bare(edge: Edge, graph: Graph) -> str:
    head, colon, tail = edge.label.partition(":")
    names = {one.label for one in graph.everything if one.id in (edge.source, edge.target)}
    return head if colon and tail.strip() in names else edge.label
