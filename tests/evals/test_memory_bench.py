"""The benchmark of memory: its numbers mean what it says, and are those that are kept."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from loomlab import Episode, Fact
from loomlab.evals import Dataset
from loomlab.evals.memory_bench import (
    MEASURES,
    Outcome,
    as_table,
    fact_outcomes,
    measure_memory,
    paired_difference,
    summarise_outcomes,
)
from loomlab.memory import HashEmbedder, InMemoryMemory, LocalEmbedder, embedder_files

pytestmark = pytest.mark.anyio
KEPT = "evals/memory_baseline.json"


class Knows(InMemoryMemory):
    """A memory that has read the key: it gives back the right answers, or ``wrong`` ones only."""

    def __init__(self, root: Path, *, wrong: bool = False) -> None:
        super().__init__()
        self.wrong = wrong
        bfcl, bitemporal = (Dataset.load(root / "datasets" / name) for name in ("bfcl_memory", "bitemporal"))
        self.turns = {case.input: case.metadata["evidence"] for case in bfcl}
        self.answers = {
            (case.input, case.metadata["user"], case.metadata["true_at"]): case
            for case in bitemporal
            if case.metadata["when"] != "then as known then"
        }

    async def recall(self, query: str, **options: Any) -> list[Episode]:
        if query not in self.turns:
            return []
        known = await self.episodes(user_id=options["user_id"])
        right = [one for one in known if one.id in self.turns[query]]
        return [one for one in known if one not in right][: options["limit"]] if self.wrong else right

    async def recall_facts(self, query: str, **options: Any) -> list[Fact]:
        case = self.answers[query, options["user_id"], options["valid_at"].isoformat()]
        values = case.metadata["others"] if self.wrong else case.target
        return [
            Fact(user_id=options["user_id"], subject="user", predicate=case.metadata["predicate"], object=one)
            for one in values
            if one != "nothing"
        ]


@pytest.fixture
def knowing(pytestconfig: pytest.Config) -> tuple[Knows, Knows]:
    """One that is always right, one that is always wrong."""
    return Knows(pytestconfig.rootpath), Knows(pytestconfig.rootpath, wrong=True)


def means(outcomes: Sequence[Outcome]) -> dict[str, float]:
    return {row.measure: round(row.mean, 3) for row in summarise_outcomes(outcomes)}


async def test_a_memory_that_is_always_right_and_one_that_is_always_wrong(
    knowing: tuple[Knows, Knows], pytestconfig: pytest.Config
) -> None:
    right, wrong = [means(await measure_memory(one, "x", near=pytestconfig.rootpath)) for one in knowing]
    assert {name: right[name] for name in ("episode@1", "episode@5", "fact@1", "fact@3", "dead facts")} == {
        "episode@1": 1, "episode@5": 1, "fact@1": 1, "fact@3": 1, "dead facts": 0,
    }  # fmt: skip
    assert {name: wrong[name] for name in ("episode@1", "episode@5", "dead facts")} == {
        "episode@1": 0, "episode@5": 0, "dead facts": 1,
    }  # fmt: skip
    # Nothing at all is the right answer where nothing was true, and only there.
    assert wrong["fact@1"] < 0.1
    assert "dead sentences" not in right


def kept(root: Path, arm: str) -> dict[str, float]:
    rows = json.loads((root / KEPT).read_text(encoding="utf-8"))
    return {row["measure"]: row["mean"] for row in rows if row["arm"] == arm}


@pytest.mark.parametrize(("arm", "embedder"), [("words", None), ("hashed words", HashEmbedder())])
async def test_the_kept_numbers_are_those_that_are_measured(
    arm: str, embedder: Any, pytestconfig: pytest.Config
) -> None:
    root = pytestconfig.rootpath
    outcomes = await measure_memory(InMemoryMemory(embedder=embedder), arm, near=root)
    assert means(outcomes) == kept(root, arm)


@pytest.fixture
def local() -> LocalEmbedder:
    if embedder_files.available() is None:
        reason = "the local embedder's files are not here: loomlab fetch embedder"
        (pytest.fail if os.environ.get("LOOMLAB_TEST_STRICT") == "1" else pytest.skip)(reason)
    return LocalEmbedder()


async def test_the_kept_numbers_of_the_local_embedder_too(local: LocalEmbedder, pytestconfig: pytest.Config) -> None:
    root = pytestconfig.rootpath
    found = means(await fact_outcomes(InMemoryMemory(embedder=local), "MiniLM", near=root))
    # Another processor rounds otherwise: one question of a hundred may turn. ``evals/memory.py --check`` does all.
    assert found == pytest.approx({name: kept(root, "MiniLM")[name] for name in found}, abs=0.011)
    assert len(found) == 5


def test_what_is_kept_is_better_with_meaning_than_without_and_recalls_nothing_dead(
    pytestconfig: pytest.Config,
) -> None:
    hashed, meant = (kept(pytestconfig.rootpath, arm) for arm in ("hashed words", "MiniLM"))
    assert set(hashed) == set(meant) == set(MEASURES)
    assert meant["fact@1"] > hashed["fact@1"] + 0.2
    assert meant["episode@5"] > hashed["episode@5"]
    assert hashed["dead facts"] == meant["dead facts"] == 0
    assert meant["dead sentences"] > 0.3


def outcome(arm: str, case: str, value: float, cluster: str = "a") -> Outcome:
    return Outcome(arm, "fact@1", case, cluster, value)


def test_two_arms_are_compared_on_the_questions_that_both_answered() -> None:
    rows = [outcome("x", str(n), 1.0, f"p{n % 3}") for n in range(6)]
    rows += [outcome("y", str(n), float(n < 3), f"p{n % 3}") for n in range(9)]
    gain, interval = paired_difference(rows, "fact@1", "x", "y")
    assert gain == 0.5
    assert interval.low is not None
    assert interval.low <= 0.5
    assert paired_difference(rows, "fact@1", "x", "nobody")[0] == 0.0


def test_a_table_has_a_line_a_measure_and_a_column_an_arm() -> None:
    rows = summarise_outcomes(
        [outcome("x", str(n), float(n % 2), f"p{n}") for n in range(8)] + [outcome("y", "0", 1.0)]
    )
    head, lines = as_table(rows)
    assert head == ["measure", "questions", "x", "y"]
    assert lines[0][:3] == ["fact@1", "8", "0.50 [0.22, 0.78]"]
