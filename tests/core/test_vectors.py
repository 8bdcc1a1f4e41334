"""The nearest vectors: exact, in a stable order, the same with numpy and without."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import vectors
from loomlab.core.vectors import VectorIndex

T0 = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["numpy", "plain"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    if request.param == "plain":
        monkeypatch.setattr(vectors, "_numpy", lambda: None)
    return VectorIndex()


def cosine(a: list[float], b: list[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def test_the_nearest_are_those_of_brute_force(index: VectorIndex) -> None:
    chance = random.Random(5)
    kept = {}
    for number in range(300):  # more than the matrix has room for at first
        kept[f"v{number}"] = [chance.gauss(0, 3) for _ in range(12)]
        index.put(f"v{number}", kept[f"v{number}"], T0, number)
    for number in range(0, 300, 3):
        index.remove([f"v{number}"])
        del kept[f"v{number}"]
    index.put("v1", [9.0] * 12, T0, 900)
    kept["v1"] = [9.0] * 12
    for _ in range(20):
        wanted = [chance.gauss(0, 1) for _ in range(12)]
        expected = sorted(kept, key=lambda id_: -cosine(kept[id_], wanted))[:7]
        found = index.nearest(wanted, 7)
        assert [id_ for id_, _ in found] == expected
        for id_, near in found:
            assert near == pytest.approx(cosine(kept[id_], wanted), abs=2e-6)
        among = ["v5", "v1", "gone", "v5", "v200"]
        assert [id_ for id_, _ in index.nearest(wanted, 9, among=among)] == sorted(
            ["v5", "v1", "v200"], key=lambda id_: -cosine(kept[id_], wanted)
        )
    assert len(index) == len(kept)


def test_equally_near_ones_come_newest_first_also_at_the_edge(index: VectorIndex) -> None:
    order = list(range(200))
    random.Random(3).shuffle(order)
    for number in order:
        index.put(f"v{number}", [1.0, 2.0, 3.0], T0 + timedelta(minutes=number // 2), number)
    assert [id_ for id_, _ in index.nearest([1.0, 2.0, 3.0], 5)] == ["v199", "v198", "v197", "v196", "v195"]
    assert index.nearest([1.0, 2.0, 3.0], 1)[0][1] == 1.0


def test_length_does_not_count_and_opposites_are_at_minus_one(index: VectorIndex) -> None:
    index.put("far", [-10.0, 0.0], T0, 1)
    index.put("near", [0.001, 0.0], T0, 2)
    assert index.nearest([5.0, 0.0], 9) == [("near", 1.0), ("far", -1.0)]


def test_each_question_is_answered_among_vectors_of_its_size(index: VectorIndex) -> None:
    index.put("two", [1.0, 0.0], T0, 1)
    index.put("three", [1.0, 0.0, 0.0], T0, 2)
    assert [id_ for id_, _ in index.nearest([1.0, 0.0], 9)] == ["two"]
    assert index.nearest([1.0] * 7, 9) == []
    index.put("two", [1.0, 0.0, 0.0], T0, 3)  # another embedder is in use now
    assert index.nearest([1.0, 0.0], 9) == []
    assert index.nearest([1.0, 0.0, 0.0], 0) == []


@pytest.mark.parametrize("nowhere", [[], [0.0, 0.0], [math.nan, 1.0], [math.inf, 0.0]])
def test_a_vector_without_a_direction_is_near_to_nothing(index: VectorIndex, nowhere: list[float]) -> None:
    index.put("some", [1.0, 0.0], T0, 1)
    index.put("none", nowhere, T0, 2)
    assert "none" not in index
    assert index.nearest([1.0, 0.0], 9) == [("some", 1.0)]
    assert index.nearest(nowhere, 9) == []


def test_a_vector_comes_back_as_it_was_given(index: VectorIndex) -> None:
    index.put("v", [0.5, -3.0], T0, 1)
    index.put("w", [8.0, 8.0], T0, 1)
    index.remove(["v", "unknown"])
    assert index.vector("v") is None
    assert list(index.vector("w") or []) == [8.0, 8.0]


def test_numpy_is_loaded_by_the_first_vector_only() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from loomlab.memory import InMemoryMemory, HashEmbedder; InMemoryMemory();"
        "import loomlab.core.vectors, loomlab.memory.record_memory; print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True)
    assert done.stdout.strip() == b"False"
