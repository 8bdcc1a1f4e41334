"""The two datasets about memory: what they ask can be answered from what they tell."""

import importlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from loomlab import Fact
from loomlab.evals import Dataset
from loomlab.memory import InMemoryMemory


@pytest.fixture
def folder(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "datasets"


@pytest.fixture
def bitemporal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module("converters.bitemporal")
    for name in [name for name in sys.modules if name.split(".")[0] == "converters"]:
        del sys.modules[name]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def test_each_question_of_bfcl_names_turns_of_its_own_scenario(folder: Path) -> None:
    turns = {turn["id"]: turn for turn in lines(folder / "bfcl_memory" / "conversations.jsonl")}
    dataset = Dataset.load(folder / "bfcl_memory")
    assert (len(turns), len(dataset)) == (323, 155)
    assert Counter(case.cluster for case in dataset) == Counter(
        {"student": 50, "customer": 30, "healthcare": 25, "finance": 25, "notetaker": 25}
    )
    for case in dataset:
        assert case.metadata["evidence"], case.id
        assert {turns[one]["scenario"] for one in case.metadata["evidence"]} == {case.cluster}


def test_what_bfcl_says_is_evidence_holds_the_answer_but_for_the_faults_on_the_card(folder: Path) -> None:
    turns = {turn["id"]: turn["text"] for turn in lines(folder / "bfcl_memory" / "conversations.jsonl")}
    dataset = Dataset.load(folder / "bfcl_memory")
    assert dataset.card is not None
    told = " ".join(dataset.card.known_faults)
    for case in dataset:
        said = plain(" ".join(turns[one] for one in case.metadata["evidence"]))
        held = any(plain(answer) in said for answer in case.target)
        assert held or case.id in told, case.id


def test_the_generator_makes_the_same_histories_again_and_others_for_another_seed(bitemporal: ModuleType) -> None:
    once, again, other = bitemporal.generate(), bitemporal.generate(), bitemporal.generate(seed=1)
    assert once.files() == again.files()
    assert once.cases != other.cases
    assert len(once.cases) == len(other.cases)


def test_every_kind_of_history_is_there_and_every_name_is_two_users(folder: Path) -> None:
    cases = Dataset.load(folder / "bitemporal")
    kinds = Counter(case.metadata["kind"] for case in cases)
    assert set(kinds) == {
        "steady", "told late", "move", "return", "correction", "late correction", "late news", "ended", "contradiction",
    }  # fmt: skip
    assert min(kinds.values()) >= 15
    users: dict[str, set[str]] = {}
    for one in lines(folder / "bitemporal" / "histories.jsonl"):
        users.setdefault(one["name"], set()).add(one["user"])
    assert all(len(two) == 2 for two in users.values())
    assert len(users) == 12


def test_an_answer_is_what_the_script_says(bitemporal: ModuleType) -> None:
    at = bitemporal.MONTHS
    line = bitemporal.Timeline(bitemporal.TOPICS[0], "by hand")

    def tell(said: int, value: str, since: int, until: int | None = None) -> None:
        end = None if until is None else at[until]
        line.said.append(bitemporal.Said(at[said], "", "user", "lives_in", value, at[since], end))

    tell(1, "Lyon", 1)
    tell(5, "Porto", 5)
    tell(8, "Graz", 5)  # a correction: it was never Porto
    tell(9, "Ghent", 3)  # late news, from between
    asked = [(0, 11), (2, 11), (4, 11), (6, 11), (6, 6), (4, 6), (6, 0)]
    assert [line.answer(at[true], at[known]) for true, known in asked] == [
        None, "Lyon", "Ghent", "Graz", "Porto", "Lyon", None,
    ]  # fmt: skip
    tell(10, "Turku", 9, until=10)
    assert [line.answer(at[true], at[11]) for true in (8, 9, 10)] == ["Graz", "Turku", None]


@pytest.mark.anyio
@pytest.mark.parametrize("seed", [None, 1, 2])
async def test_memory_answers_every_question_of_every_history(bitemporal: ModuleType, seed: int | None) -> None:
    made = bitemporal.generate() if seed is None else bitemporal.generate(seed=seed)
    memory = InMemoryMemory()
    for one in made.beside["histories.jsonl"]:
        await memory.facts.append(
            Fact(
                user_id=one["user"],
                subject=one["subject"],
                predicate=one["predicate"],
                object=one["object"],
                valid_from=datetime.fromisoformat(one["valid_from"]),
                valid_until=one["valid_until"] and datetime.fromisoformat(one["valid_until"]),
                recorded_at=datetime.fromisoformat(one["said_at"]),
            )
        )
    for case in made.cases:
        asked = case["metadata"]
        true_at, known_at = (datetime.fromisoformat(asked[name]) for name in ("true_at", "known_at"))
        facts = await memory.facts_at(user_id=asked["user"], true_at=true_at, known_at=known_at)
        held = [one.object for one in facts if (one.subject, one.predicate) == ("user", asked["predicate"])]
        assert (held or ["nothing"]) == case["target"], case["id"]
