"""The statistics keep their promises, quickly: lines of ``evals/calibration.py`` with fewer runs, and its record."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "evals" / "calibration.py"


@pytest.fixture(scope="module")
def calibration() -> ModuleType:
    spec = importlib.util.spec_from_file_location("calibration", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibration"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.timeout(240)  # arithmetic without a pause: a machine that does other work takes its time
@pytest.mark.parametrize(
    ("part", "runs"), [("comparisons", 250), ("arms_alone", 300), ("equivalence", 300), ("families", 30)]
)
def test_every_promise_holds_as_far_as_a_few_hundred_runs_can_tell(calibration: Any, part: str, runs: int) -> None:
    lines = list(getattr(calibration, part)(runs))
    assert [line for line in lines if line.holds is False] == []
    assert any(line.holds for line in lines)


def test_looking_after_every_pair_misleads_no_more_often_than_it_may(calibration: Any) -> None:
    assert [line for line in calibration.sequences(40, 150) if line.holds is False] == []


def test_pairing_is_what_sees_differences_between_arms_that_find_the_same_cases_hard(calibration: Any) -> None:
    lines = list(calibration.power(200))
    paired, alone = lines[::2], lines[1::2]
    assert all(one.rate > 0.65 for one in paired)
    assert [one.rate for one in alone] == sorted((one.rate for one in alone), reverse=True)
    assert alone[-1].rate < 0.05


def test_it_agrees_with_scipy_and_statsmodels(calibration: Any) -> None:
    assert max(calibration.agreement(40).values()) < 1e-9


def test_a_broken_promise_would_be_noticed(calibration: Any) -> None:
    line = calibration.Line("false alarms", "made up", 30, 0.09, 5_000, 0.04, 0.06)
    assert line.holds is False
    assert calibration.Line("coverage", "made up", 30, 0.9, 5_000, 0.93, 0.97).holds is False


def test_the_record_is_of_the_lines_that_the_script_has_now_and_all_hold() -> None:
    kept = json.loads((SCRIPT.parent / "calibration_baseline.json").read_text(encoding="utf-8"))
    assert all(row["holds"] in (True, None) for row in kept)
    assert all(row["runs"] >= 500 for row in kept)
    names = {row["what"] for row in kept}
    assert {"false alarms", "coverage", "false equivalence", "false decisions, peeking", "power, paired"} <= names
    for row in kept:
        if row["what"] == "false alarms" and row["holds"]:
            assert 0.035 <= row["rate"] <= 0.065
