"""Layers of one group of boxes: which box stands in which, and in what order, with as few crossings as can be.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981. Boxes
stand in even layers; odd layers hold the labels of arrows, so that no label ever lies on a box or on another label.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(slots=True, eq=False)
class Item:
    """A box, a label, or the place where an arrow passes a layer.

    ``along`` and ``before`` + ``after`` are its sizes along and across the layers; the centre is where arrows aim.
    """

    key: str
    along: float = 0.0
    before: float = 4.0
    after: float = 4.0
    layer: int = 0
    at: float = 0.0
    real: bool = False
    ins: "list[Item]" = field(default_factory=list)
    outs: "list[Item]" = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Link:
    """An arrow between boxes: ``number`` in the graph, sizes of its label along and across."""

    number: int
    source: str
    target: str
    along: float = 0.0
    across: float = 0.0
    back: bool = False
    chain: list[Item] = field(default_factory=list)
    label: Item | None = None


def layered(boxes: Sequence[Item], links: Sequence[Link], *, last: Iterable[str] = ()) -> list[list[Item]]:
    """The layers. ``last`` names boxes that stand behind all others. Fills in each link's ``chain`` and ``label``."""
    by_key = {box.key: box for box in boxes}
    _mark_back(boxes, links)
    rank = _ranks(boxes, links)
    for key in last:
        if any(rank[other] >= rank[key] for other in rank if other != key):
            rank[key] = max(rank.values()) + 1
    for link in links:
        link.back = rank[link.source] > rank[link.target]
    layers: list[list[Item]] = [[] for _ in range(2 * max(rank.values(), default=0) + 1)]
    for box in boxes:
        box.layer, box.real = 2 * rank[box.key], True
        layers[box.layer].append(box)
    for link in links:
        ends = by_key[link.source], by_key[link.target]
        first, end = (ends[1], ends[0]) if link.back else ends
        named = first.layer + 1 if not link.back else end.layer - 1
        link.chain = [first]
        for place in range(first.layer + 1, end.layer):
            half = link.across / 2
            item = Item("", layer=place)
            if place == named and link.along:
                item = link.label = Item("", link.along, half, half, place)
            layers[place].append(item)
            link.chain.append(item)
        link.chain.append(end)
        for one, other in pairwise(link.chain):
            one.outs.append(other)
            other.ins.append(one)
    return _ordered(layers)


def _mark_back(boxes: Sequence[Item], links: Sequence[Link]) -> None:
    """Arrows that close a circle run backwards: of a circle, those that lead nearer to where it is entered."""
    after: dict[str, list[str]] = {box.key: [] for box in boxes}
    for link in links:
        after[link.source].append(link.target)
    entered = {link.target for link in links}
    firsts = [box.key for box in boxes if box.key not in entered] or [box.key for box in boxes[:1]]
    place = {key: number for number, key in enumerate(_reached(firsts, after))}
    depth = _depths(firsts, after)
    for box in boxes:  # what no start leads to comes in its own order
        depth.setdefault(box.key, 0)
        place.setdefault(box.key, len(place))
    below = {key: set(_reached(targets, after)) for key, targets in after.items()}
    for link in links:
        if link.source in below[link.target]:
            there, here = (depth[link.target], place[link.target]), (depth[link.source], place[link.source])
            link.back = there <= here


def _reached(firsts: Sequence[str], after: Mapping[str, Sequence[str]]) -> list[str]:
    """Everything that can be come to, nearest first."""
    found = dict.fromkeys(firsts)
    waiting = list(found)
    for key in waiting:
        new = [one for one in dict.fromkeys(after[key]) if one not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return list(found)


def _depths(firsts: Sequence[str], after: Mapping[str, Sequence[str]]) -> dict[str, int]:
    depth = dict.fromkeys(firsts, 0)
    for key in _reached(firsts, after):
        for one in after[key]:
            depth.setdefault(one, depth[key] + 1)
    return depth


def _ranks(boxes: Sequence[Item], links: Sequence[Link]) -> dict[str, int]:
    forward = [(link.target, link.source) if link.back else (link.source, link.target) for link in links]
    rank = {box.key: 0 for box in boxes}
    for _ in boxes:
        changed = False
        for source, target in forward:
            if rank[target] < rank[source] + 1:
                rank[target], changed = rank[source] + 1, True
        if not changed:
            break
    for box in boxes:  # a box that nothing leads to stands right before the first that it leads to
        if not any(target == box.key for _, target in forward):
            after = [rank[target] for source, target in forward if source == box.key]
            rank[box.key] = max(0, min(after) - 1) if after else rank[box.key]
    return rank


def _ordered(layers: list[list[Item]]) -> list[list[Item]]:
    best, fewest = [list(layer) for layer in layers], _crossings(layers)
    for sweep in range(8):
        downward = sweep % 2 == 0
        for layer in layers[1:] if downward else layers[-2::-1]:
            places = {id(item): place for near in layers for place, item in enumerate(near)}
            weights = {id(item): _middle(item, downward, places) for item in layer}
            layer.sort(key=lambda item: weights[id(item)])
        crossings = _crossings(layers)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _middle(item: Item, downward: bool, places: dict[int, int]) -> float:
    near = item.ins if downward else item.outs
    return sum(places[id(one)] for one in near) / len(near) if near else float(places[id(item)])


def _crossings(layers: Sequence[Sequence[Item]]) -> int:
    count = 0
    for layer, following in pairwise(layers):
        places = {id(item): place for place, item in enumerate(following)}
        ends = [places[id(out)] for item in layer for out in sorted(item.outs, key=lambda one: places[id(one)])]
        count += sum(one > other for place, one in enumerate(ends) for other in ends[place + 1 :])
    return count
