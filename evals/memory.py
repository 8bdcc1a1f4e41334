"""Measure what memory recalls, by words alone, by hashed words and by meaning, and keep the numbers beside this file.

    python evals/memory.py            measure, print, and write memory_baseline.json
    python evals/memory.py --check    measure, print, and fail where a number is not the one that is kept

Needs the extras ``local`` and ``evals``; the local embedder's files are fetched at the first use. About half a minute.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import anyio

from loomlab.evals.memory_bench import (
    MEASURES,
    Outcome,
    as_table,
    measure_memory,
    paired_difference,
    summarise_outcomes,
)
from loomlab.memory import HashEmbedder, InMemoryMemory, LocalEmbedder

HERE = Path(__file__).resolve().parent
KEPT = HERE / "memory_baseline.json"
ARMS = {"words": lambda: None, "hashed words": HashEmbedder, "MiniLM": LocalEmbedder}
TOLERANCE = 0.011
"""Another processor rounds the model's numbers otherwise; one question of a hundred may turn."""


async def measure() -> list[Outcome]:
    outcomes: list[Outcome] = []
    for arm, embedder in ARMS.items():
        outcomes += await measure_memory(InMemoryMemory(embedder=embedder()), arm, near=HERE)
    return outcomes


def main() -> int:
    outcomes = anyio.run(measure)
    rows = summarise_outcomes(outcomes)
    head, lines = as_table(rows)
    for line in [head, *lines]:
        print("  ".join(cell.ljust(18) for cell in line).rstrip())
    print()
    for name in MEASURES:
        gain, interval = paired_difference(outcomes, name, "MiniLM", "hashed words")
        low, high = interval.low or 0.0, interval.high or 0.0
        print(f"{name}: MiniLM − hashed words = {gain:+.3f} [{low:+.3f}, {high:+.3f}]")
    kept = [{**asdict(row), "mean": _r(row.mean), "low": _r(row.low), "high": _r(row.high)} for row in rows]
    if "--check" in sys.argv[1:]:
        before = {(row["arm"], row["measure"]): row["mean"] for row in json.loads(KEPT.read_text(encoding="utf-8"))}
        worse = [row for row in kept if abs(before[row["arm"], row["measure"]] - (row["mean"] or 0.0)) > TOLERANCE]
        for row in worse:
            print(f"{row['arm']}, {row['measure']}: {row['mean']}, kept is {before[row['arm'], row['measure']]}")
        return 1 if worse else 0
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten to {KEPT.name}")
    return 0


def _r(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


if __name__ == "__main__":
    sys.exit(main())
