"""What was asked for on the command line."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """``shared`` is a folder in which workers give each other what they evaluated; None where there is one process."""

    model: str | None
    sample: int | None
    home: Path | None
    shared: Path | None
