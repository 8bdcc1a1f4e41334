"""Errands in a stockroom: what counts is what lies where afterwards, whichever way it got there.

The state after the errand is worked out here, from the script of each errand, and not by the world that is tested.
"""

import copy
import random
from pathlib import Path
from typing import Any

from converters.arithmetic import OWN_LICENCE
from converters.write import Made

SEED = 20_261_123
LEVELS = (1, 2, 3)
EACH = 20
PLACES = ("cellar", "attic", "shop", "garage", "kitchen", "barn")
THINGS = ("cups", "lamps", "ropes", "jars", "books", "chairs", "nails", "boxes")
Stock = dict[str, dict[str, int]]


def errands(count: int, seed: int, level: int) -> list[dict[str, Any]]:
    """``count`` errands of ``level`` orders each; the same for the same seed."""
    rng = random.Random(f"{seed}-{level}")
    cases = []
    for number in range(1, count + 1):
        start = _stock(rng)
        after = copy.deepcopy(start)
        kinds = [rng.choice(("move", "all", "level", "add", "remove")) for _ in range(level)]
        orders = [_order(kind, rng, after) for kind in kinds]
        known = ", ".join(sorted(start))
        cases.append(
            {
                "id": f"errand-{level}-{number:02d}",
                "input": f"There are these places: {known}. {_joined(orders)} Use the tools to do it.",
                "target": {"places": after},
                "metadata": {
                    "level": level,
                    "orders": kinds,
                    "needs_to_look": any(kind in ("all", "level") for kind in kinds),
                    "world": {"name": "stockroom", "state": {"places": start}},
                },
            }
        )
    return cases


def _joined(orders: list[str]) -> str:
    first, *others = orders
    return " ".join([first, *(f"Then {one[0].lower()}{one[1:]}" for one in others)])


def _stock(rng: random.Random) -> Stock:
    return {
        place: {thing: rng.randint(2, 12) for thing in rng.sample(THINGS, rng.randint(2, 4))}
        for place in rng.sample(PLACES, 3)
    }


def _order(kind: str, rng: random.Random, stock: Stock) -> str:
    """One order in words; ``stock`` is changed as it asks."""
    source = rng.choice([place for place in stock if stock[place]])
    target = rng.choice([place for place in stock if place != source])
    thing = rng.choice(sorted(stock[source]))
    there = stock[source][thing]
    count = rng.randint(min(2, there), there)
    if kind == "all":
        _change(stock, source, thing, -there)
        _change(stock, target, thing, there)
        return f"Carry all the {thing} from the {source} to the {target}."
    if kind == "level":
        wanted = rng.choice([one for one in range(1, 15) if one != there])
        _change(stock, source, thing, wanted - there)
        return f"See to it that the {source} holds exactly {wanted} {thing}, by adding or removing some."
    if kind == "add":
        _change(stock, source, thing, count)
        return f"Add {count} new {thing} to the {source}."
    _change(stock, source, thing, -count)
    if kind == "remove":
        return f"Remove {count} {thing} from the {source}."
    _change(stock, target, thing, count)
    return f"Move {count} {thing} from the {source} to the {target}."


def _change(stock: Stock, place: str, thing: str, by: int) -> None:
    left = stock[place].get(thing, 0) + by
    if left:
        stock[place][thing] = left
    else:
        stock[place].pop(thing, None)


def generate(_source: Path | None, _scratch: Path) -> Made:
    cases = [case for level in LEVELS for case in errands(EACH, SEED, level)]
    card = {
        "name": "stockroom",
        "description": "Tools that change a state: errands of one to three orders, judged by the state at the end.",
        "source": "invented by a seeded generator",
        "package": f"datasets/converters/stockroom.py of this repository, seed {SEED}, {EACH} errands a level",
        "files": ["datasets/converters/stockroom.py"],
        "licence": "Apache-2.0",
        "licence_stated": "LICENSE of this repository",
        "retrieved": "2026-11-22",
        "language": "en",
        "scorer": "end_state",
        "changed": ["nothing: it is made here"],
        "columns": {
            "input": "the errand",
            "target": "the state afterwards",
            "metadata.world": "the world and how it begins; its tools are offered by evaluate()",
            "metadata.level": "number of orders, from 1 to 3",
            "metadata.needs_to_look": "whether a number must be found out first, which no plan made beforehand knows",
        },
    }
    faults = [
        "Orders are given one after the other in plain words: no order is ambiguous, none is refused.",
        "An arm that leaves the right state by undoing its own mistakes counts as right.",
        "A case needs tools: arms that are plain functions score 0.",
    ]
    return Made(cases, card, OWN_LICENCE, faults)
