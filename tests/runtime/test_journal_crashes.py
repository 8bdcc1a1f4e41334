"""Killed at random moments and resumed: what was finished is done once, and the answer is the same."""

import os
import re
import subprocess
import sys

import pytest

from loomlab.testing.crash_series import SCENARIOS

_LINE = re.compile(r"trials, (\d+) kills, (\d+) finished steps met again, (\d+) faults")


def series(*options: str) -> tuple[int, int, str]:
    """In a process of its own, for the series forks."""
    command = [sys.executable, "-m", "loomlab.testing.crash_series", *options]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=os.environ, check=False)
    found = _LINE.search(done.stdout)
    assert found and done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return int(found[1]), int(found[2]), done.stdout


@pytest.mark.timeout(120)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_random_moments_over_sqlite(scenario: str) -> None:
    kills, met, _ = series("--trials", "6", "--scenario", scenario)
    assert kills >= 6 and met > 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize("scenario", ["react", "team", "workflow"])
def test_killed_at_random_moments_over_postgres(scenario: str, journal_dsn: str) -> None:
    kills, met, _ = series("--trials", "4", "--scenario", scenario, "--dsn", journal_dsn)
    assert kills >= 4 and met > 0


@pytest.mark.timeout(60)
def test_the_series_finds_a_journal_that_forgets() -> None:
    """The same series over a runtime whose journal keeps nothing: it says so."""
    code = """
import sys
from loomlab.runtime.journal import sqlite
from loomlab.testing import crash_series
opening = sqlite._open
def forgetful(wish, file):
    held = opening(wish, file)
    held.steps.clear()
    return held
sqlite._open = forgetful
sys.argv = ["series", "--trials", "4", "--scenario", "react"]
sys.exit(crash_series.main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1 and "finished steps were done again" in done.stdout, done.stderr
