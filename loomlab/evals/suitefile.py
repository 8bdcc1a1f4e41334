"""Reading a suite file: every mistake is one sentence with the file, the place and the nearest valid name."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.evals.scorers import from_spec
from loomlab.evals.suite import ArmSpec, Suite

_SECTIONS = ("suite", "defaults", "arm")
_SUITE_KEYS = tuple(one.name for one in fields(Suite) if one.name not in ("arms", "path"))
_ARM_KEYS = tuple(one.name for one in fields(ArmSpec))
_TEXT, _WHOLE, _NUMBER = "a text", "a whole number from 1", "a number above 0"
_KINDS = {
    **dict.fromkeys(("name", "dataset", "description", "model", "architecture", "instructions"), _TEXT),
    **dict.fromkeys(("sample", "epochs", "max_concurrency", "max_tokens", "max_turns"), _WHOLE),
    "timeout": _NUMBER,
    "seed": "a whole number",
    "temperature": "a number from 0",
    "options": "a table",
    "scorers": "a list of names or tables",
}


def load_suite(path: str | Path) -> Suite:
    """The suite in a TOML file. Raises ConfigError for whatever is missing, unknown or malformed in it."""
    path = Path(path).expanduser()
    data = _parse(path)
    for section in data:
        if section not in _SECTIONS:
            raise ConfigError(f"{path}: unknown section [{section}]; {did_you_mean(section, _SECTIONS)}")
    suite, defaults = (_table(data.get(key, {}), path, f"[{key}]") for key in ("suite", "defaults"))
    _check(suite, _SUITE_KEYS, path, "[suite]")
    _check(defaults, tuple(key for key in _ARM_KEYS if key != "name"), path, "[defaults]")
    for key in ("dataset", "scorers"):
        if key not in suite:
            raise ConfigError(f"{path}: [suite] has no {key}")
    for spec in suite["scorers"]:
        try:
            from_spec(spec)
        except ConfigError as exc:
            raise ConfigError(f"{path}, [suite] scorers: {exc}") from exc
    arms = data.get("arm", [])
    if not isinstance(arms, list) or not arms:
        raise ConfigError(f"{path}: there is no [[arm]]; a suite needs at least one")
    settings = {**suite, "scorers": tuple(suite["scorers"]), "name": suite.get("name", path.stem)}
    return Suite(**settings, arms=_arms(arms, defaults, path), path=path)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        found = [one.name for one in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, found) if found else "give the path of a .toml file"
        raise ConfigError(f"there is no suite file {path}; {hint}") from None
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not UTF-8 (byte {exc.start})") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path} is not TOML: {exc}") from exc


def _arms(tables: list[Any], defaults: Mapping[str, Any], path: Path) -> tuple[ArmSpec, ...]:
    arms: dict[str, ArmSpec] = {}
    for number, given in enumerate(tables, 1):
        where = f"[[arm]] number {number}"
        table = _table(given, path, where)
        _check(table, _ARM_KEYS, path, where)
        merged = {**defaults, **table}
        for key in ("name", "model"):
            if key not in merged:
                raise ConfigError(f"{path}: {where} has no {key}" + (", nor has [defaults]" if key == "model" else ""))
        if merged["name"] in arms:
            raise ConfigError(f"{path}: two arms are named {merged['name']!r}; names must differ")
        arms[merged["name"]] = ArmSpec(**merged)
    return tuple(arms.values())


def _table(value: Any, path: Path, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{path}: {where} must be a table")
    return value


def _check(table: Mapping[str, Any], keys: tuple[str, ...], path: Path, where: str) -> None:
    for key, value in table.items():
        if key not in keys:
            raise ConfigError(f"{path}: {where} has an unknown key {key!r}; {did_you_mean(key, keys)}")
        if not _fits(value, _KINDS[key]):
            raise ConfigError(f"{path}: {where} {key} must be {_KINDS[key]}, not {value!r}")


def _fits(value: Any, kind: str) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {
        _TEXT: isinstance(value, str) and bool(value.strip()),
        _WHOLE: number and isinstance(value, int) and value >= 1,
        _NUMBER: number and value > 0,
        "a whole number": number and isinstance(value, int),
        "a number from 0": number and value >= 0,
        "a table": isinstance(value, Mapping),
        "a list of names or tables": isinstance(value, list)
        and bool(value)
        and all(isinstance(one, (str, Mapping)) for one in value),
    }[kind]
