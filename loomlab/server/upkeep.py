"""Keeping a big log small in memory: what ended processes have left is turned into Parquet, in a process of its own.

Rows of a log that is not compacted are held in memory by whoever asks; compacted ones are read from disk as needed.
"""

import subprocess
import sys
import threading
import time
from logging import Logger

from loomlab.core.errors import ConfigError
from loomlab.runlog import RunLog

LOOSE_BYTES = 64 * 1024 * 1024
"""So much may lie uncompacted; it takes about twice that in memory."""

EVERY_S = 60.0
"""Between two looks."""

MOST_S = 900.0
"""After so long the process is ended; whatever it has done by then, the log is whole."""

_COMPACT = """
import os, sys, warnings
if hasattr(os, "nice"):
    os.nice(10)
from loomlab.runlog import RunLog
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    log = RunLog.open(sys.argv[1])
for one in said:
    print(f"{sys.argv[2]}{one.message}", file=sys.stderr)
log.compact()
"""
_NOTICE = "loomlab says: "


class Upkeep:
    """Compacts a log when it is due. For one thread; the work itself is done elsewhere."""

    def __init__(self, log: RunLog, logger: Logger) -> None:
        self._log, self._logger = log, logger
        self._looked: float | None = None
        self._working: threading.Thread | None = None

    def see_to(self) -> None:
        """Compact if enough has gathered. The first time it is waited for: reading it all would take as long."""
        now = time.monotonic()
        if self._looked is not None and now - self._looked < EVERY_S:
            return
        first, self._looked = self._looked is None, now
        if self._working is not None and self._working.is_alive():
            return
        try:
            if self._log.loose_bytes() < LOOSE_BYTES:
                return
        except ConfigError:  # whoever asks next is told
            return
        self._working = threading.Thread(target=self._compact, name="loomlab-compacting", daemon=True)
        self._working.start()
        if first:
            self._working.join()

    def _compact(self) -> None:
        began = time.monotonic()
        try:
            # -P: a random.py beside the notebooks is a person's own, not the library's.
            found = subprocess.run(
                [sys.executable, "-P", "-c", _COMPACT, str(self._log.path), _NOTICE],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=MOST_S,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            self._logger.warning("loomlab could not compact the run log, which costs memory: %s", error)
            return
        for line in found.stderr.splitlines():
            if line.startswith(_NOTICE):  # a log of an earlier schema was brought up to date on the way
                self._logger.warning("loomlab: %s", line.removeprefix(_NOTICE))
        if found.returncode == 0:
            self._logger.info("loomlab compacted the run log in %.1f s", time.monotonic() - began)
        else:  # it can be read all the same
            last = (found.stderr.strip().splitlines() or ["no reason given"])[-1]
            self._logger.warning("loomlab could not compact the run log, which costs memory: %s", last)
