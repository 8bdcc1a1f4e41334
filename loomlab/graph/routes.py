"""The ways of arrows between layers: from side to side, past other boxes, through the middle of their labels."""

from collections.abc import Mapping, Sequence

from loomlab.graph.placing import settled
from loomlab.graph.plan import Box, Point, Route
from loomlab.graph.ranks import Link

_PORT = 12.0
"""Least distance of two arrows on one side of a box, where there is room for it."""


def routed(
    links: Sequence[Link], boxes: Mapping[str, Box], low: float, spans: Sequence[tuple[float, float]], upright: bool
) -> list[Route]:
    """A route for each link. ``low``: where the picture begins across its layers; ``spans``: of each layer."""
    ports = _ports(links, boxes, low, upright)
    routes = []
    for link in links:
        points: list[Point] = [ports[link.number, 0]]
        # A box that is shorter than its layer: first straight out of the layer, so that no other box is crossed.
        across, along = _turned(points[0], upright)
        leaves = spans[link.chain[0].layer][1]
        points += [_point(across, leaves, upright)] if leaves > along + 1 else []
        for item in link.chain[1:-1]:
            start, end = spans[item.layer]
            if item.layer % 2 and item is not link.label:
                continue
            # Straight past the boxes of a layer; a label is passed in its middle, and the curve may be a wide one.
            stops = ((start + end) / 2,) if item is link.label else (start, end)
            points += [_point(item.at - low, one, upright) for one in stops]
        across, along = _turned(ports[link.number, 1], upright)
        enters = spans[link.chain[-1].layer][0]
        points += [_point(across, enters, upright)] if enters < along - 1 else []
        points.append(ports[link.number, 1])
        label = points[len(points) // 2]
        if link.label is not None:
            start, end = spans[link.label.layer]
            label = _point(link.label.at - low, (start + end) / 2, upright)
        routes.append(Route(link.number, tuple(points[::-1] if link.back else points), label, upright))
    return routes


def _point(across: float, along: float, upright: bool) -> Point:
    return (across, along) if upright else (along, across)


def _turned(point: Point, upright: bool) -> Point:
    return _point(*point, upright)


def _ports(links: Sequence[Link], boxes: Mapping[str, Box], low: float, upright: bool) -> dict[tuple[int, int], Point]:
    """Where arrows touch their boxes: as straight ahead as the side is wide, in the order in which they come."""
    sides: dict[tuple[str, int], list[tuple[float, Link]]] = {}
    for link in links:
        sides.setdefault((link.chain[0].key, 0), []).append((link.chain[1].at - low, link))
        sides.setdefault((link.chain[-1].key, 1), []).append((link.chain[-2].at - low, link))
    found: dict[tuple[int, int], Point] = {}
    for (key, side), arriving in sides.items():
        box = boxes[key]
        arriving.sort(key=lambda pair: pair[0])
        across, width = (box.x, box.w) if upright else (box.y, box.h)
        along = (box.y if side else box.y + box.h) if upright else (box.x if side else box.x + box.w)
        room = width - min(width * 0.3, 20.0)
        apart = min(_PORT, room / max(1, len(arriving) - 1))
        least, most = across + (width - room) / 2, across + (width + room) / 2
        wanted = [min(max(want, least), most) for want, _ in arriving]
        places = settled(wanted, [1.0] * len(arriving), [apart] * (len(arriving) - 1))
        shift = max(0.0, least - places[0]) - max(0.0, places[-1] - most)
        for at, (_, link) in zip(places, arriving, strict=True):
            found[link.number, side] = _point(at + shift, along, upright)
    return found
