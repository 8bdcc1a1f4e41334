"""One run of foreign code from outside: started, fed, watched, and ended with everything it started."""

import json
import math
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from loomlab.security import confine
from loomlab.security.contained import Limits, run_contained

_INSIDE = Path(__file__).with_name("inside.py")
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ran:
    """``passed`` of ``total`` tests; ``faults`` say which did not and why.

    ``stopped`` is why the process was ended from outside or ended itself before it was done, None where it was not.
    """

    passed: int
    total: int
    faults: tuple[str, ...] = ()
    stopped: str | None = None
    output: str = ""

    @property
    def ok(self) -> bool:
        """Everything passed."""
        return self.stopped is None and not self.faults and self.passed == self.total


async def run_tests(code: str, tests: Sequence[str], limits: Limits | None = None) -> Ran:
    """Run ``code``, then each of ``tests`` in the same namespace; a test fails by raising.

    The process has an empty environment, a folder of its own that goes away afterwards, no network and no processes of
    its own. It is killed with its whole process group when it takes too long or writes too much, and when this call
    is cancelled.
    """
    limits = limits or Limits()
    scratch = await to_thread.run_sync(_folder)
    try:
        folder, verdict, word = Path(scratch, "work"), Path(scratch, "verdict.json"), secrets.token_hex(16)
        job = {
            "code": code,
            "tests": list(tests),
            "word": word,
            "folder": str(folder),
            "verdict": str(verdict),
            "memory": limits.memory_mb * _MB,
            "seconds": math.ceil(limits.seconds) + 1,
            "file_bytes": 16 * _MB,
            "confine": confine.__file__,
        }
        command = [sys.executable, "-I", "-B", str(_INSIDE)]
        output, stopped, _ = await run_contained(command, json.dumps(job).encode() + b"\n", folder, limits)
        said = await to_thread.run_sync(_verdict, verdict, word)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(_remove, scratch)
    text = output.decode("utf-8", "replace")
    if stopped is None and said is None:
        stopped = "the program ended before its tests were done"
    if said is None:
        return Ran(0, len(tests), (), stopped, text)
    return Ran(int(said["passed"]), len(tests), tuple(map(str, said["faults"])), stopped, text)


def _folder() -> str:
    scratch = tempfile.mkdtemp(prefix="loomlab-code-")
    Path(scratch, "work").mkdir()
    return scratch


def _remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _verdict(path: Path, word: str) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and said.get("word") == word else None
