"""The layout of one group: its boxes in layers, from left to right or from top to bottom, and their arrows."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from loomlab.graph.placing import place
from loomlab.graph.plan import Box, Plan, Point, Route
from loomlab.graph.ranks import Item, Link, layered
from loomlab.graph.routes import routed

GAP = 20.0
"""Between two layers, in pixels; a label stands in a layer of its own."""

_APART, _BESIDE = 18.0, 34.0
"""Between two boxes of a layer, and between a box and the tools that only it uses."""

_BOW = 30.0


@dataclass(frozen=True, slots=True)
class Part:
    """A box to be placed. ``kind`` as of a node; of a group, ``group`` or ``base``."""

    id: str
    w: float
    h: float
    kind: str = "group"


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow to be drawn, with its label and the room that its words take."""

    number: int
    source: str
    target: str
    w: float = 0.0
    h: float = 0.0
    label: str = ""


def flow(parts: Sequence[Part], arrows: Sequence[Arrow], *, upright: bool, beside: bool = True) -> Plan:
    """``parts`` in layers; ``upright``: from top to bottom. ``beside`` False: tools have no place of their own."""
    if not parts:
        return Plan(0.0, 0.0)
    hosts = _beside(parts, arrows) if beside else {}
    twins = _twins(arrows, hosts, {part.id: part.kind for part in parts})
    arrows = [arrow for arrow in arrows if arrow.number not in twins]
    by_id = {part.id: part for part in parts}
    bows = {one.source: _BOW + (one.w if upright else 0.0) for one in arrows if one.source == one.target}
    gaps = {one: _gap(arrows, {one, host}, upright) for one, host in hosts.items()}
    gaps |= {one: gap + bows[hosts[one]] for one, gap in gaps.items() if upright and hosts[one] in bows}
    items = {part.id: _item(part, upright, bows.get(part.id, 0.0)) for part in parts if part.id not in hosts}
    for one, host in hosts.items():
        items[host].after += gaps[one] + (by_id[one].w if upright else by_id[one].h)
        items[host].along = max(items[host].along, by_id[one].h if upright else by_id[one].w)
    links = [
        Link(one.number, one.source, one.target, *((one.h, one.w) if upright else (one.w, one.h)))
        for one in arrows
        if one.source != one.target and one.source not in hosts and one.target not in hosts
    ]
    layers = layered(list(items.values()), links, last=[part.id for part in parts if part.kind == "end"])
    low, high = place(layers, _APART)
    spans = _along(layers)
    by_id |= _even(layers, by_id, hosts, upright)
    boxes: dict[str, Box] = {}
    for key, item in items.items():
        part, (start, end) = by_id[key], spans[item.layer]
        width, depth = (part.w, part.h) if upright else (part.h, part.w)
        along = start + (end - start - depth) / 2 if part.kind in ("start", "end") else start
        across = item.at - low - width / 2
        boxes[key] = Box(across, along, part.w, part.h) if upright else Box(along, across, part.w, part.h)
    _put_beside(boxes, by_id, hosts, gaps, upright)
    routes = routed(links, boxes, low, spans, upright)
    routes += [_short(arrow, boxes, upright) for arrow in arrows if {arrow.source, arrow.target} & hosts.keys()]
    routes += [_bow(arrow, boxes[arrow.source], upright) for arrow in arrows if arrow.source == arrow.target]
    back = {there: number for number, there in twins.items()}
    routes = [replace(route, back=back.get(route.number)) for route in routes]
    routes += [Route(number, (), (0.0, 0.0), twin=True) for number in twins]
    length = spans[-1][1] if spans else 0.0
    size = (high - low, length) if upright else (length, high - low)
    return Plan(*size, boxes, {}, tuple(sorted(routes, key=lambda route: route.number)))


def _twins(arrows: Sequence[Arrow], beside: Container[str], kinds: Mapping[str, str]) -> dict[int, int]:
    """Ways back that share the line of the way there: by number, the number of that.

    They do where nothing, or the same, is written on both, and where it goes without saying: tools beside a box give
    it their results, and a worker replies to who gave it the work.
    """
    ways = {(arrow.source, arrow.target): arrow for arrow in arrows}
    found: dict[int, int] = {}
    for arrow in arrows:
        there = ways.get((arrow.target, arrow.source), arrow)
        reply = kinds[arrow.source] in ("worker", "group", "tools") and kinds[arrow.target] in ("model", "base")
        alike = arrow.label == there.label and arrow.number > there.number
        implied = alike or (not arrow.label and there.label) or arrow.source in beside or reply
        if implied and there.number not in (arrow.number, *found):
            found[arrow.number] = there.number
    return found


def _even(
    layers: Sequence[Sequence[Item]], by_id: Mapping[str, Part], hosts: Mapping[str, str], upright: bool
) -> dict[str, Part]:
    """The boxes of a layer as long as its longest: what stands side by side has common edges."""
    found: dict[str, Part] = {}
    for layer in layers:
        keys = [
            item.key for item in layer if item.real and by_id[item.key].kind not in ("start", "end", "group", "base")
        ]
        beside = [one for one, host in hosts.items() if host in keys]
        most = max((by_id[key].h if upright else by_id[key].w for key in (*keys, *beside)), default=0.0)
        for key in (*keys, *beside):
            found[key] = replace(by_id[key], h=most) if upright else replace(by_id[key], w=most)
    return found


def _item(part: Part, upright: bool, bow: float) -> Item:
    """``bow``: room for an arrow to itself, above the box or, where arrows come from above, beside it."""
    across, along = (part.w, part.h) if upright else (part.h, part.w)
    return Item(part.id, along, across / 2 + (0.0 if upright else bow), across / 2 + (bow if upright else 0.0))


def _beside(parts: Sequence[Part], arrows: Sequence[Arrow]) -> dict[str, str]:
    """Tools and memories that one box alone uses stand beside it: by their id, the id of that box."""
    found: dict[str, str] = {}
    for part in parts:
        near = {
            one.target if one.source == part.id else one.source for one in arrows if part.id in (one.source, one.target)
        }
        host = next(iter(near), part.id)
        if part.kind in ("tools", "memory") and len(near) == 1 and host != part.id and host not in found:
            found[part.id] = host
    return found


def _gap(arrows: Sequence[Arrow], ends: set[str], upright: bool) -> float:
    """Room between a box and its tools: for the label where it stands on the arrow."""
    widest = max((arrow.w for arrow in arrows if {arrow.source, arrow.target} == ends), default=0.0)
    return max(_BESIDE, widest + 28) if upright else _BESIDE


def _put_beside(
    boxes: dict[str, Box], by_id: Mapping[str, Part], hosts: Mapping[str, str], gaps: Mapping[str, float], upright: bool
) -> None:
    ends: dict[str, float] = {}
    for one, host in hosts.items():
        box, part = boxes[host], by_id[one]
        x, y = box.middle
        if upright:
            left = ends.get(host, box.x + box.w) + gaps[one]
            boxes[one], ends[host] = Box(left, y - part.h / 2, part.w, part.h), left + part.w
        else:
            top = ends.get(host, box.y + box.h) + gaps[one]
            boxes[one], ends[host] = Box(x - part.w / 2, top, part.w, part.h), top + part.h


def _along(layers: Sequence[Sequence[Item]]) -> list[tuple[float, float]]:
    """Where each layer starts and ends."""
    spans: list[tuple[float, float]] = []
    at = 0.0
    for layer in layers:
        end = at + max((item.along for item in layer), default=0.0)
        spans.append((at, end))
        at = end + GAP
    return spans


def _short(arrow: Arrow, boxes: Mapping[str, Box], upright: bool) -> Route:
    """An arrow between a box and the tools beside it."""
    one, other = boxes[arrow.source], boxes[arrow.target]
    first, second = (one, other) if (one.x < other.x if upright else one.y < other.y) else (other, one)
    if upright:
        y = second.middle[1]
        points: list[Point] = [(first.x + first.w, y), (second.x, y)]
        label: Point = (points[0][0] + points[1][0]) / 2, y - 9
    else:
        x = second.middle[0]
        points = [(x, first.y + first.h), (x, second.y)]
        label = x + 7, (points[0][1] + points[1][1]) / 2
    ends = tuple(points if first is one else points[::-1])
    return Route(arrow.number, ends, label, not upright, "middle" if upright else "start")


def _bow(arrow: Arrow, box: Box, upright: bool) -> Route:
    x, y = box.middle
    if upright:
        side = box.x + box.w
        points = ((side, y - 12), (side, y + 12))
        return Route(arrow.number, points, (side + _BOW - 4, y), bow=True, anchor="start")
    points = ((x - 16, box.y), (x + 16, box.y))
    return Route(arrow.number, points, (x, box.y - 21), upright=True, bow=True)
