"""The folder that file tools work in, and the law that keeps them there."""

import atexit
import os
import shutil
import tempfile
import threading
from pathlib import Path

_lock = threading.Lock()
_made: Path | None = None


class PathEscapeError(ValueError):
    """A path that leads out of the folder a tool works in."""


def default_workdir() -> Path:
    """A temporary folder of this process: made at the first call, the same at every call, gone with the process."""
    global _made
    with _lock:
        if _made is None or not _made.is_dir():
            _made = Path(tempfile.mkdtemp(prefix="loomlab-")).resolve()
            atexit.register(shutil.rmtree, _made, ignore_errors=True)
        return _made


def workdir_of(given: str | os.PathLike[str] | None) -> Path:
    """The folder a tool was given, links followed; the process's own where none was. Made where it is missing."""
    if given is None:
        return default_workdir()
    folder = Path(given).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def inside(workdir: Path, path: str) -> Path:
    """``path`` within ``workdir``, links followed. Raises ``PathEscapeError`` where it leads out, by ``..``, by an
    absolute path or by a link, and for a path that no file can have.
    """
    if not path or "\0" in path:
        raise PathEscapeError(f"{path!r} is no path of a file")
    there = Path(path)
    target = Path(os.path.realpath(workdir / there))
    if not target.is_relative_to(workdir):
        raise PathEscapeError(f"{path!r} leads out of the working folder; give a path within it, such as 'notes.txt'")
    return target


def shown(workdir: Path, path: Path) -> str:
    """A path as a model is told it: relative to the folder."""
    return path.relative_to(workdir).as_posix()
