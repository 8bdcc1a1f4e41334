"""Does a program written for loomflow do the same after the search-and-replace of the guide?

``python evals/migration.py --before PYTHON`` runs each program of ``notebooks/guides/loomflow`` as it is with PYTHON
(an interpreter that has ``loomflow[openai]``), keeps what it prints in ``printed.json``, and the memory of one user
in ``alice.json``. The guide compares both with what the same programs print with loomlab. No key, no network: a local
server with prepared answers stands in for the provider.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from loomlab.testing.wire import stand_in

HERE = Path(__file__).resolve().parents[1] / "notebooks" / "guides"
PROGRAMS = HERE / "loomflow"


def moved(text: str) -> str:
    """A program for loomflow as one for loomlab."""
    return re.sub(r"\bloomflow\b", "loomlab", text)


def printed(python: str, program: Path, **variables: str) -> str:
    """What a program prints, run in an empty folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **variables}
        done = subprocess.run([python, str(program)], cwd=folder, env=environment, capture_output=True, timeout=120)
    if done.returncode:
        raise SystemExit(f"{program.name}, run by {python}: {done.stderr.decode()}")
    return done.stdout.decode().strip()


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument(
        "--before", metavar="PYTHON", help="an interpreter with loomflow[openai]: record what is printed"
    )
    before = words.parse_args().before
    stand_in(HERE / "answers" / "shop.json")
    kept = PROGRAMS / "printed.json"
    recorded = {} if before else json.loads(kept.read_text(encoding="utf-8"))
    for program in sorted(PROGRAMS.glob("*.py")):
        if before:
            recorded[program.stem] = printed(before, program, EXPORT_TO=str(PROGRAMS / "alice.json")).splitlines()
        with tempfile.TemporaryDirectory() as folder:
            for source in (program, PROGRAMS / "agent.toml"):
                Path(folder, source.name).write_text(moved(source.read_text(encoding="utf-8")), encoding="utf-8")
            after = printed(sys.executable, Path(folder, program.name)).splitlines()
        print(f"{program.stem}: {'the same' if after == recorded[program.stem] else 'differs'}")
        if after != recorded[program.stem]:
            print("  before:", *recorded[program.stem], sep="\n    ")
            print("  after:", *after, sep="\n    ")
    if before:
        kept.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
