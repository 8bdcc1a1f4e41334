"""The layout of a whole graph: innermost groups first, each then a box in the group around it.

Every group is tried from left to right and from top to bottom; what fits the width best and is lowest is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from loomlab.graph.flow import Arrow, Part, flow
from loomlab.graph.model import Graph, Group
from loomlab.graph.plan import Box, Plan, Route

WIDEST = 720.0
"""Pixels that a picture should not be wider than, so that its words can be read where it is shown."""

PAD, HEAD = 14.0, 26.0
"""Inside a group's frame: around its boxes, and above them for its name."""

_VARIANTS = 4
_WAYS = ((False, True), (True, True), (True, False))

Size = tuple[float, float]


def layout(
    graph: Graph,
    sizes: Mapping[str, Size],
    labels: Sequence[Size],
    heads: Mapping[str, float],
    *,
    widest: float = WIDEST,
) -> Plan:
    """Place everything. ``sizes`` of nodes by id, ``labels`` of edges in order, ``heads``: least widths of groups."""
    inside = _Inside(graph, sizes, labels, heads)
    plans = inside.plans("")
    plan = min(plans, key=lambda one: strain(one, widest))
    boxes = plan.boxes | plan.frames
    return replace(plan, routes=plan.routes + tuple(_across(number, graph, boxes) for number in inside.crossing))


def strain(plan: Plan, widest: float) -> float:
    """How badly a plan fits: its height, and what it is too wide; a little too wide is shown a little smaller."""
    over = plan.w - widest
    return plan.h + plan.w * 0.2 + max(0.0, over) * 1.2 + max(0.0, over - widest * 0.12) * 6


class _Inside:
    def __init__(
        self, graph: Graph, sizes: Mapping[str, Size], labels: Sequence[Size], heads: Mapping[str, float]
    ) -> None:
        self._graph, self._sizes, self._heads = graph, sizes, heads
        above = {one.id: one.group for one in graph.everything}
        self._arrows: dict[str, list[Arrow]] = {}
        self.crossing: list[int] = []
        for number, edge in enumerate(graph.edges):
            ways = _way(edge.source, above), _way(edge.target, above)
            common = next(one for one in ways[0][edge.source == edge.target :] if one in ways[1])
            if common in (edge.source, edge.target):
                self.crossing.append(number)
                continue
            ends = tuple(way[way.index(common) - 1] for way in ways)
            if ends != (edge.source, edge.target):
                self.crossing.append(number)
            size = labels[number] if ends == (edge.source, edge.target) else (0.0, 0.0)
            self._arrows.setdefault(common, []).append(Arrow(number, ends[0], ends[1], *size, label=edge.label))

    def plans(self, group: str) -> list[Plan]:
        """A few ways to place what lies in a group, none both wider and higher than another."""
        parts = list(self._graph.parts(group))
        inner = {one.id: self._framed(one) for one in parts if isinstance(one, Group)}
        found: list[Plan] = []
        for choice in range(max((len(plans) for plans in inner.values()), default=1)):
            chosen = {key: plans[min(choice, len(plans) - 1)] for key, plans in inner.items()}
            boxes = [
                Part(one.id, chosen[one.id].w, chosen[one.id].h, "base" if one.kind == "base" else "group")
                if isinstance(one, Group)
                else Part(one.id, *self._sizes[one.id], one.kind)
                for one in parts
            ]
            arrows = self._arrows.get(group, [])
            for upright, beside in _WAYS:
                found.append(self._filled(flow(boxes, arrows, upright=upright, beside=beside), chosen))
        return _undominated(found)

    def _framed(self, group: Group) -> list[Plan]:
        framed = []
        for plan in self.plans(group.id):
            width = max(plan.w, self._heads.get(group.id, 0.0))
            inner = plan.moved(PAD + (width - plan.w) / 2, HEAD)
            framed.append(replace(inner, w=width + 2 * PAD, h=plan.h + HEAD + PAD))
        return framed

    def _filled(self, plan: Plan, chosen: Mapping[str, Plan]) -> Plan:
        """The boxes that stand for groups, replaced by what is in them. Crossing arrows are drawn later."""
        boxes = {key: box for key, box in plan.boxes.items() if key not in chosen}
        frames = {key: plan.boxes[key] for key in chosen}
        routes = [route for route in plan.routes if route.number not in self.crossing]
        for key, inner in chosen.items():
            moved = inner.moved(frames[key].x, frames[key].y)
            boxes |= moved.boxes
            frames |= moved.frames
            routes += moved.routes
        return Plan(plan.w, plan.h, boxes, frames, tuple(routes))


def _way(one: str, above: Mapping[str, str]) -> list[str]:
    """From a part outwards, itself first."""
    way = [one]
    while way[-1]:
        way.append(above.get(way[-1], ""))
    return way


def _undominated(plans: list[Plan]) -> list[Plan]:
    kept: list[Plan] = []
    for plan in sorted(plans, key=lambda one: (one.w, one.h)):
        if not kept or plan.h < kept[-1].h - 1:
            kept.append(plan)
    if len(kept) <= _VARIANTS:
        return kept
    return [kept[round(place * (len(kept) - 1) / (_VARIANTS - 1))] for place in range(_VARIANTS)]


def _across(number: int, graph: Graph, boxes: Mapping[str, Box]) -> Route:
    """An arrow out of one group into another: from side to side, over everything."""
    one, other = boxes[graph.edges[number].source], boxes[graph.edges[number].target]
    (x1, y1), (x2, y2) = one.middle, other.middle
    upright = abs(y2 - y1) > abs(x2 - x1)
    if upright:
        down = y2 > y1
        start, end = (x1, one.y + one.h if down else one.y), (x2, other.y if down else other.y + other.h)
    else:
        right = x2 > x1
        start, end = (one.x + one.w if right else one.x, y1), (other.x if right else other.x + other.w, y2)
    label = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    return Route(number, (start, end), label, upright)
