"""Histories of invented people over two times, with questions whose answers are known by construction.

Each person tells the assistant things about themselves, some of them late, some wrong and corrected afterwards. Names
come in pairs: two people called the same are two users. The answers are worked out here, from the script of each
history and by counting, and not by the library that is tested with them.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from converters.write import Made

SEED = 20_260_314
PEOPLE = 24
NAMES = (
    "Alex Kim", "Maria Rossi", "Sam Lee", "Jana Novak", "Omar Haddad", "Grace Obi", "Ivan Petrov", "Lucia Vega",
    "Noor Khan", "Erik Berg", "Mei Tanaka", "Paul Weber",
)  # fmt: skip
KINDS = (
    "steady",
    "told late",
    "move",
    "return",
    "correction",
    "late correction",
    "late news",
    "ended",
    "contradiction",
)


@dataclass(frozen=True)
class Topic:
    """One thing that may be asked of a person, and how it is told; ``{}`` is the value."""

    predicate: str
    values: tuple[str, ...]
    told: str
    since: str
    wrong: str
    over: str
    before: str
    asked: tuple[str, str]
    asked_then: tuple[str, str]


TOPICS = (
    Topic(
        "lives_in",
        ("Lyon", "Porto", "Gdansk", "Bergen", "Utrecht", "Graz", "Leeds", "Turku", "Bilbao", "Ghent"),
        "I have moved, my new place is in {}.",
        "By the way, since {at} I live in {}.",
        "I told you wrong about my place: since {at} it is {}, and was never {old}.",
        "I had a flat in {} from {at} until {until}, that is over.",
        "Before I moved there I lived in {}, from {at} on.",
        ("Which city do I live in?", "Where is my home these days?"),
        ("Which city did I live in on {at}?", "Where was my home on {at}?"),
    ),
    Topic(
        "works_at",
        (
            "Acme Tools",
            "Northwind",
            "Birch Bank",
            "Helio Labs",
            "Vega Foods",
            "Orbit Rail",
            "Maple Press",
            "Quill Games",
        ),
        "I have started a new job at {}.",
        "I never mentioned it: I have worked at {} since {at}.",
        "Correction about my job: since {at} I have been at {}, not at {old}.",
        "I worked at {} from {at} until {until}, that is over.",
        "Before this job I was at {}, from {at} on.",
        ("Where do I work?", "Who is my employer?"),
        ("Where did I work on {at}?", "Who was my employer on {at}?"),
    ),
    Topic(
        "drives",
        ("a blue Fiat Panda", "a Volvo estate", "an electric Zoe", "an old Beetle", "a grey Skoda", "a Toyota hybrid"),
        "I bought a car: I drive {} now.",
        "Did I say that I have been driving {} since {at}?",
        "What I said of my car was a mix-up: since {at} I drive {}, not {old}.",
        "I drove {} from {at} until {until}, that is over.",
        "Before this car I had {}, from {at} on.",
        ("What car do I drive?", "Which vehicle do I own?"),
        ("What car did I drive on {at}?", "Which vehicle did I own on {at}?"),
    ),
    Topic(
        "diet",
        ("vegetarian", "vegan", "pescatarian", "gluten-free", "low-carb", "lactose-free"),
        "I have changed what I eat, I am {} now.",
        "For your notes: I have been {} since {at}.",
        "You have my diet wrong: since {at} I am {}, not {old}.",
        "I was {} from {at} until {until}, that is over.",
        "Before that I was {}, from {at} on.",
        ("What is my diet?", "What should you mind when you cook for me?"),
        ("What was my diet on {at}?", "What should one have minded when cooking for me on {at}?"),
    ),
    Topic(
        "team_lead",
        ("Priya Nair", "Tom Sutter", "Aylin Kaya", "Bruno Costa", "Hanna Lind", "Felix Amado"),
        "There is a change at work: {} leads my team now.",
        "{} has been leading my team since {at}, I forgot to say.",
        "I mixed up names: since {at} it is {} who leads my team, not {old}.",
        "{} led my team from {at} until {until}, that is over.",
        "Before that {} led my team, from {at} on.",
        ("Who leads my team?", "Who is my boss?"),
        ("Who led my team on {at}?", "Who was my boss on {at}?"),
    ),
)
ASIDES = (
    ("My brother Tom lives in Oslo.", "Tom", "lives_in", "Oslo"),
    ("My neighbour Eva works at Pine Clinic.", "Eva", "works_at", "Pine Clinic"),
    ("My aunt Rosa drives a red Twingo.", "Rosa", "drives", "a red Twingo"),
    ("My friend Yusuf is vegan, just so you know.", "Yusuf", "diet", "vegan"),
)
MONTHS = [datetime(2025, month, 1, tzinfo=UTC) for month in range(1, 13)]
END = datetime(2026, 1, 1, tzinfo=UTC)
"""Now, for the questions that ask about now."""


@dataclass(frozen=True)
class Said:
    """One claim as it was told: what, true from when (and until when), said when."""

    said_at: datetime
    text: str
    subject: str
    predicate: str
    object: str
    valid_from: datetime
    valid_until: datetime | None = None


@dataclass
class Timeline:
    """What one person told about one topic."""

    topic: Topic
    kind: str
    said: list[Said] = field(default_factory=list)

    def answer(self, true_at: datetime, known_at: datetime) -> str | None:
        """Of what was known, the claim that began last holds; of two that began together, the one told later."""
        known = [(one.valid_from, number, one) for number, one in enumerate(self.said) if one.said_at <= known_at]
        begun = [one for one in known if one[0] <= true_at]
        if not begun:
            return None
        last = max(begun, key=lambda one: one[:2])[2]
        return None if last.valid_until is not None and last.valid_until <= true_at else last.object


def generate(
    source: Path | None = None, scratch: Path | None = None, *, seed: int = SEED, people: int = PEOPLE
) -> Made:
    """The dataset; another seed gives other histories of the same kinds."""
    dice = random.Random(seed)
    cases: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for number in range(PEOPLE):
        name = NAMES[number // 2 % len(NAMES)]
        user = f"{name.lower().replace(' ', '-')}-{number % 2 + 1}"
        history = f"h{number:02}"
        timelines = [_timeline(topic, dice) for topic in TOPICS]
        said = [(one, "") for timeline in timelines for one in timeline.said]
        for text, subject, predicate, value in dice.sample(ASIDES, 2):
            at = dice.choice(MONTHS)
            said.append((Said(at, text, subject, predicate, value, at), "aside"))
        told += [_row(history, user, name, one) for one, _ in sorted(said, key=lambda pair: pair[0].said_at)]
        for timeline in timelines:
            cases += _questions(history, user, timeline, dice)
    card = {
        "name": "bitemporal",
        "description": "Memory over two times: moves, corrections, late news, contradictions, two users of one name.",
        "source": "invented by a seeded generator; nobody in it exists",
        "package": f"datasets/converters/bitemporal.py of this repository, seed {seed}, {PEOPLE} people",
        "files": ["histories.jsonl"],
        "licence": "Apache-2.0",
        "licence_stated": "LICENSE of this repository",
        "retrieved": "2026-11-22",
        "language": "en",
        "changed": ["nothing: it is made here"],
        "columns": {
            "input": "the question, as the person would ask it",
            "target": "the one right answer, or 'nothing' where nothing was true or known",
            "cluster": "the history: one person",
            "metadata.true_at": "the time that is asked about",
            "metadata.known_at": "the time of knowing: what was said later does not count",
            "metadata.others": "what was said of the same thing and is not the answer",
            "metadata.kind": "what happened in this history with what is asked",
        },
    }
    faults = [
        "The sentences come from a few patterns: easier to read than what people write.",
        "Every claim is about one of five topics, of which only one value holds at a time.",
    ]
    licence = (
        "The data in this folder were made by datasets/converters/bitemporal.py of this repository.\n\n"
        "Licensed under the Apache License, Version 2.0; its text is the file LICENSE at the root of this repository.\n"
    )
    return Made(cases, card, licence, faults, {"histories.jsonl": told})


def _timeline(topic: Topic, dice: random.Random) -> Timeline:
    kind = dice.choice(KINDS)
    one, two, three = dice.sample(topic.values, 3)
    first, second, third, late = sorted(dice.sample(MONTHS, 4))
    line = Timeline(topic, kind)

    def tell(at: datetime, how: str, value: str, since: datetime, until: datetime | None = None, old: str = "") -> None:
        text = how.replace("{old}", old).replace("{until}", f"{until:%-d %B %Y}" if until else "")
        line.said.append(Said(at, _filled(text, value, since), "user", topic.predicate, value, since, until))

    if kind == "ended":
        tell(third, topic.over, one, first, second)
        return line
    if kind == "told late":
        tell(third, topic.since, one, first)
        return line
    tell(first, topic.told, one, first)
    if kind == "move":
        tell(second, topic.told, two, second)
        if dice.random() < 0.5:
            tell(third, topic.told, three, third)
    elif kind == "return":
        tell(second, topic.told, two, second)
        tell(third, topic.told, one, third)
    elif kind == "correction":
        tell(second, topic.told, two, second)
        tell(third, topic.wrong, three, second, old=two)
    elif kind == "late correction":
        tell(late, topic.wrong, two, first, old=one)
    elif kind == "late news":
        tell(third, topic.told, three, third)
        tell(late, topic.before, two, second)
    elif kind == "contradiction":
        tell(second, topic.told, two, second)
        tell(second, topic.told, three, second)
    return line


def _filled(pattern: str, value: str, at: datetime) -> str:
    text = pattern.replace("{at}", f"{at:%-d %B %Y}").replace("{}", value)
    return text[0].upper() + text[1:]


def _row(history: str, user: str, name: str, one: Said) -> dict[str, Any]:
    return {
        "history": history,
        "user": user,
        "name": name,
        "said_at": one.said_at.isoformat(),
        "text": one.text,
        "subject": one.subject,
        "predicate": one.predicate,
        "object": one.object,
        "valid_from": one.valid_from.isoformat(),
        "valid_until": one.valid_until.isoformat() if one.valid_until else None,
    }


def _questions(history: str, user: str, line: Timeline, dice: random.Random) -> list[dict[str, Any]]:
    """Now, at some time as known now, and at some time as known at another: three questions a topic."""
    past = dice.choice(MONTHS[2:]).replace(day=15)
    known = dice.choice(MONTHS[2:]).replace(day=20)
    asked = (("now", END, END), ("then", past, END), ("then as known then", past, known))
    rows = []
    for number, (when, true_at, known_at) in enumerate(asked):
        pattern = dice.choice(line.topic.asked if when == "now" else line.topic.asked_then)
        answer = line.answer(true_at, known_at)
        others = dict.fromkeys(one.object for one in line.said if one.object != answer)
        rows.append(
            {
                "id": f"{history}-{line.topic.predicate}-{number}",
                "input": _filled(pattern, "", true_at),
                "target": [answer or "nothing"],
                "cluster": history,
                "metadata": {
                    "user": user,
                    "predicate": line.topic.predicate,
                    "kind": line.kind,
                    "when": when,
                    "true_at": true_at.isoformat(),
                    "known_at": known_at.isoformat(),
                    "others": list(others),
                },
            }
        )
    return rows
