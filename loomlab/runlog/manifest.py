"""Which compacted files count, and which segments they stand for. Replaced as a whole, so a reader sees one state."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from loomlab.core.errors import ConfigError
from loomlab.runlog.home import Home, require_version, write_whole
from loomlab.runlog.schema import SCHEMA_VERSION


@dataclass(frozen=True)
class Manifest:
    """One state of the compacted part.

    ``generation`` names the folder of Parquet files, empty where nothing was compacted; ``replaces`` are segments whose
    rows are in them, should the files still be there; ``problems`` are what was unreadable in them; ``scrubbed`` is new
    whenever texts were taken out: who has read them reads again.
    """

    generation: str = ""
    replaces: frozenset[str] = frozenset()
    problems: tuple[dict[str, Any], ...] = field(default=(), compare=False)
    scrubbed: str = ""

    @classmethod
    def read(cls, home: Home) -> "Manifest":
        """The state now. ConfigError where the file is damaged or of a newer version."""
        try:
            data = from_json(home.manifest.read_bytes())
            require_version(int(data["schema_version"]), home.path)
            problems, scrubbed = tuple(data.get("problems", ())), str(data.get("scrubbed", ""))
            return cls(data["generation"], frozenset(data["replaces"]), problems, scrubbed)
        except FileNotFoundError:
            return cls()
        except (ValueError, TypeError, KeyError):
            raise ConfigError(
                f"the run log {home.path} is damaged: {home.manifest} can't be read; put it back from a backup"
            ) from None

    def write(self, home: Home) -> None:
        """Make this the state."""
        data = {
            "schema_version": SCHEMA_VERSION,
            "generation": self.generation,
            "replaces": sorted(self.replaces),
            "problems": list(self.problems),
            "scrubbed": self.scrubbed,
        }
        write_whole(home.manifest, to_json(data) + b"\n")

    def parquet(self, home: Home, table: str) -> Path | None:
        """The file of one table's compacted rows; None where there is none."""
        file = home.compacted / self.generation / f"{table}.parquet"
        return file if self.generation and file.exists() else None
