"""A flood of one-shot users: what one agent keeps of them does not grow with their number."""

import importlib.util
import tracemalloc
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def flood(pytestconfig: pytest.Config) -> Any:
    spec = importlib.util.spec_from_file_location("flood", pytestconfig.rootpath / "evals" / "flood.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_second_half_of_a_flood_leaves_nothing_behind(flood: Any, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    tracemalloc.start()
    try:
        flood.flooded(400, 40, folder=tmp_path, every=100, say=told.append)
    finally:
        tracemalloc.stop()
    assert [one["users"] for one in told] == [100, 200, 300, 400]
    # Caches with a bound of their own fill up meanwhile; a run that is kept would be four times as much.
    assert told[-1]["kept_mb"] - told[1]["kept_mb"] < 0.3
    # and it would show: of the first hundred users something is kept
    assert told[0]["kept_mb"] > 0
