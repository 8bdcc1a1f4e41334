"""What the handlers of one server share: the run log, where it lies, and the one thread that asks."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from logging import Logger
from pathlib import Path

from tornado.ioloop import IOLoop

from loomlab.core.errors import ConfigError
from loomlab.runlog import RunLog
from loomlab.server.audited import Audit
from loomlab.server.evaluation_faces import EvaluationFaces
from loomlab.server.memories import Memories
from loomlab.server.settings import LoomlabServer
from loomlab.server.shapes import Changed
from loomlab.server.upkeep import Upkeep
from loomlab.server.watcher import Watcher

_HOME = "LOOMLAB_HOME"


class Desk:
    """The run log of a Jupyter Server, opened when it is first asked for.

    ``pool`` has one thread: questions wait for each other instead of for the processor, and never on the event loop.
    """

    def __init__(self, settings: LoomlabServer, root_dir: str, logger: Logger) -> None:
        self.settings = settings
        self.root = Path(os.path.abspath(Path(root_dir).expanduser()))  # noqa: PTH100 - as Jupyter names it to kernels
        self.logger = logger
        self.pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="loomlab")
        given = settings.home or os.environ.get(_HOME) or ".loomlab"
        self.home = Path(os.path.abspath(self.root / Path(given).expanduser()))  # noqa: PTH100 - may not exist yet
        self._read: RunLog | None = None
        self._write: RunLog | None = None
        self.memories = Memories(settings.memories, self.root, lambda: self.writable_log() if self.has_log else None)
        self.evaluations = EvaluationFaces()
        self.audit = Audit(self.home, self.memories.ask)

    def share_home(self) -> None:
        """Kernels started from now on write to this log, unless the person who started the server chose another."""
        if self.settings.share_home and not os.environ.get(_HOME):
            os.environ[_HOME] = str(self.home)

    def log(self) -> RunLog:
        """The log, to ask, in the thread of ``pool``. Raises ConfigError, with the remedy, where it can't be read."""
        if self._read is None:
            self._read = RunLog.open(self.home, read_only=True)
            self._upkeep = Upkeep(self._read, self.logger)
        self._upkeep.see_to()
        return self._read

    def prepare(self) -> None:
        """Open the log before anybody asks, so that a big one is compacted by then."""
        with suppress(ConfigError):  # whoever asks is told
            self.log()

    def writable_log(self) -> RunLog:
        """The log, to add to. Raises ConfigError, with the remedy, where it can't be written."""
        if self._write is None:
            self._write = RunLog.open(self.home)
        return self._write

    @cached_property
    def watcher(self) -> Watcher:
        """Who looks whether the log has grown."""

        async def ask() -> Changed:
            return await IOLoop.current().run_in_executor(self.pool, self._changed)

        return Watcher(self.home / "runlog", ask)

    def _changed(self) -> Changed:
        extent = self.log().extent()
        return {"runs": extent.runs, "evaluations": extent.evaluations, "latest": extent.latest}

    @property
    def has_log(self) -> bool:
        """Whether anything was ever written there."""
        try:
            return (self.home / "runlog").is_dir()
        except OSError:
            return False

    def problem(self) -> str | None:
        """Why the log can't be read; None where it can, or where there is none yet."""
        try:
            self.log().extent()
        except ConfigError as error:
            return str(error)
        return None
