"""Where a run log lies, and whether a folder is one: every refusal is one sentence with its remedy."""

import os
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from loomlab.core.errors import ConfigError
from loomlab.core.ids import new_id
from loomlab.runlog.schema import SCHEMA_VERSION

_FORMAT = "loomlab run log"
_MARKER = "format.json"
_OURS = {".gitignore", _MARKER, "segments", "compacted", "damaged", "manifest.json", "compact.lock"}


class Home:
    """The folders of one log. ``path`` is what the user names; everything of ours lies in ``path/runlog``.

    ``segments`` holds the files that processes append to, ``compacted`` the Parquet files, ``manifest`` says which of
    them count, ``damaged`` keeps compacted segments that held unreadable lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path / "runlog"
        self.segments = self.folder / "segments"
        self.compacted = self.folder / "compacted"
        self.damaged = self.folder / "damaged"
        self.manifest = self.folder / "manifest.json"
        self.lock = self.folder / "compact.lock"

    @classmethod
    def find(cls, path: str | os.PathLike[str] | None) -> "Home":
        """The home at ``path``, else at ``$LOOMLAB_HOME``, else at ``./.loomlab``."""
        given = os.fspath(path) if path is not None else os.environ.get("LOOMLAB_HOME") or ".loomlab"
        return cls(Path(os.path.abspath(Path(given).expanduser())))  # noqa: PTH100 - resolve() fails on a loop of links

    def check(self, *, write: bool, named: bool) -> None:
        """Raise ConfigError where this cannot be read (or written), is something else, or is of a newer loomlab.

        ``named``: the user chose the path, so a folder that holds other things is most likely a slip.
        """
        try:
            self._check_readable(named)
            if write:
                self._check_writable()
        except OSError as error:
            raise unreadable(self.path, error) from None

    def _check_readable(self, named: bool) -> None:
        there = [file for file in (self.path, self.folder, self.segments) if file.exists()]
        for file in there:
            if not file.is_dir():
                raise ConfigError(f"{file} is a file, not a run log; give a folder")
            with os.scandir(file):  # fails where the folder may not be listed
                pass
        if self.folder in there:
            self.check_version()
        elif there and named and any(self.path.iterdir()):
            raise ConfigError(
                f"{self.path} is not a run log and not empty; give a new or empty folder, for instance "
                f"{self.path / '.loomlab'}"
            )

    def _check_writable(self) -> None:
        there = next(file for file in (self.segments, self.folder, self.path, *self.path.parents) if file.exists())
        if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
            raise ConfigError(
                f"the run log {self.path} can't be written: no right to write in {there}; choose another folder by "
                "RunLog.open(path) or $LOOMLAB_HOME, or only look at it with RunLog.open(path, read_only=True)"
            )

    def check_version(self) -> None:
        """Raise ConfigError where a newer loomlab has made the log, or something else has."""
        file = self.folder / _MARKER
        try:
            marker = from_json(file.read_bytes())
            known = marker["format"] == _FORMAT
            version = int(marker["schema_version"])
        except FileNotFoundError:
            self._check_ours()
            return
        except (ValueError, TypeError, KeyError):
            raise ConfigError(f"{self.path} is not a run log: {file} can't be read; give another folder") from None
        if not known:
            raise ConfigError(f"{self.path} is not a run log: {file} says something else; give another folder")
        require_version(version, self.path)

    def version(self) -> int | None:
        """The schema of the log; None where there is none (yet)."""
        found = self._marker().get("schema_version")
        return found if isinstance(found, int) else None

    def upgrades(self) -> list[dict[str, Any]]:
        """When it was brought up to date, from which schema, and where it is kept as it was: oldest first."""
        found = self._marker().get("upgrades", [])
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def mark(self, *, upgrades: list[dict[str, Any]] | None = None) -> None:
        """Say that the folder is a log of today's schema."""
        said: dict[str, Any] = {"format": _FORMAT, "schema_version": SCHEMA_VERSION}
        write_whole(self.folder / _MARKER, to_json(said | ({"upgrades": upgrades} if upgrades else {})) + b"\n")

    def _marker(self) -> dict[str, Any]:
        try:
            found = from_json((self.folder / _MARKER).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _check_ours(self) -> None:
        """Without its marker a folder is a log only where it holds nothing else (one that is being made, say)."""
        names = {file.name for file in self.folder.iterdir()} if self.folder.exists() else set()
        if foreign := sorted(name for name in names - _OURS if not name.endswith(".tmp")):
            raise ConfigError(f"{self.folder} is not a run log: it holds {foreign[0]}; give another folder")

    def create(self) -> None:
        """Make the folders. Prompts are private: nobody but the user may list them, and they stay out of git."""
        if self.segments.exists():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(self.folder / ".gitignore", b"*\n")
        self.mark()
        self.segments.mkdir(exist_ok=True)


def unreadable(path: Path, error: OSError) -> ConfigError:
    """What to say where a run log can't be read."""
    return ConfigError(
        f"the run log {path} can't be read: {error.strerror or error}; make it readable for this user, or choose "
        "another folder by RunLog.open(path) or $LOOMLAB_HOME"
    )


def require_version(version: int, path: Path) -> None:
    """Raise ConfigError where a log of this schema version is too new for this library."""
    if version > SCHEMA_VERSION:
        raise ConfigError(
            f"the run log {path} was written by a newer loomlab (schema {version}, this one reads up to "
            f"{SCHEMA_VERSION}); update with pip install -U loomlab, or give another folder"
        )


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` into ``path`` so that a reader sees the old file or the new one, never a part."""
    draft = path.with_name(f"{path.name}.{new_id()}.tmp")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
