"""How the command line speaks: results on standard output, complaints on standard error, no traceback."""

import os
import sys
from typing import TextIO

from loomlab.display.text import plain


def complain(sentence: str, *, code: int = 2) -> int:
    """Say what is wrong on standard error; the exit code."""
    print(f"loomlab: {plain(sentence)}", file=sys.stderr)
    return code


def is_live(stream: TextIO) -> bool:
    """Whether a person watches this stream and lines on it may change."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
