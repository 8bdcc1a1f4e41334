"""Every attack of ``evals/red_team.py`` is stopped, and those recorded are still tried."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

EVALS = str(Path(__file__).parents[2] / "evals")
sys.path.insert(0, EVALS)
red_team: Any = importlib.import_module("red_team")
sys.path.remove(EVALS)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform == "win32", reason="it forks"),
]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EVALS)
    monkeypatch.setenv("LOOMLAB_RED_TEAM_KEY", red_team.SECRET)


@pytest.mark.parametrize(
    ("family", "name", "run"), red_team.ATTACKS, ids=lambda one: one if isinstance(one, str) else ""
)
async def test_it_is_stopped(family: str, name: str, run: Any, tmp_path: Path) -> None:
    assert await run(tmp_path)


async def test_no_recorded_attack_was_dropped() -> None:
    recorded = json.loads(red_team.BASELINE.read_text(encoding="utf-8"))
    assert set(recorded["attacks"]) <= {f"{family}: {name}" for family, name, _ in red_team.ATTACKS}
    assert all(row["tried"] == row["stopped"] for row in recorded["figures"].values())
