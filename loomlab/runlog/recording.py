"""Switching the log on: for a block, or for the process."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from loomlab.core.observers import observe_process, observing
from loomlab.runlog.log import RunLog


@contextmanager
def recording(log: "RunLog | str | os.PathLike[str] | None" = None) -> Iterator[RunLog]:
    """Write down every run of the block. A path (or nothing: the default) opens that log.

    ConfigError at once, not in the middle of a run, where it could not be written.
    """
    opened = _opened(log)
    with observing(opened):
        try:
            yield opened
        finally:
            opened.flush()


def record_process(log: "RunLog | str | os.PathLike[str] | None" = None) -> Callable[[], None]:
    """Write down every run of the process from now on, until the returned function is called."""
    opened = _opened(log)
    stop = observe_process(opened)

    def stopped() -> None:
        stop()
        opened.flush()

    return stopped


def _opened(log: "RunLog | str | os.PathLike[str] | None") -> RunLog:
    opened = log if isinstance(log, RunLog) else RunLog.open(log)
    opened.require_writable()
    return opened
