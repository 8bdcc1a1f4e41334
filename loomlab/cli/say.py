"""How the command line speaks: results on standard output, complaints on standard error, no traceback."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from loomlab.core.upgrading import UpgradeNotice
from loomlab.display.text import plain


def complain(sentence: str, *, code: int = 2) -> int:
    """Say what is wrong on standard error; the exit code."""
    print(f"loomlab: {plain(sentence)}", file=sys.stderr)
    return code


@contextmanager
def notices_in_words() -> Iterator[None]:
    """That a file was brought up to date is one line on standard error; other warnings are as everywhere."""
    before = warnings.showwarning

    def show(message: Any, *rest: Any, **options: Any) -> None:
        if isinstance(message, UpgradeNotice):
            complain(str(message))
        else:
            before(message, *rest, **options)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before


def is_live(stream: TextIO) -> bool:
    """Whether a person watches this stream and lines on it may change."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
