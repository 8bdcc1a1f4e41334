"""How well a memory recalls: the right episode, the right fact, and how much of what it gives back is dead.

Two datasets are asked. ``bfcl_memory``: long conversations of five people, and questions about single turns of them.
``bitemporal``: histories of people who move, correct themselves and tell things late, with questions about now and
about then. The same memory answers both; each person is a user of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from anyio import to_thread

from loomlab.core.protocols import Memory
from loomlab.core.remembered import Episode, Fact
from loomlab.evals.dataset import Dataset
from loomlab.evals.folders import find_dataset
from loomlab.evals.intervals import Interval, mean_interval

MEASURES: Mapping[str, str] = {
    "episode@1": "the turn that answers the question comes first",
    "episode@5": "it is among the first five",
    "fact@1": "the fact that was true at that time comes first; nothing of the kind comes, where nothing was true",
    "fact@3": "it is among the first three",
    "dead facts": "share of the facts given back on what was asked that were not true at that time; lower is better",
    "sentence@1": "for comparison, without facts: the sentence that was true at that time comes first",
    "dead sentences": "share of the sentences given back on what was asked that were not true at that time",
}
"""What is measured, by name."""

_EPISODES, _FACTS = 5, 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question gave under one measure: 0 to 1. ``cluster`` is the person who asked."""

    arm: str
    measure: str
    case_id: str
    cluster: str
    value: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean over questions with its interval, whose units are persons: questions of one rise and fall together."""

    arm: str
    measure: str
    mean: float
    low: float | None
    high: float | None
    n: int


async def measure_memory(memory: Memory, arm: str, *, near: Path | None = None) -> list[Outcome]:
    """Fill ``memory`` with both datasets, ask every question, and judge what comes back.

    The memory should be empty and keep facts (``memory.facts``). ``near``: where to look for the folder ``datasets/``.
    """
    return [*await episode_outcomes(memory, arm, near=near), *await fact_outcomes(memory, arm, near=near)]


async def episode_outcomes(memory: Memory, arm: str, *, near: Path | None = None) -> list[Outcome]:
    """The questions of ``bfcl_memory``, each to be answered from the turns of one person's conversations."""
    for turn in await to_thread.run_sync(_beside, "bfcl_memory", "conversations.jsonl", near):
        user = f"bfcl-{turn['scenario']}"
        session = turn["conversation"]
        await memory.remember(Episode(id=turn["id"], session_id=session, user_id=user, input=turn["text"], output=""))
    outcomes: list[Outcome] = []
    for case in await to_thread.run_sync(_cases, "bfcl_memory", near):
        cluster = str(case.cluster)
        found = await memory.recall(case.input, limit=_EPISODES, user_id=f"bfcl-{cluster}")
        ranks = [rank for rank, one in enumerate(found) if one.id in case.metadata["evidence"]]
        for name, most in (("episode@1", 1), ("episode@5", _EPISODES)):
            outcomes.append(Outcome(arm, name, case.id, cluster, float(any(rank < most for rank in ranks))))
    return outcomes


async def fact_outcomes(memory: Memory, arm: str, *, near: Path | None = None) -> list[Outcome]:
    """The questions of ``bitemporal`` about now and then, from facts and, for comparison, from the bare sentences."""
    store: Any = getattr(memory, "facts", None)
    topics: dict[str, tuple[str, str, str]] = {}
    for number, told in enumerate(await to_thread.run_sync(_beside, "bitemporal", "histories.jsonl", near)):
        id_ = f"{told['history']}-{number:04}"
        topics[id_] = (told["subject"], told["predicate"], told["object"])
        at = datetime.fromisoformat(told["said_at"])
        user, session = told["user"], told["history"]
        episode = Episode(id=id_, session_id=session, user_id=user, occurred_at=at, input=told["text"], output="")
        await memory.remember(episode)
        until = told["valid_until"]
        await store.append(
            Fact(
                user_id=user,
                subject=told["subject"],
                predicate=told["predicate"],
                object=told["object"],
                valid_from=datetime.fromisoformat(told["valid_from"]),
                valid_until=datetime.fromisoformat(until) if until else None,
                recorded_at=at,
                sources=[id_],
            )
        )
    outcomes: list[Outcome] = []
    for case in await to_thread.run_sync(_cases, "bitemporal", near):
        asked = case.metadata
        if asked["when"] == "then as known then":
            continue  # recall asks what is known now; what was known then is asked of facts_at
        topic = ("user", asked["predicate"])
        answer = case.target[0]
        facts = await memory.recall_facts(
            case.input, limit=_FACTS, valid_at=datetime.fromisoformat(asked["true_at"]), user_id=asked["user"]
        )
        said = await memory.recall(case.input, limit=_FACTS, user_id=asked["user"])
        given = [(one.subject, one.predicate, one.object) for one in facts]
        values = {
            "fact@1": _right(given[:1], topic, answer),
            "fact@3": _right(given, topic, answer),
            "sentence@1": _right([topics[one.id] for one in said[:1]], topic, answer),
            "dead facts": _dead(given, topic, answer),
            "dead sentences": _dead([topics[one.id] for one in said], topic, answer),
        }
        cluster = str(case.cluster)
        outcomes += [Outcome(arm, name, case.id, cluster, value) for name, value in values.items() if value is not None]
    return outcomes


def summarise_outcomes(outcomes: Iterable[Outcome], *, confidence: float = 0.95) -> list[Measured]:
    """One row an arm and measure, in the order of ``MEASURES``."""
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for one in outcomes:
        grouped.setdefault((one.measure, one.arm), []).append(one)
    rows: list[Measured] = []
    for measure in MEASURES:
        for (name, arm), group in grouped.items():
            if name == measure:
                values = [one.value for one in group]
                interval = mean_interval(values, [one.cluster for one in group], confidence)
                rows.append(Measured(arm, measure, fmean(values), interval.low, interval.high, len(values)))
    return rows


def paired_difference(outcomes: Sequence[Outcome], measure: str, arm: str, against: str) -> tuple[float, Interval]:
    """How much better ``arm`` is than ``against`` on the questions that both answered, with its interval (95 %)."""
    one = {row.case_id: row for row in outcomes if (row.measure, row.arm) == (measure, arm)}
    other = {row.case_id: row for row in outcomes if (row.measure, row.arm) == (measure, against)}
    both = [id_ for id_ in one if id_ in other]
    gains = [one[id_].value - other[id_].value for id_ in both]
    return fmean(gains) if gains else 0.0, mean_interval(gains, [one[id_].cluster for id_ in both])


def as_table(rows: Sequence[Measured]) -> tuple[list[str], list[list[str]]]:
    """Head and cells for a person to read: one line a measure, one column an arm, ``0.71 [0.62, 0.80]`` in a cell."""
    arms = list(dict.fromkeys(row.arm for row in rows))
    cells = {(row.measure, row.arm): _cell(row) for row in rows}
    counts = {row.measure: max(one.n for one in rows if one.measure == row.measure) for row in rows}
    lines = [[name, str(counts[name]), *(cells.get((name, arm), "—") for arm in arms)] for name in counts]
    return ["measure", "questions", *arms], lines


def _cell(row: Measured) -> str:
    if row.low is None or row.high is None:
        return f"{row.mean:.2f}"
    return f"{row.mean:.2f} [{row.low:.2f}, {row.high:.2f}]"


def _right(given: Sequence[tuple[str, str, str]], topic: tuple[str, str], answer: str) -> float:
    about = [value for subject, predicate, value in given if (subject, predicate) == topic]
    return float(not about if answer == "nothing" else answer in about)


def _dead(given: Sequence[tuple[str, str, str]], topic: tuple[str, str], answer: str) -> float | None:
    """None where nothing on the topic was given back: no share of nothing."""
    about = [value for subject, predicate, value in given if (subject, predicate) == topic]
    return sum(value != answer for value in about) / len(about) if about else None


def _cases(name: str, near: Path | None) -> Dataset:
    return Dataset.load(name, near=near)


def _beside(name: str, file: str, near: Path | None) -> list[dict[str, Any]]:
    path = find_dataset(name, near) / file
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
