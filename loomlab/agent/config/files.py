"""Reading a config from a file: TOML, JSON or YAML, as its ending says."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loomlab.agent.config.places import Place, line_of
from loomlab.agent.config.problems import place_name, refused
from loomlab.agent.config.schema import AgentTable
from loomlab.agent.config.schema.base import Table
from loomlab.agent.config.schema.layers import FileRef
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean

ENDINGS = (".toml", ".json", ".yaml", ".yml")


@dataclass(frozen=True)
class Loaded:
    """A config that was read and found valid, and the files that it refers to.

    ``folder`` is what its relative paths start from, None where it came from no file. ``where`` names it in errors.
    ``members`` are the agents in other files, by path, ``texts`` the instructions in files; ``text`` is its own TOML.
    """

    table: AgentTable
    folder: Path | None = None
    where: str = ""
    members: dict[Path, "Loaded"] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    text: str | None = None

    def at(self, place: Place) -> str:
        """A place of it, for an error: the file, the line, the table and the key."""
        line = None if self.text is None else line_of(self.text, place)
        return ", ".join(part for part in (self.where, f"line {line}" if line else "", place_name(place)) if part)

    def path(self, given: str) -> Path:
        """A path of the config: from its folder, where it is relative."""
        path = Path(given).expanduser()
        return path if self.folder is None or path.is_absolute() else self.folder / path


def load_file(path: str | Path, around: tuple[Path, ...] = ()) -> Loaded:
    """The config in a file, valid as a whole, with the files it refers to. ConfigError says what is wrong where."""
    path = Path(path).expanduser()
    if path.suffix.lower() not in ENDINGS:
        raise ConfigError(f"{path} is no config: its name ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")
    text = _text(path)
    where = str(path)
    data = parse(text, path.suffix.lower(), where)
    return load(data, folder=path.resolve().parent, where=where, text=text, around=(*around, path.resolve()))


def load_text(text: str, *, folder: Path | None = None, where: str = "") -> Loaded:
    """The config in a TOML text."""
    return load(parse(text, ".toml", where), folder=folder, where=where, text=text)


def load(
    data: Any,
    *,
    folder: Path | None = None,
    where: str = "",
    text: str | None = None,
    around: tuple[Path, ...] = (),
) -> Loaded:
    """A config that was parsed, valid as a whole."""
    lines = None if where.endswith(ENDINGS[1:]) else text
    try:
        table = AgentTable.model_validate(data)
    except ValidationError as exc:
        raise refused(exc, where=where, text=lines) from None
    loaded = Loaded(table, folder, where, text=lines)
    _refer(loaded, table, (), around)
    return loaded


def parse(text: str, ending: str, where: str = "") -> Mapping[str, Any]:
    """A text as a mapping. ConfigError with the line where it is not TOML, JSON or YAML."""
    before = f"{where}: " if where else ""
    try:
        if ending == ".toml":
            return tomllib.loads(text)
        data = json.loads(text) if ending == ".json" else _yaml(text, before)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{before}this is not TOML: {exc}") from None
    except json.JSONDecodeError as exc:
        raise ConfigError(f"{before}this is not JSON: {exc}") from None
    if not isinstance(data, Mapping):
        raise ConfigError(f"{before}this holds {type(data).__name__}; a config is a table of keys and values")
    return data


def _yaml(text: str, before: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise ImportError("a config in YAML needs the package PyYAML: pip install 'loomlab[skills]'") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ConfigError(f"{before}this is not YAML: {' '.join(str(exc).split())}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        found = [one.name for one in path.parent.glob("*") if one.suffix in ENDINGS] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, found) if found else f"give the path of a file that ends in {ENDINGS[0]}"
        raise ConfigError(f"there is no file {path}: {hint}") from None
    except OSError as exc:
        raise ConfigError(f"{path} can't be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not UTF-8 (byte {exc.start})") from exc


def _refer(loaded: Loaded, value: Any, place: Place, around: tuple[Path, ...]) -> None:
    """Read the files that a table refers to, its tables' too."""
    if isinstance(value, FileRef):
        _read(loaded, value, place, around)
    elif isinstance(value, Table):
        for key in value.model_fields_set:
            _refer(loaded, getattr(value, key), (*place, key), around)
    elif isinstance(value, (dict, list)):
        for step, one in value.items() if isinstance(value, dict) else enumerate(value):
            _refer(loaded, one, (*place, step), around)


def _read(loaded: Loaded, reference: FileRef, place: Place, around: tuple[Path, ...]) -> None:
    path = loaded.path(reference.file)
    at = loaded.at(place)
    if place[-1] == "instructions":
        try:
            loaded.texts[path] = _text(path)
        except ConfigError as exc:
            raise ConfigError(f"{at}: {exc}") from None
        return
    if path.resolve() in around:
        raise ConfigError(f"{at} refers to {path}, which refers back to it; a team can't be its own member")
    try:
        loaded.members[path] = load_file(path, around)
    except ConfigError as exc:
        raise ConfigError(f"{at}: {exc}") from None
