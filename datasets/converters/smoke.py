"""Twenty small cases of eight kinds: enough to see in seconds that models, tools and scorers work together."""

import random
from pathlib import Path
from typing import Any

from converters.arithmetic import OWN_LICENCE, problems
from converters.stockroom import errands
from converters.write import Made

SEED = 20_261_124
PEOPLE = ("Mira", "Tom", "Yara", "Sven")
CITIES = ("Lyon", "Porto", "Graz", "Turku")
COLOURS = ("green", "orange", "violet", "brown")


def generate(_source: Path | None, _scratch: Path) -> Made:
    rng = random.Random(SEED)
    cases = [*_numbers(), *_reading(rng), *_json(rng), *_calls(rng), *_errands(), *_code(), *_forms(rng), *_words(rng)]
    card = {
        "name": "smoke",
        "description": "Twenty small cases of eight kinds, each scored in its own way: a test of tools, not of wits.",
        "source": "invented by a seeded generator",
        "package": f"datasets/converters/smoke.py of this repository, seed {SEED}",
        "files": ["datasets/converters/smoke.py"],
        "licence": "Apache-2.0",
        "licence_stated": "LICENSE of this repository",
        "retrieved": "2026-11-22",
        "language": "en",
        "scorer": "by_case",
        "changed": ["nothing: it is made here"],
        "columns": {
            "input": "what is asked",
            "target": "what is right, as the scorer of the case wants it",
            "metadata.kind": "the kind of question",
            "metadata.scorer": "the scorer of this case; by_case reads it",
        },
    }
    faults = ["Twenty cases of eight kinds tell a broken arm from a working one, and no more: compare on others."]
    return Made(cases, card, OWN_LICENCE, faults)


def _case(kind: str, number: int, asked: str, target: Any, scorer: Any, **more: Any) -> dict[str, Any]:
    metadata = {"kind": kind, "scorer": scorer, **more}
    return {"id": f"{kind}-{number}", "input": asked, "target": target, "metadata": metadata}


def _numbers() -> list[dict[str, Any]]:
    found = [*problems(2, SEED, 1), *problems(1, SEED, 2)]
    return [_case("number", at, one["input"], one["target"], "numeric") for at, one in enumerate(found, 1)]


def _reading(rng: random.Random) -> list[dict[str, Any]]:
    cases = []
    for at in (1, 2, 3):
        people, cities = rng.sample(PEOPLE, 3), rng.sample(CITIES, 3)
        lives = " ".join(f"{who} lives in {where}." for who, where in zip(people, cities, strict=True))
        who = rng.randrange(3)
        asked = f"{lives} Where does {people[who]} live? Answer with the name of the city only."
        cases.append(_case("reading", at, asked, cities[who], "includes"))
    return cases


def _json(rng: random.Random) -> list[dict[str, Any]]:
    cases = []
    for at in (1, 2, 3):
        who, age = rng.choice(PEOPLE), rng.randint(20, 60)
        asked = f'{who} is {age} years old. Write that as JSON with the keys "name" and "age", and nothing else.'
        cases.append(_case("json", at, asked, {"name": who, "age": age}, "json_match"))
    return cases


def _calls(rng: random.Random) -> list[dict[str, Any]]:
    text = {"type": "string"}
    tools = [
        {
            "name": "weather",
            "description": "The weather in a city.",
            "parameters": {"type": "object", "properties": {"city": text}, "required": ["city"]},
        },
        {
            "name": "paint",
            "description": "Paint something in a colour.",
            "parameters": {
                "type": "object",
                "properties": {"thing": text, "colour": text},
                "required": ["thing", "colour"],
            },
        },
    ]
    city, colour = rng.choice(CITIES), rng.choice(COLOURS)
    wanted = [
        (f"What is the weather in {city}?", "weather", {"city": [city]}),
        (f"Paint the door {colour}.", "paint", {"thing": ["door", "the door"], "colour": [colour]}),
    ]
    return [
        _case("call", at, asked, [{"name": name, "arguments": arguments}], "tool_calls", tools=tools)
        for at, (asked, name, arguments) in enumerate(wanted, 1)
    ]


def _errands() -> list[dict[str, Any]]:
    return [
        _case("errand", at, one["input"], one["target"], "end_state", world=one["metadata"]["world"])
        for at, one in enumerate(errands(2, SEED, 1), 1)
    ]


def _code() -> list[dict[str, Any]]:
    wanted = [
        ("twice(x) that returns x times two", "twice", ["assert twice(3) == 6", "assert twice(-1) == -2"]),
        (
            "last(items) that returns the last item of a list, or None for an empty list",
            "last",
            ["assert last([1, 2]) == 2", "assert last([]) is None"],
        ),
    ]
    return [
        _case("code", at, f"Write a Python function {what}. Reply with the code only.", tests, "code", entry_point=name)
        for at, (what, name, tests) in enumerate(wanted, 1)
    ]


def _forms(rng: random.Random) -> list[dict[str, Any]]:
    year, month, day = rng.randint(1990, 2020), rng.randint(10, 12), rng.randint(10, 28)
    months = {10: "October", 11: "November", 12: "December"}
    asked = f"Write the date {day} {months[month]} {year} in the form YYYY-MM-DD."
    numbers = sorted(rng.sample(range(10, 99), 3))
    listed = ", ".join(map(str, numbers))
    asked_list = f"Write the numbers {listed} in this order, with a semicolon and no space between them."
    form = {"name": "regex", "ignore_case": False}
    return [
        _case("form", 1, asked, rf"\b{year}-{month}-{day}\b", form),
        _case("form", 2, asked_list, ";".join(map(str, numbers)), form),
    ]


def _words(rng: random.Random) -> list[dict[str, Any]]:
    return [
        _case(
            "word", at, f"Repeat this word and say nothing else: {word}", word, {"name": "exact", "ignore_case": True}
        )
        for at, word in enumerate(rng.sample(COLOURS, 3), 1)
    ]
