"""Where the boxes of a layer stand: as near to what they are joined with as their neighbours leave room for."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from loomlab.graph.ranks import Item

_ROUNDS = 12


def place(layers: Sequence[Sequence[Item]], apart: float) -> tuple[float, float]:
    """Set ``at`` of every item, across the layers; the least and the greatest extent. ``apart``: between two boxes."""
    for layer in layers:
        _settle(layer, [0.0] * len(layer), [1.0] * len(layer), apart)
    for round_ in range(_ROUNDS):
        downward = round_ % 2 == 0
        for layer in layers if downward else layers[::-1]:
            both = round_ >= _ROUNDS - 4
            wanted, weights = [], []
            for item in layer:
                near = item.ins + item.outs if both else item.ins if downward else item.outs
                near = near or item.ins + item.outs
                pulls = [_pull(item, one) for one in near]
                total = sum(pulls)
                middle = sum(one.at * pull for one, pull in zip(near, pulls, strict=True)) / total if near else item.at
                wanted.append(middle)
                weights.append(total or 0.1)
            _settle(layer, wanted, weights, apart)
    items = [item for layer in layers for item in layer]
    return min(item.at - item.before for item in items), max(item.at + item.after for item in items)


def _pull(item: Item, other: Item) -> float:
    """How much one wants to stand in line with the other: arrows least want to bend, alone ones least of all."""
    if item.real and other.real:
        return 1.0
    if not item.real and not other.real:
        return 4.0
    real, passing = (item, other) if item.real else (other, item)
    return 3.0 / max(1, len(real.outs if passing in real.outs else real.ins))


def _settle(layer: Sequence[Item], wanted: Sequence[float], weights: Sequence[float], apart: float) -> None:
    gaps = []
    for one, other in pairwise(layer):
        between = apart if one.real and other.real else apart * 0.6 if one.real or other.real else 8.0
        gaps.append(one.after + between + other.before)
    for item, at in zip(layer, settled(wanted, weights, gaps), strict=True):
        item.at = at


def settled(wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones (least squares) that keep their order and these gaps between them."""
    offsets = list(accumulate(gaps, initial=0.0))
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many: neighbours that clash share one mean
    for want, weight, offset in zip(wanted, weights, offsets, strict=False):
        pools.append((want - offset, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, first, some), (other, second, more) = pools[-2:]
            pools[-2:] = [((one * first + other * second) / (first + second), first + second, some + more)]
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]
