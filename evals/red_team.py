"""Attacks on the things that say no: each is tried on the real thing, and must be stopped.

``python evals/red_team.py`` prints a table of what was tried and stopped; ``--record`` keeps it as
``evals/red_team_baseline.json``. The tests run the same attacks.
"""

import argparse
import json
import os
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

import anyio
from attacks import on_approval, on_arguments, on_paths, on_processes, on_records
from attacks.book import ATTACKS, SECRET

from loomlab.security import (
    SubprocessSandbox,
)
from loomlab.tools import InProcessToolHost

BASELINE = Path(__file__).with_name("red_team_baseline.json")
FAMILIES = (on_approval, on_arguments, on_paths, on_processes, on_records)
"""Importing one puts its attacks into the list."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One attack: its family, what it is, and whether it was stopped."""

    family: str
    name: str
    stopped: bool
    error: str = ""


async def run_all() -> list[Tried]:
    """Try everything, one after the other."""
    os.environ["LOOMLAB_RED_TEAM_KEY"] = SECRET
    tried = []
    try:
        for family, name, run in ATTACKS:
            with tempfile.TemporaryDirectory(prefix="loomlab-red-") as folder:
                try:
                    tried.append(Tried(family, name, await run(Path(folder))))
                except Exception:  # an attack that breaks down has shown nothing
                    tried.append(Tried(family, name, False, traceback.format_exc(limit=3)))
    finally:
        del os.environ["LOOMLAB_RED_TEAM_KEY"]
    return tried


def figures(tried: list[Tried]) -> dict[str, dict[str, int]]:
    """How many of each family were tried and stopped."""
    found: dict[str, dict[str, int]] = {}
    for one in tried:
        row = found.setdefault(one.family, {"tried": 0, "stopped": 0})
        row["tried"] += 1
        row["stopped"] += one.stopped
    return found


def main() -> int:
    """Try all, print the table; the exit code says whether all were stopped."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--record", action="store_true", help=f"keep the figures in {BASELINE.name}")
    record = arguments.parse_args().record
    tried = anyio.run(run_all)
    table = figures(tried)
    print(SubprocessSandbox(InProcessToolHost()).protections, "\n")
    for family, row in table.items():
        print(f"{family:22} tried {row['tried']:3}   stopped {row['stopped']:3}")
    stopped = sum(one.stopped for one in tried)
    print(f"{'all':22} tried {len(tried):3}   stopped {stopped:3}")
    for one in tried:
        if not one.stopped:
            print(f"NOT STOPPED  {one.family}: {one.name}\n{one.error}")
    if record:
        kept = {"figures": table, "attacks": [f"{one.family}: {one.name}" for one in tried]}
        BASELINE.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if stopped == len(tried) else 1


if __name__ == "__main__":
    raise SystemExit(main())
