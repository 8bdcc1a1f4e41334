"""Whether the process that writes a file is alive: an advisory lock that the system drops when the process ends.

A process id would lie: ids are used again, and mean nothing in another container. The lock lies at the very end of the
range of offsets, where it keeps nobody from reading or writing the file.
"""

import os
import sys
from enum import Enum
from pathlib import Path


class Holder(Enum):
    """Who holds the lock of a file."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """The file system has no locks; nobody may take the file for finished."""


if sys.platform == "win32":
    import msvcrt

    _AT = 2**62

    def lock(fd: int, *, shared: bool = False) -> bool:
        """Take the lock of an open file without waiting; False where somebody has it. OSError: it has no locks."""
        here = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            os.lseek(fd, _AT, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(fd, here, os.SEEK_SET)
        return True

else:
    import fcntl

    def lock(fd: int, *, shared: bool = False) -> bool:
        """Take the lock of an open file without waiting; False where somebody has it. OSError: it has no locks."""
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def holder(path: Path) -> Holder:
    """Whether somebody holds the lock of ``path``. FileNotFoundError where there is no such file."""
    fd = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        return Holder.DEAD if lock(fd, shared=True) else Holder.ALIVE
    except OSError:
        return Holder.UNKNOWN
    finally:
        os.close(fd)
