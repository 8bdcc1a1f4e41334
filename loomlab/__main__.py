"""``python -m loomlab``: the command line."""

import sys

from loomlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
