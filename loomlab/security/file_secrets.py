"""Secrets in a file of one's own: names and values, one a line, readable by nobody else."""

import contextlib
import os
import stat
import sys
import threading
from pathlib import Path

import anyio.to_thread

from loomlab.core import ConfigError
from loomlab.core.redact import remember_secret
from loomlab.security.file_lock import locked
from loomlab.security.secrets import mask


class FileSecrets:
    """Secrets in the file ``path``, as ``NAME=value`` lines; ``store`` writes it, for the owner's eyes only.

    Lines that begin with ``#`` are remarks; a value may stand in quotation marks. What was changed since is read again.
    It is not encrypted: it guards against other users of the machine and against committing keys with the code, no
    more. Raises ConfigError, when it is read, for a file that others may read.
    """

    def __init__(self, path: str | os.PathLike[str] = "~/.config/loomlab/secrets") -> None:
        self._path = Path(path).expanduser()
        self._values: dict[str, str] = {}
        self._seen: tuple[int, int] | None = None
        self._lock = threading.Lock()

    async def resolve(self, ref: str) -> str:
        """The secret ``ref``; KeyError where there is none."""
        value = await anyio.to_thread.run_sync(self.lookup_sync, ref)
        if value is None:
            raise KeyError(f"there is no secret {ref!r} in {self._path}")
        return value

    async def store(self, ref: str, value: str) -> None:
        """Keep a secret; ConfigError for a name or a value that a line can't hold."""
        named = ref.isprintable() and ref and not any(one in ref for one in "=# ")
        if not named or any(one in value for one in "\r\n\0"):
            raise ConfigError(
                f"a secret's name has no '=', '#', space or line break, and its value no line break: {ref!r}"
            )
        await anyio.to_thread.run_sync(self._keep, ref, value)

    def _keep(self, ref: str, value: str) -> None:
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locked(self._path.with_name(f"{self._path.name}.lock")):
                self._read(again=True)
                lines = [f"{name}={_quoted(held)}" for name, held in {**self._values, ref: value}.items()]
                beside = self._path.with_name(f"{self._path.name}.new")
                with contextlib.suppress(FileNotFoundError):
                    beside.unlink()
                descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                    file.write("\n".join(lines) + "\n")
                beside.replace(self._path)
                self._read(again=True)

    def redact(self, text: str) -> str:
        """``text`` with everything that looks like a key masked, and each value that is kept here."""
        with self._lock:
            self._read()
            return mask(text, self._values.values())

    def lookup_sync(self, ref: str) -> str | None:
        """The secret ``ref``, or None."""
        with self._lock:
            self._read()
            value = self._values.get(ref)
        if value:
            remember_secret(value)
        return value

    def _read(self, *, again: bool = False) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._values, self._seen = {}, None
            return
        if not again and self._seen == (found.st_mtime_ns, found.st_size):
            return
        if sys.platform != "win32" and found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"others may read the secrets in {self._path}: chmod 600 {self._path}")
        self._values = {}
        for line in self._path.read_text(encoding="utf-8").split("\n"):
            name, there, value = line.strip().removeprefix("export ").partition("=")
            if there and not name.startswith("#"):
                self._values[name.strip()] = _unquoted(value.strip())
        self._seen = (found.st_mtime_ns, found.st_size)

    def __repr__(self) -> str:
        return f"FileSecrets({str(self._path)!r})"


def _quoted(value: str) -> str:
    return f'"{value}"' if value != value.strip() or value[:1] in "\"'" else value


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
