"""Word problems in arithmetic, made by a seeded generator: as many steps as the level, from 1 to 5.

Each problem follows one stock of things through a day: it grows, shrinks, is multiplied, is shared out. From level 3 on
a sentence with a number that does not matter stands in between. ``problems`` makes any number of any level.
"""

import random
from pathlib import Path
from typing import Any

from converters.write import Made

SEED = 20_261_122
LEVELS = (1, 2, 3, 4, 5)
EACH = 30
NAMES = ("Ada", "Ben", "Chloe", "Dev", "Emil", "Fatima", "Gita", "Hugo", "Ines", "Jonas", "Kira", "Luis")
THINGS = (
    ("apples", "crate", "crates"),
    ("pencils", "box", "boxes"),
    ("stamps", "sheet", "sheets"),
    ("marbles", "bag", "bags"),
    ("eggs", "carton", "cartons"),
    ("tiles", "stack", "stacks"),
    ("postcards", "pack", "packs"),
    ("beads", "string", "strings"),
)
ASIDE = (
    "A neighbour, {other}, is {n} years old today.",
    "It is {n} degrees outside.",
    "The walk home takes {n} minutes.",
    "{other} owns {n} books.",
)


def problems(count: int, seed: int, level: int) -> list[dict[str, Any]]:
    """``count`` different problems of ``level`` steps; the same for the same seed, whatever else is made."""
    if level < 1:
        raise ValueError(f"a level is a number of steps, from 1, not {level}")
    rng = random.Random(f"{seed}-{level}")
    made: dict[str, dict[str, Any]] = {}
    while len(made) < count:
        case = _problem(rng, level)
        made.setdefault(case["input"], {"id": f"level-{level}-{len(made) + 1:03d}", **case})
    return list(made.values())


def _problem(rng: random.Random, level: int) -> dict[str, Any]:
    name, other = rng.sample(NAMES, 2)
    thing = rng.choice(THINGS)
    stock = rng.randint(6, 20 + 20 * level)
    expression = str(stock)
    told = [f"{name} has {stock} {thing[0]}."]
    kinds: list[str] = []
    for _ in range(level):
        kind = rng.choice([one for one in ("gain", "loss", "packs", "multiply", "share") if kinds[-1:] != [one]])
        sentence, stock, expression = _step(kind, rng, name, other, thing, stock, expression)
        kinds.append(kind)
        told.append(sentence)
    if level >= 3:
        aside = rng.choice(ASIDE).format(other=other, n=rng.randint(2, 60))
        told.insert(rng.randint(1, len(told) - 1), aside)
    told.append(f"How many {thing[0]} does {name} have now?")
    metadata = {"level": level, "expression": expression, "steps": kinds}
    return {"input": " ".join(told), "target": stock, "metadata": metadata}


def _step(
    kind: str, rng: random.Random, name: str, other: str, thing: tuple[str, str, str], stock: int, expression: str
) -> tuple[str, int, str]:
    things, pack, packs = thing
    if kind == "packs":
        count, each = rng.randint(2, 9), rng.randint(3, 12)
        sentence = f"{name} buys {count} {packs} with {each} {things} in each {pack}."
        return sentence, stock + count * each, f"({expression} + {count} * {each})"
    if kind == "multiply" and stock <= 400:
        factor = rng.choice((2, 3, 4))
        word = {2: "twice", 3: "three times", 4: "four times"}[factor]
        sentence = f"After a trade, {name} has {word} as many {things} as before."
        return sentence, stock * factor, f"({expression} * {factor})"
    parts = [one for one in range(2, 10) if stock % one == 0 and stock // one > 1]
    if kind == "share" and parts:
        part = rng.choice(parts)
        sentence = f"{name} splits the {things} evenly into {part} heaps, keeps one heap and gives away the others."
        return sentence, stock // part, f"({expression} / {part})"
    if kind == "loss" and stock > 4:
        less = rng.randint(1, stock - 2)
        return f"{name} gives {less} {things} to {other}.", stock - less, f"({expression} - {less})"
    more = rng.randint(2, 60)
    return f"{other} gives {name} {more} {things}.", stock + more, f"({expression} + {more})"


def generate(_source: Path | None, _scratch: Path) -> Made:
    cases = [case for level in LEVELS for case in problems(EACH, SEED, level)]
    card = {
        "name": "arithmetic",
        "description": "Word problems in arithmetic, of one to five steps; the answer is a whole number.",
        "source": "invented by a seeded generator",
        "package": f"datasets/converters/arithmetic.py of this repository, seed {SEED}, {EACH} problems a level",
        "files": ["datasets/converters/arithmetic.py"],
        "licence": "Apache-2.0",
        "licence_stated": "LICENSE of this repository",
        "retrieved": "2026-11-22",
        "language": "en",
        "scorer": "numeric",
        "changed": ["nothing: it is made here"],
        "columns": {
            "input": "the problem",
            "target": "the number that is right",
            "metadata.level": "number of steps, from 1 to 5; from 3 on one number does not matter",
            "metadata.expression": "what is to be worked out",
            "metadata.steps": "the kind of each step",
        },
    }
    faults = [
        "The wording is uniform: twelve names, eight things, five kinds of steps. It measures steps, not language.",
        "The last number of an answer counts: an answer that goes on to check itself may be scored wrong.",
        "'After a trade, X has twice as many' is stiff; a reader may ask what was traded.",
    ]
    return Made(cases, card, OWN_LICENCE, faults)


OWN_LICENCE = (
    "The data in this folder were made by a generator of this repository.\n\n"
    "Licensed under the Apache License, Version 2.0; its text is the file LICENSE at the root of this repository.\n"
)
