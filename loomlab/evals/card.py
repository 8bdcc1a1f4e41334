"""What is known about a dataset: where it comes from, under which licence, and what is wrong with it."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError

_REQUIRED = ("name", "description", "source", "licence", "sha256")


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """A ``card.toml``. ``sha256`` is that of ``cases.jsonl``; ``known_faults`` are sentences; ``fields`` is all."""

    name: str
    description: str
    source: str
    licence: str
    sha256: str
    known_faults: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "DatasetCard":
        """The card in a file. Raises ConfigError naming the file and what is wrong."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
            raise ConfigError(f"{path} cannot be read as a card: {exc}") from exc
        for key in _REQUIRED:
            if not isinstance(data.get(key), str):
                raise ConfigError(f"{path} has no text for {key!r}; a card needs {', '.join(_REQUIRED)}")
        faults = data.get("known_faults", [])
        return cls(**{key: data[key] for key in _REQUIRED}, known_faults=tuple(map(str, faults)), fields=data)

    def check(self, cases_file: Path) -> None:
        """Compare the file with the card. Raises ConfigError when it was changed since."""
        found = hashlib.sha256(cases_file.read_bytes()).hexdigest()
        if found != self.sha256:
            raise ConfigError(
                f"{cases_file} is not what its card describes (sha256 {found[:12]}…, not {self.sha256[:12]}…): "
                "restore the file, or set sha256 in card.toml to the new value if the change is meant"
            )
