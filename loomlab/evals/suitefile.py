"""Reading a suite file: every mistake is one sentence with the file, the place and the nearest valid name."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.evals.arm_spec import SEPARATOR, ArmSpec, DataSpec, ModelSpec, PairSpec
from loomlab.evals.case_budget import CaseBudget
from loomlab.evals.scorers import from_spec
from loomlab.evals.suite import Suite

_TABLES = ("suite", "budget", "sequential", "defaults")
_LISTS = ("dataset", "model", "arm", "compare")
_SECTIONS = (*_TABLES, *_LISTS)
_OF_SECTIONS = ("arms", "path", "datasets", "budget", "sequential", "pairs", "label")


def _names(kind: Any, *without: str) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.name not in without)


_ARM_KEYS = _names(ArmSpec, "base")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "suite": _names(Suite, *_OF_SECTIONS),
    "budget": _names(CaseBudget),
    "sequential": ("margin", "confidence", "scorer"),
    "defaults": tuple(key for key in _ARM_KEYS if key != "name"),
    "dataset": _names(DataSpec),
    "model": _names(ModelSpec),
    "arm": _ARM_KEYS,
    "compare": _names(PairSpec),
}
_WORKER_KEYS = ("instructions", "description", "tools")

_TEXT, _WHOLE, _NUMBER, _TABLE, _FLAG = (
    "a text",
    "a whole number from 1",
    "a number above 0",
    "a table",
    "true or false",
)
_TEXTS = "a list of texts"
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("name", "dataset", "description", "model", "architecture", "instructions"), _TEXT),
    **dict.fromkeys(("cache", "a", "b", "scorer"), _TEXT),
    **dict.fromkeys(("sample", "epochs", "max_concurrency", "max_tokens", "max_turns", "calls", "tokens"), _WHOLE),
    **dict.fromkeys(("timeout", "per_minute", "cost_usd", "seconds", "margin"), _NUMBER),
    **dict.fromkeys(("options", "where", "workers"), _TABLE),
    **dict.fromkeys(("resume", "shuffle"), _FLAG),
    **dict.fromkeys(("expect", "models"), _TEXTS),
    "confidence": "a number between 0 and 1",
    "seed": "a whole number",
    "temperature": "a number from 0",
    "scorers": "a list of names or tables",
}


def load_suite(path: str | Path) -> Suite:
    """The suite in a TOML file. Raises ConfigError for whatever is missing, unknown or malformed in it."""
    path = Path(path).expanduser()
    data = _parse(path)
    for section in data:
        if section not in _SECTIONS:
            raise ConfigError(f"{path}: unknown section [{section}]; {did_you_mean(section, _SECTIONS)}")
    tables = {key: _table(data.get(key, {}), path, f"[{key}]") for key in _TABLES}
    for key, table in tables.items():
        _check(table, _KEYS[key], path, f"[{key}]")
    suite = tables["suite"]
    datasets = [DataSpec(**_frozen(one)) for one in _list(data, "dataset", ("dataset",), path)]
    _require_data(suite, datasets, path)
    models = [ModelSpec(**one) for one in _list(data, "model", ("name", "model"), path)]
    _distinct([one.name for one in models], "models", path)
    if not isinstance(data.get("arm"), list) or not data["arm"]:
        raise ConfigError(f"{path}: there is no [[arm]]; a suite needs at least one")
    arms = _arms(_list(data, "arm", (), path), tables["defaults"], models, path)
    pairs = tuple(PairSpec(**one) for one in _list(data, "compare", ("a", "b"), path))
    for pair in pairs:
        _check_pair(pair, arms, path)
    budget = tables["budget"] if "budget" in data else None
    if budget is not None and not budget:
        raise ConfigError(f"{path}: [budget] limits nothing; give {', '.join(_KEYS['budget'])}")
    settings: dict[str, Any] = {"dataset": "", "scorers": (), "name": path.stem, **_frozen(suite)}
    sequential = tables["sequential"] if "sequential" in data else None
    if sequential is not None and len(arms) != 2:
        raise ConfigError(f"{path}: [sequential] compares two arms, and this suite has {len(arms)}")
    return Suite(
        **settings,
        arms=arms,
        path=path,
        datasets=tuple(datasets),
        budget=budget,
        sequential=sequential,
        pairs=pairs,
    )


def _require_data(suite: Mapping[str, Any], datasets: list[DataSpec], path: Path) -> None:
    if datasets and "dataset" in suite:
        raise ConfigError(f"{path}: a dataset is named in [suite] and in [[dataset]]; take one of them out")
    if not datasets and "dataset" not in suite:
        raise ConfigError(f"{path}: [suite] has no dataset")
    if "scorers" not in suite and (not datasets or any(one.scorers is None for one in datasets)):
        raise ConfigError(f"{path}: [suite] has no scorers")
    _distinct([one.name or Path(one.dataset).stem for one in datasets], "datasets", path)
    for where, specs in (
        ("[suite]", suite.get("scorers", ())),
        *((f"[[dataset]] {one.dataset}", one.scorers or ()) for one in datasets),
    ):
        for spec in specs:
            try:
                from_spec(spec)
            except ConfigError as exc:
                raise ConfigError(f"{path}, {where} scorers: {exc}") from exc


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


def _list(data: Mapping[str, Any], section: str, required: tuple[str, ...], path: Path) -> list[Mapping[str, Any]]:
    given = data.get(section, [])
    if not isinstance(given, list):
        raise ConfigError(f"{path}: [{section}] is written [[{section}]], once for each")
    tables = []
    for number, one in enumerate(given, 1):
        where = f"[[{section}]] number {number}"
        table = _table(one, path, where)
        _check(table, _KEYS[section], path, where)
        for key in required:
            if key not in table:
                raise ConfigError(f"{path}: {where} has no {key}")
        tables.append(table)
    return tables


def _arms(
    tables: list[Mapping[str, Any]], defaults: Mapping[str, Any], models: list[ModelSpec], path: Path
) -> tuple[ArmSpec, ...]:
    arms: list[ArmSpec] = []
    for number, table in enumerate(tables, 1):
        where = f"[[arm]] number {number}"
        merged = {**defaults, **table}
        if models and "model" in merged:
            raise ConfigError(f"{path}: {where} has a model, and there are [[model]]s; its models = [...] chooses some")
        for key in ("name",) if models else ("name", "model"):
            if key not in merged:
                raise ConfigError(f"{path}: {where} has no {key}" + (", nor has [defaults]" if key == "model" else ""))
        _check_workers(merged.get("workers", {}), path, where)
        if not models:
            arms.append(ArmSpec(**{"models": (), **_frozen(merged), "base": merged["name"]}))
            continue
        base = ArmSpec(**{**_frozen(merged), "model": "", "base": merged["name"]})
        known = {one.name: one for one in models}
        for chosen in base.models or tuple(known):
            if chosen not in known:
                raise ConfigError(f"{path}: {where} has no model {chosen!r} to run on; {did_you_mean(chosen, known)}")
            arms.append(_on(base, known[chosen], several=len(models) > 1))
    names = [one.name for one in arms]
    _distinct(names, "arms", path)
    return tuple(arms)


def _on(arm: ArmSpec, model: ModelSpec, *, several: bool) -> ArmSpec:
    return replace(
        arm,
        name=f"{arm.name}{SEPARATOR}{model.name}" if several else arm.name,
        model=model.model,
        models=(model.name,),
        temperature=arm.temperature if model.temperature is None else model.temperature,
        max_tokens=arm.max_tokens if model.max_tokens is None else model.max_tokens,
    )


def _check_workers(workers: Mapping[str, Any], path: Path, where: str) -> None:
    for name, given in workers.items():
        table = _table(given, path, f"{where} workers.{name}")
        for key, value in table.items():
            if key not in _WORKER_KEYS:
                hint = did_you_mean(key, _WORKER_KEYS)
                raise ConfigError(f"{path}: {where} workers.{name} has an unknown key {key!r}; {hint}")
            kind = _FLAG if key == "tools" else _TEXT
            if not _fits(value, kind):
                raise ConfigError(f"{path}: {where} workers.{name} {key} must be {kind}, not {value!r}")


def _check_pair(pair: PairSpec, arms: tuple[ArmSpec, ...], path: Path) -> None:
    names = {one.name for one in arms} | {one.base for one in arms}
    for name in (pair.a, pair.b):
        if name not in names and not (name == "*" and name == pair.b):
            raise ConfigError(f"{path}: [[compare]] names {name!r}, which is no arm; {did_you_mean(name, names)}")


def _distinct(names: list[str], what: str, path: Path) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{path}: two {what} are named {name!r}; names must differ")


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
        _TEXTS: isinstance(value, list) and bool(value) and all(_fits(one, _TEXT) for one in value),
        _WHOLE: number and isinstance(value, int) and value >= 1,
        _NUMBER: number and value > 0,
        _FLAG: isinstance(value, bool),
        _TABLE: isinstance(value, Mapping),
        "a whole number": number and isinstance(value, int),
        "a number from 0": number and value >= 0,
        "a number between 0 and 1": number and 0 < value < 1,
        "a list of names or tables": isinstance(value, list)
        and bool(value)
        and all(isinstance(one, (str, Mapping)) for one in value),
    }[kind]


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
